/**
 * What page and worker say to each other. Types only: the page's code gets nothing of the worker from
 * here. Every call is one message each way; handles are numbers, per repo; bytes in a result, and
 * bytes that the page has copied or given away, move and are not cloned.
 */
import type { CompressorName } from "../codec/compression.js";
import type { Credential, PasskeyOutput } from "../crypto/credential.js";
import type { KdfChoice, KdfCost } from "../crypto/kdf.js";
import type { Cipher } from "../crypto/suites.js";
import type { CheckReport } from "../engine/check.js";
import type { Durability, EngineStats } from "../engine/options.js";
import type { RepoErrorCode } from "../errors.js";
import type { SnapshotInfo } from "../engine/snapshots.js";
import type { AutoLockOptions } from "./auto-lock.js";
import type {
  Attributes,
  ChangeEvent,
  Conflict,
  FileMetadata,
  FileType,
  FsStats,
  NewEntry,
  OpenFlags,
  Placed,
  Stats,
  VersionInfo,
} from "../vfs/file-system.js";
import type { EntryMetadata } from "../vfs/metadata.js";

export type { AutoLockOptions, PasskeyOutput };
export type {
  Attributes,
  CheckReport,
  Cipher,
  Conflict,
  Durability,
  FileType,
  FsStats,
  KdfChoice,
  OpenFlags,
};
export type { Stats };
/** A credential on the wire: a passkey is there what its authenticator gave. */
export type WireCredential = Credential;
export type { EntryMetadata, FileMetadata, SnapshotInfo, VersionInfo };

/** An export that has begun. */
export interface ExportStart {
  readonly id: number;
  readonly totalBytes: number;
}

/** Exports that are under way, by number. Whoever began one ends it. */
export interface RemoteExports {
  /** The next piece, about 1 MiB; undefined at the end. */
  nextExport(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  endExport(id: number): Promise<void>;
}

export interface ImportRequest {
  readonly uri: string;
  readonly overwrite: boolean;
  /** EFBIG for more than this. */
  readonly maxBytes: number;
}

/** Imports that are under way, by number. One that was neither finished nor abandoned has made nothing. */
export interface RemoteImports {
  beginImport(request: ImportRequest): Promise<number>;
  /** Resolves when more is welcome. */
  writeImport(id: number, bytes: Uint8Array): Promise<void>;
  finishImport(id: number): Promise<void>;
  /** Leaves nothing behind. */
  abandonImport(id: number): Promise<void>;
}

/**
 * A token of one commit, to be kept where whoever can write the storage cannot. Plain data: it survives
 * `JSON.stringify`.
 */
export interface Anchor {
  /** 32 hexadecimal digits, as in `RepoInfo`. */
  readonly containerId: string;
  /** Number of the commit. */
  readonly generation: number;
  /** Opaque: what tells this commit from others of that number. */
  readonly tag: string;
}

/** What a repair has found and put right. */
export interface RepairReport {
  /** The newest commit, also where nothing had to be done. */
  readonly generation: number;
  /** Header copies (0, 1) that were damaged or old and now are like the other one. */
  readonly headerCopies: readonly number[];
  /** Superblock cells (0–3) that did not authenticate; all four were written anew. */
  readonly cells: readonly number[];
}

/** What the worker's script offers on its own channel, whatever its role. */
export interface RemoteHost extends RemoteExports, RemoteImports {
  /** Opens a repo and serves it, a {@link RemoteRepo}, on `ports.repo`. */
  openRepo(request: OpenRequest, ports: OpenPorts): Promise<void>;
  /** Makes the opening of that number fail, if it is still deriving keys. */
  abandon(opening: number): Promise<void>;
  repoExists(uri: string): Promise<boolean>;
  destroyRepo(uri: string): Promise<void>;
  /** What may open a repo that is not open here, from its header; nothing of it is authenticated. */
  listKeys(uri: string): Promise<readonly KeyInfo[]>;
  /** Of a repo that is not open. */
  beginExport(uri: string): Promise<ExportStart>;
  /** The other role of the script: a {@link RemoteDerivation} on `port`. */
  serveDerivation(port: MessagePort): Promise<void>;
}

export interface OpenPorts {
  readonly repo: MessagePort;
  /** Where keys are derived from passwords; only with a password. */
  readonly derivation?: MessagePort | undefined;
}

export interface OpenRequest {
  readonly uri: string;
  /** Chosen by the page, for {@link RemoteHost.abandon}. */
  readonly opening: number;
  /** How often this repo was opened before by the same object of the page; keeps its handles apart. */
  readonly session?: number | undefined;
  readonly credential: WireCredential;
  /** `open`: must exist; `create`: made unless it exists; `createNew`: must not exist. */
  readonly mode: "open" | "create" | "createNew";
  readonly readOnly: boolean;
  /** Takes the repo away from whoever has it. */
  readonly force?: boolean;
  /** Refuses what a repair must not write over. */
  readonly repair?: boolean;
  /** Well-formed; the state that is found must be it or descend from it. */
  readonly anchor?: Anchor | undefined;
  /** The id of the container that must be there: 32 lower-case hexadecimal digits. */
  readonly expect?: string | undefined;
  /** Why an older state is taken. */
  readonly acceptRollback?: string | undefined;
  /** For a new repo; 1–255. */
  readonly versionLimit: number;
  /** Both for a new repo only. */
  readonly compress: CompressorName | undefined;
  readonly dedup: boolean;
  readonly durability: Durability;
  readonly autoLock?: AutoLockOptions | undefined;
  /** Both for a new repo only. */
  readonly cipher: Cipher;
  readonly kdf: KdfChoice;
}

/** What the engine's worker asks of the one that derives keys. Failures are passed on as they are. */
export interface RemoteDerivation {
  derive(password: Uint8Array, salt: Uint8Array, cost: KdfCost): Promise<DerivedKey>;
}

export type DerivedKey =
  { readonly key: Uint8Array<ArrayBuffer> } | { readonly thrown: WireThrown };

/** Names and types of a directory's entries, by index. In a recursive listing names are paths below it. */
export interface Listing {
  readonly names: readonly string[];
  readonly types: readonly FileType[];
}

/** How a tree is copied; what the fields mean is what `cp` of Node says. */
export interface CopyOptions {
  readonly recursive: boolean;
  readonly force: boolean;
  readonly errorOnExist: boolean;
  readonly dereference: boolean;
  readonly preserveTimestamps: boolean;
  readonly verbatimSymlinks: boolean;
  /** Of each file: EEXIST if there is something. */
  readonly exclusive: boolean;
}

export interface GlobRequest {
  readonly patterns: readonly string[];
  readonly exclude: readonly string[];
  /** Where patterns start. */
  readonly cwd: string;
}

/** What the worker asks of a function of the page while a call runs. */
export interface PageQuestion {
  readonly id: number;
  readonly args: readonly unknown[];
}

export interface PageAnswer {
  readonly id: number;
  /** Undefined if the function has thrown. */
  readonly yes?: boolean;
}

/**
 * How a file is held: `exclusive` by nobody else, the others by any number of those who hold it the same way. `siloed` is for stagings,
 * `read-only` and `readwrite-unsafe` are for sync access handles.
 */
export type LockMode = "exclusive" | "siloed" | "read-only" | "readwrite-unsafe";

/** Bytes of a file, and what it was when they had been read: whoever knows it as that has what belongs together. */
export interface FilePart {
  readonly stats: Stats;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A {@link NewEntry} on the wire: a nameless file is a handle, and content is the next `size` bytes of the batch. */
export type WireEntry = Omit<NewEntry, "content" | "handle"> & {
  readonly size?: number | undefined;
  readonly fd?: number | undefined;
};

/** Entries that are made in this order, each in a transaction of its own. */
export interface EntryBatch {
  readonly entries: readonly WireEntry[];
  readonly bytes: Uint8Array;
}

/** What became of a batch: of the first entries, up to the one that failed, if one did. */
export interface PlacedBatch {
  readonly placed: readonly Placed[];
  readonly failure?: WireThrown | undefined;
}

/** A file system on the wire. Where `at` is left out, the handle's own position is used and moved. */
export interface RemoteFiles {
  stat(path: string): Promise<Stats>;
  lstat(path: string): Promise<Stats>;
  /** Rejects unless the path exists and, if `write` is set, the file system can be written. */
  access(path: string, write: boolean): Promise<void>;
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  writeFile(path: string, bytes: Uint8Array, flags: OpenFlags, mode?: number): Promise<void>;
  copyFile(from: string, to: string, exclusive: boolean): Promise<void>;
  /** Asks on `filter`, if there is one, of each entry: source and destination. */
  copyTree(from: string, to: string, options: CopyOptions, filter?: MessagePort): Promise<void>;
  /** Makes entries beneath a directory, as `FileSystem.place`; stops at the first failure. */
  placeEntries(base: string, batch: EntryBatch, conflict: Conflict): Promise<PlacedBatch>;
  /** A handle of a file without a name. */
  openNameless(): Promise<number>;
  mkdir(path: string, mode?: number): Promise<void>;
  /** With all directories above it; resolves to the first one that was made. */
  makeDirectories(path: string, mode?: number): Promise<string | undefined>;
  /** A new directory; adds random characters to `prefix`, and resolves to the path. */
  makeTemporary(prefix: string): Promise<string>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** A path and everything below it; `force` puts up with a path that does not exist. */
  remove(path: string, recursive: boolean, force: boolean): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  list(path: string, recursive: boolean): Promise<Listing>;
  /** Rejects unless `path` is a directory. */
  openDirectory(path: string): Promise<void>;
  /** At most `limit` entries, those after the name `after`. */
  listPart(path: string, after: string | undefined, limit: number): Promise<Listing>;
  /** Asks on `exclude`, if there is one, of each path that was found or is to be searched, and its type. */
  glob(request: GlobRequest, exclude?: MessagePort): Promise<Listing>;
  realpath(path: string): Promise<string>;
  truncate(path: string, size: number): Promise<void>;
  setattr(path: string, changes: Attributes, followLink: boolean): Promise<void>;
  /**
   * Tells of changes as {@link Notice}s under a number that the page has chosen and never uses twice. Resolves to the path
   * without symlinks, which is the one that is watched.
   */
  watch(id: number, path: string, recursive: boolean): Promise<string>;
  unwatch(id: number): Promise<void>;
  statFs(path: string): Promise<FsStats>;
  sync(): Promise<void>;
  /** At most `length` bytes at `at`; fewer only at the end of the file. */
  readPart(path: string, length: number, at: number): Promise<FilePart>;
  /** What handles of the File System standard do: EBUSY where something is locked, in `to` as well. */
  removeEntry(path: string, recursive: boolean): Promise<void>;
  /** Replaces nothing but a file by a file. */
  moveEntry(from: string, to: string): Promise<void>;

  open(path: string, flags: OpenFlags, mode?: number): Promise<number>;
  /** A file that is there, locked until `fdClose`; EBUSY. */
  openLocked(path: string, flags: OpenFlags, lock: LockMode): Promise<number>;
  /** A handle of content to be for a file that is there, likewise: empty, or with `keep` what it holds. */
  openStaging(path: string, keep: boolean, lock: LockMode): Promise<number>;
  /** Makes what is staged the content of its file. */
  fdFinish(fd: number): Promise<void>;
  fdRead(fd: number, length: number, at?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** From the handle's position to the end of the file. */
  fdReadAll(fd: number): Promise<Uint8Array<ArrayBuffer>>;
  fdWrite(fd: number, bytes: Uint8Array, at?: number): Promise<number>;
  fdStat(fd: number): Promise<Stats>;
  fdTruncate(fd: number, size: number): Promise<void>;
  fdSetattr(fd: number, changes: Attributes): Promise<void>;
  fdSync(fd: number): Promise<void>;
  fdDatasync(fd: number): Promise<void>;
  fdClose(fd: number): Promise<void>;
}

export type TreeMethod = keyof RemoteFiles;

/** Trees of files beside the live one, by number: running transactions and open snapshots. */
export interface RemoteTrees {
  beginTransaction(): Promise<number>;
  /** Ends it, whether it can be committed or not. */
  commitTransaction(id: number): Promise<void>;
  openSnapshot(name: string): Promise<number>;
  /** Gives a transaction up, or closes a snapshot. */
  closeTree(id: number): Promise<void>;
  /** Calls a method of {@link RemoteFiles} there. */
  inTree(id: number, method: TreeMethod, ...args: unknown[]): Promise<unknown>;
}

/** What a synchronous channel is made of, and all that its caller gets. */
export interface SyncChannelParts {
  /** A SyncArea (codec/sync-area.ts). */
  readonly memory: SharedArrayBuffer;
  /** Of the BroadcastChannel for engines that must be told of their turn. */
  readonly name: string;
}

/** Synchronous channels, by number. They end by what is written in their memory. */
export interface RemoteSync {
  /** Answers the calls of {@link RemoteFiles} that come through the channel, for the repo or one of its trees. */
  serveSync(channel: SyncChannelParts, tree?: number): Promise<number>;
  /** Resolves when what was opened through the channel is closed. */
  endSync(id: number): Promise<void>;
}

/** A credential of a repo, without anything secret. */
export interface KeyInfo {
  /** Names the credential in this repo; public. Changes when its key slot is written anew. */
  readonly id: string;
  readonly type: "password" | "rawKey" | "recoveryKey" | "passkey";
  /** Of a password: the cost of its derivation, passes, and memory in bytes. */
  readonly kdf?: { readonly opsLimit: number; readonly memLimit: number } | undefined;
  /** Of a passkey: its id at the authenticator, and what its output is computed from. */
  readonly passkey?:
    { readonly credentialId: Uint8Array; readonly prfSalt: Uint8Array } | undefined;
}

/** What is to become of a repo's keys. */
export interface KeyChange {
  /**
   * `add`: one more; `addRecoveryKey`: one that is made there; `remove`: that of `id`; `replace`: one in the place of the
   * current one; `rotate`: a new master key for all of `credentials`; `probe`: nothing, but whether one could be added.
   */
  readonly type: "add" | "addRecoveryKey" | "remove" | "replace" | "rotate" | "probe";
  readonly current: WireCredential;
  /** One for `add` and `replace`, those to keep for `rotate`. */
  readonly credentials: readonly WireCredential[];
  /** For `add` and `replace` of a password. */
  readonly kdf?: KdfChoice | undefined;
  readonly id?: string | undefined;
}

/** A {@link KeyChange} on the wire. */
export interface KeyChangeRequest extends KeyChange {
  /** Names it for {@link RemoteRepo.abandonKeyChange}; never used twice. */
  readonly number: number;
  /** As in {@link OpenPorts}. */
  readonly derivation?: MessagePort | undefined;
}

export interface KeyChangeResult {
  /** Credentials that are there now and were not before. */
  readonly added: readonly KeyInfo[];
  readonly dropped: readonly KeyInfo[];
  /** Told this once. */
  readonly recoveryKey?: string | undefined;
}

/** From where a position is counted. */
export type SeekFrom = "start" | "current" | "end";

export interface OpenVersion {
  /** A handle for reading. */
  readonly fd: number;
  readonly size: number;
}

/** Files with versions: by path, and open ones whose changes are staged, by number. */
export interface RemoteStagedFiles {
  metadata(path: string): Promise<FileMetadata>;
  listMetadata(path: string): Promise<EntryMetadata[]>;
  history(path: string): Promise<VersionInfo[]>;
  /** A handle for reading. */
  openVersion(path: string, version: number): Promise<number>;
  /** Replaces nothing. */
  renameNew(from: string, to: string): Promise<void>;
  copyDirectory(from: string, to: string): Promise<void>;
  removeDirectoryTree(path: string): Promise<void>;

  openFile(path: string, flags: OpenFlags): Promise<number>;
  fileRead(id: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  fileReadAll(id: number): Promise<Uint8Array<ArrayBuffer>>;
  fileWrite(id: number, bytes: Uint8Array): Promise<void>;
  fileFinish(id: number): Promise<void>;
  /** Forgets the unfinished write, if there is one. */
  fileDiscard(id: number): Promise<void>;
  fileWriteOnce(id: number, bytes: Uint8Array): Promise<void>;
  fileSeek(id: number, offset: number, from: SeekFrom): Promise<number>;
  fileSetLen(id: number, size: number): Promise<void>;
  fileMetadata(id: number): Promise<FileMetadata>;
  fileHistory(id: number): Promise<VersionInfo[]>;
  fileVersion(id: number, version: number): Promise<OpenVersion>;
  fileClose(id: number): Promise<void>;
}

/** A repo on the wire: its files, and what only repos have. */
export interface RemoteRepo
  extends RemoteFiles, RemoteStagedFiles, RemoteExports, RemoteTrees, RemoteSync {
  takeSnapshot(name: string): Promise<void>;
  snapshots(): Promise<SnapshotInfo[]>;
  restoreSnapshot(name: string): Promise<void>;
  deleteSnapshot(name: string): Promise<void>;
  /** Of the repo as it is now. */
  beginExport(): Promise<ExportStart>;
  check(): Promise<CheckReport>;
  /** Begins to compact the container; the number is for the next two. */
  beginCompaction(): Promise<number>;
  /** Waits for the end of a rotation of the master key, likewise. */
  beginResealing(): Promise<number>;
  /** The next news of a long task, undefined at its end; rejects with what it failed with. */
  followTask(id: number): Promise<Progress | undefined>;
  /** Gives it up; resolves when it has stopped. */
  cancelTask(id: number): Promise<void>;
  /** The newest commit whose durability was promised; makes one of what is published. */
  anchor(): Promise<Anchor>;
  repair(): Promise<RepairReport>;
  stats(): Promise<RepoStats>;
  info(): Promise<RepoInfo>;
  listKeys(): Promise<readonly KeyInfo[]>;
  /** Durable when it resolves. */
  changeKeys(change: KeyChangeRequest): Promise<KeyChangeResult>;
  /** Makes a key change fail that is still deriving keys. */
  abandonKeyChange(number: number): Promise<void>;
  /** Commits, and releases storage, keys and lock. */
  close(): Promise<void>;
}

/** How far something is that takes its time, in bytes. */
export interface Progress {
  readonly done: number;
  /** Of what is known so far. */
  readonly total: number;
}

/** Figures of an open repo. */
export type RepoStats = EngineStats;

/** What a repo is, apart from what is in it. */
export interface RepoInfo {
  /** As it was opened. */
  readonly uri: string;
  /** Where it is: for `local://name` what that stands for here. */
  readonly location: string;
  /** Random, chosen when the repo was created; 32 hexadecimal digits. Not secret. */
  readonly containerId: string;
  /** Version of the format on storage. */
  readonly format: number;
  readonly cipher: Cipher;
  /** Cost of the key derivation: passes, and memory in bytes. Undefined if no password opens the repo. */
  readonly kdf: { readonly opsLimit: number; readonly memLimit: number } | undefined;
  /** Master keys that something is sealed under: more than one after a rotation, until that is sealed anew. */
  readonly keyGenerations: number;
  /** Size of a slot on storage, in bytes. */
  readonly slotBytes: number;
  /** When the repo was created, in milliseconds since 1970. */
  readonly createdMs: number;
  /** How content is compressed, if at all. */
  readonly compress: false | CompressorName;
  /** Versions that are kept of a file's content unless the file says otherwise, the present one included. */
  readonly versionLimit: number;
  /** Whether new files share equal content with others unless they say otherwise. */
  readonly dedupChunk: boolean;
  readonly durability: Durability;
  /** Also true where acknowledged commits were lost and opening fell back to an older state. */
  readonly readOnly: boolean;
}

/** What happens to a repo beside calls, as the worker knows it. */
export type RemoteEvent =
  | {
      readonly type: "recovered";
      readonly generation: number;
      readonly lostGenerations: readonly number[];
      /** Superblock cells (0–3) that do not open though they should; they may have held newer commits. */
      readonly damagedCells: readonly number[];
    }
  | { readonly type: "poisoned"; readonly cause: WireError }
  | { readonly type: "settling"; readonly settlesInMs: number }
  /** The repo has locked by itself; close it, and let go of the worker. */
  | { readonly type: "locked"; readonly reason: "idle" | "suspend" }
  | { readonly type: "durability"; readonly persistent: boolean }
  | FreshnessEvent;

/** What opening says of the state that it found. */
export type FreshnessEvent =
  | {
      readonly type: "rollback";
      /** Of the state that was taken; 0 for a repo that was made in the place of a lost one. */
      readonly generation: number;
      /** The highest that is known to have been. */
      readonly known: number;
      /** The reason of `acceptRollback`; undefined where so little is missing that a storage may lose it. */
      readonly accepted?: string | undefined;
    }
  | { readonly type: "foreign-mark" };

/** What a watcher is told, under the number of {@link RemoteFiles.watch}. */
export interface WatchedChange extends ChangeEvent {
  readonly watch: number;
}

/** What comes beside answers, on a repo's port or on the worker's own channel. */
export interface Notice {
  readonly event?: RemoteEvent;
  readonly change?: WatchedChange;
  /** A Web Lock that the worker holds for as long as it lives. */
  readonly aliveLock?: string;
}

/** An error in a message. */
export interface WireError {
  /** Name of the class: RepoError, DOMException or one of the language's. */
  readonly class: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of RepoErrors only, like the three that follow. */
  readonly code?: RepoErrorCode | undefined;
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  readonly cause?: WireThrown | undefined;
}

/** Anything that was thrown: an error, or a value that is none. */
export type WireThrown = { readonly error: WireError } | { readonly value: unknown };

/** What stands in the place of a result, told apart from what Comlink itself would send. */
export interface ThrownMessage {
  readonly whole: WireThrown;
}
