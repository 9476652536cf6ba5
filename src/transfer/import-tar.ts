/** Importing tar archives. */
import type { ImportTreeResult } from "../api/tree-import.js";
import { toBlob, toStream, WatchedStream, type ArchiveSource } from "./byte-stream.js";
import { destination, importSource } from "./import-source.js";
import { assertImportOptions, assertPath, type ImportArchiveOptions } from "./options.js";
import type { PromisesFs } from "./promises-fs.js";
import { tarEntries } from "./tar-source.js";

/**
 * Imports a tar archive, gzipped or not, into the directory `to`, as it streams by: of ustar, pax and GNU tar; modes, times, symlinks
 * and hard links included. What `importZip` says of failing, giving up and refusing holds here as well; hard links must lead to a file below
 * `to`. An entry that comes again is a conflict, like anything that is there. Of an archive that is damaged, also the last entries before the
 * damage may be missing; the error names one near it.
 *
 * @throws as `importZip`; ARCHIVE_UNSUPPORTED for sparse files and archives in several volumes
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { importTar } from "cofferfs/transfer";
 *
 * export async function unpack(repo: Repo, url: string, signal: AbortSignal): Promise<void> {
 *   const { body } = await fetch(url, { signal });
 *   if (body !== null) await importTar(repo.fs, "/unpacked", body, { signal, maxBytes: 2 ** 30 });
 * }
 * ```
 */
export async function importTar(
  fs: PromisesFs,
  to: string,
  source: ArchiveSource,
  options: ImportArchiveOptions = {},
): Promise<ImportTreeResult> {
  assertImportOptions(options, true);
  assertPath(to, "to");
  const watched = new WatchedStream(toStream(source));
  const size = toBlob(source)?.size;
  const imported = {
    entries: tarEntries(watched),
    bytesRead: () => size ?? watched.bytes,
    symlinks: "inside",
    names: "unix",
  } as const;
  try {
    return await importSource(destination(fs), to, imported, options);
  } catch (error) {
    // The source need not wait for anybody any more.
    watched.cancel(error);
    throw error;
  }
}
