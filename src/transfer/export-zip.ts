/** Exporting zip archives. */
import { iterated, piecesOf } from "../api/entry-data.js";
import { refused } from "../api/entry-path.js";
import { ExportProgress, streamOf } from "./export-progress.js";
import { walk, type WalkedEntry } from "./fs-source.js";
import { assertExportOptions, assertPath, type ExportOptions } from "./options.js";
import { outlet } from "./outlet.js";
import type { ReadableFs } from "./promises-fs.js";
import { ZipWriter } from "./zip-library.js";

export interface ExportZipOptions extends ExportOptions {
  /** Deflate. Default true. */
  readonly compress?: boolean | undefined;
}

const PIECE_BYTES = 64 * 1024;
/** Sizes and offsets that may not fit into 32 bits once the content is deflated. */
const ZIP64_BYTES = 0xf000_0000;
const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

/**
 * Everything below the directory `from` as a zip archive: names in UTF-8, permission bits, times to the millisecond, symlinks as symlinks of Unix, zip64 for
 * what is larger than 4 GiB or more than 65 535 entries; hard links become files. It is read as it is asked for, entry by entry,
 * and not of one moment: export a snapshot where others write. The first read begins it.
 *
 * @throws As errors of the stream: what reading throws; ENTRY_REFUSED for a name that a zip cannot say (a backslash; or `filter` it out); the
 * reason of `signal`. TypeError at once.
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { exportZip } from "cofferfs/transfer";
 *
 * export async function download(repo: Repo, file: FileSystemFileHandle): Promise<void> {
 *   await using snapshot = await repo.snapshot("export").then(() => repo.openSnapshot("export"));
 *   await exportZip(snapshot.fs, "/notes").pipeTo(await file.createWritable());
 * }
 * ```
 */
export function exportZip(
  fs: ReadableFs,
  from: string,
  options: ExportZipOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  assertExportOptions(options, { compress: true });
  assertPath(from, "from");
  const { filter, signal, compress = true } = options;
  const progress = new ExportProgress(options);
  return outlet(async (into, stopped) => {
    const level = compress ? 6 : 0;
    const zip = new ZipWriter<unknown>(into, { keepOrder: true, ntfsTimestamp: true, level });
    for await (const entry of iterated(walk(fs, from, filter), stopped)) {
      await add(zip, entry, progress, stopped);
      progress.entry(entry.name);
    }
    await zip.close(undefined, { preventClose: true });
  }, signal);
}

async function add(
  zip: ZipWriter<unknown>,
  entry: WalkedEntry,
  progress: ExportProgress,
  signal: AbortSignal,
): Promise<void> {
  const { name, type, mode = 0, mtimeMs = 0, size } = entry;
  if (name.includes("\\") || /^[a-z]:/i.test(name)) throw refused("a name that zips misread", name);
  if (type !== "file" && type !== "directory" && type !== "symlink")
    throw refused("neither a file nor a directory nor a link", name);
  const options = { unixMode: TYPE_BITS[type] | mode, lastModDate: new Date(mtimeMs), signal };
  if (type === "directory") {
    await zip.add(`${name}/`, undefined, { ...options, directory: true });
    return;
  }
  if (type === "symlink") {
    const target = streamOf(piecesOf(entry.target, PIECE_BYTES, signal));
    await zip.add(name, target, { ...options, level: 0 });
    return;
  }
  const pieces = progress.counted(name, piecesOf(entry.data, PIECE_BYTES, signal));
  const zip64 = size >= ZIP64_BYTES && { zip64: true };
  await zip.add(name, streamOf(pieces), { ...options, ...zip64 });
}
