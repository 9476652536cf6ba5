/**
 * RepoModel: what a repo must hold, as plain maps that never change, so that any state since the last durable one
 * can be compared with what a crash has left. An operation is a change of the maps and the same change of a repo, or a
 * look at the repo that must show what the maps say.
 */
import { createHash } from "node:crypto";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { weighted, type Prng } from "../simulated-disk/prng.js";
import { expectSame } from "../support/pattern.js";
import type { TestRepo } from "../support/repo.js";
import {
  contentOf,
  filesOf,
  someChange,
  type Entry,
  type FileChange,
  type FileEntry,
  type Tree,
} from "./tree-model.js";

export interface State {
  readonly live: Tree;
  readonly snapshots: ReadonlyMap<string, Tree>;
}

export const EMPTY: State = { live: new Map(), snapshots: new Map() };

/** A change, as the model sees it and as a repo makes it. */
export interface Operation {
  readonly kind: string;
  readonly title: string;
  readonly next: State;
  readonly run: (repo: TestRepo) => Promise<void>;
}

/** What operations are made of. */
export interface Materials {
  /** Versions that the repo keeps of a file that has no limit of its own. */
  readonly versionLimit: number;
  readonly content: (prng: Prng) => Uint8Array;
  /** Makes the repo's next seal one of a new key generation. */
  readonly rotate: () => void;
}

const SNAPSHOT_NAMES = ["a", "b", "c"];

/** A random operation that a repo in `state` must be able to do, if its disk does its part. */
export function someOperation(prng: Prng, state: State, materials: Materials): Operation {
  switch (weighted(prng, KINDS)) {
    case "change": {
      const { versionLimit, content } = materials;
      const { next, run, ...named } = someChange(prng, state.live, versionLimit, content);
      return { ...named, next: { ...state, live: next }, run: ({ fs }) => run(fs) };
    }
    case "read":
      return read(prng, state);
    case "version read":
      return readVersion(prng, state);
    case "transaction":
      return transaction(prng, state, materials);
    case "snapshot":
      return snapshot(prng, state);
    case "restore":
      return restore(prng, state);
    case "compact": {
      const run = ({ engine }: TestRepo): Promise<void> => engine.maintenance.compact();
      return { kind: "compact", title: "compact", next: state, run };
    }
    case "reseal": {
      const run = ({ engine }: TestRepo): Promise<void> => {
        materials.rotate();
        return engine.maintenance.reseal();
      };
      return { kind: "reseal", title: "reseal", next: state, run };
    }
    case "sync":
      return sync(state);
  }
}

const KINDS = [
  [80, "change"],
  [4, "read"],
  [4, "version read"],
  [8, "transaction"],
  [4, "snapshot"],
  [3, "restore"],
  [1, "compact"],
  [1, "reseal"],
  [5, "sync"],
] as const;

function sync(state: State): Operation {
  return { kind: "sync", title: "sync", next: state, run: ({ fs }) => fs.sync() };
}

/** A look at the root instead, where there is no file to look at. */
function readRoot(kind: string, state: State): Operation {
  const run = async ({ fs }: TestRepo): Promise<void> => {
    await fs.readdir("/");
  };
  return { kind, title: "read the root", next: state, run };
}

function read(prng: Prng, state: State): Operation {
  const files = filesOf(state.live);
  if (files.length === 0) return readRoot("read", state);
  const [path, file] = prng.pick(files);
  const run = async ({ fs }: TestRepo): Promise<void> => {
    expectSame(await fs.readFile(path), contentOf(file));
  };
  return { kind: "read", title: `read ${path}`, next: state, run };
}

/** Part of any version that is kept. */
function readVersion(prng: Prng, state: State): Operation {
  const files = filesOf(state.live);
  if (files.length === 0) return readRoot("version read", state);
  const [path, { versions, last }] = prng.pick(files);
  const back = prng.below(versions.length);
  const content = versions.at(-1 - back) ?? new Uint8Array(0);
  const at = prng.below(content.length + 1);
  const end = at + prng.below(content.length - at + 1);
  const run = async ({ fs }: TestRepo): Promise<void> => {
    const handle = await fs.openVersion(path, last - back);
    try {
      const into = new Uint8Array(end - at);
      await handle.read(into, at);
      expectSame(into, content.subarray(at, end));
    } finally {
      await handle.close();
    }
  };
  const title = `read version ${last - back} of ${path}`;
  return { kind: "version read", title, next: state, run };
}

/** Several changes at once, or not at all. */
function transaction(prng: Prng, state: State, { versionLimit, content }: Materials): Operation {
  const changes: FileChange[] = [];
  let tree = state.live;
  for (let i = 1 + prng.below(5); i > 0; i--) {
    const change = someChange(prng, tree, versionLimit, content);
    changes.push(change);
    tree = change.next;
  }
  const commits = prng.chance(0.8);
  return {
    kind: "transaction",
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
  const free = SNAPSHOT_NAMES.find((name) => !snapshots.has(name));
  if (free === undefined || (names.length > 0 && prng.chance(0.4))) {
    const name = prng.pick(names);
    snapshots.delete(name);
    const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.remove(name);
    const title = `delete snapshot ${name}`;
    return { kind: "delete snapshot", title, next: { ...state, snapshots }, run };
  }
  snapshots.set(free, state.live);
  const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.take(free);
  return { kind: "snapshot", title: `snapshot ${free}`, next: { ...state, snapshots }, run };
}

function restore(prng: Prng, state: State): Operation {
  if (state.snapshots.size === 0) return sync(state);
  const [name, tree] = prng.pick([...state.snapshots]);
  const run = ({ engine }: TestRepo): Promise<void> => engine.snapshots.restore(name);
  return { kind: "restore", title: `restore ${name}`, next: { ...state, live: tree }, run };
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

async function collect(
  fs: RepoFileSystem,
  directory: string,
  into: Map<string, Entry>,
): Promise<void> {
  for (const { name, type } of await fs.readdir(directory === "" ? "/" : directory)) {
    const path = `${directory}/${name}`;
    into.set(path, type === "directory" ? undefined : await collectFile(fs, path));
    if (type === "directory") await collect(fs, path, into);
  }
}

async function collectFile(fs: RepoFileSystem, path: string): Promise<FileEntry> {
  const versions: Uint8Array[] = [];
  const history = await fs.history(path);
  for (const { version, size } of history.slice(0, -1)) {
    const handle = await fs.openVersion(path, version);
    const into = new Uint8Array(size);
    await handle.read(into, 0);
    await handle.close();
    versions.push(into);
  }
  versions.push(await fs.readFile(path));
  // How many are kept is not told; which there are is.
  return { versions, last: history.at(-1)?.version ?? 0, limit: 0 };
}

function describe(tree: Tree): string {
  return [...tree]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, file]) => `${path} ${file === undefined ? "directory" : describeFile(file)}`)
    .join("\n");
}

function describeFile({ versions, last }: FileEntry): string {
  return `version ${last}: ${versions.map(digest).join(", ")}`;
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
