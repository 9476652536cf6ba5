/** mkdtemp: a new directory with a name that nobody could know. */
import { isRepoError } from "../errors.js";
import type { FileSystem } from "../vfs/file-system.js";
import { renamed } from "./compound.js";

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 6;
/** As long as it is not made on purpose, no second try is needed. */
const MOST_TRIES = 100;

export async function makeTemporary(fs: FileSystem, prefix: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const path = prefix + randomSuffix();
    try {
      await renamed({ syscall: "mkdtemp", path: `${prefix}XXXXXX` }, fs.mkdir(path, 0o700));
      return path;
    } catch (error) {
      if (!isRepoError(error, "EEXIST") || tries === MOST_TRIES) throw error;
    }
  }
}

function randomSuffix(): string {
  let suffix = "";
  while (suffix.length < LENGTH)
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH))) {
      // 256 is no multiple of 62: what is above the last one would make some characters likelier.
      if (byte < 4 * CHARACTERS.length && suffix.length < LENGTH)
        suffix += CHARACTERS.charAt(byte % CHARACTERS.length);
    }
  return suffix;
}
