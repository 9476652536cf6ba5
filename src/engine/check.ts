/**
 * check: walks everything that a superblock reaches, reads every slot of it anew, and compares what is
 * reachable with what is allocated: live and free slots cover the container exactly once, every
 * reference opens, every count is right. Nothing is taken from a cache, nothing is changed.
 */
import { MalformedBytes } from "../codec/bytes.js";
import type { Compressor } from "../codec/compressor.js";
import { utf8Decode } from "../codec/utf8.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import { isRepoError } from "../errors.js";
import type { Chunk } from "./chunk.js";
import type { Layout } from "./layout.js";
import {
  decodeNode,
  isLeaf,
  type KeyRange,
  type Node,
  type NodeHandle,
  type TreeSpec,
} from "./node.js";
import {
  deferredRun,
  freeRun,
  keyFingerprint,
  referencesSlot,
  snapshotName,
  unitSlot,
  type PoolRecord,
} from "./pool-records.js";
import {
  keyIno,
  keyName,
  keyOffset,
  keyOrphan,
  keyVersion,
  ROOT_INO,
  chunkOf,
  type FileRecord,
  type Ino,
  type Inode,
} from "./records.js";
import type { SlotIo } from "./slot-io.js";
import type { Generation, SlotRef } from "./slot-ref.js";
import { fileSpec, poolSpec } from "./specs.js";
import { rootHandle } from "./root-ref.js";
import type { Superblock } from "./superblock.js";
import { OpenUnit } from "./unit.js";

export interface Damage {
  /** The path that cannot be read as it should, `?` where a name is lost. */
  readonly path: string;
  /** The snapshot that it is in; absent for the live tree, and for what several trees share. */
  readonly snapshot?: string;
  /** What of it is damaged. */
  readonly what: "content" | "inode" | "entries" | "spare copy" | "allocation";
}

export interface CheckReport {
  /** True if there is neither damage nor a problem. */
  readonly ok: boolean;
  readonly generation: number;
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly slots: number;
  readonly liveSlots: number;
  readonly freeSlots: number;
  /** What is unreadable on storage. */
  readonly damage: readonly Damage[];
  /** Contradictions between intact records; always a defect of this package. */
  readonly problems: readonly string[];
}

interface UnitUse {
  readonly ref: SlotRef;
  /** In all stored leaves. */
  extents: number;
  /** One for each frame, or what extents say of it; without frames the one that reaches farthest. */
  readonly chunks: Map<string, Chunk>;
  /** Who needs it, by the tree in which it was met first. */
  readonly users: { readonly ino: Ino; readonly snapshot: string | undefined }[];
}

/** A stored tree: the live one, a snapshot, or what is left of one that was given up. */
interface StoredTree {
  readonly root: NodeHandle<FileRecord>;
  readonly kind: "live" | "snapshot" | "remnant";
  readonly snapshot?: string;
}

/** The most contradictions that a report lists. */
const MAX_PROBLEMS = 1000;

class Walk {
  readonly inodes = new Map<Ino, Inode>();
  readonly orphans = new Set<Ino>();
  readonly names = new Map<Ino, { directory: Ino; name: string }>();
  readonly links = new Map<Ino, number>();
  readonly subdirectories = new Map<Ino, number>();
  readonly units = new Map<number, UnitUse>();
  readonly ends = new Map<Ino, number>();
  /** Past versions. */
  readonly versions = new Map<Ino, number[]>();
  readonly references = new Map<number, number>();
  /** How often the nodes of the file trees are referred to, by their first slot. */
  readonly nodes = new Map<number, number>();
  /** The chunk index, by fingerprint, and what of it belongs to each unit. */
  readonly index = new Map<string, Chunk>();
  readonly indexedUnits = new Map<number, readonly string[]>();
  readonly snapshots: StoredTree[] = [];
  readonly remnants: StoredTree[] = [];
  readonly damage: Damage[] = [];
  readonly problems: string[] = [];
  readonly lost: KeyRange[] = [];
  readonly #use: Uint8Array;
  poolLost = false;
  /** Something of a snapshot or of a given-up tree cannot be read. */
  partLost = false;
  free = 0;
  live = 0;

  /** No node that was born later may have two parents. */
  readonly sharedBirth: Generation;

  constructor(slots: number, sharedBirth: Generation) {
    this.sharedBirth = sharedBirth;
    this.#use = new Uint8Array(slots);
  }

  /** Notes a contradiction; of very many, as in a container made to mislead, only the first. */
  problem(words: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(words);
  }

  /** Marks slots as live (1) or free (2); each slot may be marked once. */
  mark(start: number, count: number, use: 1 | 2): void {
    const end = Math.min(start + count, this.#use.length);
    for (let slot = start; slot < end; slot++) {
      if (this.#use[slot] !== 0) this.problem(`slot ${String(slot)} is used twice`);
      else this.#use[slot] = use;
    }
    if (end < start + count)
      this.problem(`slots up to ${String(start + count)} lie beyond the end`);
    if (use === 1) this.live += count;
    else this.free += count;
  }

  unmarked(): number {
    return this.#use.reduce((sum, use) => sum + (use === 0 ? 1 : 0), 0);
  }

  path(ino: Ino): string {
    const parts: string[] = [];
    for (let at = ino, hops = 0; at !== ROOT_INO && hops < 300; hops++) {
      const named = this.names.get(at);
      parts.unshift(named?.name ?? "?");
      if (named === undefined) return parts.join("/");
      at = named.directory;
    }
    return "/" + parts.join("/");
  }
}

/** Compares the repo of `block` with itself. `open` lists inodes that live by a handle alone. */
export async function checkRepo(
  io: SlotIo,
  block: Superblock,
  layout: Layout,
  open: ReadonlySet<Ino>,
): Promise<CheckReport> {
  const { slots, trees } = block;
  const walk = new Walk(Math.min(slots, io.store.slotCount), trees.sharedBirth);
  await walkFileTree(io, { root: rootHandle(block.fileRoot), kind: "live" }, walk);
  await walkTree(io, poolSpec(layout.slotBytes), rootHandle<PoolRecord>(block.poolRoot), walk, {
    entry: (key, record) => {
      notePoolRecord(walk, key, record);
    },
    lost: () => {
      walk.poolLost = true;
    },
  });
  for (const tree of [...walk.snapshots, ...walk.remnants]) await walkFileTree(io, tree, walk);
  for (const run of [...block.ready, ...block.deferred]) walk.mark(run.start, run.count, 2);
  await openUnits(io, layout.compressor, walk);
  reportLost(walk);
  // What is missing leaves counts wrong behind: those are consequences, not problems of their own.
  if (walk.lost.length === 0) checkCounts(walk, open);
  if (walk.lost.length === 0 && !walk.partLost && !walk.poolLost) checkAllocation(walk, block);
  if (walk.poolLost) walk.damage.push({ path: "/", what: "allocation" });
  return report(walk, block);
}

/** Walks what no tree before has reached. Names and inodes are compared in the live tree alone. */
async function walkFileTree(io: SlotIo, tree: StoredTree, walk: Walk): Promise<void> {
  const { snapshot } = tree;
  await walkTree(io, fileSpec(io.slotBytes), tree.root, walk, {
    entered: ({ refs }) => {
      const { slot = 0, birth = 0 } = refs?.[0] ?? {};
      const known = walk.nodes.get(slot) ?? 0;
      walk.nodes.set(slot, known + 1);
      if (known > 0 && birth > walk.sharedBirth)
        walk.problem(`node ${String(slot)} is shared and counts as if it were not`);
      return known === 0;
    },
    entry: (key, record) => {
      if (tree.kind === "live") noteRecord(walk, key, record);
      const chunk = chunkOf(record);
      if (chunk?.unit !== undefined) noteUnit(walk, keyIno(key), chunk.unit, chunk, snapshot);
    },
    lost: (range) => {
      if (tree.kind === "live") walk.lost.push(range);
      else walk.partLost = true;
      if (snapshot !== undefined) walk.damage.push({ path: "/", snapshot, what: "entries" });
      if (tree.kind === "remnant") walk.damage.push({ path: "/", what: "allocation" });
    },
  });
}

function report(walk: Walk, block: Superblock): CheckReport {
  const count = (type: Inode["type"]): number =>
    [...walk.inodes.values()].filter((inode) => inode.type === type).length;
  return {
    ok: walk.damage.length === 0 && walk.problems.length === 0,
    generation: block.generation,
    files: count("file"),
    directories: count("directory"),
    symlinks: count("symlink"),
    slots: block.slots,
    liveSlots: walk.live,
    freeSlots: walk.free,
    damage: distinct(walk.damage),
    problems: walk.problems,
  };
}

/** Of a file with many damaged pieces one is enough. */
function distinct(damage: readonly Damage[]): Damage[] {
  const known = new Map(
    damage.map((one) => [JSON.stringify([one.path, one.snapshot, one.what]), one]),
  );
  return [...known.values()];
}

interface Visitor<V> {
  /** Told of each node before it is read; false if its subtree was walked before. */
  entered?(handle: NodeHandle<V>): boolean;
  entry(key: string, value: V): void;
  lost(range: KeyRange): void;
}

async function walkTree<V>(
  io: SlotIo,
  spec: TreeSpec<V>,
  root: NodeHandle<V>,
  walk: Walk,
  visitor: Visitor<V>,
): Promise<void> {
  const visit = async (handle: NodeHandle<V>): Promise<void> => {
    if (visitor.entered?.(handle) === false) return;
    const node = await readAllCopies(io, spec, handle, walk);
    if (node === undefined) {
      visitor.lost(handle.range);
      return;
    }
    if (isLeaf(node)) {
      node.keys.forEach((key, i) => {
        visitor.entry(key, node.values[i] as V);
      });
      return;
    }
    for (const child of node.children) await visit(child);
  };
  await visit(root);
}

/** Opens every copy of a node; one that fails beside a good one is damage of a spare copy. */
async function readAllCopies<V>(
  io: SlotIo,
  spec: TreeSpec<V>,
  handle: NodeHandle<V>,
  walk: Walk,
): Promise<Node<V> | undefined> {
  let node: Node<V> | undefined;
  let bad = 0;
  for (const ref of handle.refs ?? []) {
    walk.mark(ref.slot, ref.count, 1);
    try {
      node = decodeNode(spec, handle, await io.open(spec.kind, ref));
    } catch (error) {
      if (!(error instanceof MalformedBytes) && !isRepoError(error, "INTEGRITY")) throw error;
      bad++;
    }
  }
  if (node !== undefined && bad > 0) walk.damage.push({ path: "/", what: "spare copy" });
  return node;
}

function noteRecord(walk: Walk, key: string, record: FileRecord): void {
  const ino = keyIno(key);
  switch (record.is) {
    case "inode":
      walk.inodes.set(ino, record.inode);
      break;
    case "dentry": {
      const target = record.dentry.ino;
      walk.names.set(target, { directory: ino, name: utf8Decode(keyName(key)) });
      walk.links.set(target, (walk.links.get(target) ?? 0) + 1);
      if (record.dentry.type === "directory")
        walk.subdirectories.set(ino, (walk.subdirectories.get(ino) ?? 0) + 1);
      break;
    }
    case "orphan":
      walk.orphans.add(keyOrphan(key));
      break;
    case "extent": {
      const at = keyOffset(key);
      if (at < (walk.ends.get(ino) ?? 0)) walk.problem(`extents of ${String(ino)} overlap`);
      walk.ends.set(ino, at + record.extent.length);
      break;
    }
    case "version":
      walk.versions.set(ino, [...(walk.versions.get(ino) ?? []), keyVersion(key)]);
      break;
    case "past":
      // Sorted behind the versions.
      if (!(walk.versions.get(ino) ?? []).includes(keyVersion(key)) && !walk.orphans.has(ino))
        walk.problem(`something of no version of ${String(ino)}`);
  }
}

function noteUnit(
  walk: Walk,
  ino: Ino,
  ref: SlotRef,
  chunk: Chunk,
  snapshot: string | undefined,
): void {
  const use: UnitUse = walk.units.get(ref.slot) ?? {
    ref,
    extents: 0,
    chunks: new Map(),
    users: [],
  };
  use.extents++;
  const frame = JSON.stringify(chunk.frame ?? {});
  const known = use.chunks.get(frame);
  if (known === undefined || known.base + known.used < chunk.base + chunk.used)
    use.chunks.set(frame, chunk);
  if (!use.users.some((user) => user.ino === ino && user.snapshot === snapshot))
    use.users.push({ ino, snapshot });
  if (use.ref.authenticator !== ref.authenticator)
    walk.problem(`unit ${String(ref.slot)} has two references`);
  walk.units.set(ref.slot, use);
}

function notePoolRecord(walk: Walk, key: string, record: PoolRecord): void {
  if (typeof record === "object") {
    switch (record.is) {
      case "snapshot":
        walk.snapshots.push({
          root: record.root,
          kind: "snapshot",
          snapshot: utf8Decode(snapshotName(key)),
        });
        return;
      case "remnant":
        walk.remnants.push({ root: record.root, kind: "remnant" });
        return;
      case "chunk":
        walk.index.set(keyFingerprint(key) ?? "", record.chunk);
        return;
      case "unit":
        walk.indexedUnits.set(unitSlot(key), record.fingerprints);
        return;
    }
  }
  const run = freeRun(key, record) ?? deferredRun(key, record);
  if (run !== undefined) walk.mark(run.start, run.count, 2);
  const slot = referencesSlot(key);
  if (slot !== undefined) walk.references.set(slot, record);
}

async function openUnits(
  io: SlotIo,
  compressor: Compressor | undefined,
  walk: Walk,
): Promise<void> {
  for (const { ref, chunks, users } of walk.units.values()) {
    walk.mark(ref.slot, ref.count, 1);
    try {
      const unit = new OpenUnit(await io.open(SEAL_KIND.data, ref), compressor);
      for (const chunk of chunks.values()) unit.content(chunk);
    } catch (error) {
      if (!isRepoError(error, "INTEGRITY")) throw error;
      for (const { ino, snapshot } of users)
        walk.damage.push({
          path: walk.path(ino),
          what: "content",
          ...(snapshot === undefined ? {} : { snapshot }),
        });
    }
  }
}

/** Names the paths that a lost part of the file tree belonged to. */
function reportLost(walk: Walk): void {
  if (walk.lost.length === 0) return;
  const known = walk.damage.length;
  for (const [ino] of walk.names)
    if (!walk.inodes.has(ino)) walk.damage.push({ path: walk.path(ino), what: "inode" });
  for (const { from, to } of walk.lost) {
    const first = from === "" ? 0 : keyIno(from);
    const last = to === undefined ? Infinity : keyIno(to);
    for (const [ino, inode] of walk.inodes)
      if (ino >= first && ino <= last && inode.inline === undefined)
        walk.damage.push({
          path: walk.path(ino),
          what: inode.type === "directory" ? "entries" : "content",
        });
  }
  if (!walk.inodes.has(ROOT_INO)) walk.damage.push({ path: "/", what: "inode" });
  // What it held cannot be told, not even whose it was.
  if (walk.damage.length === known) walk.damage.push({ path: "?", what: "entries" });
}

function checkCounts(walk: Walk, open: ReadonlySet<Ino>): void {
  for (const [ino, inode] of walk.inodes) {
    const names = walk.links.get(ino) ?? 0;
    const expected =
      inode.type === "directory"
        ? (names === 0 && ino !== ROOT_INO ? 0 : 2) + (walk.subdirectories.get(ino) ?? 0)
        : names;
    if (inode.nlink !== expected)
      walk.problem(
        `inode ${String(ino)} has nlink ${String(inode.nlink)}, not ${String(expected)}`,
      );
    if (inode.nlink === 0 && !walk.orphans.has(ino) && !open.has(ino))
      walk.problem(`inode ${String(ino)} has no name`);
    const end = walk.ends.get(ino) ?? 0;
    if (end > inode.size && !walk.orphans.has(ino))
      walk.problem(`inode ${String(ino)} has content beyond its end`);
    if ((walk.versions.get(ino) ?? []).some((version) => version >= inode.version))
      walk.problem(`inode ${String(ino)} has versions after the present one`);
    if (end > 0 && inode.inline !== undefined)
      walk.problem(`inode ${String(ino)} has inline content and extents`);
  }
  for (const ino of walk.names.keys())
    if (!walk.inodes.has(ino)) walk.problem(`a name leads to no inode ${String(ino)}`);
  for (const ino of [...walk.ends.keys(), ...walk.versions.keys()])
    if (!walk.inodes.has(ino)) walk.problem(`content of no inode ${String(ino)}`);
  if (!walk.inodes.has(ROOT_INO)) walk.problem("there is no root directory");
}

function checkAllocation(walk: Walk, block: Superblock): void {
  for (const [slot, { extents }] of walk.units) {
    const counted = walk.references.get(slot) ?? 1;
    if (counted !== extents)
      walk.problem(
        `unit ${String(slot)} counts ${String(counted)} extents, has ${String(extents)}`,
      );
  }
  for (const [slot, parents] of walk.nodes) {
    const counted = walk.references.get(slot) ?? 1;
    if (counted !== parents)
      walk.problem(
        `node ${String(slot)} counts ${String(counted)} parents, has ${String(parents)}`,
      );
  }
  for (const slot of walk.references.keys())
    if (!walk.units.has(slot) && !walk.nodes.has(slot))
      walk.problem(`slot ${String(slot)} is counted but not used`);
  checkIndex(walk, block);
  const { snapshots, remnants } = block.trees;
  if (snapshots !== walk.snapshots.length || remnants !== walk.remnants.length)
    walk.problem("there are not as many trees as are on record");
  const missing = walk.unmarked();
  if (missing > 0) walk.problem(`${String(missing)} slots are neither live nor free`);
  const listed = [...block.ready, ...block.deferred].reduce((sum, run) => sum + run.count, 0);
  const inTree = walk.free - listed;
  if (inTree !== block.freeInTree + block.deferredInTree)
    walk.problem(`the pool tree holds ${String(inTree)} free slots, not the number on record`);
}

/** Every entry leads to a unit that is in use, and goes with it; the other way round likewise. */
function checkIndex(walk: Walk, block: Superblock): void {
  if (block.trees.indexed !== walk.index.size)
    walk.problem(`there are ${String(walk.index.size)} indexed chunks, not the number on record`);
  for (const [fingerprint, { unit }] of walk.index) {
    const slot = unit?.slot ?? -1;
    if (walk.units.get(slot)?.ref.authenticator !== unit?.authenticator)
      walk.problem(`an indexed chunk is in no unit at ${String(slot)}`);
    if (walk.indexedUnits.get(slot)?.includes(fingerprint) !== true)
      walk.problem(`unit ${String(slot)} does not know of a chunk that is indexed`);
  }
  const listed = [...walk.indexedUnits.values()].reduce((sum, { length }) => sum + length, 0);
  if (listed !== walk.index.size) walk.problem("units list chunks that are not indexed");
}
