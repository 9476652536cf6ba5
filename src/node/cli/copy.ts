/** Content between a repo and the local disk, in pieces, so that files of any size need little memory. */
import type { Repo } from "../../api/repo.js";

export const PIECE_BYTES = 1024 * 1024;

/** The content of a file of the repo, piece by piece. */
export async function* contentOf(
  repo: Repo,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await repo.fs.open(path, "r");
  try {
    for (;;) {
      signal.throwIfAborted();
      const buffer = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** `name` below `folder`, with one slash between. */
export function joinPath(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

/** The last part of a repo's path; empty for the root. */
export function lastName(path: string): string {
  return /([^/]*)\/*$/.exec(path)?.[1] ?? "";
}
