/**
 * The FileSystem interface: low level, path and handle based, asynchronous. The repo implements it,
 * layers wrap it, and everything that a user sees is built on it. Paths are `/`-separated and
 * resolved inside the tree, also relative ones from the root; `..` at the root is the root. Each call is one transaction or reads one
 * snapshot. Failures are RepoErrors with `syscall` and `path`.
 */

export type FileType = "file" | "directory" | "symlink";

export interface Stats {
  readonly ino: number;
  readonly type: FileType;
  /** Number of the present content. */
  readonly version: number;
  /** Permission bits, 0–0o7777; kept, not enforced. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Length of the content or of the link target, in bytes; 0 for directories. */
  readonly size: number;
  /** Milliseconds since 1970, whole numbers. */
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
}

export interface DirEntry {
  readonly name: string;
  readonly type: FileType;
  readonly ino: number;
}

/** Flags of `open`, named for what they do. `read` or `write` must be set; `append` implies that every write lands at the end. */
export interface OpenFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly create?: boolean;
  /** With `create`: EEXIST if the path exists, also as a symlink. */
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  /** ELOOP if the last component is a symlink. */
  readonly noFollow?: boolean;
  /** ENOTDIR if it is no directory; nothing is made. */
  readonly directory?: boolean;
  /** Versions to keep of the file if this call creates it, 1–255. Default: as the repo says. */
  readonly versionLimit?: number;
  /** Whether content of the file is shared with equal content of others, if this call creates it. Default: as the repo says. */
  readonly dedup?: boolean;
}

/** One version of a file's content. */
export interface VersionInfo {
  /** From 1, ascending; the last one is the present content. */
  readonly version: number;
  readonly size: number;
  /** When its content was last changed, in milliseconds since 1970. */
  readonly createdMs: number;
}

/** What there is to know of a file or directory, apart from its names. */
export interface FileMetadata {
  readonly type: FileType;
  /** Length of the content, in bytes; 0 for directories. */
  readonly size: number;
  /** Number of the present content; 1 for directories. */
  readonly version: number;
  /** Milliseconds since 1970, like the next one. */
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export interface Attributes {
  readonly mode?: number;
  /** -1 leaves it as it is, like the next one. */
  readonly uid?: number;
  readonly gid?: number;
  readonly atimeMs?: number;
  readonly mtimeMs?: number;
}

export interface FsStats {
  /** Size of a slot in bytes; the unit of the next three. */
  readonly blockBytes: number;
  /** Slots of the container now. */
  readonly blocks: number;
  readonly freeBlocks: number;
}

/** An entry that is to be made beneath a directory. */
export interface NewEntry {
  /** Names, with slashes between them, neither `.` nor `..`. */
  readonly path: string;
  /** `link`: another name for a file that is there. */
  readonly type: FileType | "link";
  /** Of a file; it belongs to whoever is called. */
  readonly content?: Uint8Array | undefined;
  /** In place of content: a file without a name, from `openNameless`, which gets this one. */
  readonly handle?: FileHandle | undefined;
  /** Of a symlink: where it leads. Of a link: the file, as a path beneath the same directory. */
  readonly target?: string | undefined;
  /** Default: as of whatever is made. Not for links, which share these with the file, like the next one. */
  readonly mode?: number | undefined;
  readonly mtimeMs?: number | undefined;
  /** Of a directory that is there already: sets mode and time. */
  readonly merge?: boolean | undefined;
}

/** What is to become of an entry whose name is taken: EEXIST, the old one makes way, or the new one does. */
export type Conflict = "error" | "overwrite" | "skip";

/** `there`: a directory that was there already, or with `skip` something else. */
export type Placed = "made" | "there";

export interface Capabilities {
  readonly readOnly: boolean;
  readonly symlinks: boolean;
  readonly hardLinks: boolean;
  readonly permissions: boolean;
}

export interface ReaddirOptions {
  /** Only names after this one, in the order of their UTF-8 bytes. */
  readonly after?: string;
  /** At most this many entries. */
  readonly limit?: number;
}

/** What has happened to an entry. */
export interface ChangeEvent {
  /** `rename`: an entry came, went or changed its name. `change`: its content or attributes did. */
  readonly type: "rename" | "change";
  /**
   * The entry, without symlinks, `.` and `..`; of a directory that was renamed, one event for all that is below.
   * Undefined where anything may have changed: another tree was restored, or a file was changed of which nobody knows
   * the path any more.
   */
  readonly path: string | undefined;
  /** Of an entry that is there now: what it is. Undefined if it is gone, or was changed only. */
  readonly entry?: FileType | undefined;
  /** Of an entry that was moved: its other path, where it has gone to or has come from. */
  readonly other?: string | undefined;
}

export interface WatchOptions {
  /** With everything below. */
  readonly recursive?: boolean | undefined;
}

export interface Watcher {
  /** Nothing is told afterwards. Idempotent. */
  close(): void;
}

export interface FileHandle {
  stat(): Promise<Stats>;
  /** Reads up to `into.length` bytes at `at`; resolves to the count, short only at the end of the file. */
  read(into: Uint8Array, at: number): Promise<number>;
  /**
   * The same in a buffer that is the caller's from then on, where the file system has something better than `read`: who reads
   * pieces one after the other may get them sooner.
   */
  readPiece?(length: number, at: number): Promise<Uint8Array>;
  /** Writes all of `bytes` at `at` (at the end if the handle appends); resolves to the count. `bytes` is not kept unless `owned`, which gives the buffer away. */
  write(bytes: Uint8Array, at: number, owned?: boolean): Promise<number>;
  truncate(size: number): Promise<void>;
  setattr(changes: Attributes): Promise<void>;
  /** Both resolve when everything acknowledged on this file system so far is durable. */
  datasync(): Promise<void>;
  sync(): Promise<void>;
  /** EBADF if closed already. */
  close(): Promise<void>;
}

/** What is to become the content of a file, in a file without a name; closed without `finish`, it leaves nothing behind. */
export interface Staging extends FileHandle {
  /**
   * Makes it the content of the file, whole and at once; what it holds afterwards is open. The last one counts. ENOENT if the
   * file has no name any more, ESTALE if another tree was restored meanwhile.
   */
  finish(): Promise<void>;
}

export interface FileSystem {
  readonly capabilities: Capabilities;
  stat(path: string): Promise<Stats>;
  lstat(path: string): Promise<Stats>;
  open(path: string, flags: OpenFlags, mode?: number): Promise<FileHandle>;
  /** Content to be for the file at `path`: empty, or with `keep` what the file holds now, which is shared and not copied. */
  openStaging(path: string, keep: boolean): Promise<Staging>;
  /** The whole content, one snapshot. */
  readFile(path: string): Promise<Uint8Array>;
  /** Opens with `flags` and replaces (or, with `append`, extends) the content, all in one transaction. */
  writeFile(
    path: string,
    bytes: Uint8Array,
    flags?: OpenFlags,
    mode?: number,
    owned?: boolean,
  ): Promise<void>;
  /**
   * Makes `to` a file with the content and mode of `from`, whole or not at all. The content is shared, not copied, where the file system can. With `exclusive`, EEXIST if there is
   * something. EBUSY if others keep changing `from`.
   */
  copyFile(from: string, to: string, exclusive?: boolean): Promise<void>;
  /** A file without a name, for reading and writing; it goes when it is closed, unless `place` has given it one. */
  openNameless(): Promise<FileHandle>;
  /**
   * Makes an entry beneath the directory `base`, with the directories on the way that are missing. Symlinks are followed on the way to
   * `base` and nowhere beneath: ELOOP. A directory is never replaced (EISDIR), nor does one replace anything
   * (ENOTDIR, ELOOP); one that is there is no conflict. What is replaced goes with its versions and its other names stay.
   */
  place(base: string, entry: NewEntry, conflict: Conflict): Promise<Placed>;
  mkdir(path: string, mode?: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /**
   * Atomic; replaces a file by a non-directory and an empty directory by a directory. With `exclusive`, EEXIST
   * if there is anything, and EINVAL if it is the same name.
   */
  rename(from: string, to: string, exclusive?: boolean): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  /** In the order of the names' UTF-8 bytes. */
  readdir(path: string, options?: ReaddirOptions): Promise<DirEntry[]>;
  /** The path with every symlink resolved. */
  realpath(path: string): Promise<string>;
  truncate(path: string, size: number): Promise<void>;
  setattr(path: string, changes: Attributes, followLink?: boolean): Promise<void>;
  /**
   * Tells of changes of the path itself, of a directory's entries, and with `recursive` of everything below: after each is
   * published and before its call resolves, in the order of publication. It is the path that is watched: if what is
   * there goes, so that it is told of, and what comes there next is watched.
   */
  watch(
    path: string,
    options: WatchOptions,
    listener: (event: ChangeEvent) => void,
  ): Promise<Watcher>;
  statfs(): Promise<FsStats>;
  /** Resolves when everything acknowledged so far is durable. */
  sync(): Promise<void>;
  /** Closes every handle, commits and releases the storage. */
  close(): Promise<void>;
}
