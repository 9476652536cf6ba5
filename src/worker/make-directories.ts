/** mkdir -p: a directory and all that are missing above it, each in a transaction of its own. */
import { isRepoError, RepoError } from "../errors.js";
import type { FileSystem } from "../vfs/file-system.js";
import { renamed } from "./compound.js";

/** Resolves to the first directory that was made, or to undefined if all were there. */
export async function makeDirectories(
  fs: FileSystem,
  path: string,
  mode?: number,
): Promise<string | undefined> {
  const missing: string[] = [];
  let first: string | undefined;
  for (let next: string | undefined = path; next !== undefined; next = missing.pop()) {
    const outcome = await attempt(fs, next, mode, missing.length > 0);
    if (outcome === "made") first ??= next;
    if (outcome !== "no parent") continue;
    const parent = next.slice(0, Math.max(next.lastIndexOf("/"), 0));
    if (parent === "") throw new RepoError("ENOENT", { syscall: "mkdir", path: next });
    missing.push(next, parent);
  }
  return first;
}

async function attempt(
  fs: FileSystem,
  path: string,
  mode: number | undefined,
  isParent: boolean,
): Promise<"made" | "there" | "no parent"> {
  try {
    await fs.mkdir(path, mode);
    return "made";
  } catch (error) {
    if (isRepoError(error, "ENOENT")) return "no parent";
    if (!isRepoError(error, "EEXIST")) throw error;
    await assertDirectory(fs, path, isParent);
    return "there";
  }
}

/** As Node says it of what is in the way. */
async function assertDirectory(fs: FileSystem, path: string, isParent: boolean): Promise<void> {
  const label = { syscall: "mkdir", path };
  try {
    if ((await renamed(label, fs.stat(path))).type === "directory") return;
  } catch (error) {
    if (!isParent) throw error;
  }
  throw new RepoError(isParent ? "ENOTDIR" : "EEXIST", label);
}
