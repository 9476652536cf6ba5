/** mkdir -p: a directory and all that are missing above it, each in a transaction of its own. */
import { isRepoError, RepoError } from "../errors.js";
import type { FileSystem } from "../vfs/file-system.js";
import { relabelled, withoutSlashes } from "./compound.js";

/** Resolves to the first directory that was made, or to undefined if all were there. */
export function makeDirectories(
  fs: FileSystem,
  path: string,
  mode?: number,
): Promise<string | undefined> {
  return relabelled({ syscall: "mkdir", path }, () => makeFrom(fs, withoutSlashes(path), mode));
}

async function makeFrom(
  fs: FileSystem,
  path: string,
  mode: number | undefined,
): Promise<string | undefined> {
  const outcome = await attempt(fs, path, mode);
  if (outcome !== "no parent") return outcome === "made" ? path : undefined;
  const parent = withoutSlashes(path.slice(0, path.lastIndexOf("/") + 1));
  if (parent === path) throw new RepoError("ENOENT");
  const first = await makeFrom(fs, parent, mode);
  const again = await attempt(fs, path, mode);
  if (again === "no parent") throw new RepoError("ENOENT");
  return first ?? (again === "made" ? path : undefined);
}

async function attempt(
  fs: FileSystem,
  path: string,
  mode: number | undefined,
): Promise<"made" | "there" | "no parent"> {
  try {
    await fs.mkdir(path, mode);
    return "made";
  } catch (error) {
    if (isRepoError(error, "ENOENT")) return "no parent";
    if (isRepoError(error, "EEXIST") && (await leadsToDirectory(fs, path))) return "there";
    throw error;
  }
}

async function leadsToDirectory(fs: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fs.stat(path)).type === "directory";
  } catch (error) {
    if (isRepoError(error, "ENOENT")) return false;
    throw error;
  }
}
