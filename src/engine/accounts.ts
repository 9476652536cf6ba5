/**
 * Accounts: what one commit does to the counts of the pool tree, and so which slots it frees
 * (docs/FORMAT.md §6.4). A node of the file tree counts its parents, a unit counts the extents in all
 * stored leaves; both have a record only if the number is not 1. Counting is lazy, as in Btrfs: a node
 * that two trees share counts as one parent for each of its children until one of the trees replaces it.
 *
 * Works on a private edit of the pool tree, and may be run any number of times until that finds all it
 * needs in memory: it changes nothing else.
 */
import { assert } from "../assert.js";
import type { Chunk } from "./chunk.js";
import { addToIndex, moveInIndex, removeFromIndex } from "./chunk-index.js";
import { isLeaf, type NodeHandle } from "./node.js";
import {
  countOf,
  referencesKey,
  remnantKey,
  snapshotKey,
  type PoolRecord,
  type SnapshotRecord,
} from "./pool-records.js";
import { unitOf, type FileRecord } from "./records.js";
import type { Generation, Run, SlotRef } from "./slot-ref.js";
import type { TreeCounts } from "./superblock.js";
import type { TreeEdit } from "./tree.js";
import type { UnitUse } from "./window.js";

export class Accounts {
  readonly pool: TreeEdit<PoolRecord>;
  /** Slots that nothing refers to any more. */
  readonly freed: Run[] = [];
  #trees: TreeCounts;
  readonly #units = new Map<number, UnitUse>();
  readonly #unused = new Set<number>();

  constructor(pool: TreeEdit<PoolRecord>, trees: TreeCounts) {
    this.pool = pool;
    this.#trees = trees;
  }

  /** With what this commit changes. */
  get trees(): TreeCounts {
    const { snapshots, remnants } = this.#trees;
    return snapshots + remnants === 0 ? { ...this.#trees, sharedBirth: 0 } : this.#trees;
  }

  #references(slot: number): number {
    const record = this.pool.get(referencesKey(slot));
    return record === undefined ? 1 : countOf(record);
  }

  #setReferences(slot: number, count: number): void {
    if (count === 1) this.pool.delete(referencesKey(slot));
    else this.pool.put(referencesKey(slot), count);
  }

  /** Counts one more reference to the node at `slot`. */
  retainNode(slot: number): void {
    this.#setReferences(slot, this.#references(slot) + 1);
  }

  /** Takes away one of several references to the node at `slot`; false if there is only one. */
  #releaseShared(slot: number): boolean {
    const count = this.#references(slot);
    if (count === 1) return false;
    this.#setReferences(slot, count - 1);
    return true;
  }

  /** Counts the change in the number of extents that refer to a unit. */
  countUnit(slot: number, use: UnitUse): void {
    const known = this.#units.get(slot);
    if (known === undefined) this.#units.set(slot, { ...use });
    else known.delta += use.delta;
  }

  /**
   * Books nodes that the live tree has replaced. Parents come before their children, since a parent that
   * somebody else still uses keeps its references to them.
   */
  retire(handles: readonly NodeHandle<FileRecord>[]): void {
    const stored = handles.filter(({ refs }) => refs !== undefined);
    for (const handle of stored.toSorted((a, b) => b.level - a.level)) {
      const ref = handle.refs?.[0];
      assert(ref !== undefined, "a stored node has a first copy");
      if (ref.birth <= this.#trees.sharedBirth && this.#releaseShared(ref.slot))
        this.#countBelow(handle, 1);
      else this.#free(handle);
    }
  }

  #free(handle: NodeHandle<FileRecord>): void {
    for (const ref of handle.refs ?? []) this.freed.push({ start: ref.slot, count: ref.count });
  }

  /** Counts a node's references to its children, or a leaf's to its units. */
  #countBelow({ node }: NodeHandle<FileRecord>, delta: 1 | -1): void {
    assert(node !== undefined, "the content of a shared node is held");
    if (!isLeaf(node)) {
      for (const { refs } of node.children) {
        assert(refs !== undefined, "a stored node has stored children");
        this.retainNode(refs[0]?.slot ?? 0);
      }
      return;
    }
    for (const record of node.values) {
      const unit = unitOf(record);
      if (unit !== undefined) this.countUnit(unit.slot, { slots: unit.count, fresh: false, delta });
    }
  }

  /** Adds a tree to the snapshots; `slot` is where its root is stored, or will be. */
  addSnapshot(name: string, record: SnapshotRecord, slot: number): void {
    this.pool.put(snapshotKey(name), record);
    this.retainNode(slot);
    const snapshots = this.#trees.snapshots + 1;
    this.#trees = { ...this.#trees, snapshots, sharedBirth: record.generation };
  }

  /** Puts another root in the place of the snapshot's; what it replaces is booked like that of the live tree. */
  replaceSnapshot(name: string, root: NodeHandle<FileRecord>): void {
    const record = this.pool.get(snapshotKey(name));
    assert(typeof record === "object" && record.is === "snapshot", "the snapshot is there");
    this.pool.put(snapshotKey(name), { ...record, root });
  }

  /** What is indexed of a unit is that of its copy from now on, unless the copy is under another key. */
  moveIndexed(from: SlotRef, to: SlotRef): void {
    if (this.#trees.indexed > 0 && from.keyGeneration === to.keyGeneration)
      moveInIndex(this.pool, from.slot, to);
  }

  /**
   * Counts the live tree as one more of what refers to a snapshot's root at `slot`. From the commit `generation` on its nodes are
   * shared, whenever they were born: a snapshot's tree may have been moved since it was taken.
   */
  restoreSnapshot(slot: number, generation: Generation): void {
    this.retainNode(slot);
    this.#trees = { ...this.#trees, sharedBirth: generation };
  }

  removeSnapshot(name: string, record: SnapshotRecord): void {
    this.pool.delete(snapshotKey(name));
    this.#trees = { ...this.#trees, snapshots: this.#trees.snapshots - 1 };
    this.giveUp(record.root);
  }

  /** Takes away a reference to a stored node; if it was the only one, the node becomes a remnant. */
  giveUp(root: NodeHandle<FileRecord>): void {
    const slot = root.refs?.[0]?.slot;
    assert(slot !== undefined, "what is given up is stored");
    if (this.#releaseShared(slot)) return;
    this.pool.put(remnantKey(slot), { is: "remnant", root });
    this.#trees = { ...this.#trees, remnants: this.#trees.remnants + 1 };
  }

  /** Frees a remnant, whose content must be in memory; what is below becomes remnants or loses a reference. */
  freeRemnant(handle: NodeHandle<FileRecord>): void {
    const { refs, node } = handle;
    const slot = refs?.[0]?.slot;
    assert(slot !== undefined && node !== undefined, "a remnant is stored, and loaded");
    assert(this.pool.delete(remnantKey(slot)), "a remnant is freed once");
    this.#trees = { ...this.#trees, remnants: this.#trees.remnants - 1 };
    this.#free(handle);
    if (isLeaf(node)) this.#countBelow(handle, -1);
    else for (const child of node.children) this.giveUp(child);
  }

  /** Applies the changes of units; those without a reference are freed, and leave the chunk index. */
  settleUnits(): void {
    for (const [slot, { slots, fresh, delta }] of this.#units) {
      if (delta === 0 && !fresh) continue;
      const before = fresh ? undefined : this.pool.get(referencesKey(slot));
      const after = (fresh ? 0 : before === undefined ? 1 : countOf(before)) + delta;
      assert(after >= 0, "a unit has no fewer than no extents");
      if (after === 0) this.#freeUnit({ start: slot, count: slots });
      if (after > 1) this.pool.put(referencesKey(slot), after);
      else if (before !== undefined) this.pool.delete(referencesKey(slot));
    }
  }

  #freeUnit(unit: Run): void {
    this.freed.push(unit);
    this.#unused.add(unit.start);
    // Units of which nothing is indexed are not looked up where nothing is indexed at all.
    const { indexed } = this.#trees;
    if (indexed > 0)
      this.#trees = { ...this.#trees, indexed: indexed - removeFromIndex(this.pool, unit.start) };
  }

  /** Enters chunks that this commit has written, by fingerprint. The last step. */
  indexChunks(chunks: ReadonlyMap<string, Chunk>): void {
    for (const [fingerprint, chunk] of chunks) {
      if (this.#unused.has(chunk.unit?.slot ?? -1)) continue;
      const added = addToIndex(this.pool, fingerprint, chunk);
      this.#trees = { ...this.#trees, indexed: this.#trees.indexed + added };
    }
  }
}
