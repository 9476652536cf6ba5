/** CallbackFs: files in the shape of `node:fs` with callbacks. What makes one is create-callback-fs.ts. */
import type { Data, DataPieces, Mode, PathLike, TimeLike } from "../api/arguments.js";
import type { BufferRange, Position, WriteRange } from "../api/buffer-range.js";
import type { AsBytes, AsText, ReadFileOptions, WriteFileOptions } from "../api/content-options.js";
import type { OpenDirOptions } from "../api/dir.js";
import type { Dirent } from "../api/dirent.js";
import type { Encoding, NameEncoding } from "../api/encoding.js";
import type { Flags } from "../api/flags.js";
import type {
  ByteNames,
  CpOptions,
  GlobOptions,
  MkdirOptions,
  NameOptions,
  ReaddirOptions,
  RmdirOptions,
  RmOptions,
  TextNames,
  WatchOptions,
} from "../api/fs.js";
import type { BigIntOption, BigIntStats, StatFs, Stats } from "../api/stats.js";
import type { CallbackDir } from "./callback-dir.js";
import type { Callback } from "./callback-types.js";
import type { FSWatcher } from "./fs-watcher.js";
import type { ReadStreamOptions, WriteStreamOptions } from "./stream-options.js";

type WithoutTypes = ReaddirOptions & { readonly withFileTypes?: false | undefined };
type WithTypes = ReaddirOptions & { readonly withFileTypes: true };
type Numbers = { readonly bigint?: false | undefined } | undefined;
interface BigInts {
  readonly bigint: true;
}

/** `stat` and `lstat`. */
export interface StatCall {
  (path: PathLike, callback: Callback<[stats: Stats]>): void;
  (path: PathLike, options: Numbers, callback: Callback<[stats: Stats]>): void;
  (path: PathLike, options: BigInts, callback: Callback<[stats: BigIntStats]>): void;
  (
    path: PathLike,
    options: BigIntOption | undefined,
    callback: Callback<[stats: Stats | BigIntStats]>,
  ): void;
}

/** `realpath`, `readlink` and `mkdtemp`. */
export interface NameCall<Bytes extends Uint8Array> {
  (path: PathLike, callback: Callback<[name: string]>): void;
  (path: PathLike, options: TextNames<NameOptions>, callback: Callback<[name: string]>): void;
  (path: PathLike, options: ByteNames<NameOptions>, callback: Callback<[name: Bytes]>): void;
  (
    path: PathLike,
    options: NameOptions | NameEncoding | null | undefined,
    callback: Callback<[name: string | Bytes]>,
  ): void;
}

/** `writeFile` and `appendFile`. */
export interface WriteFileCall {
  (path: PathLike | number, data: Data | DataPieces, callback: Callback): void;
  (
    path: PathLike | number,
    data: Data | DataPieces,
    options: WriteFileOptions | Encoding | null | undefined,
    callback: Callback,
  ): void;
}

type Change<Name> = (eventType: "rename" | "change", filename: Name | null) => void;

/**
 * The functions of `node:fs` that take a callback. Each does what its twin with a promise does and tells the callback: once, later than
 * the call returns. What the callback throws is an uncaught exception. Functions need no `this`. There are none of
 * the synchronous ones; `cofferfs/sync` has them, for workers.
 *
 * @throws ERR_INVALID_ARG_TYPE, at once, without a callback and for a number of a file that is none; all other errors go to the callback
 */
export interface CallbackFs<Bytes extends Uint8Array = Uint8Array<ArrayBuffer>> {
  /** What this stands on. */
  readonly promises: object;
  readonly constants: object;
  readonly F_OK: number;
  readonly R_OK: number;
  readonly W_OK: number;
  readonly X_OK: number;
  /** For `instanceof` only: whatever looks like one is one. */
  readonly Stats: LookAlike<Stats>;
  /** Like `Stats`. */
  readonly Dirent: LookAlike<Dirent>;
  /** What `opendir` gives. */
  readonly Dir: LookAlike<CallbackDir>;

  /** The content; of a number, from the position of the open file on. */
  readFile(path: PathLike | number, callback: Callback<[data: Bytes]>): void;
  readFile(
    path: PathLike | number,
    options: AsBytes<ReadFileOptions> | undefined,
    callback: Callback<[data: Bytes]>,
  ): void;
  readFile(
    path: PathLike | number,
    options: AsText<ReadFileOptions>,
    callback: Callback<[data: string]>,
  ): void;
  readFile(
    path: PathLike | number,
    options: ReadFileOptions | Encoding | null | undefined,
    callback: Callback<[data: string | Bytes]>,
  ): void;
  readonly writeFile: WriteFileCall;
  readonly appendFile: WriteFileCall;
  truncate(path: PathLike | number, callback: Callback): void;
  truncate(path: PathLike | number, length: number | undefined, callback: Callback): void;
  copyFile(from: PathLike, to: PathLike, callback: Callback): void;
  copyFile(from: PathLike, to: PathLike, mode: number, callback: Callback): void;
  cp(from: PathLike, to: PathLike, callback: Callback): void;
  cp(from: PathLike, to: PathLike, options: CpOptions, callback: Callback): void;

  /** Tells the number of the open file. Numbers are not used again. */
  open(path: PathLike, callback: Callback<[fd: number]>): void;
  open(path: PathLike, flags: Flags | undefined, callback: Callback<[fd: number]>): void;
  open(
    path: PathLike,
    flags: Flags | undefined,
    mode: Mode | null | undefined,
    callback: Callback<[fd: number]>,
  ): void;
  /** Without a callback an error is thrown, and nobody catches it. */
  close(fd: number, callback?: Callback): void;
  /** Tells how many bytes were read, and the buffer. */
  read(fd: number, callback: Callback<[bytesRead: number, buffer: Bytes]>): void;
  read<B extends ArrayBufferView>(
    fd: number,
    bufferOrOptions: B | (BufferRange & { readonly buffer: B }),
    callback: Callback<[bytesRead: number, buffer: B]>,
  ): void;
  read<B extends ArrayBufferView>(
    fd: number,
    buffer: B,
    options: BufferRange,
    callback: Callback<[bytesRead: number, buffer: B]>,
  ): void;
  read<B extends ArrayBufferView>(
    fd: number,
    buffer: B,
    offset: number | null | undefined,
    length: number | null | undefined,
    position: Position,
    callback: Callback<[bytesRead: number, buffer: B]>,
  ): void;
  readv<B extends readonly ArrayBufferView[]>(
    fd: number,
    buffers: B,
    callback: Callback<[bytesRead: number, buffers: B]>,
  ): void;
  readv<B extends readonly ArrayBufferView[]>(
    fd: number,
    buffers: B,
    position: number | null | undefined,
    callback: Callback<[bytesRead: number, buffers: B]>,
  ): void;
  /** Tells how many bytes were written, and what was given. */
  write<B extends ArrayBufferView | string>(
    fd: number,
    data: B,
    callback: Callback<[bytesWritten: number, data: B]>,
  ): void;
  write<B extends ArrayBufferView>(
    fd: number,
    buffer: B,
    offsetOrOptions: WriteRange | number | null | undefined,
    callback: Callback<[bytesWritten: number, buffer: B]>,
  ): void;
  write<B extends ArrayBufferView>(
    fd: number,
    buffer: B,
    offset: number | null | undefined,
    length: number | null | undefined,
    callback: Callback<[bytesWritten: number, buffer: B]>,
  ): void;
  write<B extends ArrayBufferView>(
    fd: number,
    buffer: B,
    offset: number | null | undefined,
    length: number | null | undefined,
    position: Position,
    callback: Callback<[bytesWritten: number, buffer: B]>,
  ): void;
  write(
    fd: number,
    text: string,
    position: Position,
    callback: Callback<[bytesWritten: number, text: string]>,
  ): void;
  write(
    fd: number,
    text: string,
    position: Position,
    encoding: Encoding | null | undefined,
    callback: Callback<[bytesWritten: number, text: string]>,
  ): void;
  writev<B extends readonly ArrayBufferView[]>(
    fd: number,
    buffers: B,
    callback: Callback<[bytesWritten: number, buffers: B]>,
  ): void;
  writev<B extends readonly ArrayBufferView[]>(
    fd: number,
    buffers: B,
    position: number | null | undefined,
    callback: Callback<[bytesWritten: number, buffers: B]>,
  ): void;
  fstat(fd: number, callback: Callback<[stats: Stats]>): void;
  fstat(fd: number, options: Numbers, callback: Callback<[stats: Stats]>): void;
  fstat(fd: number, options: BigInts, callback: Callback<[stats: BigIntStats]>): void;
  fstat(
    fd: number,
    options: BigIntOption | undefined,
    callback: Callback<[stats: Stats | BigIntStats]>,
  ): void;
  ftruncate(fd: number, callback: Callback): void;
  ftruncate(fd: number, length: number | undefined, callback: Callback): void;
  fsync(fd: number, callback: Callback): void;
  fdatasync(fd: number, callback: Callback): void;
  fchmod(fd: number, mode: Mode, callback: Callback): void;
  fchown(fd: number, uid: number, gid: number, callback: Callback): void;
  futimes(fd: number, atime: TimeLike, mtime: TimeLike, callback: Callback): void;

  readonly stat: StatCall;
  readonly lstat: StatCall;
  statfs(path: PathLike, callback: Callback<[stats: StatFs]>): void;
  statfs(path: PathLike, options: Numbers, callback: Callback<[stats: StatFs]>): void;
  statfs(path: PathLike, options: BigInts, callback: Callback<[stats: StatFs<bigint>]>): void;
  statfs(
    path: PathLike,
    options: BigIntOption | undefined,
    callback: Callback<[stats: StatFs | StatFs<bigint>]>,
  ): void;
  /** Tells one thing, and no error: false for whatever keeps it from being found. */
  exists(path: PathLike, callback: (exists: boolean) => void): void;
  access(path: PathLike, callback: Callback): void;
  access(path: PathLike, mode: number | undefined, callback: Callback): void;
  chmod(path: PathLike, mode: Mode, callback: Callback): void;
  chown(path: PathLike, uid: number, gid: number, callback: Callback): void;
  lchown(path: PathLike, uid: number, gid: number, callback: Callback): void;
  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike, callback: Callback): void;
  lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike, callback: Callback): void;

  /** With `recursive` it tells the first directory that it made, if it made any. */
  mkdir(
    path: PathLike,
    options: (MkdirOptions & { readonly recursive?: false | undefined }) | Mode | null | undefined,
    callback: Callback,
  ): void;
  mkdir(
    path: PathLike,
    options: MkdirOptions | Mode | null | undefined,
    callback: Callback<[path?: string]>,
  ): void;
  mkdir(path: PathLike, callback: Callback): void;
  readonly mkdtemp: NameCall<Bytes>;
  readdir(path: PathLike, callback: Callback<[names: string[]]>): void;
  readdir(
    path: PathLike,
    options: TextNames<WithoutTypes>,
    callback: Callback<[names: string[]]>,
  ): void;
  readdir(
    path: PathLike,
    options: ByteNames<WithoutTypes>,
    callback: Callback<[names: Bytes[]]>,
  ): void;
  readdir(
    path: PathLike,
    options: WithTypes & { readonly encoding?: Encoding | null | undefined },
    callback: Callback<[entries: Dirent[]]>,
  ): void;
  readdir(
    path: PathLike,
    options: WithTypes & { readonly encoding: "buffer" },
    callback: Callback<[entries: Dirent<Bytes>[]]>,
  ): void;
  readdir(
    path: PathLike,
    options: ReaddirOptions | NameEncoding | null | undefined,
    callback: Callback<[found: string[] | Bytes[] | Dirent[] | Dirent<Bytes>[]]>,
  ): void;
  opendir(path: PathLike, callback: Callback<[dir: CallbackDir]>): void;
  opendir(
    path: PathLike,
    options: OpenDirOptions | Encoding | null | undefined,
    callback: Callback<[dir: CallbackDir]>,
  ): void;
  rename(from: PathLike, to: PathLike, callback: Callback): void;
  rm(path: PathLike, callback: Callback): void;
  rm(path: PathLike, options: RmOptions, callback: Callback): void;
  rmdir(path: PathLike, callback: Callback): void;
  rmdir(path: PathLike, options: RmdirOptions, callback: Callback): void;
  unlink(path: PathLike, callback: Callback): void;
  link(existing: PathLike, path: PathLike, callback: Callback): void;
  symlink(target: PathLike, path: PathLike, callback: Callback): void;
  symlink(
    target: PathLike,
    path: PathLike,
    type: string | null | undefined,
    callback: Callback,
  ): void;
  readonly readlink: NameCall<Bytes>;
  readonly realpath: NameCall<Bytes> & { readonly native: NameCall<Bytes> };

  /** Where what this stands on has it: all paths that match. */
  readonly glob?: GlobCall;
  /** Where what this stands on has it. */
  readonly lchmod?: (path: PathLike, mode: Mode, callback: Callback) => void;

  /** Events of changes, from now on. That there is nothing to watch is an event `error`. */
  watch(path: PathLike, listener?: Change<string>): FSWatcher;
  watch(
    path: PathLike,
    options: (WatchOptions & { readonly encoding: "buffer" }) | "buffer",
    listener?: Change<Bytes>,
  ): FSWatcher;
  watch(
    path: PathLike,
    options: WatchOptions | NameEncoding | null | undefined,
    listener?: Change<string>,
  ): FSWatcher;
}

export interface GlobCall {
  (pattern: string | readonly string[], callback: Callback<[paths: string[]]>): void;
  (
    pattern: string | readonly string[],
    options: GlobOptions<Dirent> & { readonly withFileTypes: true },
    callback: Callback<[entries: Dirent[]]>,
  ): void;
  (
    pattern: string | readonly string[],
    options: GlobOptions & { readonly withFileTypes?: false | undefined },
    callback: Callback<[paths: string[]]>,
  ): void;
}

/** A class that nobody makes anything of. */
export interface LookAlike<T> {
  readonly prototype: T;
  [Symbol.hasInstance](value: unknown): boolean;
}

/** What streams have beside what their class has. */
export interface FileStream {
  readonly path: PathLike | undefined;
  /** The number of the open file; null before it is open and after it was closed. */
  readonly fd: number | null;
  readonly pending: boolean;
  close(callback?: () => void): void;
}

/** The functions that make streams, where their classes were given. They throw what is wrong with options. */
export interface StreamCalls<R, W> {
  createReadStream(
    path: PathLike,
    options?: ReadStreamOptions | Encoding | null,
  ): R & FileStream & { readonly bytesRead: number };
  createWriteStream(
    path: PathLike,
    options?: WriteStreamOptions | Encoding | null,
  ): W & FileStream & { readonly bytesWritten: number };
}
