/** The public surface of `cofferfs/vscode`: files as editors of VS Code's kind ask for them. */
export {
  fileSystemProvider,
  type EditorModule,
  type FileSystemProvider,
  type ProviderOptions,
} from "./file-system-provider.js";
export {
  workbenchFileSystemProvider,
  type WorkbenchChange,
  type WorkbenchFileSystemProvider,
} from "./workbench-provider.js";
export { ProviderError } from "./provider-errors.js";
export type {
  DisposableLike,
  EditorEvent,
  ErrorKind,
  FileChange,
  FileStat,
  FileSystemErrorClass,
  UriLike,
  WatchRequest,
} from "./editor-types.js";
export type { EntryKind, FsChange, FsEntry, FsStats, ProvidedFs } from "./provided-fs.js";
