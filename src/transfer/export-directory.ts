/** Exporting to a directory of the browser. */
import { choiceError } from "../api/arguments.js";
import { iterated, piecesOf } from "../api/entry-data.js";
import { refused } from "../api/entry-path.js";
import type { ImportTreeResult } from "../api/tree-import.js";
import { RepoError } from "../errors.js";
import { ExportProgress } from "./export-progress.js";
import { walk, type WalkedEntry } from "./fs-source.js";
import { assertExportOptions, assertPath, type ExportOptions } from "./options.js";
import type { ReadableFs } from "./promises-fs.js";

export interface ExportDirectoryOptions extends ExportOptions {
  /** What is to become of files that are there. Default `"error"`, EEXIST. */
  readonly conflict?: "error" | "overwrite" | "skip" | undefined;
  /** There are no symlinks in such directories: ENTRY_REFUSED, or they are left out. Default `"error"`. */
  readonly symlinks?: "error" | "skip" | undefined;
}

const PIECE_BYTES = 2 ** 20;
const CONFLICTS: readonly unknown[] = ["error", "overwrite", "skip"];

/**
 * Writes everything below the directory `from` into a directory of the browser: of the origin private file system, one that the user has
 * picked, or a `repo.root`. Contents and names go; modes and times have no place there. Each file is there whole or not at all; if it fails
 * or is given up, what was written before stays.
 *
 * @throws what reading throws; EEXIST; ENOTDIR, EISDIR for what is in the way; ENTRY_REFUSED for symlinks; what writing throws, a DOMException; the
 * reason of `signal`; TypeError
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { exportDirectory } from "cofferfs/transfer";
 *
 * export async function moveOut(repo: Repo, directory: FileSystemDirectoryHandle): Promise<void> {
 *   await exportDirectory(repo.fs, "/photos", directory, { conflict: "skip" });
 * }
 * ```
 */
export async function exportDirectory(
  fs: ReadableFs,
  from: string,
  directory: FileSystemDirectoryHandle,
  options: ExportDirectoryOptions = {},
): Promise<ImportTreeResult> {
  assertExportOptions(options, { conflict: true, symlinks: true });
  assertPath(from, "from");
  const { filter, signal, conflict = "error", symlinks = "error" } = options;
  if (!CONFLICTS.includes(conflict)) throw choiceError("conflict", CONFLICTS, conflict);
  const progress = new ExportProgress(options);
  const directories = new Map([["", directory]]);
  let [entries, skipped, bytes] = [0, 0, 0];
  for await (const entry of iterated(walk(fs, from, filter), signal)) {
    const { name, type, size } = entry;
    if (type === "symlink" && symlinks === "skip") continue;
    const slash = name.lastIndexOf("/");
    const above = directories.get(name.slice(0, Math.max(slash, 0)));
    if (above === undefined) throw new RepoError("ENOENT", { syscall: "export", path: name });
    if (type === "directory")
      directories.set(name, await directoryIn(above, name.slice(slash + 1), name));
    else if (!(await writeFile(above, entry, conflict, progress, signal))) {
      skipped++;
      continue;
    }
    entries++;
    bytes += size;
    progress.entry(name);
  }
  return { entries, skipped, bytes };
}

async function directoryIn(
  above: FileSystemDirectoryHandle,
  name: string,
  path: string,
): Promise<FileSystemDirectoryHandle> {
  try {
    return await above.getDirectoryHandle(name, { create: true });
  } catch (error) {
    throw isNamed(error, "TypeMismatchError") ? blocked("ENOTDIR", path) : error;
  }
}

/** False for what was left as it was. */
async function writeFile(
  above: FileSystemDirectoryHandle,
  { name: path, type, data }: WalkedEntry,
  conflict: "error" | "overwrite" | "skip",
  progress: ExportProgress,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (type !== "file") throw refused("neither a file nor a directory", path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const isThere = await has(above, name, path);
  if (isThere && conflict === "skip") return false;
  if (isThere && conflict === "error") throw blocked("EEXIST", path);
  const file = await above.getFileHandle(name, { create: true });
  try {
    const into = await file.createWritable();
    try {
      const pieces = progress.counted(path, piecesOf(data, PIECE_BYTES, signal));
      for await (const piece of pieces) await into.write(piece as Uint8Array<ArrayBuffer>);
      await into.close();
    } catch (error) {
      await into.abort(error).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    // It was made empty to be written to.
    if (!isThere) await above.removeEntry(name).catch(() => undefined);
    throw error;
  }
  return true;
}

async function has(above: FileSystemDirectoryHandle, name: string, path: string): Promise<boolean> {
  try {
    await above.getFileHandle(name);
    return true;
  } catch (error) {
    if (isNamed(error, "NotFoundError")) return false;
    throw isNamed(error, "TypeMismatchError") ? blocked("EISDIR", path) : error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}

function blocked(code: "EEXIST" | "EISDIR" | "ENOTDIR", path: string): RepoError {
  return new RepoError(code, { syscall: "export", path });
}
