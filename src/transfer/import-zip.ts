/** Importing zip archives. */
import type { EntrySink, NamelessFile } from "../api/entry-sink.js";
import { iterated, piecesOf } from "../api/entry-data.js";
import { RepoError } from "../errors.js";
import type { ImportTreeResult } from "../api/tree-import.js";
import { toBlob, toStream, WatchedStream, type ArchiveSource } from "./byte-stream.js";
import { destination, importSource } from "./import-source.js";
import { assertImportOptions, assertPath, type ImportArchiveOptions } from "./options.js";
import type { PromisesFs } from "./promises-fs.js";
import { zipEntries, type RandomAccess } from "./zip-source.js";

const PIECE_BYTES = 2 ** 20;

/**
 * Imports a zip archive into the directory `to`, which is made if it is missing. The archive's directory, at its end, says what is in it, so a stream is stored
 * first: in the destination, as a file without a name that goes with the import (so it is as safe as the files, and takes as much
 * room). A Blob or bytes are read in place. Deflate and no compression are read, and zip64; content, CRC and sizes must agree. Modes and
 * symlinks are those that Unix programs write; times are as precise as the archive's.
 *
 * If it fails or is given up, the files that came before are there, whole, and nothing of the one that failed; directories may have the
 * time at which they were made. Nothing is written outside `to`, nor through a symlink in it.
 *
 * @throws ENTRY_REFUSED for names that lead elsewhere or are none, symlinks that lead out, and what is neither file, directory nor link;
 * ARCHIVE_DAMAGED; ARCHIVE_UNSUPPORTED for encrypted entries and other compressions; EFBIG for more than `maxBytes`, `maxEntries`,
 * `maxRatio`; EEXIST, EISDIR, ENOTDIR, ELOOP for what is in the way; what the source or the destination fails with; the reason of `signal`; TypeError
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { importZip } from "cofferfs/transfer";
 *
 * export async function restore(repo: Repo, file: File): Promise<number> {
 *   const { entries } = await importZip(repo.fs, "/restored", file, { conflict: "overwrite" });
 *   return entries;
 * }
 * ```
 */
export async function importZip(
  fs: PromisesFs,
  to: string,
  source: ArchiveSource,
  options: ImportArchiveOptions = {},
): Promise<ImportTreeResult> {
  assertImportOptions(options, true);
  assertPath(to, "to");
  const sink = destination(fs);
  const blob = toBlob(source);
  if (blob !== undefined) return importArchive(sink, to, blobAccess(blob), options);
  const stream = toStream(source);
  await sink.prepare(to);
  const spool = await sink.openNameless(to);
  try {
    const archive = await spooled(spool, stream, options.signal);
    return await importArchive(sink, to, archive, options);
  } finally {
    await spool.close();
  }
}

function importArchive(
  sink: EntrySink,
  to: string,
  archive: RandomAccess,
  options: ImportArchiveOptions,
): Promise<ImportTreeResult> {
  const entries = zipEntries(archive);
  const bytesRead = (): number => archive.size;
  const source = { entries, bytesRead, symlinks: "inside", names: "windows" } as const;
  return importSource(sink, to, source, options);
}

function blobAccess(blob: Blob): RandomAccess {
  return {
    size: blob.size,
    read: async (at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer()),
  };
}

/** Stores the stream, for reading it anywhere. */
async function spooled(
  spool: NamelessFile,
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<RandomAccess> {
  const watched = new WatchedStream(stream);
  const pieces = piecesOf(watched.stream, PIECE_BYTES, signal);
  for await (const piece of iterated(pieces, signal)) await spool.write(piece);
  const read = async (at: number, length: number): Promise<Uint8Array> => {
    const bytes = await spool.read(length, at);
    if (bytes.length < length) throw new RepoError("BACKEND_IO", { syscall: "import" });
    return bytes;
  };
  return { size: watched.bytes, read };
}
