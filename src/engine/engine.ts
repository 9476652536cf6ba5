/**
 * Engine: a transactional, copy-on-write file tree over a block store. It holds the published state,
 * runs operations on it (restarting them when something must be loaded first), and decides when to
 * commit. It knows inodes and content; names and paths are the business of vfs/.
 *
 * Operations are synchronous functions over a FileView or FileEdit, so each one is atomic and the
 * order of their completion is the one order that everybody sees (docs/ARCHITECTURE.md, "Restart on
 * miss").
 */
import { AssertionFailed } from "../assert.js";
import type { BlockStore } from "../backends/block-store.js";
import { SEAL_KIND, TAG_BYTES, type Sealer } from "../crypto/sealer.js";
import { isRepoError, RepoError } from "../errors.js";
import { checkRepo, type CheckReport } from "./check.js";
import type { Chunk } from "./chunk.js";
import {
  Committer,
  type CommitIntent,
  type CommitterParts,
  type FrozenState,
} from "./committer.js";
import { removeStep, splitChunk, trimStep, type Layout, type StoredRange } from "./content.js";
import type { Environment } from "./environment.js";
import { FileEdit, FileView, TrimPending, UnitMiss, type FileState } from "./file-view.js";
import type { ViewContext } from "./file-view.js";
import { NodeCache } from "./node-cache.js";
import { nodeBytes, NodeHandle, type TreeSpec } from "./node.js";
import { findSuperblock } from "./opening.js";
import { Pins } from "./pins.js";
import type { PoolRecord } from "./pool-records.js";
import { inodeKey, ROOT_INO, type FileRecord, type Ino } from "./records.js";
import { cellOffset } from "./ring.js";
import { SlotIo } from "./slot-io.js";
import type { Generation, SlotRef } from "./slot-ref.js";
import { fileSpec } from "./specs.js";
import { rootHandle, type Superblock } from "./superblock.js";
import { Miss, NodeMiss } from "./tree.js";
import { UnitCache } from "./unit-cache.js";
import { placePending, type PlacedUnit } from "./unit-writer.js";
import { Window } from "./window.js";

export type Durability = "strict" | "relaxed";

/** What happens beside calls. */
export type EngineEvent =
  /**
   * Opening found that the storage has lost what it had confirmed: newer commits that are incomplete, or
   * superblock cells that do not open, which may have been newer ones too.
   */
  | {
      readonly type: "recovered";
      readonly generation: number;
      readonly lostGenerations: readonly number[];
      readonly damagedCells: readonly number[];
    }
  /** A commit failed; every later call rejects with REPO_POISONED. */
  | { readonly type: "poisoned"; readonly cause: unknown };

export interface EngineOptions {
  /** Default `relaxed`. */
  readonly durability?: Durability;
  /** Memory for decoded tree nodes, in bytes. Default 16 MiB. */
  readonly cacheBytes?: number;
  readonly readOnly?: boolean;
  /** Goes on with an older state where acknowledged commits were lost. */
  readonly acceptRollback?: boolean;
  readonly onEvent?: (event: EngineEvent) => void;
  /** How long a relaxed write may wait for its commit. Default 100. */
  readonly commitDelayMs?: number;
  /** The container's length is published in multiples of this. Default 64. */
  readonly stepSlots?: number;
  /** Largest seal unit for file content. Default 32 KiB, at least a slot. */
  readonly unitBytes?: number;
}

export interface OpenEngine {
  readonly store: BlockStore;
  readonly sealer: Sealer;
  readonly slotBytes: number;
  /** Generation of the container's header. */
  readonly headerGeneration: number;
  readonly environment: Environment;
  readonly options?: EngineOptions;
}

export interface EngineStats {
  readonly generation: number;
  readonly slots: number;
  readonly freeSlots: number;
  readonly slotBytes: number;
  /** Since the repo was opened. */
  readonly commits: number;
  readonly nodeSlotsRead: number;
  readonly cachedNodes: number;
  readonly pendingBytes: number;
}

/** What a read wants: a result, and stored ranges to copy into `into` first. */
export interface ContentRead<T> {
  readonly result: T;
  readonly into: Uint8Array;
  readonly stored: readonly StoredRange[];
}

/** What an operation will need, so that a full disk is noticed before it changes anything. */
export interface Need {
  /** Content that it adds. */
  readonly bytes?: number;
  /** It frees space, and may draw on the reserve. */
  readonly frees?: boolean;
}

const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024;
const UNIT_CACHE_BYTES = 4 * 1024 * 1024;
/** Pending content that starts a drain, and that makes writers wait for it. */
const DRAIN_BYTES = 1024 * 1024;
const THROTTLE_BYTES = 16 * 1024 * 1024;
/** Units whose references one commit may change; few where it has to find room in what there is. */
const WINDOW_UNITS = 8192;
const SHORT_WINDOW_UNITS = 32;
/** Slots that an operation without content may need for its nodes. */
const OPERATION_SLOTS = 12;
/** After the commit that frees a slot, and four more, the slot is usable for certain. */
const RECLAIM_COMMITS = 5;

/**
 * A container that lost more slots than this, and more than half, was not cut by a crash; it is opened to be read
 * alone, and nobody can make it ask for any amount of space.
 */
const MOST_LOST_SLOTS = 4096;

const TELL: CommitIntent = { strict: true, settled: false };

/** There is no room yet for what an operation may need. */
class Shortage extends Error {}

export class Engine {
  readonly layout: Layout;
  readonly readOnly: boolean;
  readonly #options: EngineOptions;
  readonly #environment: Environment;
  readonly #io: SlotIo;
  readonly #nodes: NodeCache;
  readonly #units = new UnitCache(UNIT_CACHE_BYTES);
  readonly #committer: Committer;
  readonly #fileSpec: TreeSpec<FileRecord>;
  readonly #context: ViewContext;
  readonly #pins = new Pins();
  #state: FileState;
  #window = new Window();

  /** The last of the tasks that must not overlap: commits, drains, searches for room. */
  #pipeline: Promise<void> = Promise.resolve();
  #nextCommit:
    { promise: Promise<void>; intent: { strict: boolean; settled: boolean } } | undefined;
  #cancelTimer: (() => void) | undefined;
  #draining = false;
  #poison: RepoError | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** Open handles by inode. */
  readonly #handles = new Map<Ino, number>();
  readonly #trimming = new Set<Ino>();
  readonly #reclaiming = new Map<Ino, Promise<void>>();

  private constructor(
    open: OpenEngine,
    io: SlotIo,
    base: { block: Superblock; tag: Uint8Array; next: Generation },
    roots: { file: NodeHandle<FileRecord>; pool: NodeHandle<PoolRecord> },
    readOnly: boolean,
  ) {
    const options = open.options ?? {};
    const { slotBytes } = open;
    this.#options = options;
    this.#environment = open.environment;
    this.#io = io;
    this.readOnly = readOnly;
    this.layout = {
      slotBytes,
      inlineBytes: slotBytes / 16,
      unitBytes: Math.max(slotBytes, options.unitBytes ?? 32 * 1024),
    };
    this.#nodes = new NodeCache(io, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.#fileSpec = fileSpec(slotBytes);
    this.#context = {
      spec: this.#fileSpec,
      unit: (ref) => this.#units.get(ref),
      trimming: (ino) => this.#trimming.has(ino),
    };
    const parts: CommitterParts = {
      io,
      nodes: this.#nodes,
      units: this.#units,
      environment: open.environment,
      fileSpec: this.#fileSpec,
      stepSlots: options.stepSlots ?? 64,
      oldestReader: () => this.#pins.oldest,
    };
    this.#committer = new Committer(parts, base.block, roots.pool, base.tag, base.next);
    this.#state = { root: roots.file, nextIno: base.block.nextIno };
  }

  /**
   * Makes a new repo on an empty store: fills the ring with random bytes and commits an empty tree.
   * The caller writes the header afterwards; until then the container counts as unfinished.
   */
  static async create(open: OpenEngine, versionLimit = 1): Promise<Engine> {
    const { store, sealer, slotBytes, environment } = open;
    store.setSlotBytes(slotBytes);
    const io = new SlotIo(store, sealer, slotBytes);
    await store.writeHeader(cellOffset(0), environment.random(cellOffset(4) - cellOffset(0)));
    const now = environment.clock.now();
    const file = newRoot(fileSpec(slotBytes), [inodeKey(ROOT_INO)], [rootDirectory(now)]);
    const pool = newRoot<PoolRecord>(undefined, [], []);
    const block = emptySuperblock(open.headerGeneration, { versionLimit, createdMs: now });
    const base = { block, tag: new Uint8Array(TAG_BYTES), next: 1 };
    const engine = new Engine(open, io, base, { file, pool }, false);
    engine.#window.dirty = true;
    engine.#window.dirtyNodes = 1;
    await engine.#admit(OPERATION_SLOTS, false);
    await engine.sync();
    return engine;
  }

  /** Opens the newest whole commit. Rejects with INTEGRITY, ROLLBACK, BACKEND_IO. */
  static async open(open: OpenEngine): Promise<Engine> {
    const { store, sealer, slotBytes, headerGeneration } = open;
    const options = open.options ?? {};
    store.setSlotBytes(slotBytes);
    const io = new SlotIo(store, sealer, slotBytes);
    const found = await findSuperblock(io, await store.readHeader(), headerGeneration);
    const { block, skipped, damagedCells } = found;
    const lost = skipped.some((newer) => newer.strict) && options.acceptRollback !== true;
    const readOnly = options.readOnly === true || lost;
    if (!readOnly && store.slotCount !== block.slots) {
      if (block.slots > 2 * store.slotCount + MOST_LOST_SLOTS)
        throw new RepoError("INTEGRITY", { message: "the container is cut short" });
      await store.resize(block.slots);
    }
    const base = {
      block: { ...block, headerGeneration, writerFence: block.writerFence + (readOnly ? 0 : 1) },
      tag: found.tag,
      next: found.next,
    };
    const file = rootHandle<FileRecord>(block.fileRoot);
    const pool = rootHandle<PoolRecord>(block.poolRoot);
    const engine = new Engine(open, io, base, { file, pool }, readOnly);
    if (skipped.length > 0 || damagedCells.length > 0)
      engine.#emit({
        type: "recovered",
        generation: block.generation,
        lostGenerations: skipped.map((newer) => newer.generation),
        damagedCells,
      });
    if (!readOnly) await engine.#findOrphans();
    return engine;
  }

  /** Runs `read` on a snapshot. */
  view<T>(read: (view: FileView) => T): Promise<T> {
    return this.#attempt(() => {
      this.#assertUsable();
      return read(FileView.of(this.#state, this.#context));
    });
  }

  /** Runs `step` on one snapshot again and again until it returns true: for reads too large for one go. */
  async viewInSteps(step: (view: FileView) => boolean): Promise<void> {
    this.#assertUsable();
    const state = this.#state;
    const unpin = this.#pins.pin(this.#committer.committed.generation);
    try {
      const view = FileView.of(state, this.#context);
      while (!(await this.#attempt(() => step(view)))) this.#assertUsable();
    } finally {
      unpin();
    }
  }

  /** Runs `plan` on a snapshot and fetches the stored content that it asks for. */
  async readContent<T>(plan: (view: FileView) => ContentRead<T>): Promise<T> {
    const unpin = this.#pins.pin(this.#committer.committed.generation);
    try {
      const { result, into, stored } = await this.view(plan);
      if (stored.length > 0) await this.#fetch(into, stored);
      return result;
    } finally {
      unpin();
    }
  }

  /**
   * Runs `change` and publishes what it did as one transaction; nothing of it happens if it throws.
   * Resolves when acknowledged: at once in `relaxed`, after its commit in `strict`.
   */
  async mutate<T>(change: (edit: FileEdit) => T, need: Need = {}): Promise<T> {
    this.#assertWritable();
    while (this.#isWindowFull) await this.#relieve();
    const slots = OPERATION_SLOTS + Math.ceil((2 * (need.bytes ?? 0)) / this.layout.slotBytes);
    const frees = need.frees ?? false;
    const run = (): T => {
      this.#assertWritable();
      if (!this.#committer.hasRoom(this.#window, slots, frees)) throw new Shortage();
      const edit = new FileEdit(this.#state, this.#context, this.#environment.clock.now());
      const result = change(edit);
      this.#publish(edit);
      return result;
    };
    for (;;) {
      try {
        const result = await this.#attempt(run);
        if (this.#options.durability === "strict") await this.#makeDurable();
        return result;
      } catch (error) {
        // Not within the attempt: its pin would keep the very slots from becoming usable.
        if (error instanceof Shortage) await this.#admit(slots, frees);
        else if (error instanceof TrimPending) await this.#reclaim(error.ino);
        else throw error;
      }
    }
  }

  /** Resolves when everything published so far is durable. Concurrent calls share one commit. */
  async sync(): Promise<void> {
    this.#assertUsable();
    if (!this.readOnly) await this.#makeDurable();
  }

  /** Goes on while the repo is being closed: what was published before is not given up. */
  async #makeDurable(): Promise<void> {
    if (!this.#window.dirty) await this.#pipeline;
    this.#assertNotPoisoned();
    // What a relaxed commit has made durable already is told durable only now, and the container says so.
    if (this.#window.dirty || !this.#isTold) await this.#commitSoon(TELL);
  }

  /** Whether the last commit says that its durability was promised to somebody. */
  get #isTold(): boolean {
    const { strict, settled } = this.#committer.committed;
    return strict || settled;
  }

  /** Commits, marks the repo as cleanly closed and releases the store and the keys. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#reclaiming.values());
    this.#closed = true;
    this.#cancelTimer?.();
    try {
      if (!this.readOnly && this.#poison === undefined) await this.#settle();
    } finally {
      await this.#pipeline;
      try {
        await this.#io.store.close();
      } finally {
        this.#io.sealer.close();
      }
    }
  }

  /** Two commits: the second says that nothing of the first is in doubt, so that opening need not look. */
  async #settle(): Promise<void> {
    if (this.#window.dirty) await this.#commitSoon({ strict: true, settled: false });
    else await this.#pipeline;
    this.#assertNotPoisoned();
    if (!this.#committer.committed.settled) await this.#commitSoon({ strict: true, settled: true });
    await this.#enqueue(() => this.#committer.cutTail());
  }

  /** Walks everything that is reachable and compares it with what is allocated. */
  async check(): Promise<CheckReport> {
    await this.sync();
    const unpin = this.#pins.pin(this.#committer.committed.generation);
    try {
      const open = new Set(this.#handles.keys());
      return await checkRepo(this.#io, this.#committer.committed, this.layout.slotBytes, open);
    } finally {
      unpin();
    }
  }

  stats(): EngineStats {
    const { allocator, committed, commits } = this.#committer;
    return {
      generation: committed.generation,
      slots: allocator.slots,
      freeSlots: allocator.free,
      slotBytes: this.layout.slotBytes,
      commits,
      nodeSlotsRead: this.#nodes.slotsRead,
      cachedNodes: this.#nodes.nodes,
      pendingBytes: this.#window.pendingBytes,
    };
  }

  /** Keeps the inode alive while a handle is open, also without a name. */
  retainInode(ino: Ino): void {
    this.#handles.set(ino, (this.#handles.get(ino) ?? 0) + 1);
  }

  /** Gives up a handle; the last one of a nameless inode lets it be reclaimed. */
  async releaseInode(ino: Ino): Promise<void> {
    const left = (this.#handles.get(ino) ?? 0) - 1;
    if (left > 0) {
      this.#handles.set(ino, left);
      return;
    }
    this.#handles.delete(ino);
    if (this.readOnly || this.#closed || this.#poison !== undefined) return;
    if (!(await this.view((view) => view.isOrphan(ino)))) return;
    this.#trimming.add(ino);
    // A run that began while the handle was open stops short of the inode; and a failure is tried again
    // after the next commit.
    await this.#reclaiming.get(ino)?.catch(() => undefined);
    await this.#reclaim(ino).catch(() => undefined);
  }

  isOpen(ino: Ino): boolean {
    return this.#handles.has(ino);
  }

  #assertNotPoisoned(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  #assertUsable(): void {
    if (this.#closed) throw new RepoError("REPO_CLOSED");
    this.#assertNotPoisoned();
  }

  #assertWritable(): void {
    this.#assertUsable();
    if (this.readOnly) throw new RepoError("EROFS");
  }

  #emit(event: EngineEvent): void {
    this.#options.onEvent?.(event);
  }

  #poisonWith(cause: unknown): void {
    if (this.#poison !== undefined) return;
    this.#poison = new RepoError("REPO_POISONED", { cause });
    this.#cancelTimer?.();
    this.#emit({ type: "poisoned", cause });
  }

  /** Runs a synchronous operation until it finds everything in memory. */
  async #attempt<T>(run: () => T): Promise<T> {
    try {
      return this.#guarded(run);
    } catch (miss) {
      if (!(miss instanceof Miss)) throw miss;
      return await this.#attemptLoading(run, miss);
    }
  }

  async #attemptLoading<T>(run: () => T, first: Miss): Promise<T> {
    const unpin = this.#pins.pin(this.#committer.committed.generation);
    const held: NodeHandle<unknown>[] = [];
    try {
      for (let miss = first; ;) {
        await this.#resolve(miss, held);
        try {
          return this.#guarded(run);
        } catch (next) {
          if (!(next instanceof Miss)) throw next;
          miss = next;
        }
      }
    } finally {
      for (const handle of held) handle.held--;
      unpin();
    }
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof AssertionFailed) this.#poisonWith(error);
      throw error;
    }
  }

  async #resolve(miss: Miss, held: NodeHandle<unknown>[]): Promise<void> {
    if (miss instanceof NodeMiss) {
      miss.handle.held++;
      held.push(miss.handle);
      await this.#nodes.load(miss.handle, miss.spec);
    } else if (miss instanceof UnitMiss) {
      this.#units.keep(miss.unit, await this.#io.open(SEAL_KIND.data, miss.unit));
    } else throw new AssertionFailed("BUG: an unknown miss");
  }

  /** Copies stored ranges into the reader's buffer, each unit opened once. */
  async #fetch(into: Uint8Array, stored: readonly StoredRange[]): Promise<void> {
    const ranges = new Map<SlotRef, StoredRange[]>();
    const bySlot = new Map<number, SlotRef>();
    for (const range of stored) {
      const { unit } = range.chunk;
      if (unit === undefined) throw new AssertionFailed("BUG: a stored range has a unit");
      const cached = this.#units.get(unit);
      if (cached !== undefined) copyRange(into, range, cached);
      else {
        const ref = bySlot.get(unit.slot) ?? unit;
        bySlot.set(unit.slot, ref);
        ranges.set(ref, [...(ranges.get(ref) ?? []), range]);
      }
    }
    await this.#io.openAll(SEAL_KIND.data, [...ranges.keys()], (ref, plaintext) => {
      let used = 0;
      for (const range of ranges.get(ref) ?? []) {
        copyRange(into, range, plaintext);
        used += range.length;
      }
      if (used < plaintext.length) this.#units.keep(ref, plaintext);
    });
  }

  #publish(edit: FileEdit): void {
    if (edit.tree.root === this.#state.root) return;
    this.#state = { root: edit.tree.root, nextIno: edit.nextIno };
    this.#window.absorb(edit);
    for (const ino of edit.reclaim) {
      this.#trimming.add(ino);
      if (!this.#handles.has(ino) || this.#isNamed(edit, ino))
        void this.#reclaim(ino).catch(() => undefined);
    }
    this.#schedule();
  }

  #isNamed(edit: FileEdit, ino: Ino): boolean {
    return (edit.findInode(ino)?.nlink ?? 0) > 0;
  }

  #schedule(): void {
    if (this.#window.pendingBytes > DRAIN_BYTES) this.#drainSoon();
    if (this.#cancelTimer !== undefined || this.#options.durability === "strict") return;
    const delayMs = this.#options.commitDelayMs ?? 100;
    this.#cancelTimer = this.#environment.clock.setTimer(delayMs, () => {
      this.#cancelTimer = undefined;
      // A failure poisons the repo, and so reaches the next caller.
      void this.#commitSoon({ strict: false, settled: false }).catch(() => undefined);
    });
  }

  /** Runs `task` after all earlier ones. A failure leaves an unknown state behind and poisons the repo. */
  #enqueue(task: () => Promise<void>): Promise<void> {
    const run = this.#pipeline.then(async () => {
      this.#assertNotPoisoned();
      try {
        await task();
      } catch (error) {
        this.#poisonWith(error);
        throw error;
      }
    });
    this.#pipeline = run.catch(() => undefined);
    return run;
  }

  /** Joins the commit that has not begun yet, or asks for one. */
  #commitSoon(intent: CommitIntent): Promise<void> {
    if (this.#nextCommit !== undefined) {
      this.#nextCommit.intent.strict ||= intent.strict;
      this.#nextCommit.intent.settled ||= intent.settled;
      return this.#nextCommit.promise;
    }
    const wanted = { ...intent };
    const promise = this.#enqueue(() => {
      this.#nextCommit = undefined;
      return this.#commitNow(wanted);
    });
    this.#nextCommit = { promise, intent: wanted };
    return promise;
  }

  async #commitNow(intent: CommitIntent): Promise<void> {
    const tells = intent.settled || (intent.strict && !this.#isTold);
    if (this.#window.dirty || tells) await this.#commitWindow(intent);
  }

  async #commitWindow(intent: CommitIntent): Promise<void> {
    const { frozen, units } = await this.#freeze();
    await this.#committer.commit(frozen, units, intent);
    this.#resumeReclaiming();
  }

  /**
   * Gives every pending chunk a home and takes the window and the state that belong together, without a
   * pause in between: what is published afterwards goes to a new window. Where free space is fragmented,
   * chunks are cut into pieces first.
   */
  async #freeze(): Promise<{ frozen: FrozenState; units: readonly PlacedUnit[] }> {
    const { slotBytes } = this.layout;
    const committer = this.#committer;
    let units: readonly PlacedUnit[] = [];
    for (;;) {
      const placed = placePending(this.#window, committer.allocator, slotBytes, Infinity);
      units = units.concat(placed.units);
      const frozen =
        placed.homeless.length === 0 ? committer.freeze(this.#window, this.#state) : undefined;
      if (frozen !== undefined) {
        this.#window = new Window();
        return { frozen, units };
      }
      await this.#split(placed.homeless.filter((chunk) => chunk.used > slotBytes));
      if (!(await committer.makeRoom(this.#window, 0, true))) throw new RepoError("ENOSPC");
    }
  }

  #split(chunks: readonly Chunk[]): Promise<void> {
    return this.#attempt(() => {
      const edit = new FileEdit(this.#state, this.#context, this.#environment.clock.now());
      for (const chunk of chunks)
        if (this.#window.pending.has(chunk)) splitChunk(edit, this.layout, chunk);
      this.#publish(edit);
    });
  }

  #drainSoon(): void {
    if (this.#draining) return;
    this.#draining = true;
    void this.#enqueue(() => {
      this.#draining = false;
      return this.#committer.drain(this.#window, THROTTLE_BYTES);
    }).catch(() => undefined);
  }

  /** Whether so much waits for the commit that operations must wait too, for the sake of memory or space. */
  get #isWindowFull(): boolean {
    const { pendingBytes, dirtyNodes, units } = this.#window;
    const mostUnits = this.#committer.isShort ? SHORT_WINDOW_UNITS : WINDOW_UNITS;
    return (
      pendingBytes > THROTTLE_BYTES ||
      dirtyNodes * this.layout.slotBytes > THROTTLE_BYTES ||
      units.size > mostUnits
    );
  }

  /** Waits until less waits for the commit. */
  async #relieve(): Promise<void> {
    const before = this.#window;
    const { pendingBytes } = before;
    if (pendingBytes > THROTTLE_BYTES) this.#drainSoon();
    await this.#pipeline;
    this.#assertUsable();
    const drained = pendingBytes > THROTTLE_BYTES && before.pendingBytes < pendingBytes;
    if (this.#window === before && !drained)
      await this.#commitSoon({ strict: false, settled: false });
  }

  /**
   * Waits for room for `slots`, or rejects with ENOSPC. Where there is none, slots that were freed
   * lately become usable by commits that need not change anything.
   */
  async #admit(slots: number, frees: boolean): Promise<void> {
    const { allocator } = this.#committer;
    for (let vain = 0; vain <= RECLAIM_COMMITS;) {
      this.#assertWritable();
      const before = allocator.usable;
      if (await this.#seekRoom(slots, frees)) return;
      vain = allocator.usable > before ? 0 : vain + 1;
    }
    throw new RepoError("ENOSPC");
  }

  async #seekRoom(slots: number, frees: boolean): Promise<boolean> {
    const outcome = { found: false };
    await this.#enqueue(async () => {
      if (this.#closed) return;
      outcome.found = await this.#committer.makeRoom(this.#window, slots, frees);
      // A commit also replaces the estimate of what the window needs by what it takes.
      const hopeful = this.#window.dirty || this.#committer.allocator.deferredTotal > 0;
      if (outcome.found || !hopeful) return;
      await this.#commitWindow({ strict: false, settled: false });
    });
    return outcome.found;
  }

  async #findOrphans(): Promise<void> {
    try {
      for (const ino of await this.view((view) => view.orphans())) this.#trimming.add(ino);
    } catch (error) {
      // A damaged list costs the space of what it names, not the repo; `check` reports it.
      if (!isRepoError(error, "INTEGRITY")) throw error;
    }
    this.#resumeReclaiming();
  }

  /** Goes on with what is to be reclaimed, also after a full disk had stopped it. */
  #resumeReclaiming(): void {
    if (this.#closed) return;
    for (const ino of this.#trimming) void this.#reclaim(ino).catch(() => undefined);
  }

  /** Frees what was cut off the inode, or the inode itself, in bounded steps. One run per inode at a time. */
  #reclaim(ino: Ino): Promise<void> {
    const running = this.#reclaiming.get(ino);
    if (running !== undefined) return running;
    const run = this.#reclaimSteps(ino).finally(() => this.#reclaiming.delete(ino));
    this.#reclaiming.set(ino, run);
    return run;
  }

  async #reclaimSteps(ino: Ino): Promise<void> {
    const step = (edit: FileEdit): boolean => reclaimStep(edit, ino, this.isOpen(ino));
    // Not on the stack of the operation that asked for it: that one is published first.
    await Promise.resolve();
    while (!(await this.mutate(step, { frees: true })));
    this.#trimming.delete(ino);
  }
}

/** One step of reclaiming; true when nothing is left to do while the inode's handles are as they are. */
function reclaimStep(edit: FileEdit, ino: Ino, open: boolean): boolean {
  const inode = edit.findInode(ino);
  if (!edit.isOrphan(ino)) return true;
  if (inode === undefined || (inode.nlink === 0 && !open)) {
    if (!removeStep(edit, ino)) return false;
    edit.removeOrphan(ino);
    return true;
  }
  if (!trimStep(edit, ino, inode.size)) return false;
  if (inode.nlink > 0) edit.removeOrphan(ino);
  return true;
}

function copyRange(into: Uint8Array, range: StoredRange, plaintext: Uint8Array): void {
  const from = range.chunk.base + range.offset;
  if (from + range.length > plaintext.length) throw new RepoError("INTEGRITY");
  into.set(plaintext.subarray(from, from + range.length), range.to);
}

/** A tree of one leaf that no commit has seen yet. */
function newRoot<V>(spec: TreeSpec<V> | undefined, keys: string[], values: V[]): NodeHandle<V> {
  const leaf = { level: 0 as const, keys, values, bytes: 3 };
  if (spec !== undefined) leaf.bytes = nodeBytes(spec, leaf);
  return new NodeHandle<V>(0, undefined, leaf);
}

function rootDirectory(now: number): FileRecord {
  const inode = {
    type: "directory",
    mode: 0o755,
    uid: 0,
    gid: 0,
    nlink: 2,
    size: 0,
    atimeMs: now,
    mtimeMs: now,
    ctimeMs: now,
    birthtimeMs: now,
    inline: undefined,
  } as const;
  return { is: "inode", inode };
}

function emptySuperblock(headerGeneration: number, settings: Superblock["settings"]): Superblock {
  return {
    generation: 0,
    previousTag: new Uint8Array(TAG_BYTES),
    headerGeneration,
    writerFence: 1,
    slots: 0,
    nextIno: ROOT_INO + 1,
    settings,
    settled: false,
    strict: false,
    fileRoot: { level: 0, refs: [] },
    poolRoot: { level: 0, refs: [] },
    freeInTree: 0,
    deferredInTree: 0,
    ready: [],
    deferred: [],
    manifest: [],
  };
}
