/**
 * rm: a path, with `recursive` also everything below it. Each entry goes in a transaction of its own; a
 * symlink goes itself, never what it leads to.
 */
import { isRepoError, RepoError } from "../errors.js";
import type { FileSystem, FileType } from "../vfs/file-system.js";
import { relabelled, withoutSlashes } from "./compound.js";

/** Entries that are listed at a time: a directory may be larger than memory. */
const BATCH = 1000;

/** `force` puts up with a path that does not exist. */
export async function remove(
  fs: FileSystem,
  path: string,
  recursive: boolean,
  force: boolean,
): Promise<void> {
  const type = await typeOf(fs, path, force);
  if (type === undefined) return;
  if (type !== "directory") return unlessGone(fs.unlink(path));
  if (!recursive)
    throw new RepoError("ERR_FS_EISDIR", { syscall: "rm", path, message: "is a directory" });
  // It would take along what is beside the directory that was named.
  if (/(^|\/)\.\.\/*$/.test(path)) throw new RepoError("EINVAL", { syscall: "rm", path });
  await unlessLink(removeDirectory(fs, withoutSlashes(path), path));
}

async function typeOf(fs: FileSystem, path: string, force: boolean): Promise<FileType | undefined> {
  try {
    return (await fs.lstat(path)).type;
  } catch (error) {
    if (force && isRepoError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** As in Node, nothing happens to a link that is written as a directory. */
async function unlessLink(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isRepoError(error, "ENOTDIR")) throw error;
  }
}

/** A directory and everything below it; of the root what is in it. ENOTDIR for anything else. */
export function removeDirectoryTree(fs: FileSystem, path: string): Promise<void> {
  const target = withoutSlashes(path);
  return relabelled({ syscall: "rm", path }, async () => {
    if ((await fs.lstat(target)).type !== "directory") throw new RepoError("ENOTDIR");
    const directory = await fs.realpath(target);
    if (directory === "/") while (await removeEntries(fs, ""));
    else await removeDirectory(fs, directory);
  });
}

/** Tries the directory itself first, so that one which cannot go keeps what is in it. */
async function removeDirectory(fs: FileSystem, path: string, asGiven = path): Promise<void> {
  while (!(await removeIfEmpty(fs, asGiven))) await removeEntries(fs, path);
}

/** Removes some of what is in a directory, which is named without a slash at the end; false if nothing is in it. */
async function removeEntries(fs: FileSystem, path: string): Promise<boolean> {
  const entries = await fs.readdir(`${path}/`, { limit: BATCH });
  for (const { name, type } of entries) {
    const child = `${path}/${name}`;
    if (type === "directory") await unlessGone(removeDirectory(fs, child));
    else await unlessGone(fs.unlink(child));
  }
  return entries.length > 0;
}

async function removeIfEmpty(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.rmdir(path);
    return true;
  } catch (error) {
    if (isRepoError(error, "ENOTEMPTY")) return false;
    throw error;
  }
}

/** Somebody else may remove entries at the same time. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isRepoError(error, "ENOENT")) throw error;
  }
}
