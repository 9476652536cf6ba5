/** Flags of open as Node writes them, and its constants, turned into the FileSystem's. */
import type { OpenFlags } from "../worker/protocol.js";
import { invalidValue } from "./node-errors.js";
import { assertInteger } from "./validate.js";

/** The constants of `node:fs`, with the values that they have on Linux. */
export const constants = {
  UV_FS_SYMLINK_DIR: 1,
  UV_FS_SYMLINK_JUNCTION: 2,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  UV_DIRENT_UNKNOWN: 0,
  UV_DIRENT_FILE: 1,
  UV_DIRENT_DIR: 2,
  UV_DIRENT_LINK: 3,
  UV_DIRENT_FIFO: 4,
  UV_DIRENT_SOCKET: 5,
  UV_DIRENT_CHAR: 6,
  UV_DIRENT_BLOCK: 7,
  S_IFMT: 0o170_000,
  S_IFREG: 0o100_000,
  S_IFDIR: 0o040_000,
  S_IFCHR: 0o020_000,
  S_IFBLK: 0o060_000,
  S_IFIFO: 0o010_000,
  S_IFLNK: 0o120_000,
  S_IFSOCK: 0o140_000,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  UV_FS_O_FILEMAP: 0,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_DIRECTORY: 0o200_000,
  O_NOATIME: 0o1_000_000,
  O_NOFOLLOW: 0o400_000,
  O_SYNC: 0o4_010_000,
  O_DSYNC: 0o10_000,
  O_DIRECT: 0o40_000,
  O_NONBLOCK: 0o4000,
  S_IRWXU: 0o700,
  S_IRUSR: 0o400,
  S_IWUSR: 0o200,
  S_IXUSR: 0o100,
  S_IRWXG: 0o070,
  S_IRGRP: 0o040,
  S_IWGRP: 0o020,
  S_IXGRP: 0o010,
  S_IRWXO: 0o007,
  S_IROTH: 0o004,
  S_IWOTH: 0o002,
  S_IXOTH: 0o001,
  F_OK: 0,
  R_OK: 4,
  W_OK: 2,
  X_OK: 1,
  UV_FS_COPYFILE_EXCL: 1,
  COPYFILE_EXCL: 1,
  UV_FS_COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE: 2,
  UV_FS_COPYFILE_FICLONE_FORCE: 4,
  COPYFILE_FICLONE_FORCE: 4,
} as const;

/** `"r"`, `"w"`, `"a"` with `"+"`, `"x"` or `"s"`, or a sum of `constants.O_…`. */
export type Flags = string | number;

export interface ParsedFlags {
  readonly flags: OpenFlags;
  /** Every write is on storage when it resolves. */
  readonly synchronous: boolean;
}

const TEXT = /^(?:(?:r|rs|sr|w|wx|xw|a|ax|xa|as|sa)\+?)$/;

/** @throws TypeError for a text that is no flag, RangeError for a number that is none */
export function parseFlags(flags: Flags | null | undefined): ParsedFlags {
  return typeof flags === "number" ? fromNumber(flags) : fromText(flags ?? "r");
}

function fromText(text: string): ParsedFlags {
  if (typeof text !== "string" || !TEXT.test(text)) throw invalidValue("flags", text);
  const has = (letter: string): boolean => text.includes(letter);
  const flags = {
    read: has("r") || has("+"),
    write: !has("r") || has("+"),
    append: has("a"),
    create: !has("r"),
    exclusive: has("x"),
    truncate: has("w"),
  };
  return { flags, synchronous: has("s") };
}

function fromNumber(bits: number): ParsedFlags {
  assertInteger(bits, "flags", -0x8000_0000, 0x7fff_ffff);
  const has = (flag: number): boolean => (bits & flag) === flag;
  const write = has(constants.O_WRONLY) || has(constants.O_RDWR);
  const flags = {
    read: !has(constants.O_WRONLY),
    write,
    append: write && has(constants.O_APPEND),
    create: has(constants.O_CREAT),
    exclusive: has(constants.O_EXCL),
    truncate: has(constants.O_TRUNC),
    noFollow: has(constants.O_NOFOLLOW),
    directory: has(constants.O_DIRECTORY),
  };
  return { flags, synchronous: has(constants.O_DSYNC) };
}
