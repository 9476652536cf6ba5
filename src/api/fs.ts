/** RepoFs: files in the shape of `node:fs/promises`. What makes one is create-fs.ts. */
import type { Data, DataPieces, Mode, PathLike, TimeLike } from "./arguments.js";
import type { AsBytes, AsText, ReadFileOptions, WriteFileOptions } from "./content-options.js";
import type { Dir, OpenDirOptions } from "./dir.js";
import type { Dirent } from "./dirent.js";
import type { Encoding, NameEncoding } from "./encoding.js";
import type { Content, FileHandle } from "./file-handle.js";
import type { constants, Flags } from "./flags.js";
import type { BigIntOption, BigIntStats, StatFs, Stats } from "./stats.js";

export interface MkdirOptions {
  /** Makes what is missing above, too; no error if all of it is there. */
  readonly recursive?: boolean | undefined;
  /** Permission bits. Default 0o777; there is no umask. */
  readonly mode?: Mode | null | undefined;
}

/** How names are told. */
export interface NameOptions {
  /** Text of this encoding, or `"buffer"` for bytes. Default `utf8`. */
  readonly encoding?: NameEncoding | null | undefined;
}

/** Options that ask for names as text. */
export type TextNames<T> =
  (T & { readonly encoding?: Encoding | null | undefined }) | Encoding | null | undefined;
/** Options that ask for names as bytes. */
export type ByteNames<T> = (T & { readonly encoding: "buffer" }) | "buffer";

export interface ReaddirOptions extends NameOptions {
  readonly withFileTypes?: boolean | undefined;
  /** With everything below, as paths relative to the directory; links are listed, not followed. */
  readonly recursive?: boolean | undefined;
}

type WithoutTypes = ReaddirOptions & { readonly withFileTypes?: false | undefined };
type WithTypes = ReaddirOptions & { readonly withFileTypes: true };

export interface RmdirOptions {
  /** Like `rm`, if it is a directory; out of fashion in Node. */
  readonly recursive?: boolean | undefined;
  /** Checked and without effect, like the next one: nothing that fails here succeeds by being tried again. */
  readonly maxRetries?: number | undefined;
  readonly retryDelay?: number | undefined;
}

export interface RmOptions extends RmdirOptions {
  readonly recursive?: boolean | undefined;
  /** No error if there is nothing. */
  readonly force?: boolean | undefined;
}

export interface CpOptions {
  /** Directories with everything below; without it they are an error. */
  readonly recursive?: boolean | undefined;
  /** Replaces files that are there. Default true; otherwise they are left alone, see `errorOnExist`. */
  readonly force?: boolean | undefined;
  /** With `force: false`, what is there is an error. */
  readonly errorOnExist?: boolean | undefined;
  /** Copies what symlinks lead to. */
  readonly dereference?: boolean | undefined;
  /** The copies have the times of access and modification of what they are copies of. */
  readonly preserveTimestamps?: boolean | undefined;
  /** Copies relative symlinks as they are; otherwise they are made absolute. */
  readonly verbatimSymlinks?: boolean | undefined;
  /** As for `copyFile`. */
  readonly mode?: number | undefined;
  /** Asked of each entry, in turn; what it says no to is left out, with everything below. Runs on the page. */
  readonly filter?:
    ((source: string, destination: string) => boolean | Promise<boolean>) | undefined;
}

/** `Found` is what `exclude` is given. */
export interface GlobOptions<Found = string> {
  /** The directory from which patterns start. Default the root. */
  readonly cwd?: PathLike | undefined;
  /** Yields entries instead of paths. */
  readonly withFileTypes?: boolean | undefined;
  /**
   * What is left out, with everything below: patterns, or a function of the path or entry, which runs on the page.
   */
  readonly exclude?: readonly string[] | ((found: Found) => boolean) | undefined;
}

export interface WatchOptions extends NameOptions {
  /** Checked and without effect: a page does not end. */
  readonly persistent?: boolean | undefined;
  /** With everything below. */
  readonly recursive?: boolean | undefined;
  /** Ends it, with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** So many changes wait to be asked for. Default 2048. */
  readonly maxQueue?: number | undefined;
  /**
   * If there are more: `"ignore"` puts one change without a name in their place, `"throw"` ends it with an error. Default
   * `"ignore"`.
   */
  readonly overflow?: "ignore" | "throw" | undefined;
}

/** What a watcher yields. */
export interface FileChange<Name> {
  /** `rename`: an entry came, went or changed its name. `change`: its content or attributes did. */
  readonly eventType: "rename" | "change";
  /** Relative to the directory that is watched; null where anything may have changed. */
  readonly filename: Name | null;
}

/**
 * The files of a repo, in the shape of Node 20's `node:fs/promises` (and `glob` of Node 22): same names, same arguments, same
 * errors (`code`, `errno`, `syscall`, `path`, `dest`, `message`). docs/NODE-FS.md lists every difference. Functions need
 * no `this`.
 *
 * - Each call is one transaction or reads one snapshot, unless it says otherwise. In the `relaxed`
 *   durability a change is on storage within about 100 ms, after `flush: true`, and after `repo.sync()`;
 *   in `strict` when its promise resolves. A crash never leaves half of a call behind.
 * - Paths start at the root, relative ones as well; `..` ends there. Names are 1–255 bytes of UTF-8, paths at most 4095.
 * - Buffers are copied before the call returns, unless `transfer` is set. Where Node gives a Buffer, this gives a Uint8Array.
 *
 * @throws Any path: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL. Any change: EROFS, ENOSPC. Any call:
 * INTEGRITY for damaged data, BACKEND_IO, STALE_WRITER, REPO_CLOSED, REPO_POISONED, WORKER_FAILED;
 * TypeError and RangeError for arguments that make no sense. What else a call throws stands with it.
 */
export interface RepoFs {
  /** Numbers for flags and modes, as on Linux. */
  readonly constants: typeof constants;

  /**
   * The whole content, of one moment. At most 2 GiB at a time. Of a handle, like its `readFile`.
   *
   * @throws EISDIR; EFBIG if it is larger; AbortError
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function loadSettings(repo: Repo): Promise<unknown> {
   *   return JSON.parse(await repo.fs.readFile("/settings.json", "utf8"));
   * }
   * ```
   */
  readFile(path: PathLike | FileHandle, options: AsText<ReadFileOptions>): Promise<string>;
  readFile(
    path: PathLike | FileHandle,
    options?: AsBytes<ReadFileOptions>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  readFile(
    path: PathLike | FileHandle,
    options?: ReadFileOptions | Encoding | null,
  ): Promise<Content>;

  /**
   * Replaces the content, or makes the file: readers see the old or the new one, also after a crash.
   * `data` is copied once, or detached with `transfer: true`. What comes in pieces (an iterable) is written piece by
   * piece, and not at once. To a handle, like its `writeFile`.
   *
   * @throws EISDIR, EEXIST (flag `x`), EFBIG; AbortError
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function saveWallet(repo: Repo, wallet: Uint8Array): Promise<void> {
   *   await repo.fs.writeFile("/wallet.bin", wallet, { flush: true });
   * }
   * ```
   */
  writeFile(
    path: PathLike | FileHandle,
    data: Data | DataPieces,
    options?: WriteFileOptions | Encoding | null,
  ): Promise<void>;

  /** Adds to the end of the content, or makes the file. @throws EISDIR, EFBIG; AbortError */
  appendFile(
    path: PathLike | FileHandle,
    data: Data | DataPieces,
    options?: WriteFileOptions | Encoding | null,
  ): Promise<void>;

  /** An open file; `flags` as in Node, default `"r"`. @throws EISDIR, EEXIST */
  open(path: PathLike, flags?: Flags | null, mode?: Mode | null): Promise<FileHandle>;

  /** Cuts the content, or makes it longer with zeros. Default length 0. @throws EISDIR, EFBIG */
  truncate(path: PathLike, length?: number): Promise<void>;

  /**
   * A copy of content and permission bits; the copy appears whole. With `constants.COPYFILE_EXCL` it does
   * not replace anything.
   *
   * @throws EISDIR, EEXIST; EFBIG above 2 GiB
   */
  copyFile(from: PathLike, to: PathLike, mode?: number | null): Promise<void>;

  /**
   * A copy of a file, a symlink, or with `recursive` of a directory and everything below. Each entry is a
   * transaction of its own: a crash may leave a part. Files share their content with the copy.
   *
   * @throws ERR_FS_EISDIR for a directory without `recursive`; ERR_FS_CP_EINVAL for a directory into itself, and for what is the
   * same; ERR_FS_CP_EEXIST with `errorOnExist`; ERR_FS_CP_DIR_TO_NON_DIR, ERR_FS_CP_NON_DIR_TO_DIR; what `filter` throws
   */
  cp(from: PathLike, to: PathLike, options?: CpOptions): Promise<void>;

  /**
   * A new directory. With `recursive` one transaction for each that is made, and the first of them is what
   * the promise resolves to.
   *
   * @throws EEXIST
   */
  mkdir(
    path: PathLike,
    options: MkdirOptions & { readonly recursive: true },
  ): Promise<string | undefined>;
  mkdir(
    path: PathLike,
    options?: (MkdirOptions & { readonly recursive?: false | undefined }) | Mode | null,
  ): Promise<undefined>;
  mkdir(path: PathLike, options?: MkdirOptions | Mode | null): Promise<string | undefined>;

  /**
   * A new directory whose name is `prefix` and six random characters. Resolves to its path.
   *
   * @throws what `mkdir` throws
   */
  mkdtemp(prefix: PathLike, options?: TextNames<NameOptions>): Promise<string>;
  mkdtemp(prefix: PathLike, options: ByteNames<NameOptions>): Promise<Uint8Array<ArrayBuffer>>;
  mkdtemp(
    prefix: PathLike,
    options?: NameOptions | NameEncoding | null,
  ): Promise<string | Uint8Array<ArrayBuffer>>;

  /**
   * The entries of a directory, in the order of their names' bytes. A large one, or a `recursive` listing,
   * is not of one moment.
   *
   * @throws ENOTDIR
   */
  readdir(path: PathLike, options?: TextNames<WithoutTypes>): Promise<string[]>;
  readdir(path: PathLike, options: ByteNames<WithoutTypes>): Promise<Uint8Array<ArrayBuffer>[]>;
  readdir(
    path: PathLike,
    options: WithTypes & { readonly encoding?: Encoding | null | undefined },
  ): Promise<Dirent[]>;
  readdir(
    path: PathLike,
    options: WithTypes & { readonly encoding: "buffer" },
  ): Promise<Dirent<Uint8Array<ArrayBuffer>>[]>;
  readdir(
    path: PathLike,
    options?: ReaddirOptions | NameEncoding | null,
  ): Promise<string[] | Uint8Array<ArrayBuffer>[] | Dirent[] | Dirent<Uint8Array<ArrayBuffer>>[]>;

  /** A directory whose entries are read as they are asked for. Close it when done; `for await` does. @throws ENOTDIR */
  opendir(path: PathLike, options?: OpenDirOptions | Encoding | null): Promise<Dir>;

  /**
   * The paths that match one of the patterns, each once, in no order that one may rely on: `*`, `?`, `[…]`, `{a,b}`, `+(…)` and the like, `**` for any
   * number of directories. Names that begin with a dot match only what says so; links are followed, but not by `**`.
   * Not of one moment.
   *
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function drafts(repo: Repo): Promise<string[]> {
   *   const found: string[] = [];
   *   for await (const path of repo.fs.glob("**\/*.md", { cwd: "/drafts" })) found.push(path);
   *   return found;
   * }
   * ```
   */
  glob(
    pattern: string | readonly string[],
    options: GlobOptions<Dirent> & { readonly withFileTypes: true },
  ): AsyncIterableIterator<Dirent>;
  glob(
    pattern: string | readonly string[],
    options?: GlobOptions & { readonly withFileTypes?: false | undefined },
  ): AsyncIterableIterator<string>;
  glob(
    pattern: string | readonly string[],
    options?: GlobOptions<never>,
  ): AsyncIterableIterator<string> | AsyncIterableIterator<Dirent>;

  /**
   * Yields what happens to a file, or to the entries of a directory: everything that is published, whoever did it, from the first time that
   * it is asked on. It is the path that is watched: what comes in its place is watched as well. Of a directory that was renamed
   * there is one event, none for what is below.
   *
   * @throws AbortError; REPO_LOCKED once the repo is locked
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function follow(repo: Repo, signal: AbortSignal): Promise<void> {
   *   for await (const { filename } of repo.fs.watch("/notes", { recursive: true, signal }))
   *     console.log(filename ?? "anything", "has changed");
   * }
   * ```
   */
  watch(
    path: PathLike,
    options: WatchOptions & { readonly encoding: "buffer" },
  ): AsyncIterable<FileChange<Uint8Array<ArrayBuffer>>>;
  watch(
    path: PathLike,
    options?: WatchOptions & { readonly encoding?: Encoding | null | undefined },
  ): AsyncIterable<FileChange<string>>;
  watch(
    path: PathLike,
    options?: WatchOptions,
  ): AsyncIterable<FileChange<string>> | AsyncIterable<FileChange<Uint8Array<ArrayBuffer>>>;

  /** Of what the path leads to. */
  stat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  stat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>;
  stat(path: PathLike, options?: BigIntOption): Promise<Stats | BigIntStats>;

  /** Of the path itself, also if it is a symlink. */
  lstat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  lstat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>;
  lstat(path: PathLike, options?: BigIntOption): Promise<Stats | BigIntStats>;

  /** Of the repo's container. */
  statfs(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<StatFs>;
  statfs(path: PathLike, options: { readonly bigint: true }): Promise<StatFs<bigint>>;
  statfs(path: PathLike, options?: BigIntOption): Promise<StatFs | StatFs<bigint>>;

  /** Rejects if the path does not exist, or with `constants.W_OK` if the repo is read-only (EROFS). */
  access(path: PathLike, mode?: number | null): Promise<void>;

  /** Replaces a file, or an empty directory by a directory. @throws EISDIR, ENOTDIR, ENOTEMPTY, EBUSY */
  rename(from: PathLike, to: PathLike): Promise<void>;

  /**
   * Removes a file, with `recursive` also a directory and everything below; a symlink goes itself. One
   * transaction for each entry: a crash may leave a part.
   *
   * @throws ERR_FS_EISDIR for a directory without `recursive`; EBUSY for the root; EINVAL for a path that ends in `.` or `..`
   */
  rm(path: PathLike, options?: RmOptions): Promise<void>;

  /** @throws ENOTEMPTY, EBUSY for the root */
  rmdir(path: PathLike, options?: RmdirOptions): Promise<void>;

  /** Removes a name; what is open under it stays readable. @throws EISDIR */
  unlink(path: PathLike): Promise<void>;

  /** Another name for a file. @throws EEXIST, EPERM for a directory, EMLINK */
  link(existing: PathLike, path: PathLike): Promise<void>;

  /** A symlink to any text. `type` matters on Windows only, and is checked. @throws EEXIST */
  symlink(target: PathLike, path: PathLike, type?: string | null): Promise<void>;

  /** The text of a symlink. @throws EINVAL if it is none */
  readlink(path: PathLike, options?: TextNames<NameOptions>): Promise<string>;
  readlink(path: PathLike, options: ByteNames<NameOptions>): Promise<Uint8Array<ArrayBuffer>>;
  readlink(
    path: PathLike,
    options?: NameOptions | NameEncoding | null,
  ): Promise<string | Uint8Array<ArrayBuffer>>;

  /** The path without links, `.` and `..`. */
  realpath(path: PathLike, options?: TextNames<NameOptions>): Promise<string>;
  realpath(path: PathLike, options: ByteNames<NameOptions>): Promise<Uint8Array<ArrayBuffer>>;
  realpath(
    path: PathLike,
    options?: NameOptions | NameEncoding | null,
  ): Promise<string | Uint8Array<ArrayBuffer>>;

  /** Permission bits are kept and not enforced. */
  chmod(path: PathLike, mode: Mode): Promise<void>;

  /** Like `chmod`, of a symlink itself. */
  lchmod(path: PathLike, mode: Mode): Promise<void>;

  /** Owners are kept and not enforced; -1 leaves one as it is. */
  chown(path: PathLike, uid: number, gid: number): Promise<void>;

  /** Like `chown`, of a symlink itself. */
  lchown(path: PathLike, uid: number, gid: number): Promise<void>;

  /** Times in seconds, or as Dates; kept to the millisecond. A negative number means now. */
  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void>;

  /** Like `utimes`, of a symlink itself. */
  lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void>;
}
