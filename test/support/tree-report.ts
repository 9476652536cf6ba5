/** What a repo holds, as plain JSON: every entry of the live tree and of each snapshot, and the versions of files that have some. */
import { createHash } from "node:crypto";
import type { RepoFs } from "../../src/api/fs.js";
import type { Repo } from "../../src/api/repo.js";

export interface EntryReport {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** Of a symlink. */
  readonly target?: string;
  /** Of a file: SHA-256 of its content, and of a sparse one of what it holds up to a mebibyte. */
  readonly sha256?: string;
}

export interface TreeReport {
  readonly tree: readonly EntryReport[];
  readonly snapshots: Readonly<Record<string, readonly EntryReport[]>>;
  /** SHA-256 of each version that is kept, by path and number. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Content is hashed up to here. */
const HASHED_BYTES = 2 ** 20;

export async function describeTree(repo: Repo): Promise<TreeReport> {
  const tree = await entriesOf(repo.fs);
  const snapshots: Record<string, EntryReport[]> = {};
  for (const { name } of await repo.snapshots()) {
    await using snapshot = await repo.openSnapshot(name);
    snapshots[name] = await entriesOf(snapshot.fs);
  }
  const versions: Record<string, Record<string, string>> = {};
  for (const { path, type, size } of tree)
    if (type === "file" && size <= HASHED_BYTES) {
      const history = await repo.history(path);
      if (history.length > 1) versions[path] = await versionsOf(repo, path, history);
    }
  return { tree, snapshots, versions };
}

async function versionsOf(
  repo: Repo,
  path: string,
  history: readonly { readonly version: number }[],
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { version } of history) {
    await using reader = await repo.openVersion(path, version);
    hashes[version] = sha256(await reader.readFile());
  }
  return hashes;
}

async function entriesOf(fs: RepoFs): Promise<EntryReport[]> {
  const names = await fs.readdir("/", { recursive: true });
  const entries: EntryReport[] = [];
  for (const name of names.toSorted()) entries.push(await entryOf(fs, `/${name}`));
  return entries;
}

async function entryOf(fs: RepoFs, path: string): Promise<EntryReport> {
  const stats = await fs.lstat(path);
  const { nlink, uid, gid, size, mtimeMs } = stats;
  const attributes = { mode: stats.mode & 0o7777, nlink, uid, gid, size, mtimeMs };
  if (stats.isDirectory()) return { path, type: "directory", ...attributes };
  if (stats.isSymbolicLink())
    return { path, type: "symlink", ...attributes, target: await fs.readlink(path) };
  return { path, type: "file", ...attributes, sha256: sha256(await headOf(fs, path)) };
}

async function headOf(fs: RepoFs, path: string): Promise<Uint8Array> {
  await using file = await fs.open(path, "r");
  const { buffer, bytesRead } = await file.read(new Uint8Array(HASHED_BYTES), 0, HASHED_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
