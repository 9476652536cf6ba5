/**
 * StoredFile: one file's content as it is now, as a version of it was, or as a snapshot has it. Previews,
 * downloads and restoring read all three alike.
 */
import type { FileHandle, Repo, RepoFs, VersionInfo } from "cofferfs";
import { nameOf } from "../shared/paths.js";

export interface StoredFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Whoever opens it closes it. */
  open(): Promise<FileHandle>;
}

const PIECE_BYTES = 4 * 1024 * 1024;

/** The file at `path` of `fs`, which may be that of a snapshot. */
export async function fileAt(fs: RepoFs, path: string): Promise<StoredFile> {
  const { size, mtimeMs } = await fs.stat(path);
  return { name: nameOf(path), size, mtimeMs, open: () => fs.open(path, "r") };
}

export function versionOf(repo: Repo, path: string, info: VersionInfo): StoredFile {
  const { size, createdMs, version } = info;
  const open = (): Promise<FileHandle> => repo.openVersion(path, version);
  return { name: nameOf(path), size, mtimeMs: createdMs, open };
}

/** The content, piece by piece, each in a buffer of its own. */
export async function* piecesOf(file: StoredFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const handle = await file.open();
  try {
    for (let at = 0; ;) {
      const buffer = new Uint8Array(Math.max(1, Math.min(PIECE_BYTES, file.size - at)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      yield buffer.slice(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** The whole content: the browser keeps large Blobs out of memory. */
export async function readBlob(file: StoredFile, type: string): Promise<Blob> {
  const pieces: Blob[] = [];
  for await (const piece of piecesOf(file)) pieces.push(new Blob([piece]));
  return new Blob(pieces, { type });
}

/** At most the first `limit` bytes. */
export async function readStart(file: StoredFile, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await file.open();
  try {
    const buffer = new Uint8Array(limit);
    let done = 0;
    while (done < limit) {
      const { bytesRead } = await handle.read(buffer, done, limit - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  } finally {
    await handle.close();
  }
}
