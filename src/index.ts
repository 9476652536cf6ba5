/** The public surface of cofferfs. */
export {
  openRepo,
  repoExists,
  destroyRepo,
  exportRepo,
  importRepo,
  repairRepo,
  type RepairOptions,
  type RepoLocationOptions,
} from "./api/open-repo.js";
export type { TransferOptions, TransferProgress } from "./api/export.js";
export type { ImportOptions } from "./api/import.js";
export type { AutoLockOptions, OpenRepoOptions } from "./api/open-options.js";
export type { CredentialOptions, RepoCredential } from "./api/credential.js";
export type {
  KeyChangeOptions,
  KeyInfo,
  PasskeyOptions,
  PasswordOptions,
  RecoveryKey,
  RepoKeys,
  RotationOptions,
} from "./api/repo-keys.js";
export type { LockReason, RepoEvent } from "./api/repo-event.js";
export type { WorkerFactory, WorkerRole } from "./api/spawn.js";
export type { File, VersionReader } from "./api/file.js";
export type { OpenFileOptions } from "./api/repo-paths.js";
export type {
  Anchor,
  CheckReport,
  CompactionResult,
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
  SnapshotInfo,
  VersionInfo,
} from "./api/repo.js";
export type { Snapshot, Transaction, TransactionOptions } from "./api/transaction.js";
export type {
  ByteNames,
  CpOptions,
  FileChange,
  GlobOptions,
  MkdirOptions,
  NameOptions,
  ReaddirOptions,
  RepoFs,
  RmdirOptions,
  RmOptions,
  TextNames,
  WatchOptions,
} from "./api/fs.js";
export type { Data, DataPieces, Mode, PathLike, TimeLike } from "./api/arguments.js";
export type {
  AsBytes,
  AsText,
  HandleReadFileOptions,
  HandleWriteFileOptions,
  ReadFileOptions,
  WriteFileOptions,
} from "./api/content-options.js";
export type { Dir, OpenDirOptions } from "./api/dir.js";
export type { Dirent } from "./api/dirent.js";
export type { Encoding, NameEncoding } from "./api/encoding.js";
export type {
  BufferRange,
  Content,
  FileHandle,
  Position,
  ReadResult,
  ReadvResult,
  WriteRange,
  WriteResult,
  WritevResult,
} from "./api/file-handle.js";
export { constants, type Flags } from "./api/flags.js";
export type {
  IterableStream,
  ReadStreamOptions,
  WriteStreamOptions,
} from "./api/handle-streams.js";
export type { BigIntOption, BigIntStats, StatFs, Stats } from "./api/stats.js";
export { RepoError, isRepoError, type RepoErrorCode } from "./errors.js";
