/**
 * RepoModel: what a repo must hold, as plain maps that never change, so that any state since the last durable one
 * can be compared with what a crash has left. An operation is a change of the maps and the same change of a repo.
 */
import { createHash } from "node:crypto";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import type { FileSystem } from "../../src/vfs/file-system.js";
import type { Prng } from "../simulated-disk/prng.js";
import { overlaid, resized } from "../support/pattern.js";
import type { TestRepo } from "../support/repo.js";

/** Content of a file; undefined for a directory. */
export type Entry = Uint8Array | undefined;
export type Tree = ReadonlyMap<string, Entry>;

export interface State {
  readonly live: Tree;
  readonly snapshots: ReadonlyMap<string, Tree>;
}

export const EMPTY: State = { live: new Map(), snapshots: new Map() };

/** A change, as the model sees it and as a repo makes it. */
export interface Operation {
  readonly title: string;
  readonly next: State;
  readonly run: (repo: TestRepo) => Promise<void>;
}

/** A change of files alone, which a transaction may make too. */
interface FileChange {
  readonly title: string;
  readonly next: Tree;
  readonly run: (fs: FileSystem) => Promise<void>;
}

type ChangeKind = (prng: Prng, tree: Tree, bytes: Uint8Array) => FileChange | undefined;

const NAMES = ["a", "b", "c", "d", "e"];
const MOST_SNAPSHOTS = 3;

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function hasParent(tree: Tree, path: string): boolean {
  const parent = parentOf(path);
  return parent === "" || (tree.has(parent) && tree.get(parent) === undefined);
}

/** A place for a name: in the root or in one of the directories. */
function somePath(prng: Prng, tree: Tree): string {
  const directories = [...tree].filter(([, entry]) => entry === undefined).map(([path]) => path);
  const path = `${prng.pick(["", ...directories])}/${prng.pick(NAMES)}`;
  return path.split("/").length > 5 ? `/${prng.pick(NAMES)}` : path;
}

function someFile(prng: Prng, tree: Tree): [path: string, content: Uint8Array] | undefined {
  const files = [...tree].filter((pair): pair is [string, Uint8Array] => pair[1] !== undefined);
  return files.length === 0 ? undefined : prng.pick(files);
}

function withEntry(tree: Tree, path: string, entry: Entry): Tree {
  return new Map(tree).set(path, entry);
}

function isEmptyDirectory(tree: Tree, path: string): boolean {
  return tree.has(path) && ![...tree.keys()].some((other) => other.startsWith(`${path}/`));
}

/** Everything at or below `from`, at `to` instead. */
function moved(tree: Tree, from: string, to: string): Tree {
  const next = new Map(tree);
  for (const path of tree.keys())
    if (path === from || path.startsWith(`${from}/`)) next.delete(path);
  for (const [path, entry] of tree)
    if (path === from || path.startsWith(`${from}/`)) next.set(to + path.slice(from.length), entry);
  return next;
}

const write: ChangeKind = (prng, tree, bytes) => {
  const path = somePath(prng, tree);
  if (tree.has(path) && tree.get(path) === undefined) return undefined;
  const next = withEntry(tree, path, bytes);
  return { title: `write ${path}`, next, run: (fs) => fs.writeFile(path, bytes) };
};

const append: ChangeKind = (prng, tree, bytes) => {
  const [path, content] = someFile(prng, tree) ?? [];
  if (path === undefined || content === undefined) return undefined;
  const next = withEntry(tree, path, overlaid(content, content.length, bytes));
  const flags = { write: true, append: true };
  return { title: `append to ${path}`, next, run: (fs) => fs.writeFile(path, bytes, flags) };
};

const overwrite: ChangeKind = (prng, tree, bytes) => {
  const [path, content] = someFile(prng, tree) ?? [];
  if (path === undefined || content === undefined || bytes.length === 0) return undefined;
  const at = prng.below(content.length + 2000);
  const next = withEntry(tree, path, overlaid(content, at, bytes));
  return {
    title: `overwrite ${path} at ${at}`,
    next,
    run: async (fs) => {
      const handle = await fs.open(path, { write: true });
      try {
        await handle.write(bytes, at);
      } finally {
        await handle.close();
      }
    },
  };
};

const truncate: ChangeKind = (prng, tree) => {
  const [path, content] = someFile(prng, tree) ?? [];
  if (path === undefined || content === undefined) return undefined;
  const size = prng.below(content.length * 1.3 + 10);
  const next = withEntry(tree, path, resized(content, size));
  return { title: `truncate ${path} to ${size}`, next, run: (fs) => fs.truncate(path, size) };
};

const copy: ChangeKind = (prng, tree) => {
  const [from, content] = someFile(prng, tree) ?? [];
  const to = somePath(prng, tree);
  if (from === undefined || to === from) return undefined;
  if (tree.has(to) && tree.get(to) === undefined) return undefined;
  const next = withEntry(tree, to, content);
  return { title: `copy ${from} to ${to}`, next, run: (fs) => fs.copyFile(from, to) };
};

const rename: ChangeKind = (prng, tree) => {
  if (tree.size === 0) return undefined;
  const from = prng.pick([...tree.keys()]);
  const to = somePath(prng, tree);
  if (to === from || to.startsWith(`${from}/`)) return undefined;
  const isDirectory = tree.get(from) === undefined;
  const isOverDirectory = tree.has(to) && tree.get(to) === undefined;
  if (tree.has(to) && isDirectory !== isOverDirectory) return undefined;
  if (isOverDirectory && !isEmptyDirectory(tree, to)) return undefined;
  const without = new Map(tree);
  without.delete(to);
  const next = moved(without, from, to);
  return { title: `rename ${from} to ${to}`, next, run: (fs) => fs.rename(from, to) };
};

const mkdir: ChangeKind = (prng, tree) => {
  const path = somePath(prng, tree);
  if (tree.has(path)) return undefined;
  const next = withEntry(tree, path, undefined);
  return { title: `mkdir ${path}`, next, run: (fs) => fs.mkdir(path) };
};

const remove: ChangeKind = (prng, tree) => {
  const removable = [...tree].filter(
    ([path, entry]) => entry !== undefined || isEmptyDirectory(tree, path),
  );
  if (removable.length === 0) return undefined;
  const [path, entry] = prng.pick(removable);
  const next = new Map(tree);
  next.delete(path);
  const run = (fs: FileSystem): Promise<void> =>
    entry === undefined ? fs.rmdir(path) : fs.unlink(path);
  return { title: `remove ${path}`, next, run };
};

const CHANGES: readonly (readonly [number, ChangeKind])[] = [
  [14, write],
  [8, append],
  [12, overwrite],
  [6, truncate],
  [6, copy],
  [8, rename],
  [4, mkdir],
  [8, remove],
];

function weighted<T>(prng: Prng, items: readonly (readonly [number, T])[]): T {
  let left = prng.below(items.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, item] of items) if ((left -= weight) < 0) return item;
  throw new RangeError("nothing to choose from");
}

function someChange(prng: Prng, tree: Tree, content: (prng: Prng) => Uint8Array): FileChange {
  for (;;) {
    const change = weighted(prng, CHANGES)(prng, tree, content(prng));
    if (
      change !== undefined &&
      [...change.next.keys()].every((path) => hasParent(change.next, path))
    )
      return change;
  }
}

/** A random operation that a repo in `state` must be able to do, if its disk does its part. */
export function someOperation(
  prng: Prng,
  state: State,
  content: (prng: Prng) => Uint8Array,
  rotate: () => void,
): Operation {
  switch (weighted(prng, KINDS)) {
    case "change": {
      const { title, next, run } = someChange(prng, state.live, content);
      return { title, next: { ...state, live: next }, run: ({ fs }) => run(fs) };
    }
    case "transaction":
      return transaction(prng, state, content);
    case "snapshot":
      return snapshot(prng, state);
    case "restore": {
      const [name, tree] = prng.pick([...state.snapshots, ["", undefined] as const]);
      if (tree === undefined) return sync(state);
      const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.restore(name);
      return { title: `restore ${name}`, next: { ...state, live: tree }, run };
    }
    case "compact":
      return { title: "compact", next: state, run: ({ engine }) => engine.maintenance.compact() };
    case "reseal": {
      const run = ({ engine }: TestRepo): Promise<void> => {
        rotate();
        return engine.maintenance.reseal();
      };
      return { title: "reseal", next: state, run };
    }
    case "sync":
      return sync(state);
  }
}

const KINDS = [
  [80, "change"],
  [8, "transaction"],
  [4, "snapshot"],
  [2, "restore"],
  [1, "compact"],
  [1, "reseal"],
  [5, "sync"],
] as const;

function sync(state: State): Operation {
  return { title: "sync", next: state, run: ({ fs }) => fs.sync() };
}

/** Several changes at once, or not at all. */
function transaction(prng: Prng, state: State, content: (prng: Prng) => Uint8Array): Operation {
  const changes: FileChange[] = [];
  let tree = state.live;
  for (let i = 1 + prng.below(5); i > 0; i--) {
    const change = someChange(prng, tree, content);
    changes.push(change);
    tree = change.next;
  }
  const commits = prng.chance(0.8);
  return {
    title: `transaction of ${changes.map(({ title }) => title).join(", ")}`,
    next: commits ? { ...state, live: tree } : state,
    run: async ({ engine }) => {
      const running = await engine.begin();
      try {
        const fs = new RepoFileSystem(running);
        for (const change of changes) await change.run(fs);
        if (commits) await running.commit();
      } finally {
        running.abort();
      }
    },
  };
}

function snapshot(prng: Prng, state: State): Operation {
  const names = [...state.snapshots.keys()];
  const snapshots = new Map(state.snapshots);
  if (names.length >= MOST_SNAPSHOTS || (names.length > 0 && prng.chance(0.4))) {
    const name = prng.pick(names);
    snapshots.delete(name);
    const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.remove(name);
    return { title: `delete snapshot ${name}`, next: { ...state, snapshots }, run };
  }
  const name = NAMES.find((free) => !state.snapshots.has(free)) ?? "z";
  snapshots.set(name, state.live);
  const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.take(name);
  return { title: `snapshot ${name}`, next: { ...state, snapshots }, run };
}

/** All of a state as text, the same for equal states. */
export function describeState({ live, snapshots }: State): string {
  const parts = [describe(live)];
  for (const name of [...snapshots.keys()].sort())
    parts.push(`snapshot ${name}`, describe(snapshots.get(name) ?? new Map<string, Entry>()));
  return parts.join("\n");
}

/** The same of what a repo really holds. */
export async function describeRepo({ fs, engine }: TestRepo): Promise<string> {
  const live = new Map<string, Entry>();
  await collect(fs, "", live);
  const snapshots = new Map<string, Tree>();
  for (const { name } of await engine.snapshots.list()) {
    const tree = new Map<string, Entry>();
    const view = new RepoFileSystem(await engine.openSnapshot(name));
    await collect(view, "", tree);
    await view.close();
    snapshots.set(name, tree);
  }
  return describeState({ live, snapshots });
}

async function collect(fs: FileSystem, directory: string, into: Map<string, Entry>): Promise<void> {
  for (const { name, type } of await fs.readdir(directory === "" ? "/" : directory)) {
    const path = `${directory}/${name}`;
    into.set(path, type === "directory" ? undefined : await fs.readFile(path));
    if (type === "directory") await collect(fs, path, into);
  }
}

function describe(tree: Tree): string {
  return [...tree]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, entry]) => `${path} ${entry === undefined ? "directory" : digest(entry)}`)
    .join("\n");
}

const digests = new WeakMap<Uint8Array, string>();

function digest(bytes: Uint8Array): string {
  let known = digests.get(bytes);
  if (known === undefined) {
    known = `${bytes.length} ${createHash("sha1").update(bytes).digest("hex")}`;
    digests.set(bytes, known);
  }
  return known;
}
