/**
 * Paths: text to components and back. A component is a UTF-8 byte string of 1–255 bytes. Resolution
 * (resolve.ts) knows no text, so every rule about names is here.
 */
import { RepoError } from "../errors.js";
import { utf8Encode } from "../codec/utf8.js";

export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4096;
/** Directories above a path's last component. */
export const MAX_DEPTH = 256;
export const MAX_LINK_HOPS = 40;

export interface Components {
  /** Byte strings; `.` and empty ones are gone, `..` is kept for the resolution. */
  readonly names: readonly string[];
  readonly absolute: boolean;
  /** The path ends in `/`, `/.` or `/..`, and so must lead to a directory. */
  readonly directory: boolean;
  /** The path ends in `.`: it names a directory, but no entry that could be removed or replaced. */
  readonly dot: boolean;
}

/** Splits a path or link target; names may be too long, which matters where they are looked up. Throws EINVAL (NUL, lone surrogate), ENOENT (empty), ENAMETOOLONG. */
export function splitPath(path: string): Components {
  const bytes = utf8Encode(path);
  if (bytes === undefined || bytes.includes("\0")) throw new RepoError("EINVAL");
  if (bytes.length === 0) throw new RepoError("ENOENT");
  if (bytes.length > MAX_PATH_BYTES) throw new RepoError("ENAMETOOLONG");
  const parts = bytes.split("/");
  const names = parts.filter((part) => part !== "" && part !== ".");
  const last = parts.at(-1);
  return {
    names,
    absolute: bytes.startsWith("/"),
    directory: last === "" || last === "." || last === "..",
    dot: last === ".",
  };
}
