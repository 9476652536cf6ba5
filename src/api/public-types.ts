/** The types of a repo and its files, for every entry that opens repos. */
export type { TransferOptions, TransferProgress } from "./export.js";
export type { ImportOptions } from "./import.js";
export type { CredentialOptions, RepoCredential } from "./credential.js";
export type {
  KeyChangeOptions,
  KeyInfo,
  PasskeyOptions,
  PasswordOptions,
  RecoveryKey,
  RepoKeys,
  RotationOptions,
} from "./repo-keys.js";
export type { LockReason, RepoEvent } from "./repo-event.js";
export type { File, VersionReader } from "./file.js";
export type { OpenFileOptions } from "./repo-paths.js";
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
} from "./repo.js";
export type { Snapshot, Transaction, TransactionOptions } from "./transaction.js";
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
} from "./fs.js";
export type {
  CreateWritableOptions,
  GetEntryOptions,
  PermissionOptions,
  RemoveEntryOptions,
  RootDirectoryHandle,
  RootFileHandle,
  RootHandle,
  RootWritable,
  WriteCommand,
  WriteData,
} from "./root/root.js";
export type {
  FileChangeRecord,
  FileObserverCallback,
  ObserveOptions,
} from "./root/file-observer.js";
export type { Data, DataPieces, Mode, PathLike, TimeLike } from "./arguments.js";
export type {
  AsBytes,
  AsText,
  HandleReadFileOptions,
  HandleWriteFileOptions,
  ReadFileOptions,
  WriteFileOptions,
} from "./content-options.js";
export type { Dir, OpenDirOptions } from "./dir.js";
export type { Dirent } from "./dirent.js";
export type { Encoding, NameEncoding } from "./encoding.js";
export type { BufferRange, Position, WriteRange } from "./buffer-range.js";
export type {
  Content,
  FileHandle,
  ReadResult,
  ReadvResult,
  WriteResult,
  WritevResult,
} from "./file-handle.js";
export type { IterableStream, ReadStreamOptions, WriteStreamOptions } from "./handle-streams.js";
export type { BigIntOption, BigIntStats, StatFs, Stats } from "./stats.js";
export type { Flags } from "./flags.js";
export type { RepoErrorCode } from "../errors.js";
export type { SyncChannel } from "./sync-channel.js";
export type { EntryData } from "./entry-data.js";
export type {
  ImportTreeOptions,
  ImportTreeResult,
  TreeEntry,
  TreeProgress,
} from "./tree-import.js";
