/**
 * Committer: the commit protocol (docs/FORMAT.md §6). Seals and writes what a window changed, flushes,
 * writes the next superblock cell, flushes. It owns the pool tree and the allocator; the engine calls
 * it for one commit, drain or search for room at a time.
 */
import { assert } from "../assert.js";
import { equalBytes } from "../codec/bytes.js";
import { CELL_BYTES, SEAL_KIND, TAG_BYTES } from "../crypto/sealer.js";
import { isRepoError, RepoError } from "../errors.js";
import type { WriteRun } from "../backends/block-store.js";
import { Accounts } from "./accounts.js";
import { Allocator, slotsOf } from "./allocator.js";
import type { Environment } from "./environment.js";
import type { FileState } from "./file-view.js";
import { fingerprintAll, findTwin, unknownChunks } from "./chunk-index.js";
import type { Layout } from "./layout.js";
import type { NodeCache } from "./node-cache.js";
import type { NodeHandle } from "./node.js";
import { copiesOf, encodeNode, isLeaf, type TreeSpec } from "./node.js";
import { placePending, type Placed, type PlacedUnit } from "./placement.js";
import { MAX_UNIT_FINGERPRINTS, type PoolRecord } from "./pool-records.js";
import type { FileRecord } from "./records.js";
import { poolSpec } from "./specs.js";
import type { RootRef } from "./root-ref.js";
import type { SlotIo, Unsealed } from "./slot-io.js";
import type { Generation, Run, SlotRef } from "./slot-ref.js";
import {
  encodeSuperblock,
  MAX_MANIFEST,
  RING_CELLS,
  type ManifestEntry,
  type Superblock,
  type TreeCounts,
} from "./superblock.js";
import { NodeMiss, TreeEdit, TreeView } from "./tree.js";
import { writeUnits } from "./unit-writer.js";
import type { UnitCache } from "./unit-cache.js";
import { Window } from "./window.js";
import { cellOffset } from "./ring.js";

/** Slots kept back so that a commit can always write its pool nodes, and a delete its own. */
const COMMIT_MARGIN_SLOTS = 24;
/** A slot has at most one record in the pool tree beside those of the chunk index; leaves may be a quarter full. */
const POOL_BYTES_PER_SLOT = 64;
/** The same for an entry of the index, and its part of what is indexed of the unit. */
const POOL_BYTES_PER_ENTRY = 512;
/** Inner nodes, and leaves that splitting adds. */
const POOL_SPARE_NODES = 4;
/** Leaves that the moves between the pool tree and the lists may touch in one commit. */
const POOL_STEP_NODES = 200;
/** The store is asked for room in steps of at least this many slots. */
const LEAST_GROWTH_SLOTS = 64;
const MOST_GROWTH_SLOTS = 4096;

/**
 * A settled commit vouches for those before it, also where the storage confirms flushes of three commits
 * before it carries them out.
 */
const SETTLING_FLUSHES = 5;

export interface CommitterParts {
  readonly io: SlotIo;
  readonly nodes: NodeCache;
  readonly units: UnitCache;
  readonly environment: Environment;
  readonly fileSpec: TreeSpec<FileRecord>;
  readonly layout: Layout;
  /** The container's length is published in multiples of this. */
  readonly stepSlots: number;
  /** The oldest generation that a running reader may see. */
  readonly oldestReader: () => Generation;
}

/** What a commit says besides the trees. */
export interface CommitIntent {
  readonly strict: boolean;
  readonly settled: boolean;
}

/** What a commit does to trees beside the live one. May be run several times. */
export interface TreeChange {
  /** Whether the live tree becomes a snapshot, or a snapshot the live tree, so that its nodes are shared from now on. */
  readonly shares?: boolean;
  /** Roots of other trees that it puts in place, with what of them is not stored yet. */
  readonly roots?: readonly NodeHandle<FileRecord>[];
  /** Most records of the pool tree that it touches. */
  readonly touches: number;
  readonly apply: (accounts: Accounts, at: StateAddress) => void;
}

/** Room that something needs before it may begin. */
export interface RoomNeed {
  readonly slots: number;
  /** Records of the pool tree that it will touch, beside those of the window. */
  readonly touches: number;
  /** It frees space, and may draw on the reserve. */
  readonly frees: boolean;
}

/** The state that a commit makes. */
export interface StateAddress {
  readonly root: NodeHandle<FileRecord>;
  /** Where the root's first copy is, or will be. */
  readonly rootSlot: number;
  readonly generation: Generation;
}

interface DirtyNode<V> {
  readonly spec: TreeSpec<V>;
  readonly handle: NodeHandle<V>;
}

/** A dirty node and the slots chosen for its copies. */
interface HousedNode<V> extends DirtyNode<V> {
  readonly slots: readonly number[];
}

/** A window and the state that belongs to it, taken together. */
export interface FrozenState {
  readonly window: Window;
  readonly state: FileState;
  readonly nodes: readonly HousedNode<FileRecord>[];
  readonly change: TreeChange | undefined;
}

export class Committer {
  readonly allocator: Allocator;
  readonly poolSpec: TreeSpec<PoolRecord>;
  poolRoot: NodeHandle<PoolRecord>;
  /** The newest superblock on storage, or the one to start from. */
  committed: Superblock;
  commits = 0;
  #cellTag: Uint8Array;
  readonly #parts: CommitterParts;
  readonly #firstGeneration: Generation;
  /** Pool nodes replaced outside a commit. */
  #retiredPool: Pick<NodeHandle<unknown>, "refs">[] = [];
  #sharedBirth: Generation;
  /** Slots that the commit in flight has not taken yet. */
  #reserved = 0;
  #isShort = false;
  #isOwn = false;

  constructor(
    parts: CommitterParts,
    base: Superblock,
    poolRoot: NodeHandle<PoolRecord>,
    cellTag: Uint8Array,
    firstGeneration: Generation,
  ) {
    this.#parts = parts;
    this.#firstGeneration = firstGeneration;
    this.committed = base;
    this.#sharedBirth = base.trees.sharedBirth;
    this.#cellTag = cellTag;
    this.poolSpec = poolSpec(parts.io.slotBytes);
    this.poolRoot = poolRoot;
    this.allocator = new Allocator(base, parts.io.store.slotCount);
  }

  /** Of the cell of `committed`. */
  get cellTag(): Uint8Array {
    return this.#cellTag;
  }

  /** The generation that the next commit will have. */
  get next(): Generation {
    return Math.max(this.committed.generation + 1, this.#firstGeneration);
  }

  /** Whether the newest commit was made here, and not found on opening. */
  get isOwn(): boolean {
    return this.#isOwn;
  }

  /** A node of the live tree that is born later than this has one parent. */
  get sharedBirth(): Generation {
    return this.#sharedBirth;
  }

  /** Whether an operation that needs `slots` more can be admitted at once. */
  hasRoom(window: Window, need: RoomNeed): boolean {
    return this.#lacking(window, need) <= 0;
  }

  /** Slots that are missing before an operation that needs `slots` can be admitted. */
  #lacking(window: Window, { slots, touches, frees }: RoomNeed): number {
    const margin = frees ? COMMIT_MARGIN_SLOTS / 2 : 2 * COMMIT_MARGIN_SLOTS;
    const needed = this.#reserved + this.#outstanding(window, touches) + slots + margin;
    return needed - this.allocator.available;
  }

  /** Free slots with which something can be deleted when the container cannot grow. */
  get reserve(): number {
    return this.#poolBound(new Window(), 0) + COMMIT_MARGIN_SLOTS;
  }

  /** Whether the container could not grow when it was last asked to: windows must then be small. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Slots that the window will need, at most. */
  #outstanding(window: Window, touches: number): number {
    const content = Math.ceil((2 * window.pendingBytes) / this.#parts.io.slotBytes);
    return content + 2 * window.dirtyNodes + this.#poolBound(window, touches);
  }

  /** Slots that the window's changes of the pool tree can take: two copies of each leaf that they may touch. */
  #poolBound(window: Window, touches: number): number {
    const { slotBytes } = this.#parts.io;
    const { indexed } = this.committed.trees;
    const entered = window.indexed.size + window.dedupPending;
    const bytes =
      POOL_BYTES_PER_SLOT * this.allocator.room + POOL_BYTES_PER_ENTRY * (indexed + entered);
    const leaves = POOL_SPARE_NODES + Math.ceil(bytes / slotBytes);
    const perUnit = indexed > 0 ? 2 + MAX_UNIT_FINGERPRINTS : 1;
    // As many freed runs as the window may free, units and nodes, go from deferred to free records.
    const freed = window.units.size + window.retired.length;
    const touched = freed + perUnit * (window.units.size + window.heldEntries) + 3 * entered;
    return 2 * Math.min(leaves, touched + touches + POOL_STEP_NODES);
  }

  /**
   * Finds room for what is needed beside what the window needs: free records first, then growth of the
   * container. False if neither suffices; commits that change nothing may then make deferred slots usable.
   */
  async makeRoom(window: Window, need: RoomNeed): Promise<boolean> {
    for (;;) {
      const lacking = this.#lacking(window, need);
      if (lacking <= 0) return true;
      // With the larger margin, so that the next operation need not search at once.
      const wanted = this.#lacking(window, { ...need, frees: false });
      if (await this.#refill(wanted)) continue;
      if (!this.#liftCeiling() && !(await this.#grow(wanted, lacking))) return false;
    }
  }

  /** Gives up keeping the container's end free: what has to be written comes first. */
  #liftCeiling(): boolean {
    const { allocator } = this;
    if (allocator.ceiling === Infinity) return false;
    allocator.ceiling = Infinity;
    return true;
  }

  async #refill(slots: number): Promise<boolean> {
    if (this.allocator.freeInTree === 0) return false;
    const { found } = await this.#editPool((pool) => this.allocator.refill(pool, slots));
    return found > 0;
  }

  /** Grows the container generously, or else by what is lacking, or else by as much of it as can be had. */
  async #grow(wanted: number, lacking: number): Promise<boolean> {
    const { allocator } = this;
    const { store } = this.#parts.io;
    const generous = Math.min(Math.max(LEAST_GROWTH_SLOTS, allocator.room >> 3), MOST_GROWTH_SLOTS);
    this.#isShort = false;
    for (let slots = wanted + generous; slots >= 1; slots = Math.min(lacking, slots >> 1)) {
      try {
        await store.resize(allocator.room + slots);
        allocator.room += slots;
        return true;
      } catch (error) {
        if (!isRepoError(error, "ENOSPC")) throw error;
        this.#isShort = true;
      }
    }
    return false;
  }

  /** Gives room behind the container's published end back to the storage. */
  async cutTail(): Promise<void> {
    const { allocator } = this;
    if (allocator.room === allocator.slots) return;
    allocator.room = allocator.slots;
    await this.#parts.io.store.resize(allocator.room);
  }

  /** Takes the free slots at the container's end off it, as far as nobody can reach them; for the next commit. */
  async cutFreeEnd(): Promise<void> {
    await this.#editPool((pool) => this.allocator.cutFreeEnd(pool));
  }

  /** Has the next commit write nodes of the pool tree elsewhere for which `moves` holds; false if there is none. */
  async movePool(moves: (ref: SlotRef) => boolean, most: number): Promise<boolean> {
    const { moved } = await this.#editPool((pool) => {
      let left = most;
      for (let from: string | undefined = ""; from !== undefined && left > 0;) {
        const { path, leaf, next } = pool.leafAt(from);
        if (path.some(({ refs }) => refs?.some(moves))) {
          const [key, value] = [leaf.keys[0], leaf.values[0]];
          if (key === undefined || value === undefined) pool.renewRoot();
          else pool.put(key, value);
          left--;
        }
        from = next;
      }
      return { accept: () => undefined, moved: left < most };
    });
    return moved;
  }

  /** Runs `change` on the pool tree and publishes the result. */
  #editPool<T extends { accept: () => void }>(
    change: (pool: TreeEdit<PoolRecord>) => T,
  ): Promise<T> {
    return this.#onPool(() => {
      const pool = new TreeEdit(this.poolSpec, this.poolRoot);
      const result = change(pool);
      result.accept();
      this.poolRoot = pool.root;
      this.#retiredPool = this.#retiredPool.concat(pool.retired);
      return result;
    });
  }

  /** Runs `work` until it finds every node of the pool tree in memory. */
  async #onPool<T>(work: () => T): Promise<T> {
    const held: NodeHandle<unknown>[] = [];
    try {
      for (;;)
        try {
          return work();
        } catch (miss) {
          if (!(miss instanceof NodeMiss)) throw miss;
          // Without this the cache might drop what the next attempt needs, for ever.
          miss.handle.held++;
          held.push(miss.handle);
          await this.#parts.nodes.load(miss.handle, miss.spec);
        }
    } finally {
      for (const handle of held) handle.held--;
    }
  }

  /** Looks up pending chunks in the chunk index; false if there are none of which anything is unknown. */
  async recognise(window: Window): Promise<boolean> {
    const at = this.committed.generation;
    const unknown = unknownChunks(window.pending, at);
    if (unknown.length === 0) return false;
    const fingerprints = await fingerprintAll(unknown, this.#parts.io.sealer);
    await this.readPool((pool) => {
      for (const [chunk, { fingerprint, used }] of fingerprints) {
        const twin = findTwin(pool, fingerprint, { used, framed: chunk.framed });
        chunk.recognised = { fingerprint, used, twin, at };
      }
    });
    return true;
  }

  /** Runs `read` on the pool tree until it finds all that it needs in memory. */
  readPool<T>(read: (pool: TreeView<PoolRecord>) => T): Promise<T> {
    return this.#onPool(() => read(new TreeView(this.poolSpec, this.poolRoot)));
  }

  /** Gives pending chunks homes, at least `limitBytes` of them if there are so many. */
  place(window: Window, limitBytes = Infinity): Placed {
    const { generation } = this.committed;
    return placePending(window, this.allocator, this.#parts.layout, generation, limitBytes);
  }

  /**
   * Writes units anew to other slots, under the keys that seal now. They belong to the window from then on, which frees
   * what nothing refers to. The result lacks those for which there was no run of free slots.
   */
  async copyUnits(
    window: Window,
    units: ReadonlyMap<SlotRef, Uint8Array>,
  ): Promise<Map<SlotRef, SlotRef>> {
    const { io } = this.#parts;
    const sources: SlotRef[] = [];
    const payloads: Unsealed[] = [];
    for (const [source, plaintext] of units) {
      const slot = this.allocator.take(source.count);
      if (slot === undefined) continue;
      window.use(slot, source.count, true);
      sources.push(source);
      payloads.push({ kind: SEAL_KIND.data, slot, plaintext });
    }
    const sealed = await io.seal(payloads, this.next);
    await io.store.write(sealed.map(({ run }) => run));
    const copies = new Map<SlotRef, SlotRef>();
    sealed.forEach(({ ref }, i) => {
      const source = sources[i];
      assert(source !== undefined, "one result for each unit");
      copies.set(source, ref);
      window.written.push({ kind: SEAL_KIND.data, ref });
    });
    return copies;
  }

  /** Seals and writes pending chunks ahead of the commit, so that memory stays bounded. */
  async drain(window: Window, limitBytes: number): Promise<void> {
    const { io, units } = this.#parts;
    await this.recognise(window);
    const placed = this.place(window, limitBytes);
    const written = await writeUnits(placed.units, io, units, this.next);
    for (const entry of written) window.written.push(entry);
  }

  /**
   * Takes the slots of all dirty nodes of `state` and marks them as about to be sealed, without a pause, so
   * that no later operation is admitted on room that this commit needs. Undefined if there is no room.
   */
  freeze(window: Window, state: FileState, change?: TreeChange): FrozenState | undefined {
    const { fileSpec } = this.#parts;
    const roots = [state.root, ...(change?.roots ?? [])];
    const nodes = roots.flatMap((root) => collectDirty(fileSpec, root));
    if (this.allocator.available < slotsNeeded(nodes)) return undefined;
    for (const { handle } of nodes) handle.sealing = this.next;
    if (change?.shares === true) this.#sharedBirth = this.next;

    this.#reserved = this.#poolBound(window, change?.touches ?? 0);
    return { window, state, nodes: this.#house(nodes), change };
  }

  /** Commits a frozen state, all of whose pending chunks are placed (`units`). */
  async commit(
    frozen: FrozenState,
    units: readonly PlacedUnit[],
    intent: CommitIntent,
  ): Promise<void> {
    const { io, stepSlots, environment } = this.#parts;
    const { window, state } = frozen;
    const generation = this.next;
    const unitEntries = window.written.concat(
      await writeUnits(units, io, this.#parts.units, generation),
    );

    const trees = await this.#settlePool(frozen, generation);
    const poolNodes = this.#house(collectDirty(this.poolSpec, this.poolRoot));
    this.#reserved = 0;
    const fresh = this.allocator.publish(stepSlots, this.reserve);
    const lists = this.allocator.state;
    for (const { handle } of poolNodes) handle.sealing = generation;
    const poolRoot = this.poolRoot;

    if (fresh !== undefined) await this.#fillRandom(fresh, environment);
    // Records of the pool tree may hold references of the file tree, never the other way round.
    const nodeEntries = [
      ...(await this.#sealNodes(frozen.nodes, generation)),
      ...(await this.#sealNodes(poolNodes, generation)),
    ];
    let manifest = unitEntries.concat(nodeEntries.map(({ entry }) => entry));
    if (manifest.length > MAX_MANIFEST) {
      const early = Math.max(0, nodeEntries.length - MAX_MANIFEST);
      await io.store.write(nodeEntries.slice(0, early).map(({ run }) => run));
      await io.store.flush();
      manifest = nodeEntries.slice(early).map(({ entry }) => entry);
      await io.store.write(nodeEntries.slice(early).map(({ run }) => run));
    } else await io.store.write(nodeEntries.map(({ run }) => run));
    if (!io.store.orderedWrites)
      for (let i = 0; i < (intent.settled ? SETTLING_FLUSHES : 1); i++) await io.store.flush();

    await this.#writeCell({
      ...lists,
      generation,
      previousTag: this.#cellTag,
      headerGeneration: this.committed.headerGeneration,
      writerFence: this.committed.writerFence,
      nextIno: state.nextIno,
      settings: this.committed.settings,
      settled: intent.settled,
      strict: intent.strict,
      fileRoot: rootRef(state.root),
      poolRoot: rootRef(poolRoot),
      trees,
      manifest,
    });
    for (const { handle } of [...frozen.nodes, ...poolNodes]) {
      handle.sealing = undefined;
      handle.owner = undefined;
      this.#parts.nodes.keep(handle);
    }
    window.release();
    this.#sharedBirth = trees.sharedBirth;
    this.commits++;
  }

  /** Takes a slot for each copy: first copies side by side, then second ones, so that the two of a node are apart. */
  #house<V>(nodes: readonly DirtyNode<V>[]): HousedNode<V>[] {
    const taken = Array.from({ length: slotsNeeded(nodes) }, () => {
      const slot = this.allocator.take(1);
      assert(slot !== undefined, "room for the nodes was found before");
      return slot;
    }).sort((a, b) => a - b);
    const housed = nodes.map((node) => ({ ...node, slots: [] as number[] }));
    for (const copy of [0, 1])
      for (const node of housed)
        if (copy < copiesOf(node.spec, node.handle.level)) node.slots.push(taken.shift() ?? 0);
    return housed;
  }

  /** Brings the pool tree up to date with the window, with room for its own dirty nodes. */
  async #settlePool(frozen: FrozenState, generation: Generation): Promise<TreeCounts> {
    for (let before = Infinity; ;) {
      const result = await this.#trySettling(frozen, generation);
      if (typeof result !== "number") return result;
      // More of the same small runs would only be put back: then the container has to grow.
      const refilled = result < before && (await this.#refill(result));
      const found = refilled || this.#liftCeiling() || (await this.#grow(result, result));
      if (!found) throw new RepoError("ENOSPC");
      before = refilled ? result : Infinity;
    }
  }

  /** Returns how many slots are missing if any are; then nothing has changed. */
  async #trySettling(frozen: FrozenState, generation: Generation): Promise<TreeCounts | number> {
    try {
      const { trees } = await this.#editPool((pool) => {
        const accounts = this.#account(pool, frozen, generation);
        const freed = accounts.freed.concat(slotsOf(this.#retiredPool));
        const settled = this.allocator.settle(pool, freed, generation, this.#parts.oldestReader());
        const slots = slotsNeeded(collectDirty(this.poolSpec, pool.root));
        const missing = slots - this.allocator.available - settled.gained;
        if (missing > 0) throw new Shortage(missing);
        return { ...settled, trees: accounts.trees };
      });
      // What the edit itself replaced is booked already (Allocator.settle).
      this.#retiredPool = [];
      return trees;
    } catch (error) {
      if (error instanceof Shortage) return error.missing;
      throw error;
    }
  }

  #account(pool: TreeEdit<PoolRecord>, frozen: FrozenState, generation: Generation): Accounts {
    const { window, state, nodes, change } = frozen;
    const accounts = new Accounts(pool, this.committed.trees);
    accounts.retire(window.retired);
    for (const [slot, use] of window.units) accounts.countUnit(slot, use);
    const root = nodes.find(({ handle }) => handle === state.root);
    const rootSlot = root?.slots[0] ?? state.root.refs?.[0]?.slot;
    assert(rootSlot !== undefined, "the root is stored or about to be");
    change?.apply(accounts, { root: state.root, rootSlot, generation });
    accounts.settleUnits();
    accounts.indexChunks(window.indexed);
    return accounts;
  }

  async #fillRandom(run: Run, environment: Environment): Promise<void> {
    const { store, slotBytes } = this.#parts.io;
    const bytes = environment.random(run.count * slotBytes);
    await store.write([{ start: run.start as SlotRef["slot"], bytes }]);
  }

  /** Seals nodes bottom-up, since a parent holds the references of its children. */
  async #sealNodes<V>(
    nodes: readonly HousedNode<V>[],
    birth: Generation,
  ): Promise<{ entry: ManifestEntry; run: WriteRun }[]> {
    const { io } = this.#parts;
    const result: { entry: ManifestEntry; run: WriteRun }[] = [];
    const levels = new Set(nodes.map(({ handle }) => handle.level));
    for (const level of [...levels].sort((a, b) => a - b)) {
      const payloads: Unsealed[] = [];
      const owners: HousedNode<V>[] = [];
      for (const node of nodes) {
        if (node.handle.level !== level) continue;
        assert(node.handle.node !== undefined, "a dirty node is in memory");
        for (const slot of node.slots) {
          const plaintext = encodeNode(node.spec, node.handle.node);
          payloads.push({ kind: node.spec.kind, slot, plaintext });
          owners.push(node);
        }
      }
      const refs = new Map<NodeHandle<V>, SlotRef[]>();
      const sealed = await io.seal(payloads, birth);
      sealed.forEach(({ ref, run }, i) => {
        const { spec, handle } = owners[i] ?? {};
        assert(spec !== undefined && handle !== undefined, "one result for each node");
        refs.set(handle, [...(refs.get(handle) ?? []), ref]);
        result.push({ entry: { kind: spec.kind, ref }, run });
      });
      for (const [handle, copies] of refs) handle.refs = copies;
    }
    return result;
  }

  async #writeCell(block: Superblock): Promise<void> {
    const { store, sealer } = this.#parts.io;
    const index = block.generation % RING_CELLS;
    const cell = await sealer.sealCell(index, encodeSuperblock(block));
    assert(cell.length === CELL_BYTES, "a cell has one size");
    await store.writeHeader(cellOffset(index), cell);
    await store.flush();
    this.#isOwn = true;
    this.committed = block;
    this.#cellTag = cell.slice(-TAG_BYTES);
    assert(!equalBytes(this.#cellTag, block.previousTag), "no two cells share a tag");
  }
}

/** Thrown inside an attempt that found too little room. */
class Shortage extends Error {
  readonly missing: number;

  constructor(missing: number) {
    super("shortage");
    this.missing = missing;
  }
}

function rootRef(
  root: NodeHandle<never> | NodeHandle<FileRecord> | NodeHandle<PoolRecord>,
): RootRef {
  assert(root.refs !== undefined, "a committed root is stored");
  return { level: root.level, refs: root.refs };
}

/** The nodes without references below and including `root`; all of them are in memory. */
function collectDirty<V>(spec: TreeSpec<V>, root: NodeHandle<V>): DirtyNode<V>[] {
  if (root.refs !== undefined) return [];
  const { node } = root;
  assert(node !== undefined, "a dirty node is in memory");
  const below = isLeaf(node) ? [] : node.children.flatMap((child) => collectDirty(spec, child));
  return [...below, { spec, handle: root }];
}

function slotsNeeded<V>(nodes: readonly DirtyNode<V>[]): number {
  return nodes.reduce((sum, { spec, handle }) => sum + copiesOf(spec, handle.level), 0);
}
