/**
 * Names of containers as names of files and databases. The encoding is reversible, so that two
 * names never share a container, also on file systems that ignore case or normalise Unicode.
 */
import { RepoError } from "../errors.js";

const MAX_ENCODED_LENGTH = 200;

/** Lower-case letters, digits, `-` and `_` stay; each other byte of the UTF-8 form becomes `%xx`. */
export function encodeContainerName(name: string): string {
  // A lone surrogate has no UTF-8 form: two such names would meet in one.
  if (name === "" || /\p{Surrogate}/u.test(name)) throw new RepoError("EINVAL", { path: name });
  const bytes = Array.from(new TextEncoder().encode(name));
  const encoded = bytes.map((byte) => encodeByte(byte)).join("");
  if (encoded.length > MAX_ENCODED_LENGTH) throw new RepoError("ENAMETOOLONG", { path: name });
  return encoded;
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(char) ? char : `%${byte.toString(16).padStart(2, "0")}`;
}
