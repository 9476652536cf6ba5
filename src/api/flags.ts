/** Flags of open as Node writes them, and its constants, turned into the FileSystem's. */
import type { OpenFlags } from "../worker/protocol.js";
import { argumentError, toInteger } from "./arguments.js";

/** The constants of Linux that the calls of this package take. */
export const constants = {
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  COPYFILE_EXCL: 1,
  COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE_FORCE: 4,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_DIRECTORY: 0o200_000,
  O_NOFOLLOW: 0o400_000,
  O_SYNC: 0o4_010_000,
  O_DSYNC: 0o10_000,
  S_IFMT: 0o170_000,
  S_IFREG: 0o100_000,
  S_IFDIR: 0o040_000,
  S_IFLNK: 0o120_000,
} as const;

/** `"r"`, `"w"`, `"a"` with `"+"`, `"x"` or `"s"`, or a sum of `constants.O_…`. */
export type Flags = string | number;

export interface ParsedFlags {
  readonly flags: OpenFlags;
  /** Every write is on storage when it resolves. */
  readonly synchronous: boolean;
}

/** Letters in alphabetical order: Node takes them in any. */
const LETTERS = ["r", "rs", "w", "wx", "a", "ax", "as"];

/** @throws TypeError for a text that is no flag, RangeError for a number that is none */
export function parseFlags(flags: Flags): ParsedFlags {
  return typeof flags === "number" ? fromNumber(flags) : fromText(flags);
}

function fromText(text: string): ParsedFlags {
  if (typeof text !== "string") throw argumentError("flags", "a string or a number", text);
  const plus = text.endsWith("+");
  const letters = Array.from(plus ? text.slice(0, -1) : text)
    .sort()
    .join("");
  if (!LETTERS.includes(letters))
    throw argumentError("flags", 'one of Node\'s, as "r" or "wx+"', text);
  const opens = letters.startsWith("r");
  const append = letters.startsWith("a");
  const flags = {
    read: opens || plus,
    write: !opens || plus,
    append,
    create: !opens,
    exclusive: letters.endsWith("x"),
    truncate: !opens && !append,
  };
  return { flags, synchronous: letters.endsWith("s") };
}

function fromNumber(bits: number): ParsedFlags {
  toInteger(bits, "flags", 0x7fff_ffff);
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
  };
  return { flags, synchronous: has(constants.O_DSYNC) };
}
