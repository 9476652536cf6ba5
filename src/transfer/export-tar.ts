/** Exporting tar archives. */
import { createTarPacker, type TarPackController } from "modern-tar";
import { iterated, piecesOf } from "../api/entry-data.js";
import { refused } from "../api/entry-path.js";
import { RepoError } from "../errors.js";
import { ExportProgress } from "./export-progress.js";
import { walk, type WalkedEntry } from "./fs-source.js";
import { assertExportOptions, assertPath, type ExportOptions } from "./options.js";
import { outlet } from "./outlet.js";
import type { ReadableFs } from "./promises-fs.js";

const PIECE_BYTES = 64 * 1024;

/**
 * Everything below the directory `from` as a tar archive, as `exportZip`, but uncompressed and with names of any kind: ustar, with pax headers for
 * what does not fit and for times to the millisecond. For a gzipped one: `.pipeThrough(new CompressionStream("gzip"))`.
 *
 * @throws As errors of the stream: what reading throws; EBUSY for a file whose size changes while it is read; the reason of `signal`. TypeError at once.
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { exportTar } from "cofferfs/transfer";
 *
 * export function archive(repo: Repo): Response {
 *   return new Response(exportTar(repo.fs, "/").pipeThrough(new CompressionStream("gzip")));
 * }
 * ```
 */
export function exportTar(
  fs: ReadableFs,
  from: string,
  options: ExportOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  assertExportOptions(options, {});
  assertPath(from, "from");
  const { filter, signal } = options;
  const progress = new ExportProgress(options);
  return outlet(async (into, stopped) => {
    const { readable, controller } = createTarPacker();
    const flowing = readable.pipeTo(into);
    // Whoever waits for room in the archive learns of it there.
    flowing.catch(() => undefined);
    try {
      for await (const entry of iterated(walk(fs, from, filter), stopped)) {
        await add(controller, entry, progress, stopped);
        progress.entry(entry.name);
      }
      controller.finalize();
    } catch (error) {
      controller.error(error);
      throw error;
    }
    await flowing;
  }, signal);
}

async function add(
  tar: TarPackController,
  entry: WalkedEntry,
  progress: ExportProgress,
  signal: AbortSignal,
): Promise<void> {
  const { name, type, mode = 0, mtimeMs = 0, size, target = "" } = entry;
  if (type !== "file" && type !== "directory" && type !== "symlink")
    throw refused("neither a file nor a directory nor a link", name);
  const body = tar.add({
    name: type === "directory" ? `${name}/` : name,
    type,
    mode,
    size,
    mtime: new Date(Math.max(0, mtimeMs)),
    ...(type === "symlink" && { linkname: target }),
    ...(mtimeMs % 1000 !== 0 || mtimeMs < 0 ? { pax: { mtime: secondsOf(mtimeMs) } } : {}),
  });
  const writer = body.getWriter();
  let left = size;
  for await (const piece of progress.counted(name, piecesOf(entry.data, PIECE_BYTES, signal))) {
    left -= piece.length;
    if (left < 0) break;
    await writer.write(piece);
  }
  if (left !== 0)
    throw new RepoError("EBUSY", {
      message: "the file has changed",
      syscall: "export",
      path: name,
    });
  await writer.close();
}

/** With three decimals. */
function secondsOf(ms: number): string {
  return (Math.round(ms) / 1000).toFixed(3);
}
