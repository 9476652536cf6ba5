/** Runs work on an empty store, and leaves nothing of it behind, whatever happens. */
import type { Files, Subject } from "../subjects/subject.js";

export async function withEmptyStore<T>(
  subject: Subject,
  work: (files: Files) => Promise<T>,
): Promise<T> {
  try {
    const files = await subject.create();
    try {
      return await work(files);
    } finally {
      await files.close();
    }
  } finally {
    await subject.destroy();
  }
}
