/**
 * Engine: a transactional, copy-on-write file tree over a block store. It holds the published state,
 * runs operations on it (restarting them when something must be loaded first), and decides when to
 * commit. It knows inodes and content; names and paths are the business of vfs/.
 *
 * Operations are synchronous functions over a FileView or FileEdit, so each one is atomic and the
 * order of their completion is the one order that everybody sees (docs/ARCHITECTURE.md, "Restart on
 * miss").
 */
import { assert } from "../assert.js";
import type { BlockStore } from "../backends/block-store.js";
import { loadCompressor } from "../codec/compression.js";
import { chunking } from "../codec/fastcdc.js";
import { isRepoError, RepoError } from "../errors.js";
import { Attempts } from "./attempts.js";
import { changesOf, type Changes } from "./changes.js";
import { checkRepo, type CheckReport } from "./check.js";
import type { Chunk } from "./chunk.js";
import { Commits, QUIETLY, TELLING } from "./commits.js";
import { Committer, type CommitterParts, type RoomNeed, type TreeChange } from "./committer.js";
import { splitChunks } from "./content.js";
import type { Layout } from "./layout.js";
import { Maintenance } from "./maintenance.js";
import type { Environment } from "./environment.js";
import { fetchStored } from "./fetch.js";
import type { ContentRead, FileTree, InodeWatch, Need } from "./file-tree.js";
import { FileEdit, FileView, TrimPending, type FileState } from "./file-view.js";
import type { ViewContext } from "./file-view.js";
import { Footprint } from "./footprint.js";
import { Live } from "./live.js";
import { newFileRoot, newPoolRoot, unwrittenSuperblock } from "./new-repo.js";
import type { CommittedState } from "./line.js";
import { NodeCache } from "./node-cache.js";
import type { NodeHandle, TreeSpec } from "./node.js";
import { findSuperblock } from "./opening.js";
import type { EngineEvent, EngineOptions, EngineStats, NewRepo, OpenEngine } from "./options.js";
import { Pins } from "./pins.js";
import { Pipeline } from "./pipeline.js";
import type { PoolRecord } from "./pool-records.js";
import { Reclaimer } from "./reclaimer.js";
import { MAX_INO, type FileRecord, type Ino } from "./records.js";
import { cellOffset } from "./ring.js";
import { SlotIo } from "./slot-io.js";
import type { Generation } from "./slot-ref.js";
import { SnapshotTree } from "./snapshot-tree.js";
import { Snapshots } from "./snapshots.js";
import { fileSpec } from "./specs.js";
import { rootHandle } from "./root-ref.js";
import type { RepoSettings, Superblock } from "./superblock.js";
import { Transaction } from "./transaction.js";
import { TreeView } from "./tree.js";
import { TreeEvents, type TreeListener } from "./tree-events.js";
import { UnitCache } from "./unit-cache.js";

/** A committed state that stays as it is until `release` is called, once. */
export interface HeldState {
  readonly store: BlockStore;
  /** The header area at that moment. */
  readonly header: Uint8Array;
  /** The length that the state publishes. */
  readonly slots: number;
  readonly release: () => void;
}

const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024;
const DEFAULT_STEP_SLOTS = 64;
const DEFAULT_UNIT_BYTES = 64 * 1024;
/** Of a repo that compresses: a read of a few bytes decompresses all of a unit. */
const FRAMED_UNIT_BYTES = 32 * 1024;
const UNIT_CACHE_BYTES = 16 * 1024 * 1024;
/** Slots that an operation without content may need for its nodes. */
const OPERATION_SLOTS = 12;
/** About what an extent takes in a leaf, key included. */
const EXTENT_BYTES = 96;
/**
 * A container that lost more slots than this, and more than half, was not cut by a crash; it is opened to be read
 * alone, and nobody can make it ask for any amount of space.
 */
const MOST_LOST_SLOTS = 4096;

/** How content is laid out in a repo with these settings. */
async function layoutOf(
  { slotBytes, sealer, options = {} }: OpenEngine,
  { versionLimit, compress, dedup }: RepoSettings,
): Promise<Layout> {
  const { chunkSizes } = options;
  const compressor = compress === undefined ? undefined : await loadCompressor(compress);
  const unitBytes = options.unitBytes ?? (compressor ? FRAMED_UNIT_BYTES : DEFAULT_UNIT_BYTES);
  return {
    slotBytes,
    inlineBytes: slotBytes / 16,
    unitBytes: Math.max(slotBytes, unitBytes),
    versionLimit,
    dedup,
    chunking: chunking(await sealer.gearTable(), chunkSizes),
    compressor,
  };
}

/** There is no room yet for what an operation may need. */
class Shortage extends Error {}

/** The live tree is about to be replaced. */
class HeldOff extends Error {}

export class Engine implements FileTree {
  readonly layout: Layout;
  readonly readOnly: boolean;
  /** Whether the superblock that was opened knows of the header that opened it. */
  readonly headerWasPinned: boolean;
  readonly snapshots: Snapshots;
  readonly maintenance: Maintenance;
  readonly #options: EngineOptions;
  readonly #environment: Environment;
  readonly #io: SlotIo;
  readonly #nodes: NodeCache;
  readonly #units: UnitCache;
  readonly #committer: Committer;
  readonly #fileSpec: TreeSpec<FileRecord>;
  readonly #context: ViewContext;
  readonly #pins = new Pins();
  readonly #live: Live;
  readonly #commits: Commits;
  readonly #pipeline = new Pipeline((cause) => {
    this.#commits.stop();
    this.#emit({ type: "poisoned", cause });
  });
  /** Set while the live tree is being replaced; resolves afterwards. */
  #replacing: Promise<void> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** Open handles by inode. */
  readonly #handles = new Map<Ino, number>();
  readonly #transactions = new Set<Transaction>();
  readonly #watches = new Set<{ readonly ino: Ino; changed: boolean }>();
  readonly #events = new TreeEvents();
  readonly #attempts: Attempts;
  readonly #reclaimer = new Reclaimer({
    transact: (step) => this.#mutate(step, { frees: true }),
    isOpen: (ino) => this.isOpen(ino),
  });

  private constructor(
    open: OpenEngine,
    io: SlotIo,
    base: { block: Superblock; tag: Uint8Array; next: Generation; pinnedHeader: number },
    roots: { file: NodeHandle<FileRecord>; pool: NodeHandle<PoolRecord> },
    layout: Layout,
    readOnly: boolean,
  ) {
    const options = open.options ?? {};
    const { slotBytes } = open;
    this.#options = options;
    this.#environment = open.environment;
    this.#io = io;
    this.readOnly = readOnly;
    this.headerWasPinned = base.pinnedHeader === open.headerGeneration;
    this.layout = layout;
    this.#units = new UnitCache(UNIT_CACHE_BYTES, layout.compressor);
    this.#nodes = new NodeCache(io, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.#fileSpec = fileSpec(slotBytes);
    this.#context = {
      spec: this.#fileSpec,
      unit: (ref) => this.#units.get(ref),
      framed: layout.compressor !== undefined,
      trimming: (ino) => this.#reclaimer.isWaiting(ino),
      sharedBirth: () => this.#committer.sharedBirth,
    };
    const parts: CommitterParts = {
      io,
      nodes: this.#nodes,
      units: this.#units,
      environment: open.environment,
      fileSpec: this.#fileSpec,
      layout,
      stepSlots: options.stepSlots ?? DEFAULT_STEP_SLOTS,
      oldestReader: () => this.#pins.oldest,
    };
    this.#attempts = new Attempts({
      io,
      nodes: this.#nodes,
      units: this.#units,
      pin: () => this.#pin(),
      onBug: (error) => {
        this.#pipeline.poison(error);
      },
    });
    this.#committer = new Committer(parts, base.block, roots.pool, base.tag, base.next);
    this.#live = new Live({ root: roots.file, nextIno: base.block.nextIno });
    this.#commits = new Commits({
      live: this.#live,
      committer: this.#committer,
      pipeline: this.#pipeline,
      layout: this.layout,
      clock: open.environment.clock,
      arrivals: open.environment.arrivals,
      delayMs: options.durability === "strict" ? undefined : (options.commitDelayMs ?? 100),
      assertWritable: () => {
        this.#assertWritable();
      },
      isClosed: () => this.#closed,
      split: (chunks) => this.#split(chunks),
      onCommitted: () => {
        options.onCommit?.(this.newest);
        if (!this.#closed) this.#reclaimer.resume();
      },
      freeGivenUp: () => this.snapshots.freeAll(),
    });
    this.snapshots = new Snapshots({
      committer: this.#committer,
      nodes: this.#nodes,
      fileSpec: this.#fileSpec,
      now: () => open.environment.clock.now(),
      isClosed: () => this.#closed,
      readPool: (read) => {
        const { poolSpec } = this.#committer;
        return this.#attempts.run(() => {
          this.#assertUsable();
          return read(new TreeView(poolSpec, this.#committer.poolRoot));
        });
      },
      admit: async (touches, frees) => {
        this.#assertWritable();
        await this.#commits.admit({ slots: 0, touches, frees });
      },
      exclusively: (task) => this.#pipeline.run(task),
      commit: (intent, change) => this.#commits.within(intent, change),
      replaceLive: (root, change) => this.#replaceLive(root, change),
    });
    this.maintenance = new Maintenance({
      committer: this.#committer,
      io,
      attempts: this.#attempts,
      fileSpec: this.#fileSpec,
      stepSlots: parts.stepSlots,
      snapshots: this.snapshots,
      reclaimer: this.#reclaimer,
      pins: this.#pins,
      liveRoot: () => this.#live.state.root,
      window: () => this.#live.window,
      edit: (root) =>
        this.#edit(root === undefined ? this.#live.state : { ...this.#live.state, root }),
      publishLive: (edit) => {
        this.#publishEdit(edit);
      },
      admit: async (room) => {
        this.#assertWritable();
        await this.#commits.admit(room);
      },
      exclusively: (task) => this.#pipeline.run(task),
      commit: async (intent, change) => {
        if (!this.#closed) await this.#commits.within(intent, change);
      },
      assertWritable: () => {
        this.#assertWritable();
      },
      pin: () => this.#pin(),
      hasTransactions: () => this.#transactions.size > 0,
    });
  }

  /**
   * Makes a new repo on an empty store: fills the ring with random bytes and commits an empty tree.
   * The caller writes the header afterwards; until then the container counts as unfinished.
   */
  static async create(open: OpenEngine, wanted: NewRepo = {}): Promise<Engine> {
    const { store, sealer, slotBytes, environment } = open;
    store.setSlotBytes(slotBytes);
    const io = new SlotIo(store, sealer, slotBytes);
    await store.writeHeader(cellOffset(0), environment.random(cellOffset(4) - cellOffset(0)));
    const now = environment.clock.now();
    const { versionLimit = 1, compress, dedup = false } = wanted;
    const settings = { versionLimit, createdMs: now, compress, dedup };
    const block = unwrittenSuperblock(open.headerGeneration, settings);
    const pinnedHeader = open.headerGeneration;
    const base = { block, tag: block.previousTag, next: 1, pinnedHeader };
    const roots = { file: newFileRoot(slotBytes, now), pool: newPoolRoot() };
    const engine = new Engine(open, io, base, roots, await layoutOf(open, settings), false);
    engine.#live.window.dirty = true;
    engine.#live.window.dirtyNodes = 1;
    await engine.#commits.admit({ slots: OPERATION_SLOTS, touches: 0, frees: false });
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
    const { block, line, skipped, damagedCells } = found;
    const lostGenerations = skipped.map((newer) => newer.generation);
    await open.vet?.({ line, lostGenerations });
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
      pinnedHeader: block.headerGeneration,
    };
    const file = rootHandle<FileRecord>(block.fileRoot);
    const pool = rootHandle<PoolRecord>(block.poolRoot);
    const layout = await layoutOf(open, block.settings);
    const engine = new Engine(open, io, base, { file, pool }, layout, readOnly);
    if (skipped.length > 0 || damagedCells.length > 0)
      engine.#emit({
        type: "recovered",
        generation: block.generation,
        lostGenerations,
        damagedCells,
      });
    if (readOnly) return engine;
    await engine.#findOrphans();
    engine.snapshots.freeRemnants();
    return engine;
  }

  /** Keeps every slot that the present state needs from being written again, until the result is called. */
  #pin(): () => void {
    return this.#pins.pin(this.#committer.committed.generation);
  }

  /** Runs `read` on a snapshot. */
  view<T>(read: (view: FileView) => T): Promise<T> {
    return this.#attempts.run(() => {
      this.#assertUsableInCall();
      return read(FileView.of(this.#live.state, this.#context));
    });
  }

  /** Runs `step` on one snapshot again and again until it returns true: for reads too large for one go. */
  async viewInSteps(step: (view: FileView) => boolean): Promise<void> {
    this.#assertUsableInCall();
    const state = this.#live.state;
    const unpin = this.#pin();
    try {
      const view = FileView.of(state, this.#context);
      while (!(await this.#attempts.run(() => step(view)))) this.#assertUsableInCall();
    } finally {
      unpin();
    }
  }

  /** Runs `plan` on a snapshot and fetches the stored content that it asks for. */
  async readContent<T>(plan: (view: FileView) => ContentRead<T>): Promise<T> {
    const unpin = this.#pin();
    try {
      const { result, into, stored } = await this.view(plan);
      if (stored.length > 0) await fetchStored(this.#io, this.#units, into, stored);
      return result;
    } finally {
      unpin();
    }
  }

  /**
   * Runs `change` and publishes what it did as one transaction; nothing of it happens if it throws.
   * Resolves when acknowledged: at once in `relaxed`, after its commit in `strict`.
   */
  mutate<T>(change: (edit: FileEdit) => T, need: Need = {}): Promise<T> {
    return this.#telling(this.#mutate(change, need));
  }

  /** Notes that somebody learns of a poisoning if `call` fails with it. */
  async #telling<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      this.#pipeline.noteTold();
      throw error;
    }
  }

  async #mutate<T>(change: (edit: FileEdit) => T, need: Need): Promise<T> {
    return this.#publishing(need, (state) => {
      const edit = this.#edit(state);
      const result = change(edit);
      this.#publishEdit(edit);
      return result;
    });
  }

  /** A change of the live state; running transactions have to know what it writes. */
  #edit(state: FileState): FileEdit {
    const footprint = this.#transactions.size > 0 ? new Footprint() : undefined;
    return new FileEdit(state, this.#context, this.#environment.clock.now(), { footprint });
  }

  /** Runs `publish` on the live state once there is room, and acknowledges as the durability says. */
  async #publishing<T>(need: Need, publish: (state: FileState) => T): Promise<T> {
    this.#assertWritable();
    await this.#commits.throttle();
    const room = this.#roomFor(need);
    const run = (): T => {
      this.#assertWritable();
      if (this.#replacing !== undefined) throw new HeldOff();
      if (!this.#commits.hasRoom(room)) throw new Shortage();
      return publish(this.#live.state);
    };
    for (;;) {
      try {
        const result = await this.#attempts.run(run);
        if (this.#options.durability === "strict" && need.tentative !== true)
          await this.#commits.makeDurable();
        return result;
      } catch (error) {
        // Not within the attempt: its pin would keep the very slots from becoming usable.
        if (error instanceof Shortage) await this.#commits.admit(room);
        else if (error instanceof HeldOff) await this.#replacing;
        else if (error instanceof TrimPending) await this.#reclaimer.run(error.ino);
        else throw error;
      }
    }
  }

  #roomFor({ bytes = 0, extents = 0, frees = false }: Need): RoomNeed {
    const added = Math.ceil((2 * (bytes + extents * EXTENT_BYTES)) / this.layout.slotBytes);
    return { slots: OPERATION_SLOTS + added, touches: extents, frees };
  }

  /** Several operations at once or not at all: a tree of its own until it is committed. */
  async begin(): Promise<Transaction> {
    this.#assertUsableInCall();
    this.#assertWritable();
    while (this.#replacing !== undefined) await this.#replacing;
    const unpin = this.#pin();
    const transaction: Transaction = new Transaction(this.#live.state, {
      layout: this.layout,
      io: this.#io,
      units: this.#units,
      attempts: this.#attempts,
      context: this.#context,
      now: () => this.#environment.clock.now(),
      stats: () => this.stats(),
      sync: () => this.sync(),
      isOpen: (ino) => this.isOpen(ino),
      newIno: () => this.#newIno(),
      assertWritable: () => {
        this.#assertUsableInCall();
        this.#assertWritable();
      },
      grown: (chunk, bytes) => {
        this.#live.window.grow(chunk, bytes);
      },
      admit: async (need) => {
        const room = this.#roomFor(need);
        if (!this.#commits.hasRoom(room)) await this.#commits.admit(room);
      },
      publish: (need, make) =>
        this.#telling(
          this.#publishing(need, (state) => {
            this.#publish(make(state), state.nextIno, transaction);
          }),
        ),
      end: () => {
        this.#transactions.delete(transaction);
        unpin();
      },
    });
    this.#transactions.add(transaction);
    return transaction;
  }

  /** A number that is used up, whether the transaction that asked for it is committed or not. */
  #newIno(): Ino {
    const { root, nextIno } = this.#live.state;
    if (nextIno > MAX_INO) throw new RepoError("ENOSPC");
    this.#live.state = { root, nextIno: nextIno + 1 };
    return nextIno;
  }

  /** Resolves when everything published so far is durable. Concurrent calls share one commit. */
  async sync(): Promise<void> {
    this.#assertUsableInCall();
    if (!this.readOnly) await this.#telling(this.#commits.makeDurable());
  }

  /** The newest commit on storage. */
  get newest(): CommittedState {
    const { committed, cellTag } = this.#committer;
    const { generation, headerGeneration, settled } = committed;
    return { generation, headerGeneration, settled, tag: cellTag };
  }

  /** The newest commit whose durability was promised, which everything published before is in. */
  async promised(): Promise<CommittedState> {
    // A commit that promises nothing may come in between.
    do await this.sync();
    while (!this.readOnly && !this.#commits.isTold);
    return this.newest;
  }

  /** Writes every superblock cell anew. */
  async renewCells(): Promise<void> {
    this.#assertWritable();
    await this.#commits.renewCells();
  }

  /** Somebody else has the storage now: every later call rejects with STALE_WRITER. */
  yieldToOther(): void {
    this.#pipeline.poison(new RepoError("STALE_WRITER"));
  }

  /**
   * Commits, marks the repo as cleanly closed and releases the store and the keys, which it does in any case. Rejects if a commit
   * in the background has failed of which no call was told yet.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#reclaimer.idle();
    this.#closed = true;
    this.#commits.stop();
    try {
      if (this.#pipeline.poisoned) this.#pipeline.assertToldOfPoison();
      else if (!this.readOnly) await this.#commits.settle();
    } finally {
      await this.#pipeline.idle();
      try {
        await this.#io.store.close();
      } finally {
        this.#io.sealer.close();
      }
    }
  }

  /** A snapshot for reading. Rejects with ENOENT. */
  async openSnapshot(name: string): Promise<FileTree> {
    const { root, release } = await this.snapshots.open(name);
    return new SnapshotTree(
      { root, nextIno: this.#live.state.nextIno },
      {
        layout: this.layout,
        io: this.#io,
        units: this.#units,
        attempts: this.#attempts,
        context: { ...this.#context, trimming: () => false },
        assertUsable: () => {
          this.#assertUsableInCall();
        },
        stats: () => this.stats(),
        release,
      },
    );
  }

  /**
   * A committed state whose slots are not written again until it is released, for copying the container while
   * the repo is in use (docs/FORMAT.md §8). Settled, as if the repo had been closed, so that the copy's newest
   * commit is never in doubt. Of a read-only repo, whatever the store has.
   */
  async hold(): Promise<HeldState> {
    this.#assertUsable();
    const { store } = this.#io;
    if (this.readOnly)
      return {
        store,
        header: await store.readHeader(),
        slots: store.slotCount,
        release: () => undefined,
      };
    const held: (Omit<HeldState, "header"> & { readonly header: Promise<Uint8Array> })[] = [];
    await this.#pipeline.run(async () => {
      await this.#commits.settleWithin();
      const header = store.readHeader();
      const { slots } = this.#committer.committed;
      held.push({ store, header, slots, release: this.#pin() });
      // No commit may begin before it is read; a failure is not one of this commit, so it poisons nothing.
      await header.catch(() => undefined);
    });
    const [state] = held;
    assert(state !== undefined, "a settled state is held");
    try {
      return { ...state, header: await state.header };
    } catch (error) {
      state.release();
      throw error;
    }
  }

  /**
   * Lets `store` put a newer header on storage between two commits, and pins its generation by the next one,
   * strictly: from then on an older header is ROLLBACK (docs/format-header.md §2.2). If `store` fails the repo is
   * poisoned, since nobody knows what is there.
   */
  async pinHeader(headerGeneration: number, store: () => Promise<void>): Promise<void> {
    this.#assertWritable();
    await this.#commits.pinHeader(headerGeneration, store);
  }

  /** Walks everything that is reachable and compares it with what is allocated. */
  async check(): Promise<CheckReport> {
    await this.sync();
    const unpin = this.#pin();
    try {
      const open = new Set(this.#handles.keys());
      return await checkRepo(this.#io, this.#committer.committed, this.layout, open);
    } finally {
      unpin();
    }
  }

  get settings(): RepoSettings {
    return this.#committer.committed.settings;
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
      pendingBytes: this.#live.window.pendingBytes,
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
    if (this.readOnly || this.#closed || this.#pipeline.poisoned) return;
    if (!(await this.view((view) => view.isOrphan(ino)))) return;
    await this.#reclaimer.runAnew(ino);
  }

  watchInode(ino: Ino): InodeWatch {
    const watch = { ino, changed: false, stop: () => this.#watches.delete(watch) };
    this.#watches.add(watch);
    return watch;
  }

  listen(listener: TreeListener): () => void {
    return this.#events.listen(listener);
  }

  isOpen(ino: Ino): boolean {
    return this.#handles.has(ino);
  }

  #assertUsable(): void {
    if (this.#closed) throw new RepoError("REPO_CLOSED");
    this.#pipeline.assertNotPoisoned();
  }

  /** The same in a call, whose caller learns of a poisoning by it. */
  #assertUsableInCall(): void {
    if (!this.#closed) this.#pipeline.assertNotPoisonedInCall();
    this.#assertUsable();
  }

  #assertWritable(): void {
    this.#assertUsable();
    if (this.readOnly) throw new RepoError("EROFS");
  }

  #emit(event: EngineEvent): void {
    this.#options.onEvent?.(event);
  }

  #publishEdit(edit: FileEdit): void {
    if (edit.tree.root === this.#live.state.root) return;
    for (const publish of edit.onPublish) publish();
    for (const [chunk, bytes] of edit.grown) this.#live.window.grow(chunk, bytes);
    this.#publish(changesOf(edit), edit.nextIno);
  }

  /** Makes changes of the live state the live state. */
  #publish(changes: Changes, nextIno: Ino, by?: Transaction): void {
    this.#live.state = { root: changes.root, nextIno };
    this.#live.window.absorb(changes, this.#committer.sharedBirth);
    for (const watch of this.#watches) watch.changed ||= changes.touched.has(watch.ino);
    for (const other of this.#transactions) if (other !== by) other.noteForeign(changes.written);
    for (const ino of changes.reclaim) {
      this.#reclaimer.add(ino);
      if (!this.#handles.has(ino) || this.#isNamed(ino)) this.#reclaimer.start(ino);
    }
    this.#commits.schedule();
    this.#events.tell(changes.events);
  }

  /** Of an inode that was just changed, and so is in memory. */
  #isNamed(ino: Ino): boolean {
    return (FileView.of(this.#live.state, this.#context).findInode(ino)?.nlink ?? 0) > 0;
  }

  /**
   * Within a task of the pipeline: makes `root` the live tree. What was published before is committed
   * first; mutations wait meanwhile, and go on in the new tree.
   */
  async #replaceLive(
    root: NodeHandle<FileRecord>,
    change: (old: NodeHandle<FileRecord>) => TreeChange,
  ): Promise<void> {
    let done = (): void => undefined;
    this.#replacing = new Promise((resolve) => (done = resolve));
    try {
      if (this.#live.window.dirty) await this.#commits.within(QUIETLY);
      const old = this.#live.state.root;
      for (const watch of this.#watches) watch.changed = true;
      for (const transaction of this.#transactions) transaction.loseBase();
      this.#live.state = { root, nextIno: this.#live.state.nextIno };
      this.#events.tell([{ is: "restored" }]);
      await this.#commits.within(TELLING, change(old));
      // Before anybody writes: behind the end of a file there may be what was cut off it.
      await this.#findOrphans();
    } finally {
      this.#replacing = undefined;
      done();
    }
  }

  #split(chunks: readonly Chunk[]): Promise<void> {
    return this.#attempts.run(() => {
      const edit = this.#edit(this.#live.state);
      splitChunks(edit, this.layout, new Set(chunks));
      this.#publishEdit(edit);
    });
  }

  async #findOrphans(): Promise<void> {
    try {
      for (const ino of await this.view((view) => view.orphans())) this.#reclaimer.add(ino);
    } catch (error) {
      // A damaged list costs the space of what it names, not the repo; `check` reports it.
      if (!isRepoError(error, "INTEGRITY")) throw error;
    }
    this.#reclaimer.resume();
  }
}
