/** RepoFs: files in the shape of `node:fs/promises`. What makes one is create-fs.ts. */
import type { Data, Mode, PathLike, TimeLike } from "./arguments.js";
import type { AsBytes, AsText, ReadFileOptions, WriteFileOptions } from "./content-options.js";
import type { Dirent } from "./dirent.js";
import type { Encoding } from "./encoding.js";
import type { Content, FileHandle } from "./file-handle.js";
import type { constants, Flags } from "./flags.js";
import type { Stats } from "./stats.js";

export interface MkdirOptions {
  /** Makes what is missing above, too; no error if all of it is there. */
  readonly recursive?: boolean | undefined;
  /** Permission bits. Default 0o777; there is no umask. */
  readonly mode?: Mode | null | undefined;
}

export interface ReaddirOptions {
  readonly withFileTypes?: boolean | undefined;
  /** With everything below, as paths relative to the directory; links are listed, not followed. */
  readonly recursive?: boolean | undefined;
  /** Names are text. */
  readonly encoding?: "utf8" | null | undefined;
}

export interface RmOptions {
  readonly recursive?: boolean | undefined;
  /** No error if there is nothing. */
  readonly force?: boolean | undefined;
}

/**
 * The files of a repo, in the shape of `node:fs/promises`: same names, same arguments, same errors
 * (`code`, `errno`, `syscall`, `path`, `dest`). Functions need no `this`.
 *
 * - Each call is one transaction or reads one snapshot, unless it says otherwise. In the `relaxed`
 *   durability a change is on storage within about 100 ms, after `flush: true`, and after `repo.sync()`;
 *   in `strict` when its promise resolves. A crash never leaves half of a call behind.
 * - Paths start at the root; `..` ends there. Names are 1–255 bytes of UTF-8, paths at most 4096.
 * - Buffers are copied before the call returns, unless `transfer` is set.
 *
 * @throws Any path: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL. Any change: EROFS, ENOSPC. Any call:
 * INTEGRITY for damaged data, BACKEND_IO, STALE_WRITER, REPO_CLOSED, REPO_POISONED, WORKER_FAILED;
 * TypeError and RangeError for arguments that make no sense. What else a call throws stands with it.
 */
export interface RepoFs {
  /** Numbers for flags and modes, as on Linux. */
  readonly constants: typeof constants;

  /**
   * The whole content, of one moment. At most 2 GiB at a time.
   *
   * @throws EISDIR; EFBIG if it is larger; the reason of `signal`
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function loadSettings(repo: Repo): Promise<unknown> {
   *   return JSON.parse(await repo.fs.readFile("/settings.json", "utf8"));
   * }
   * ```
   */
  readFile(path: PathLike, options: AsText<ReadFileOptions>): Promise<string>;
  readFile(path: PathLike, options?: AsBytes<ReadFileOptions>): Promise<Uint8Array<ArrayBuffer>>;
  readFile(path: PathLike, options?: ReadFileOptions | Encoding | null): Promise<Content>;

  /**
   * Replaces the content, or makes the file: readers see the old or the new one, also after a crash.
   * `data` is copied once, or detached with `transfer: true`.
   *
   * @throws EISDIR, EEXIST (flag `x`), EFBIG; the reason of `signal`
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
    path: PathLike,
    data: Data,
    options?: WriteFileOptions | Encoding | null,
  ): Promise<void>;

  /** Adds to the end of the content, or makes the file. @throws EISDIR, EFBIG; the reason of `signal` */
  appendFile(
    path: PathLike,
    data: Data,
    options?: WriteFileOptions | Encoding | null,
  ): Promise<void>;

  /** An open file; `flags` as in Node, default `"r"`. @throws EISDIR, EEXIST */
  open(path: PathLike, flags?: Flags, mode?: Mode | null): Promise<FileHandle>;

  /** Cuts the content, or makes it longer with zeros. Default length 0. @throws EISDIR, EFBIG */
  truncate(path: PathLike, length?: number | null): Promise<void>;

  /**
   * A copy of content and permission bits; the copy appears whole. With `constants.COPYFILE_EXCL` it does
   * not replace anything.
   *
   * @throws EISDIR, EEXIST; EFBIG above 2 GiB
   */
  copyFile(from: PathLike, to: PathLike, mode?: number): Promise<void>;

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
   * The entries of a directory, in the order of their names' bytes. A large one, or a `recursive` listing,
   * is not of one moment.
   *
   * @throws ENOTDIR
   */
  readdir(
    path: PathLike,
    options: ReaddirOptions & { readonly withFileTypes: true },
  ): Promise<Dirent[]>;
  readdir(
    path: PathLike,
    options?: (ReaddirOptions & { readonly withFileTypes?: false | undefined }) | "utf8" | null,
  ): Promise<string[]>;
  readdir(path: PathLike, options?: ReaddirOptions | "utf8" | null): Promise<string[] | Dirent[]>;

  /** Of what the path leads to. */
  stat(path: PathLike): Promise<Stats>;

  /** Of the path itself, also if it is a symlink. */
  lstat(path: PathLike): Promise<Stats>;

  /** Rejects if the path does not exist, or with `constants.W_OK` if the repo is read-only (EROFS). */
  access(path: PathLike, mode?: number): Promise<void>;

  /** Replaces a file, or an empty directory by a directory. @throws EISDIR, ENOTDIR, ENOTEMPTY, EBUSY */
  rename(from: PathLike, to: PathLike): Promise<void>;

  /**
   * Removes a file, with `recursive` also a directory and everything below; a symlink goes itself. One
   * transaction for each entry: a crash may leave a part.
   *
   * @throws EISDIR without `recursive`; EBUSY for the root; EINVAL for a path that ends in `.` or `..`
   */
  rm(path: PathLike, options?: RmOptions): Promise<void>;

  /** @throws ENOTEMPTY, EBUSY for the root */
  rmdir(path: PathLike): Promise<void>;

  /** Removes a name; what is open under it stays readable. @throws EISDIR */
  unlink(path: PathLike): Promise<void>;

  /** Another name for a file. @throws EEXIST, EPERM for a directory, EMLINK */
  link(existing: PathLike, path: PathLike): Promise<void>;

  /** A symlink to any text. @throws EEXIST */
  symlink(target: PathLike, path: PathLike, type?: string | null): Promise<void>;

  /** The text of a symlink. @throws EINVAL if it is none */
  readlink(path: PathLike, options?: unknown): Promise<string>;

  /** The path without links, `.` and `..`. */
  realpath(path: PathLike, options?: unknown): Promise<string>;

  /** Permission bits are kept and not enforced. */
  chmod(path: PathLike, mode: Mode): Promise<void>;

  chown(path: PathLike, uid: number, gid: number): Promise<void>;

  lchown(path: PathLike, uid: number, gid: number): Promise<void>;

  /** Times in seconds, or as Dates; kept to the millisecond. */
  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void>;

  /** Like `utimes`, of a symlink itself. */
  lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void>;
}
