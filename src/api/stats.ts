/** Stats: what stat tells, in the shape of Node's. */
import type { FileType, Stats as RawStats } from "../worker/protocol.js";
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
