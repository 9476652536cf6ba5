/** Reading files out of the vault, whole into a Blob or a limited part of them. */
import type { Repo } from "cofferfs";

const PIECE_BYTES = 4 * 1024 * 1024;

/** The content as a Blob, read piece by piece: the browser keeps large Blobs out of memory. */
export async function readBlob(repo: Repo, path: string, type: string): Promise<Blob> {
  const file = await repo.fs.open(path, "r");
  try {
    const pieces: Blob[] = [];
    for (let at = 0; ;) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, at);
      if (bytesRead === 0) return new Blob(pieces, { type });
      pieces.push(new Blob([buffer.subarray(0, bytesRead)]));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** At most the first `limit` bytes. */
export async function readStart(
  repo: Repo,
  path: string,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await repo.fs.open(path, "r");
  try {
    const buffer = new Uint8Array(limit);
    let done = 0;
    while (done < limit) {
      const { bytesRead } = await file.read(buffer, done, limit - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  } finally {
    await file.close();
  }
}
