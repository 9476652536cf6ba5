/** mkdir -p: a directory and all that are missing above it, each a transaction of its own. */
import { isRepoError, RepoError } from "../errors.js";
import type { FileSystem } from "../vfs/file-system.js";
import { relabelled } from "./relabelled.js";

/** The first directory that was made, or undefined if all were there. */
export function makeDirectories(
  fs: FileSystem,
  path: string,
  mode?: number,
): Promise<string | undefined> {
  return relabelled({ syscall: "mkdir", path }, async () => {
    const missing: string[] = [];
    for (let at = path; !(await makeOrFind(fs, at, mode)); at = parentOf(at)) missing.push(at);
    const first = missing.at(-1);
    for (const below of missing.toReversed()) await makeOrFind(fs, below, mode);
    return first;
  });
}
