/** Importing folders: of the browser, and of other libraries. */
import type { ImportTreeOptions, ImportTreeResult, TreeEntry } from "../api/tree-import.js";
import { importEntries } from "../api/tree-import.js";
import { directoryEntries } from "./directory-source.js";
import { walk } from "./fs-source.js";
import { destination, importSource } from "./import-source.js";
import { assertImportOptions, assertPath, type ImportOptions } from "./options.js";
import type { PromisesFs, ReadableFs } from "./promises-fs.js";

/**
 * Imports everything below a directory of the browser: of the origin private file system, one that the user has picked or dropped, or a
 * `repo.root`. Files keep the time of their last change. Failing and giving up are as with `importZip`.
 *
 * @throws what reading the directory throws, a DOMException; what `importZip` says of destinations and names
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { importDirectory } from "cofferfs/transfer";
 *
 * export async function moveIn(repo: Repo, signal: AbortSignal): Promise<void> {
 *   const opfs = await navigator.storage.getDirectory();
 *   const filter = (path: string): boolean => !path.endsWith(".tmp");
 *   await importDirectory(repo.fs, "/", await opfs.getDirectoryHandle("notes"), { filter, signal });
 * }
 * ```
 */
export async function importDirectory(
  fs: PromisesFs,
  to: string,
  directory: FileSystemDirectoryHandle,
  options: ImportOptions = {},
): Promise<ImportTreeResult> {
  assertImportOptions(options, false);
  assertPath(to, "to");
  const { filter, ...rest } = options;
  const entries = directoryEntries(directory, filter);
  const source = { entries, symlinks: "any", names: "unix" } as const;
  return importSource(destination(fs), to, source, rest);
}

/**
 * Imports everything below `from` in another file system with Node's asynchronous calls: another repo, `promises` of LightningFS,
 * `fs.promises` of ZenFS, `node:fs/promises`. The library that wrote a store is what reads it; that makes it the caller's. Modes, times
 * and symlinks are kept; hard links become files. Files above 1 MiB are read piece by piece where there is `open`.
 *
 * @throws what `other` throws; what `importZip` says of destinations and names
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { importFs, type ReadableFs } from "cofferfs/transfer";
 *
 * // new LightningFS("name").promises, or ZenFS's fs.promises once `configure` has mounted its IndexedDB
 * export async function moveIn(repo: Repo, old: ReadableFs): Promise<number> {
 *   const { bytes } = await importFs(repo.fs, "/projects", old, { from: "/projects" });
 *   return bytes;
 * }
 * ```
 */
export async function importFs(
  fs: PromisesFs,
  to: string,
  other: ReadableFs,
  options: ImportOptions & { readonly from?: string | undefined } = {},
): Promise<ImportTreeResult> {
  const { from = "/", ...own } = options;
  assertImportOptions(own, false);
  assertPath(to, "to");
  assertPath(from, "from");
  const { filter, ...rest } = own;
  const source = { entries: walk(other, from, filter), symlinks: "any", names: "unix" } as const;
  return importSource(destination(fs), to, source, rest);
}

/**
 * `repo.importTree` for any file system with Node's calls, a transaction's `fs` among them.
 *
 * @throws as `repo.importTree`
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { importTree, type TreeEntry } from "cofferfs/transfer";
 *
 * export async function replaceAll(repo: Repo, entries: readonly TreeEntry[]): Promise<void> {
 *   await repo.transaction(async ({ fs }) => {
 *     await fs.rm("/data", { recursive: true, force: true });
 *     await importTree(fs, "/data", entries);
 *   });
 * }
 * ```
 */
export async function importTree(
  fs: PromisesFs,
  to: string,
  entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>,
  options: Omit<ImportTreeOptions, "to"> = {},
): Promise<ImportTreeResult> {
  assertPath(to, "to");
  return importEntries(destination(fs), entries, { ...options, to });
}
