/**
 * What handles of directories do to entries: removing and moving as the File System standard has it, which replaces files only and
 * leaves alone what is locked.
 */
import { isRepoError } from "../errors.js";
import type { FileSystem } from "../vfs/file-system.js";
import type { FileLocks } from "./file-locks.js";
import { remove } from "./remove.js";

/** @throws EBUSY; ENOTEMPTY for a directory that is not empty, without `recursive` */
export async function removeEntry(
  fs: FileSystem,
  locks: FileLocks,
  path: string,
  recursive: boolean,
): Promise<void> {
  const { type } = await fs.lstat(path);
  await assertFree(fs, locks, path, "rm");
  if (type !== "directory") await fs.unlink(path);
  else if (recursive) await remove(fs, path, true, false);
  else await fs.rmdir(path);
}

/** @throws EBUSY; EISDIR for a file over a directory, EEXIST for a directory over anything */
export async function moveEntry(
  fs: FileSystem,
  locks: FileLocks,
  from: string,
  to: string,
): Promise<void> {
  const { type } = await fs.lstat(from);
  await assertFree(fs, locks, from, "rename");
  await assertFree(fs, locks, to, "rename");
  if (from !== to) await fs.rename(from, to, type === "directory");
}

/** A symlink is free: whoever has locked the file that it leads to keeps it. */
async function assertFree(
  fs: FileSystem,
  locks: FileLocks,
  path: string,
  syscall: string,
): Promise<void> {
  const end = path.lastIndexOf("/");
  try {
    const directory = await fs.realpath(path.slice(0, end) || "/");
    locks.assertFree((directory === "/" ? "" : directory) + path.slice(end), syscall);
  } catch (error) {
    // Where there is no directory nothing is locked; the call itself says so.
    if (!isRepoError(error, "ENOENT") && !isRepoError(error, "ENOTDIR")) throw error;
  }
}
