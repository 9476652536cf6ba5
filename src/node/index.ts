/** The public surface of `cofferfs/node`: repos in container files, with the types of the browser's. */
export {
  openRepo,
  repoExists,
  destroyRepo,
  exportRepo,
  importRepo,
  repairRepo,
  type RepairFileOptions,
} from "./repos.js";
export type { OpenFileRepoOptions } from "./open-container.js";
export type { ContainerPath } from "./place.js";
export type { TransferOptions, TransferProgress } from "../api/export.js";
export type { ImportOptions } from "../api/import.js";
export type { CredentialOptions, RepoCredential } from "../api/credential.js";
export type {
  KeyChangeOptions,
  KeyInfo,
  PasswordOptions,
  RecoveryKey,
  RepoKeys,
  RotationOptions,
} from "../api/repo-keys.js";
export type { LockReason, RepoEvent } from "../api/repo-event.js";
export type {
  Anchor,
  CheckReport,
  Cipher,
  Durability,
  EntryMetadata,
  FileMetadata,
  KdfChoice,
  RepairReport,
  Repo,
  RepoInfo,
  RepoStats,
  SeekFrom,
  VersionInfo,
} from "../api/repo.js";
export type { File, VersionReader } from "../api/file.js";
export type { OpenFileOptions } from "../api/repo-paths.js";
export type { RepoFs } from "../api/fs.js";
export type { Dirent } from "../api/dirent.js";
export type { FileHandle } from "../api/file-handle.js";
export type { Stats } from "../api/stats.js";
export { constants } from "../api/flags.js";
export { RepoError, isRepoError, type RepoErrorCode } from "../errors.js";
