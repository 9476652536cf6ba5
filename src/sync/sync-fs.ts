/** SyncFs: files in the shape of Node's synchronous functions. What makes one is create-sync-fs.ts. */
import type { Data, Mode, PathLike, TimeLike } from "../api/arguments.js";
import type { Dirent } from "../api/dirent.js";
import type { Encoding, NameEncoding } from "../api/encoding.js";
import type { BufferRange, Position } from "../api/buffer-range.js";
import type { Content } from "../api/file-handle.js";
import type { constants, Flags } from "../api/flags.js";
import type {
  MkdirOptions,
  NameOptions,
  ReaddirOptions,
  RmdirOptions,
  RmOptions,
} from "../api/fs.js";
import type { BigIntOption, BigIntStats, StatFs, Stats } from "../api/stats.js";

export interface SyncReadFileOptions {
  /** Text of this encoding instead of bytes. */
  readonly encoding?: Encoding | null | undefined;
  /** Default `"r"`. */
  readonly flag?: Flags | undefined;
}

export interface SyncWriteFileOptions {
  /** Of data that is text. Default `utf8`. */
  readonly encoding?: Encoding | null | undefined;
  /** Default `"w"`, for appendFileSync `"a"`. */
  readonly flag?: Flags | undefined;
  /** Permission bits if the file is made. Default 0o666; there is no umask. */
  readonly mode?: Mode | null | undefined;
  /** Return only when the content is on storage. */
  readonly flush?: boolean | undefined;
}

/** Options that ask for text. */
type AsText = Encoding | (SyncReadFileOptions & { readonly encoding: Encoding });
/** Options that ask for bytes. */
type AsBytes = (SyncReadFileOptions & { readonly encoding?: null | undefined }) | null;

export interface StatOptions extends BigIntOption {
  /** With `false`, undefined instead of ENOENT. Default true. */
  readonly throwIfNoEntry?: boolean | undefined;
}
type Numbers = { readonly bigint?: false | undefined };
type BigInts = { readonly bigint: true };
type OrThrow = { readonly throwIfNoEntry?: true | undefined };
type OrNothing = { readonly throwIfNoEntry: boolean };

/** `stat` in all its forms. */
interface StatSync {
  (path: PathLike, options?: Numbers & OrThrow): Stats;
  (path: PathLike, options: BigInts & OrThrow): BigIntStats;
  (path: PathLike, options: Numbers & OrNothing): Stats | undefined;
  (path: PathLike, options?: StatOptions): Stats | BigIntStats | undefined;
}

/** `readdir` in all its forms. */
interface ReaddirSync {
  (path: PathLike, options: ReaddirOptions & Typed & TextNames): Dirent[];
  (path: PathLike, options?: (ReaddirOptions & Untyped & TextNames) | Encoding | null): string[];
  (path: PathLike, options?: ReaddirOptions | NameEncoding | null): Content[] | Dirent<Content>[];
}
type Typed = { readonly withFileTypes: true };
type Untyped = { readonly withFileTypes?: false | undefined };
type TextNames = { readonly encoding?: Encoding | null | undefined };

/** A name or path, as text or in the encoding that is asked for. */
interface NameSync {
  (
    path: PathLike,
    options?: { readonly encoding?: Encoding | null | undefined } | Encoding | null,
  ): string;
  (path: PathLike, options: { readonly encoding: "buffer" } | "buffer"): Uint8Array<ArrayBuffer>;
  (path: PathLike, options?: NameOptions | NameEncoding | null): Content;
}

/**
 * The files of a repo, a transaction or a snapshot for a worker that must not await: `node:fs`'s synchronous functions, with the
 * arguments, results and errors of `repo.fs`, whose durability and atomicity they have. Functions need no `this`. Files
 * are numbers, from 3; no number is used twice.
 *
 * Each call blocks the worker until the engine has answered: some 20 µs if what it needs is in memory.
 *
 * @throws What `repo.fs` throws; EBADF once the channel is closed, REPO_CLOSED, REPO_LOCKED and WORKER_FAILED once the
 * repo is, or its worker has died
 * @example
 * ```ts
 * import { syncFs, type SyncFs } from "cofferfs/sync";
 *
 * self.onmessage = ({ data }) => {
 *   const fs: SyncFs = syncFs(data);
 *   const fd = fs.openSync("/log", "a");
 *   fs.writeSync(fd, "the worker is up\n");
 *   fs.closeSync(fd);
 * };
 * ```
 */
export interface SyncFs {
  /** Numbers for flags and modes, as on Linux. */
  readonly constants: typeof constants;

  /** The whole content, of one moment; of an open file, from its position on. */
  readFileSync(path: PathLike | number, options: AsText): string;
  readFileSync(path: PathLike | number, options?: AsBytes): Uint8Array<ArrayBuffer>;
  readFileSync(path: PathLike | number, options?: SyncReadFileOptions | Encoding | null): Content;
  /** Replaces the content, or makes the file, in one transaction; in an open file, writes at its position. */
  writeFileSync(
    path: PathLike | number,
    data: Data,
    options?: SyncWriteFileOptions | Encoding | null,
  ): void;
  appendFileSync(
    path: PathLike | number,
    data: Data,
    options?: SyncWriteFileOptions | Encoding | null,
  ): void;
  truncateSync(path: PathLike, length?: number | null): void;
  copyFileSync(from: PathLike, to: PathLike, mode?: number): void;

  openSync(path: PathLike, flags?: Flags, mode?: Mode | null): number;
  closeSync(fd: number): void;
  /** How many bytes were read; fewer than asked for only at the end of the file. */
  readSync(fd: number, buffer: ArrayBufferView, options?: BufferRange): number;
  readSync(
    fd: number,
    buffer: ArrayBufferView,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): number;
  /** Writes all of it, in one transaction; returns the number of bytes. */
  writeSync(fd: number, buffer: ArrayBufferView, options?: BufferRange): number;
  writeSync(
    fd: number,
    buffer: ArrayBufferView,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): number;
  writeSync(fd: number, text: string, position?: Position, encoding?: Encoding | null): number;
  readvSync(fd: number, buffers: readonly ArrayBufferView[], position?: Position): number;
  writevSync(fd: number, buffers: readonly ArrayBufferView[], position?: Position): number;
  fstatSync(fd: number, options?: Numbers): Stats;
  fstatSync(fd: number, options: BigInts): BigIntStats;
  ftruncateSync(fd: number, length?: number | null): void;
  /** Returns when everything acknowledged in the repo so far is on storage. */
  fsyncSync(fd: number): void;
  fdatasyncSync(fd: number): void;
  fchmodSync(fd: number, mode: Mode): void;
  fchownSync(fd: number, uid: number, gid: number): void;
  futimesSync(fd: number, atime: TimeLike, mtime: TimeLike): void;

  readonly statSync: StatSync;
  readonly lstatSync: StatSync;
  statfsSync(path: PathLike, options?: Numbers): StatFs;
  statfsSync(path: PathLike, options: BigInts): StatFs<bigint>;
  /** False for whatever keeps it from being found. */
  existsSync(path: PathLike): boolean;
  accessSync(path: PathLike, mode?: number): void;
  chmodSync(path: PathLike, mode: Mode): void;
  chownSync(path: PathLike, uid: number, gid: number): void;
  lchownSync(path: PathLike, uid: number, gid: number): void;
  utimesSync(path: PathLike, atime: TimeLike, mtime: TimeLike): void;
  lutimesSync(path: PathLike, atime: TimeLike, mtime: TimeLike): void;

  mkdirSync(
    path: PathLike,
    options: MkdirOptions & { readonly recursive: true },
  ): string | undefined;
  mkdirSync(
    path: PathLike,
    options?: (MkdirOptions & { readonly recursive?: false | undefined }) | Mode | null,
  ): undefined;
  mkdirSync(path: PathLike, options?: MkdirOptions | Mode | null): string | undefined;
  /** Makes a directory whose name is `prefix` and six random letters or digits, and returns its path. */
  readonly mkdtempSync: NameSync;
  readonly readdirSync: ReaddirSync;
  renameSync(from: PathLike, to: PathLike): void;
  rmSync(path: PathLike, options?: RmOptions): void;
  rmdirSync(path: PathLike, options?: RmdirOptions): void;
  unlinkSync(path: PathLike): void;
  linkSync(existing: PathLike, path: PathLike): void;
  symlinkSync(target: PathLike, path: PathLike, type?: string | null): void;
  readonly readlinkSync: NameSync;
  readonly realpathSync: NameSync;
}
