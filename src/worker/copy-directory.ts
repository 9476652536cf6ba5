/**
 * copyDirAll: a directory and everything below it, each entry in a transaction of its own. What is in the target and not in the
 * source stays; files of the same name are replaced.
 */
import { isRepoError, RepoError } from "../errors.js";
import type { DirEntry, FileSystem } from "../vfs/file-system.js";
import { relabelled, withoutSlashes } from "./compound.js";

/** Entries that are listed at a time: a directory may be larger than memory. */
const BATCH = 1000;

export function copyDirectory(fs: FileSystem, from: string, to: string): Promise<void> {
  return relabelled({ syscall: "cp", path: from, dest: to }, async () => {
    if ((await fs.stat(from)).type !== "directory") throw new RepoError("ENOTDIR");
    const [source, target] = [await fs.realpath(from), await placeOf(fs, withoutSlashes(to))];
    // It would copy what it has just made, without end.
    if (`${target}/`.startsWith(source === "/" ? "/" : `${source}/`)) throw new RepoError("EINVAL");
    await copyEntries(fs, source, target);
  });
}

/** The path without symlinks; only the last component may be missing. */
async function placeOf(fs: FileSystem, path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if (!isRepoError(error, "ENOENT")) throw error;
    const slash = path.lastIndexOf("/");
    const parent = await fs.realpath(path.slice(0, slash + 1));
    return below(parent, path.slice(slash + 1));
  }
}

function below(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

async function copyEntries(fs: FileSystem, source: string, target: string): Promise<void> {
  await makeUnlessThere(fs, target);
  for (let after = ""; ;) {
    const entries = await fs.readdir(source, { after, limit: BATCH });
    for (const entry of entries) await copyEntry(fs, entry, source, target);
    const last = entries.at(-1);
    if (last === undefined || entries.length < BATCH) return;
    after = last.name;
  }
}

async function makeUnlessThere(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (!isRepoError(error, "EEXIST")) throw error;
    if ((await fs.stat(path)).type !== "directory") throw new RepoError("ENOTDIR");
  }
}

async function copyEntry(
  fs: FileSystem,
  { name, type }: DirEntry,
  source: string,
  target: string,
): Promise<void> {
  const [from, to] = [below(source, name), below(target, name)];
  switch (type) {
    case "directory":
      return copyEntries(fs, from, to);
    case "file":
      return fs.copyFile(from, to);
    case "symlink":
      return copySymlink(fs, from, to);
  }
}

/** The link itself, in place of what is there. */
async function copySymlink(fs: FileSystem, from: string, to: string): Promise<void> {
  const text = await fs.readlink(from);
  try {
    await fs.symlink(text, to);
  } catch (error) {
    if (!isRepoError(error, "EEXIST")) throw error;
    await fs.unlink(to);
    await fs.symlink(text, to);
  }
}
