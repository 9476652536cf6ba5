/**
 * Types: repo.root and what it gives out can be given wherever the browser's handles are asked for, but for the members listed here. The lists
 * are exact, as those of node-fs/types.ts; docs/FILE-HANDLES.md has the reasons as well.
 */
import type { RootDirectoryHandle, RootFileHandle } from "../../../../src/index.js";

/** Members of `Theirs` for which what `Ours` has cannot be given. */
type Unfit<Ours, Theirs> = {
  [K in keyof Theirs]: K extends keyof Ours ? (Ours[K] extends Theirs[K] ? never : K) : K;
}[keyof Theirs];

const IN_WORKERS = "with the library of workers, where files have `createSyncAccessHandle`";

export const DIRECTORY_TYPES: Readonly<
  Record<Unfit<RootDirectoryHandle, FileSystemDirectoryHandle>, string>
> = {
  getFileHandle: IN_WORKERS,
  getDirectoryHandle: IN_WORKERS,
  entries: IN_WORKERS,
  values: IN_WORKERS,
  [Symbol.asyncIterator]: IN_WORKERS,
};

export const FILE_TYPES: Readonly<Record<Unfit<RootFileHandle, FileSystemFileHandle>, string>> = {
  createSyncAccessHandle: "in workers only, by `syncRoot`",
};
