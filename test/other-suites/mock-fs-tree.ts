/** mock-fs's own module as its tests know it: `mock` makes the tree that it is told, here in a repo, in place of what was there. */
import { dirname, posix } from "node:path";
import type { SyncFs } from "../../src/sync/index.js";

interface Attributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly atime?: Date;
  readonly mtime?: Date;
}

/** What `mock.file`, `mock.directory` and `mock.symlink` give. */
class Item {
  readonly type: "file" | "directory" | "symlink";
  readonly attributes: Attributes;
  readonly content: string | Uint8Array;
  readonly items: Tree;

  constructor(type: Item["type"], { content, path, items, ...attributes }: ItemOptions = {}) {
    this.type = type;
    this.attributes = attributes;
    this.content = path ?? content ?? "";
    this.items = items ?? {};
  }
}

interface ItemOptions extends Attributes {
  readonly content?: string | Uint8Array;
  readonly path?: string;
  readonly items?: Tree;
}

interface Tree {
  readonly [path: string]: string | Uint8Array | Item | Tree;
}

type Made = (options?: ItemOptions) => Item;

export interface Mock {
  (tree?: Tree): void;
  readonly restore: () => void;
  readonly file: Made;
  readonly directory: Made;
  readonly symlink: Made;
  /** The files, with that tree. */
  readonly fs: (tree?: Tree) => unknown;
}

/** `files` is what tests get of `mock.fs`. */
export function mockOn(sync: SyncFs, files: unknown): Mock {
  const restore = (): void => {
    for (const name of sync.readdirSync("/")) sync.rmSync(`/${name}`, { recursive: true });
  };
  const mock = (tree: Tree = {}): void => {
    restore();
    plant(sync, "/", tree);
  };
  return Object.assign(mock, {
    restore,
    file: (options?: ItemOptions) => new Item("file", options),
    directory: (options?: ItemOptions) => new Item("directory", options),
    symlink: (options?: ItemOptions) => new Item("symlink", options),
    fs: (tree?: Tree) => {
      mock(tree);
      return files;
    },
  });
}

function plant(sync: SyncFs, base: string, tree: Tree): void {
  for (const [name, given] of Object.entries(tree)) {
    const path = posix.join(base, name);
    sync.mkdirSync(dirname(path), { recursive: true });
    plantItem(sync, path, asItem(given));
  }
}

function asItem(given: Tree[string]): Item {
  if (given instanceof Item) return given;
  if (typeof given === "string" || given instanceof Uint8Array)
    return new Item("file", { content: given });
  return new Item("directory", { items: given });
}

function plantItem(sync: SyncFs, path: string, { type, attributes, content, items }: Item): void {
  if (type === "symlink") {
    sync.symlinkSync(String(content), path);
    return;
  }
  if (type === "file") sync.writeFileSync(path, content);
  else sync.mkdirSync(path, { recursive: true });
  plant(sync, path, items);
  const { mode, uid = 0, gid = 0, atime, mtime } = attributes;
  if (mode !== undefined) sync.chmodSync(path, mode);
  sync.chownSync(path, uid, gid);
  if (atime !== undefined || mtime !== undefined) {
    const now = new Date();
    sync.utimesSync(path, atime ?? now, mtime ?? now);
  }
}
