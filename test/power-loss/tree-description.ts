/**
 * TreeDescription: everything that a user can see of a file system, one line per path, as text that
 * compares and prints well: names, inodes and their links, sizes, modes, times, content and snapshots.
 */
import { createHash } from "node:crypto";
import type { FileSystem } from "../../src/vfs/file-system.js";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import type { TestRepo } from "../support/repo.js";

export type TreeDescription = string;

/** The live tree, and each snapshot by a digest of its own. */
export async function describeTree({ fs, engine }: TestRepo): Promise<TreeDescription> {
  const lines: string[] = [];
  await describeBelow(fs, "/", lines);
  for (const { name, createdMs } of await engine.snapshots.list()) {
    const snapshot = new RepoFileSystem(await engine.openSnapshot(name));
    const below: string[] = [];
    await describeBelow(snapshot, "/", below);
    await snapshot.close();
    lines.push(`snapshot ${name} ${createdMs} ${digest(Buffer.from(below.join("\n")))}`);
  }
  return lines.join("\n");
}

async function describeBelow(fs: FileSystem, path: string, lines: string[]): Promise<void> {
  const { type, ino, nlink, size, mode, mtimeMs, ctimeMs } = await fs.lstat(path);
  const what = [path, type, ino, nlink, size, mode.toString(8), mtimeMs, ctimeMs];
  if (type === "file") what.push(digest(await fs.readFile(path)));
  if (type === "symlink") what.push(await fs.readlink(path));
  lines.push(what.join(" "));
  if (type !== "directory") return;
  for (const { name } of await fs.readdir(path))
    await describeBelow(fs, path === "/" ? `/${name}` : `${path}/${name}`, lines);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex").slice(0, 16);
}
