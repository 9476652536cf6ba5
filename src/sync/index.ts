/** The public surface of `cofferfs/sync`: files for workers that must not await. */
export { syncFs, type PostedSyncChannel } from "./create-sync-fs.js";
export type { StatOptions, SyncFs, SyncReadFileOptions, SyncWriteFileOptions } from "./sync-fs.js";
export { syncRoot, type SyncAccessOptions, type SyncFileHandle } from "./sync-root.js";
export {
  createSyncAccessHandle,
  type AccessMode,
  type AccessOptions,
  type SyncAccessHandle,
} from "./access-handle.js";
export {
  emscriptenFs,
  type EmscriptenFileSystem,
  type EmscriptenRuntimeFs,
} from "./emscripten-fs.js";
export { sqliteVfs } from "./sqlite-vfs.js";
export type { SqliteModule } from "./sqlite-module.js";
export { RepoError, isRepoError, type RepoErrorCode } from "../errors.js";
