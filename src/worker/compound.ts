/** What the operations that are made of several calls have in common. */
import { RepoError } from "../errors.js";

export interface Label {
  readonly syscall: string;
  readonly path: string;
  readonly dest?: string;
}

/** `work`, but an error that Node has too is thrown as one of the call in `label`, which the caller knows. */
export async function renamed<T>(label: Label, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RepoError) || error.errno === undefined) throw error;
    throw new RepoError(error.code, { ...label, cause: error.cause });
  }
}

/** Runs `work`, and renames its errors. */
export function relabelled<T>(label: Label, work: () => Promise<T>): Promise<T> {
  return renamed(label, work());
}

/** `path` without slashes at its end, so that it means a link itself and not where it leads. */
export function withoutSlashes(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
