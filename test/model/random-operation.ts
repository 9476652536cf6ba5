/** Random operations on a small set of paths, so that they collide, nest and fail in every way. */
import type { Prng } from "../simulated-disk/prng.js";
import type { OpenFlags } from "../../src/vfs/file-system.js";

const NAMES = ["a", "b", "c", "long name", "é", "__proto__"];
// No target and no path leads above the root: there the oracle, a folder of a real disk, has a parent.
// No target ends in a slash: creating through a loop of such links is EISDIR on Linux and ELOOP here.
const TARGETS = ["a", "b", "c/a", "a/../b", "missing", "./c", "long name"];

export interface OpenedFile {
  read(into: Uint8Array, at: number): Promise<number>;
  write(bytes: Uint8Array, at: number): Promise<number>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What both the subject and the oracle can do. */
export interface Tree {
  lstat(path: string): Promise<{ type: string; mode: number; nlink: number; size: number }>;
  open(path: string, flags: OpenFlags, mode?: number): Promise<OpenedFile>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array, flags: OpenFlags, mode?: number): Promise<void>;
  mkdir(path: string, mode?: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  readdir(path: string): Promise<readonly { name: string; type: string }[]>;
  realpath(path: string): Promise<string>;
  truncate(path: string, size: number): Promise<void>;
  setattr(path: string, changes: { mode: number }): Promise<void>;
}

/** A tree with the handles that operations have left open on it. */
export interface Session {
  readonly tree: Tree;
  readonly handles: OpenedFile[];
}

export interface Operation {
  readonly describe: string;
  /** Resolves to something that can be compared; rejects with an error that has a `code`. */
  readonly run: (session: Session) => Promise<unknown>;
}

function pick<T>(prng: Prng, from: readonly [T, ...T[]] | readonly T[]): T {
  return from[prng.below(from.length)] as T;
}

function randomPath(prng: Prng): string {
  const depth = 1 + prng.below(3);
  const names = Array.from({ length: depth }, () => pick(prng, NAMES));
  if (prng.chance(0.1)) names.splice(1, 0, "..");
  return "/" + names.join("/") + (prng.chance(0.04) ? "/" : "");
}

function randomSize(prng: Prng): number {
  return pick(prng, [0, 1, 100, 250, 257, 4095, 4096, 4097, 9000, 20_000, 70_000]);
}

function operation(describe: string, run: Operation["run"]): Operation {
  return { describe, run };
}

const MAKERS: readonly [weight: number, make: (prng: Prng) => Operation][] = [
  [5, (prng) => writeFile(prng)],
  [4, (prng) => onPath(prng, "mkdir", ({ tree }, path) => tree.mkdir(path))],
  [2, (prng) => onPath(prng, "rmdir", ({ tree }, path) => tree.rmdir(path))],
  [3, (prng) => onPath(prng, "unlink", ({ tree }, path) => tree.unlink(path))],
  [5, (prng) => onTwoPaths(prng, "rename", ({ tree }, from, to) => tree.rename(from, to))],
  [3, (prng) => onTwoPaths(prng, "link", ({ tree }, from, to) => tree.link(from, to))],
  [3, (prng) => symlink(prng)],
  [2, (prng) => truncate(prng)],
  [1, (prng) => chmod(prng)],
  [2, (prng) => onPath(prng, "lstat", ({ tree }, path) => tree.lstat(path).then(plain))],
  [2, (prng) => onPath(prng, "readFile", ({ tree }, path) => tree.readFile(path).then(text))],
  [2, (prng) => onPath(prng, "readdir", ({ tree }, path) => tree.readdir(path).then(named))],
  [1, (prng) => onPath(prng, "readlink", ({ tree }, path) => tree.readlink(path))],
  [2, (prng) => onPath(prng, "realpath", ({ tree }, path) => tree.realpath(path))],
  [4, (prng) => open(prng)],
  [8, (prng) => onHandle(prng)],
];

export function randomOperation(prng: Prng): Operation {
  const total = MAKERS.reduce((sum, [weight]) => sum + weight, 0);
  let at = prng.below(total);
  for (const [weight, make] of MAKERS) {
    if (at < weight) return make(prng);
    at -= weight;
  }
  throw new RangeError("the weights add up");
}

/** The fields that have the same meaning on any file system. */
function plain(stats: { type: string; mode: number; nlink: number; size: number }): object {
  const { type, nlink, size } = stats;
  // The number of a directory's subdirectories is not counted by every Linux file system.
  return type === "directory" ? { type } : { type, nlink, size };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function named(entries: readonly { name: string; type: string }[]): string[] {
  return entries.map(({ name, type }) => `${type} ${name}`);
}

function onPath(
  prng: Prng,
  call: string,
  run: (session: Session, path: string) => Promise<unknown>,
): Operation {
  const path = randomPath(prng);
  return operation(`${call} ${path}`, (session) => run(session, path));
}

function onTwoPaths(
  prng: Prng,
  call: string,
  run: (session: Session, from: string, to: string) => Promise<unknown>,
): Operation {
  const [from, to] = [randomPath(prng), randomPath(prng)];
  return operation(`${call} ${from} ${to}`, (session) => run(session, from, to));
}

function randomFlags(prng: Prng): OpenFlags {
  return pick<OpenFlags>(prng, [
    { write: true, create: true, truncate: true },
    { write: true, create: true },
    { write: true, create: true, exclusive: true },
    { write: true, append: true, create: true },
    { write: true },
  ]);
}

function writeFile(prng: Prng): Operation {
  const path = randomPath(prng);
  const flags = randomFlags(prng);
  const bytes = prng.bytes(randomSize(prng));
  return operation(
    `writeFile ${path} ${bytes.length} ${JSON.stringify(flags)}`,
    async ({ tree }) => {
      await tree.writeFile(path, bytes, flags);
    },
  );
}

function symlink(prng: Prng): Operation {
  const path = randomPath(prng);
  const target = prng.chance(0.1) ? `${"x/".repeat(300)}y` : pick(prng, TARGETS);
  return operation(`symlink ${target} ${path}`, ({ tree }) => tree.symlink(target, path));
}

function truncate(prng: Prng): Operation {
  const path = randomPath(prng);
  const size = randomSize(prng);
  return operation(`truncate ${path} ${size}`, ({ tree }) => tree.truncate(path, size));
}

function chmod(prng: Prng): Operation {
  const path = randomPath(prng);
  return operation(`chmod ${path}`, ({ tree }) => tree.setattr(path, { mode: 0o640 }));
}

function open(prng: Prng): Operation {
  const path = randomPath(prng);
  const flags = { read: true, ...randomFlags(prng) };
  return operation(`open ${path} ${JSON.stringify(flags)}`, async ({ tree, handles }) => {
    handles.push(await tree.open(path, flags));
  });
}

function onHandle(prng: Prng): Operation {
  const which = prng.below(5);
  const kind = pick(prng, ["read", "write", "truncate", "close"] as const);
  const at = prng.below(30_000);
  const bytes = prng.bytes(randomSize(prng));
  return operation(`${kind} handle ${which} at ${at}`, async ({ handles }) => {
    const handle = handles[which];
    if (handle === undefined) return undefined;
    switch (kind) {
      case "read": {
        const into = new Uint8Array(bytes.length);
        const count = await handle.read(into, at);
        return text(into.subarray(0, count));
      }
      case "write":
        return await handle.write(bytes, at);
      case "truncate":
        await handle.truncate(at);
        return undefined;
      case "close":
        handles.splice(which, 1);
        await handle.close();
        return undefined;
    }
  });
}

/** Every path below the root with what is there, to compare two trees. */
export async function dumpTree(tree: Tree): Promise<Record<string, unknown>> {
  const dump: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const visit = async (path: string): Promise<void> => {
    for (const { name } of await tree.readdir(path === "" ? "/" : path)) {
      const child = `${path}/${name}`;
      const stats = await tree.lstat(child);
      if (stats.type === "directory") {
        dump[child] = "directory";
        await visit(child);
      } else if (stats.type === "symlink") dump[child] = `-> ${await tree.readlink(child)}`;
      else
        dump[child] = {
          nlink: stats.nlink,
          mode: stats.mode,
          content: text(await tree.readFile(child)),
        };
    }
  };
  await visit("");
  return dump;
}
