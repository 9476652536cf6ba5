/**
 * Names of entries that are imported: where they may lead is decided on their text, before anybody resolves it. A name is one or more
 * names of a directory's entries with slashes between them.
 */
import { utf8Encode } from "../codec/utf8.js";
import { RepoError } from "../errors.js";

const MAX_NAME_BYTES = 255;

/** An entry that is not let in, by the name that it came with. */
export function refused(reason: string, path: string, cause?: unknown): RepoError {
  return new RepoError("ENTRY_REFUSED", { message: reason, syscall: "import", path, cause });
}

/** The name without a slash at its end. @throws ENTRY_REFUSED if it is not one below the destination */
export function entryPath(path: string): string {
  const clean = path.replace(/(?<=[^/])\/$/, "");
  for (const name of clean.split("/")) assertName(name, path);
  return clean;
}

function assertName(name: string, path: string): void {
  if (name === "") throw refused("an empty name, or an absolute path", path);
  if (name === "." || name === "..") throw refused("a name of dots, which leads elsewhere", path);
  const bytes = utf8Encode(name);
  if (bytes === undefined || bytes.includes("\0")) throw refused("not a name", path);
  if (bytes.length > MAX_NAME_BYTES)
    throw refused(`a name of more than ${MAX_NAME_BYTES} bytes`, path);
}
