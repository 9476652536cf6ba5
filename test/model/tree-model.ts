/**
 * TreeModel: a file tree with every version of its files, as a map by path that never changes, and random changes of it:
 * what the map is afterwards, and the same on a FileSystem. A transaction makes the same changes.
 */
import type { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { weighted, type Prng } from "../simulated-disk/prng.js";
import { overlaid, resized } from "../support/pattern.js";

export interface FileEntry {
  /** The kept versions, oldest first; the last one is the present content. */
  readonly versions: readonly Uint8Array[];
  /** The number of the present version. */
  readonly last: number;
  /** How many versions are kept. */
  readonly limit: number;
}

/** A file, or undefined for a directory. */
export type Entry = FileEntry | undefined;
export type Tree = ReadonlyMap<string, Entry>;

export interface FileChange {
  readonly kind: string;
  readonly title: string;
  readonly next: Tree;
  readonly run: (fs: RepoFileSystem) => Promise<void>;
}

/** What a change is made of. */
export interface Material {
  readonly prng: Prng;
  /** Versions that are kept of a file that is made without a limit of its own. */
  readonly versionLimit: number;
  readonly bytes: Uint8Array;
}

type ChangeMaker = (material: Material, tree: Tree) => Omit<FileChange, "kind"> | undefined;

const NAMES = ["a", "b", "c", "d", "e"];
const MOST_DEPTH = 4;

export function contentOf({ versions }: FileEntry): Uint8Array {
  return versions.at(-1) ?? new Uint8Array(0);
}

/** Every file, with its path. */
export function filesOf(tree: Tree): [path: string, file: FileEntry][] {
  return [...tree].filter((pair): pair is [string, FileEntry] => pair[1] !== undefined);
}

function someFile(prng: Prng, tree: Tree): [path: string, file: FileEntry] | undefined {
  const files = filesOf(tree);
  return files.length === 0 ? undefined : prng.pick(files);
}

function isDirectory(tree: Tree, path: string): boolean {
  return tree.has(path) && tree.get(path) === undefined;
}

function isEmptyDirectory(tree: Tree, path: string): boolean {
  return isDirectory(tree, path) && ![...tree.keys()].some((at) => at.startsWith(`${path}/`));
}

/** A place for a name: in the root or in one of the directories. */
function somePath(prng: Prng, tree: Tree): string {
  const directories = [...tree].filter(([, entry]) => entry === undefined).map(([path]) => path);
  const path = `${prng.pick(["", ...directories])}/${prng.pick(NAMES)}`;
  return path.split("/").length > MOST_DEPTH + 1 ? `/${prng.pick(NAMES)}` : path;
}

function withEntry(tree: Tree, path: string, entry: Entry): Tree {
  return new Map(tree).set(path, entry);
}

/** A file of one version. */
function newFile(content: Uint8Array, limit: number): FileEntry {
  return { versions: [content], last: 1, limit };
}

function withVersion({ versions, last, limit }: FileEntry, content: Uint8Array): FileEntry {
  return { versions: [...versions, content].slice(-limit), last: last + 1, limit };
}

/** Everything at or below `from`, at `to` instead. */
function moved(tree: Tree, from: string, to: string): Tree {
  const next = new Map(tree);
  const isBelow = (path: string): boolean => path === from || path.startsWith(`${from}/`);
  for (const path of tree.keys()) if (isBelow(path)) next.delete(path);
  for (const [path, entry] of tree)
    if (isBelow(path)) next.set(to + path.slice(from.length), entry);
  return next;
}

const create: ChangeMaker = ({ prng, versionLimit, bytes }, tree) => {
  const path = somePath(prng, tree);
  if (tree.has(path)) return undefined;
  const limit = prng.pick([0, 1, 2, 5]);
  const flags = { write: true, create: true, exclusive: true, versionLimit: limit };
  return {
    title: `create ${path} with limit ${limit}`,
    next: withEntry(tree, path, newFile(bytes, limit === 0 ? versionLimit : limit)),
    run: (fs) => fs.writeFile(path, bytes, flags),
  };
};

const write: ChangeMaker = ({ prng, versionLimit, bytes }, tree) => {
  const path = somePath(prng, tree);
  if (isDirectory(tree, path)) return undefined;
  const there = tree.get(path);
  const file = there === undefined ? newFile(bytes, versionLimit) : withVersion(there, bytes);
  return {
    title: `write ${path}`,
    next: withEntry(tree, path, file),
    run: (fs) => fs.writeFile(path, bytes),
  };
};

const append: ChangeMaker = ({ prng, bytes }, tree) => {
  const [path, file] = someFile(prng, tree) ?? [];
  if (path === undefined || file === undefined) return undefined;
  const content = contentOf(file);
  const next = withVersion(file, overlaid(content, content.length, bytes));
  return {
    title: `append to ${path}`,
    next: withEntry(tree, path, next),
    run: (fs) => fs.writeFile(path, bytes, { write: true, append: true }),
  };
};

const overwrite: ChangeMaker = ({ prng, bytes }, tree) => {
  const [path, file] = someFile(prng, tree) ?? [];
  if (path === undefined || file === undefined || bytes.length === 0) return undefined;
  const content = contentOf(file);
  const at = prng.below(content.length + 2000);
  return {
    title: `overwrite ${path} at ${at}`,
    next: withEntry(tree, path, withVersion(file, overlaid(content, at, bytes))),
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

/** Parts that nobody sees before they are finished, or that are given up. */
const stage: ChangeMaker = ({ prng, bytes }, tree) => {
  const [path, file] = someFile(prng, tree) ?? [];
  if (path === undefined || file === undefined || bytes.length === 0) return undefined;
  const content = contentOf(file);
  const append = prng.chance(0.3);
  const at = append ? content.length : prng.below(content.length + 2000);
  const middle = prng.below(bytes.length + 1);
  const finishes = prng.chance(0.8);
  return {
    title: `${finishes ? "finish" : "give up"} a write of ${path} at ${at}`,
    next: finishes ? withEntry(tree, path, withVersion(file, overlaid(content, at, bytes))) : tree,
    run: async (fs) => {
      const staged = await fs.openStaged(path, { write: true, append });
      try {
        await staged.write(bytes.slice(0, middle), at);
        await staged.write(bytes.slice(middle), at);
        if (finishes) await staged.finish();
      } finally {
        await staged.close();
      }
    },
  };
};

const truncate: ChangeMaker = ({ prng }, tree) => {
  const [path, file] = someFile(prng, tree) ?? [];
  if (path === undefined || file === undefined) return undefined;
  const content = contentOf(file);
  const size = prng.below(content.length * 1.3 + 10);
  return {
    title: `truncate ${path} to ${size}`,
    next: withEntry(tree, path, withVersion(file, resized(content, size))),
    run: (fs) => fs.truncate(path, size),
  };
};

const copy: ChangeMaker = ({ prng, versionLimit }, tree) => {
  const [from, file] = someFile(prng, tree) ?? [];
  const to = somePath(prng, tree);
  if (from === undefined || file === undefined || to === from) return undefined;
  if (isDirectory(tree, to)) return undefined;
  const there = tree.get(to);
  const content = contentOf(file);
  const next = there === undefined ? newFile(content, versionLimit) : withVersion(there, content);
  return {
    title: `copy ${from} to ${to}`,
    next: withEntry(tree, to, next),
    run: (fs) => fs.copyFile(from, to),
  };
};

const rename: ChangeMaker = ({ prng }, tree) => {
  if (tree.size === 0) return undefined;
  const from = prng.pick([...tree.keys()]);
  const to = somePath(prng, tree);
  if (to === from || to.startsWith(`${from}/`)) return undefined;
  if (tree.has(to) && isDirectory(tree, from) !== isDirectory(tree, to)) return undefined;
  if (isDirectory(tree, to) && !isEmptyDirectory(tree, to)) return undefined;
  const without = new Map(tree);
  without.delete(to);
  const next = moved(without, from, to);
  return { title: `rename ${from} to ${to}`, next, run: (fs) => fs.rename(from, to) };
};

const mkdir: ChangeMaker = ({ prng }, tree) => {
  const path = somePath(prng, tree);
  if (tree.has(path)) return undefined;
  const next = withEntry(tree, path, undefined);
  return { title: `mkdir ${path}`, next, run: (fs) => fs.mkdir(path) };
};

const remove: ChangeMaker = ({ prng }, tree) => {
  const removable = [...tree].filter(
    ([path, entry]) => entry !== undefined || isEmptyDirectory(tree, path),
  );
  if (removable.length === 0) return undefined;
  const [path, entry] = prng.pick(removable);
  const next = new Map(tree);
  next.delete(path);
  return {
    title: `remove ${path}`,
    next,
    run: (fs) => (entry === undefined ? fs.rmdir(path) : fs.unlink(path)),
  };
};

const CHANGES: readonly (readonly [number, readonly [kind: string, make: ChangeMaker]])[] = [
  [5, ["create", create]],
  [12, ["write", write]],
  [8, ["append", append]],
  [12, ["overwrite", overwrite]],
  [5, ["write in parts", stage]],
  [6, ["truncate", truncate]],
  [6, ["copy", copy]],
  [8, ["rename", rename]],
  [4, ["mkdir", mkdir]],
  [8, ["remove", remove]],
];

export function someChange(
  prng: Prng,
  tree: Tree,
  versionLimit: number,
  content: (prng: Prng) => Uint8Array,
): FileChange {
  for (;;) {
    const [kind, make] = weighted(prng, CHANGES);
    const change = make({ prng, versionLimit, bytes: content(prng) }, tree);
    if (change !== undefined && isTree(change.next)) return { kind, ...change };
  }
}

/** Whether everything is in a directory: what replaces a directory takes nothing away from under others. */
function isTree(tree: Tree): boolean {
  return [...tree.keys()].every((path) => {
    const parent = path.slice(0, path.lastIndexOf("/"));
    return parent === "" || isDirectory(tree, parent);
  });
}
