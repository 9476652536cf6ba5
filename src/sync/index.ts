/** The public surface of `cofferfs/sync`: files for workers that must not await. */
export { syncFs, type PostedSyncChannel } from "./create-sync-fs.js";
export type { StatOptions, SyncFs, SyncReadFileOptions, SyncWriteFileOptions } from "./sync-fs.js";
export { RepoError, isRepoError, type RepoErrorCode } from "../errors.js";
