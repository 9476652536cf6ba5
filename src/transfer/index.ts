/** The public surface of `cofferfs/transfer`: moving in and out, by archives, folders and other libraries' stores. */
export { importDirectory, importFs, importTree } from "./import-folder.js";
export { importTar } from "./import-tar.js";
export { importZip } from "./import-zip.js";
export { exportDirectory, type ExportDirectoryOptions } from "./export-directory.js";
export { exportTar } from "./export-tar.js";
export { exportZip, type ExportZipOptions } from "./export-zip.js";
export type { ArchiveSource } from "./byte-stream.js";
export type {
  EntryFilter,
  EntryType,
  ExportOptions,
  ImportArchiveOptions,
  ImportOptions,
} from "./options.js";
export type {
  PromisesFs,
  PromisesHandle,
  PromisesStats,
  ReadableFs,
  WritableHandle,
} from "./promises-fs.js";
export type { EntryData } from "../api/entry-data.js";
export type {
  ImportTreeOptions,
  ImportTreeResult,
  TreeEntry,
  TreeProgress,
} from "../api/tree-import.js";
export { RepoError, isRepoError, type RepoErrorCode } from "../errors.js";
