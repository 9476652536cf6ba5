/**
 * Transaction: several operations that happen at once or not at all (docs/ARCHITECTURE.md, "Transactions
 * without locks"). It is a tree of files of its own: the state of the moment when it began, and what it has
 * changed since, which nobody else sees. Committing publishes all of it in one step, unless somebody has
 * written meanwhile what it has read or written; then it is told to begin anew. It locks nothing, so
 * nothing waits for it.
 */
import { RepoError } from "../errors.js";
import type { Attempts } from "./attempts.js";
import type { Chunk } from "./chunk.js";
import type { Layout } from "./layout.js";
import { fetchStored } from "./fetch.js";
import type { ContentRead, FileTree, InodeWatch, Need } from "./file-tree.js";
import { FileEdit, FileView, TrimPending, type FileState, type ViewContext } from "./file-view.js";
import { changesOf, type Changes } from "./changes.js";
import { Footprint } from "./footprint.js";
import type { NodeHandle } from "./node.js";
import type { EngineStats } from "./options.js";
import { reclaimStep } from "./reclaimer.js";
import type { FileRecord, Ino } from "./records.js";
import type { SlotIo } from "./slot-io.js";
import { TreeView } from "./tree.js";
import { TreeEvents, type TreeEvent, type TreeListener } from "./tree-events.js";
import type { UnitCache } from "./unit-cache.js";

/** What a transaction needs of the engine. */
export interface TransactionPort {
  readonly layout: Layout;
  readonly io: SlotIo;
  readonly units: UnitCache;
  readonly attempts: Attempts;
  readonly context: ViewContext;
  readonly now: () => number;
  readonly stats: () => EngineStats;
  readonly sync: () => Promise<void>;
  readonly isOpen: (ino: Ino) => boolean;
  readonly newIno: () => Ino;
  readonly assertWritable: () => void;
  /** Tells the window of content that a pending chunk has got. */
  readonly grown: (chunk: Chunk, bytes: number) => void;
  /** Rejects with ENOSPC if there is no room for so much. */
  readonly admit: (need: Need) => Promise<void>;
  /** Publishes the changes that `make` makes of the live state, without a pause in between. */
  readonly publish: (need: Need, make: (live: FileState) => Changes) => Promise<void>;
  /** Called once, when it is committed or given up. */
  readonly end: () => void;
}

/** The most content that a transaction can add: it is kept in memory until the end. */
export const MAX_TRANSACTION_BYTES = 256 * 1024 * 1024;

/** Keys that others have written meanwhile; more of them count as a conflict. */
const MOST_FOREIGN_KEYS = 1_000_000;

export class Transaction implements FileTree {
  readonly readOnly = false;
  readonly layout: Layout;
  readonly #port: TransactionPort;
  readonly #context: ViewContext;
  readonly #base: FileState;
  readonly #footprint = new Footprint();
  readonly #foreign = new Set<string>();
  /** The live tree is another one now, or too much has been written to it. */
  #lost = false;
  #ended = false;

  #root: NodeHandle<FileRecord>;
  readonly #references = new Map<Chunk, number>();
  /** Nodes of the state of its beginning that it does not use any more. */
  readonly #retired: NodeHandle<FileRecord>[] = [];
  /** Nodes of its own. */
  readonly #created = new Set<NodeHandle<FileRecord>>();
  readonly #reclaim = new Set<Ino>();
  readonly #touched = new Set<Ino>();
  readonly #watches = new Set<{ readonly ino: Ino; changed: boolean }>();
  /** For those who watch the live tree. */
  readonly #happened: TreeEvent[] = [];
  readonly #events = new TreeEvents();
  readonly #need = { bytes: 0, extents: 0 };

  readonly #handles = new Map<Ino, number>();
  /** Orphans whose truncation is complete here. */
  readonly #trimmed = new Set<Ino>();

  constructor(base: FileState, port: TransactionPort) {
    this.#base = base;
    this.#root = base.root;
    this.#port = port;
    this.layout = port.layout;
    this.#context = { ...port.context, trimming: (ino) => this.#isTrimming(ino) };
  }

  /** Told of the keys that others publish. */
  noteForeign(written: ReadonlySet<string>): void {
    for (const key of written) this.#foreign.add(key);
    if (this.#foreign.size > MOST_FOREIGN_KEYS) this.loseBase();
  }

  /** Told that the live tree is not a descendant of this transaction's any more. */
  loseBase(): void {
    this.#lost = true;
  }

  /** Publishes all of it. Rejects with TRANSACTION_CONFLICT or ENOSPC; then nothing of it has happened. */
  async commit(): Promise<void> {
    this.#assertRunning();
    this.#ended = true;
    try {
      if (this.#root !== this.#base.root)
        await this.#port.publish(this.#roomNeeded(), (live) => this.#changesOf(live));
    } finally {
      this.#release();
    }
  }

  #release(): void {
    for (const handle of this.#retired) handle.held--;
    this.#port.end();
  }

  /** Gives all of it up. Idempotent, and without effect after `commit`. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
  }

  #changesOf(live: FileState): Changes {
    this.#assertNoneOpened();
    if (live.root !== this.#base.root) {
      this.#assertNoConflict();
      return this.#rebased(live);
    }
    return {
      root: this.#root,
      references: this.#references,
      retired: this.#retired,
      created: this.#created.size,
      reclaim: this.#reclaim,
      touched: this.#touched,
      written: this.#footprint.written,
      events: this.#happened,
    };
  }

  #assertNoConflict(): void {
    if (this.#lost || this.#footprint.concerns(this.#foreign))
      throw new RepoError("TRANSACTION_CONFLICT");
  }

  /** What was removed here, since nobody had it open, may have been opened by somebody else meanwhile. */
  #assertNoneOpened(): void {
    const own = FileView.of({ ...this.#base, root: this.#root }, this.#context);
    for (const ino of this.#touched)
      if (this.#port.isOpen(ino) && own.findInode(ino) === undefined)
        throw new RepoError("TRANSACTION_CONFLICT");
  }

  /** The same writes on top of what others have published, of which none matters here. */
  #rebased(live: FileState): Changes {
    const own = new TreeView(this.#context.spec, this.#root);
    const edit = new FileEdit(live, this.#context, this.#port.now());
    for (const key of this.#footprint.written) {
      const record = own.get(key);
      if (record === undefined) edit.tree.delete(key);
      else edit.tree.put(key, record);
    }
    return {
      ...changesOf(edit),
      references: this.#references,
      reclaim: this.#reclaim,
      touched: this.#touched,
      written: this.#footprint.written,
      events: this.#happened,
    };
  }

  view<T>(read: (view: FileView) => T): Promise<T> {
    return this.#port.attempts.run(() => {
      this.#assertRunning();
      return read(this.#view());
    });
  }

  /** What is there now, with what is looked at booked. */
  #view(): FileView {
    const tree = new TreeView(this.#context.spec, this.#root, this.#footprint);
    return new FileView(tree, this.#context);
  }

  async viewInSteps(step: (view: FileView) => boolean): Promise<void> {
    const view = this.#view();
    while (!(await this.#port.attempts.run(() => step(view)))) this.#assertRunning();
  }

  async readContent<T>(plan: (view: FileView) => ContentRead<T>): Promise<T> {
    const { io, units } = this.#port;
    const { result, into, stored } = await this.view(plan);
    if (stored.length > 0) await fetchStored(io, units, into, stored);
    return result;
  }

  async mutate<T>(change: (edit: FileEdit) => T, need: Need = {}): Promise<T> {
    this.#assertRunning();
    const { bytes = 0, extents = 0 } = need;
    if (this.#need.bytes + bytes > MAX_TRANSACTION_BYTES)
      throw new RepoError("EFBIG", { message: "too much content for one transaction" });
    await this.#port.admit(this.#roomNeeded(need));
    for (;;)
      try {
        const result = await this.#port.attempts.run(() => this.#change(change));
        this.#need.bytes += bytes;
        this.#need.extents += extents;
        return result;
      } catch (error) {
        if (!(error instanceof TrimPending)) throw error;
        await this.#trim(error.ino);
      }
  }

  #change<T>(change: (edit: FileEdit) => T): T {
    this.#assertRunning();
    const state = { root: this.#root, nextIno: this.#base.nextIno };
    const sources = { footprint: this.#footprint, newIno: this.#port.newIno };
    const edit = new FileEdit(state, this.#context, this.#port.now(), sources);
    const result = change(edit);
    this.#absorb(edit);
    return result;
  }

  #absorb(edit: FileEdit): void {
    for (const publish of edit.onPublish) publish();
    for (const [chunk, bytes] of edit.grown) this.#port.grown(chunk, bytes);
    for (const [chunk, delta] of edit.references)
      this.#references.set(chunk, (this.#references.get(chunk) ?? 0) + delta);
    for (const handle of edit.tree.created) this.#created.add(handle);
    for (const handle of edit.tree.retired) {
      if (this.#created.delete(handle)) continue;
      // A snapshot may share it: then the commit that publishes this needs its content.
      handle.held++;
      this.#retired.push(handle);
    }
    if (this.#root !== edit.tree.root) this.#note(edit.events);
    this.#root = edit.tree.root;
    for (const ino of edit.touched) this.#touched.add(ino);
    for (const watch of this.#watches) watch.changed ||= edit.touched.has(watch.ino);
    for (const ino of edit.reclaim) {
      this.#reclaim.add(ino);
      this.#trimmed.delete(ino);
    }
  }

  /** A file that is written piece by piece is told of once. */
  #note(events: readonly TreeEvent[]): void {
    for (const event of events) {
      const last = this.#happened.at(-1);
      const again = event.is === "changed" && last?.is === "changed" && last.path === event.path;
      if (!again) this.#happened.push(event);
    }
    this.#events.tell(events);
  }

  /** Room for all that it has done, and what it is about to do. */
  #roomNeeded({ bytes = 0, extents = 0 }: Need = {}): Need {
    const nodes = this.#created.size * this.layout.slotBytes;
    return { bytes: this.#need.bytes + bytes + nodes, extents: this.#need.extents + extents };
  }

  #isTrimming(ino: Ino): boolean {
    return !this.#trimmed.has(ino) && this.#view().isOrphan(ino);
  }

  /** Completes a truncation here; the live tree's own is its own business. */
  async #trim(ino: Ino): Promise<void> {
    const step = (): boolean => this.#change((edit) => reclaimStep(edit, ino, this.isOpen(ino)));
    while (!(await this.#port.attempts.run(step)));
    this.#trimmed.add(ino);
  }

  retainInode(ino: Ino): void {
    this.#handles.set(ino, (this.#handles.get(ino) ?? 0) + 1);
  }

  releaseInode(ino: Ino): Promise<void> {
    const left = (this.#handles.get(ino) ?? 0) - 1;
    if (left > 0) this.#handles.set(ino, left);
    else this.#handles.delete(ino);
    return Promise.resolve();
  }

  /** Of what happens in the transaction itself. */
  listen(listener: TreeListener): () => void {
    return this.#events.listen(listener);
  }

  isOpen(ino: Ino): boolean {
    return this.#handles.has(ino) || this.#port.isOpen(ino);
  }

  /** Of what happens in the transaction itself: nobody else changes what is seen here. */
  watchInode(ino: Ino): InodeWatch {
    const watch = { ino, changed: false, stop: () => this.#watches.delete(watch) };
    this.#watches.add(watch);
    return watch;
  }

  stats(): EngineStats {
    return this.#port.stats();
  }

  /** Makes durable what was published before, not what this transaction has done. */
  sync(): Promise<void> {
    return this.#port.sync();
  }

  close(): Promise<void> {
    this.abort();
    return Promise.resolve();
  }

  #assertRunning(): void {
    if (this.#ended) throw new RepoError("TRANSACTION_ENDED");
    this.#port.assertWritable();
  }
}
