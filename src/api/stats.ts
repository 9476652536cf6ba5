/** Stats: what stat tells, in the shape of Node's. */
import type { FileType, FsStats, Stats as RawStats } from "../worker/protocol.js";
import { constants } from "./flags.js";

const TYPE_BITS: Readonly<Record<FileType, number>> = {
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
};

/** The unit of `blocks`, in bytes, whatever the storage's is. */
const BLOCK_BYTES = 512;

/** What can be asked of a directory entry as of a file's stats. */
export class TypedNode {
  readonly #type: FileType;

  constructor(type: FileType) {
    this.#type = type;
  }

  isFile(): boolean {
    return this.#type === "file";
  }

  isDirectory(): boolean {
    return this.#type === "directory";
  }

  isSymbolicLink(): boolean {
    return this.#type === "symlink";
  }

  /** False, like the three that follow: there are no such files here. */
  isBlockDevice(): boolean {
    return false;
  }

  isCharacterDevice(): boolean {
    return false;
  }

  isFIFO(): boolean {
    return false;
  }

  isSocket(): boolean {
    return false;
  }
}

/** What a file is. Sizes in bytes, `…Ms` in milliseconds since 1970. */
export class Stats extends TypedNode {
  readonly dev = 0;
  readonly rdev = 0;
  readonly ino: number;
  /** Type bits (`constants.S_IFREG` and so on) and permission bits, which are kept and not enforced. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly blksize = 4096;
  /** In units of 512 bytes, rounded up; not what the storage spends. */
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;

  /** @internal */
  constructor(raw: RawStats) {
    super(raw.type);
    this.ino = raw.ino;
    this.mode = TYPE_BITS[raw.type] | raw.mode;
    this.nlink = raw.nlink;
    this.uid = raw.uid;
    this.gid = raw.gid;
    this.size = raw.size;
    this.blocks = Math.ceil(raw.size / BLOCK_BYTES);
    this.atimeMs = raw.atimeMs;
    this.mtimeMs = raw.mtimeMs;
    this.ctimeMs = raw.ctimeMs;
    this.birthtimeMs = raw.birthtimeMs;
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }

  get mtime(): Date {
    return new Date(this.mtimeMs);
  }

  get ctime(): Date {
    return new Date(this.ctimeMs);
  }

  get birthtime(): Date {
    return new Date(this.birthtimeMs);
  }
}

/** The same in bigints, and with times in nanoseconds since 1970, of which the last six digits are zeros. */
export class BigIntStats extends TypedNode {
  readonly dev = 0n;
  readonly rdev = 0n;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
  readonly blksize = 4096n;
  readonly blocks: bigint;
  readonly atimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeMs: bigint;
  readonly birthtimeMs: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  /** @internal */
  constructor(raw: RawStats) {
    super(raw.type);
    const { mode, blocks, atime, mtime, ctime, birthtime } = new Stats(raw);
    this.ino = BigInt(raw.ino);
    this.mode = BigInt(mode);
    this.nlink = BigInt(raw.nlink);
    this.uid = BigInt(raw.uid);
    this.gid = BigInt(raw.gid);
    this.size = BigInt(raw.size);
    this.blocks = BigInt(blocks);
    this.atimeMs = BigInt(raw.atimeMs);
    this.mtimeMs = BigInt(raw.mtimeMs);
    this.ctimeMs = BigInt(raw.ctimeMs);
    this.birthtimeMs = BigInt(raw.birthtimeMs);
    this.atimeNs = this.atimeMs * NS_PER_MS;
    this.mtimeNs = this.mtimeMs * NS_PER_MS;
    this.ctimeNs = this.ctimeMs * NS_PER_MS;
    this.birthtimeNs = this.birthtimeMs * NS_PER_MS;
    this.atime = atime;
    this.mtime = mtime;
    this.ctime = ctime;
    this.birthtime = birthtime;
  }
}

const NS_PER_MS = 1_000_000n;

/** Whether numbers are to be bigints. */
export interface BigIntOption {
  readonly bigint?: boolean | undefined;
}

export function statsOf(raw: RawStats, options: BigIntOption | undefined): Stats | BigIntStats {
  return options?.bigint === true ? new BigIntStats(raw) : new Stats(raw);
}

/** What the storage has: a repo's container grows with what is in it, so `bfree` is what it has now. */
export interface StatFs<N extends number | bigint = number> {
  /** 0: a repo is of no type that Linux has a number for. */
  readonly type: N;
  /** Size of a slot in bytes, the unit of the next three. */
  readonly bsize: N;
  /** Slots of the container. */
  readonly blocks: N;
  readonly bfree: N;
  readonly bavail: N;
  /** 0, as where there is no table of inodes: there is no limit. */
  readonly files: N;
  readonly ffree: N;
}

export function statFsOf(
  { blockBytes, blocks, freeBlocks }: FsStats,
  options: BigIntOption | undefined,
): StatFs | StatFs<bigint> {
  const numbers = {
    type: 0,
    bsize: blockBytes,
    blocks,
    bfree: freeBlocks,
    bavail: freeBlocks,
    files: 0,
    ffree: 0,
  };
  return options?.bigint === true ? asBigInts(numbers) : numbers;
}

function asBigInts({ type, bsize, blocks, bfree, bavail, files, ffree }: StatFs): StatFs<bigint> {
  return {
    type: BigInt(type),
    bsize: BigInt(bsize),
    blocks: BigInt(blocks),
    bfree: BigInt(bfree),
    bavail: BigInt(bavail),
    files: BigInt(files),
    ffree: BigInt(ffree),
  };
}
