/**
 * Relocation: writes what is stored in the wrong place, or under an old key, anew (docs/ARCHITECTURE.md
 * "Compacting moves what lies high"). A pass finds the nodes and units that are to move, and who refers to
 * them; steps then copy some units at a time and lead every reference to the copies, each step one commit. What has
 * changed in between stays behind for the next pass, so nothing is locked, and a crash leaves a whole state.
 */
import { SEAL_KIND } from "../crypto/sealer.js";
import { isRepoError } from "../errors.js";
import type { Attempts } from "./attempts.js";
import { changesOf, type Changes } from "./changes.js";
import { Chunk, type Extent } from "./chunk.js";
import type { Committer, RoomNeed, TreeChange } from "./committer.js";
import type { FileEdit } from "./file-view.js";
import { looking } from "./pipeline.js";
import { chunkOf, type FileRecord } from "./records.js";
import type { SlotIo } from "./slot-io.js";
import type { SlotRef } from "./slot-ref.js";
import type { UnreadSnapshot } from "./snapshots.js";
import { TreeView } from "./tree.js";
import type { NodeHandle, TreeSpec } from "./node.js";
import type { Window } from "./window.js";

export interface RelocationPort {
  readonly committer: Committer;
  readonly io: SlotIo;
  readonly attempts: Attempts;
  readonly fileSpec: TreeSpec<FileRecord>;
  /** The root of the live tree. */
  readonly liveRoot: () => NodeHandle<FileRecord>;
  /** What the next commit takes. */
  readonly window: () => Window;
  /** The snapshots that nobody reads. */
  readonly snapshots: () => Promise<UnreadSnapshot[]>;
  readonly edit: (root?: NodeHandle<FileRecord>) => FileEdit;
  readonly publishLive: (edit: FileEdit) => void;
  /** Takes over changes of another tree for the next commit. */
  readonly absorb: (changes: Changes) => void;
  readonly admit: (need: RoomNeed) => Promise<void>;
  readonly exclusively: (task: () => Promise<void>) => Promise<void>;
  readonly commit: (change: TreeChange) => Promise<void>;
  readonly assertWritable: () => void;
}

/** Records that a pass remembers; more are left to the next one. */
const PASS_RECORDS = 200_000;
/** What one step copies, and how many records it leads elsewhere. */
const STEP_BYTES = 4 * 1024 * 1024;
const STEP_RECORDS = 2048;
const STEP_NODES = 128;
const POOL_STEP_NODES = 32;

/** A record of one of the trees: the live one, or a snapshot by its name as a byte string. */
interface Place {
  readonly tree: string | undefined;
  readonly key: string;
}

/** A unit, and the records that refer to it. */
interface UsedUnit {
  readonly ref: SlotRef;
  readonly users: Place[];
}

interface Step {
  readonly units?: readonly UsedUnit[];
  readonly leaves?: readonly Place[];
}

interface Finding {
  /** By first slot. */
  readonly units: Map<number, UsedUnit>;
  /** The first record of each leaf that is to move, or below a node that is. */
  readonly leaves: Place[];
}

/** What an AbortSignal can. */
export interface Cancellation {
  throwIfAborted(): void;
}

export interface RelocationOptions {
  readonly signal?: Cancellation | undefined;
  /** Told how many bytes of content were moved, of how many that this pass has found. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export class Relocation {
  readonly #port: RelocationPort;
  readonly #moves: (ref: SlotRef) => boolean;
  /** About as many nodes as the trees have. */
  #nodes = 0;
  /** Units that do not open: they stay where they are. */
  readonly #damaged = new Set<number>();

  constructor(port: RelocationPort, moves: (ref: SlotRef) => boolean) {
    this.#port = port;
    this.#moves = moves;
  }

  /** Finds and moves; false if there was nothing to move. Rejects with INTEGRITY, ENOSPC, AbortError. */
  async pass({ signal, onProgress }: RelocationOptions = {}): Promise<boolean> {
    const found = await this.#find(signal);
    const units = [...found.units.values()].filter(({ ref }) => !this.#damaged.has(ref.slot));
    const { slotBytes } = this.#port.io;
    const total = units.reduce((sum, { ref }) => sum + ref.count * slotBytes, 0);
    let done = 0;
    for (let from = 0; from < units.length;) {
      let [to, bytes, records] = [from, 0, 0];
      while (to < units.length && bytes < this.#stepBytes && records < STEP_RECORDS) {
        bytes += (units[to]?.ref.count ?? 0) * slotBytes;
        records += units[to++]?.users.length ?? 0;
      }
      signal?.throwIfAborted();
      await this.#step({ units: units.slice(from, to) });
      onProgress?.((done += bytes), total);
      from = to;
    }
    for (let from = 0; from < found.leaves.length; from += STEP_NODES) {
      signal?.throwIfAborted();
      await this.#step({ leaves: found.leaves.slice(from, from + STEP_NODES) });
    }
    const pool = await this.#movePool(signal);
    return units.length > 0 || found.leaves.length > 0 || pool;
  }

  /** Little where little may be taken. */
  get #stepBytes(): number {
    const { committer, io } = this.#port;
    return Math.min(STEP_BYTES, (committer.allocator.ceiling * io.slotBytes) / 32);
  }

  async #find(signal: Cancellation | undefined): Promise<Finding> {
    const found: Finding = { units: new Map(), leaves: [] };
    const trees: { name: string | undefined; root: NodeHandle<FileRecord> }[] = [
      { name: undefined, root: this.#port.liveRoot() },
    ];
    for (const { bytes, root } of await this.#port.snapshots()) trees.push({ name: bytes, root });
    let records = 0;
    this.#nodes = 8;
    for (const { name, root } of trees)
      for (let from: string | undefined = ""; from !== undefined && records < PASS_RECORDS;) {
        signal?.throwIfAborted();
        this.#port.assertWritable();
        const at: string = from;
        // A leaf is found anew each time: the live tree may have changed, and memory must not grow with it.
        const tree = name === undefined ? this.#port.liveRoot() : root;
        const view = new TreeView(this.#port.fileSpec, tree);
        const { path, leaf, next } = await this.#port.attempts.run(() => view.leafAt(at));
        this.#nodes++;
        const before = found.leaves.length;
        if (path.some(({ refs }) => refs?.some(this.#moves)) && leaf.keys[0] !== undefined)
          found.leaves.push({ tree: name, key: leaf.keys[0] });
        leaf.values.forEach((record, i) => {
          const unit = chunkOf(record)?.unit;
          if (unit === undefined || !this.#moves(unit)) return;
          const known = found.units.get(unit.slot) ?? { ref: unit, users: [] };
          known.users.push({ tree: name, key: leaf.keys[i] ?? "" });
          found.units.set(unit.slot, known);
          records++;
        });
        records += found.leaves.length - before;
        from = next;
      }
    return found;
  }

  /** Copies the units, and leads the records there; leaves are written as they are. All in one commit. */
  async #step({ units = [], leaves = [] }: Step): Promise<void> {
    const { committer, exclusively, admit, assertWritable, window } = this.#port;
    const users = units.flatMap((unit) => unit.users);
    const slots = units.reduce((sum, { ref }) => sum + ref.count, 0);
    // Each record may be in a leaf of its own, with the nodes above it; but there are no more than were seen.
    const nodes = 2 * Math.min(2 * (users.length + leaves.length), this.#nodes) + 8;
    await admit({
      slots: slots + nodes,
      touches: 2 * users.length + 4 * units.length,
      frees: false,
    });
    await exclusively(async () => {
      const change = await looking(async () => {
        assertWritable();
        const payloads = await this.#open(units.map(({ ref }) => ref));
        const copies = await committer.copyUnits(window(), payloads);
        return this.#lead(users, leaves, copies);
      });
      await this.#port.commit(change);
    });
  }

  /** Changes all trees at once; what the snapshots become is for the commit to put in place. */
  async #lead(
    users: readonly Place[],
    leaves: readonly Place[],
    copies: ReadonlyMap<SlotRef, SlotRef>,
  ): Promise<TreeChange> {
    const { attempts, edit: begin, publishLive, absorb } = this.#port;
    const snapshots = await this.#port.snapshots();
    const bySlot = new Map([...copies].map(([from, to]) => [from.slot, { from, to }]));
    const copyOf = (unit: SlotRef): SlotRef | undefined => {
      const copy = bySlot.get(unit.slot);
      return copy?.from.birth === unit.birth ? copy.to : undefined;
    };
    const changed = await attempts.run(() => {
      const live = begin();
      const edits = new Map(
        snapshots.map((snapshot) => [snapshot.bytes, { snapshot, edit: begin(snapshot.root) }]),
      );
      const editOf = ({ tree }: Place): FileEdit | undefined =>
        tree === undefined ? live : edits.get(tree)?.edit;
      for (const place of users) relocate(editOf(place), place.key, copyOf);
      for (const place of leaves) rewrite(editOf(place), place.key);
      // Nothing is missing any more: from here on it happens.
      publishLive(live);
      const replaced = [...edits.values()].filter(
        ({ snapshot, edit }) => edit.tree.root !== snapshot.root,
      );
      for (const { edit } of replaced) absorb(changesOf(edit));
      return replaced.map(({ snapshot, edit }) => ({ snapshot, root: edit.tree.root }));
    });
    return {
      roots: changed.map(({ root }) => root),
      touches: 2 * changed.length,
      apply: (accounts) => {
        for (const { snapshot, root } of changed) accounts.replaceSnapshot(snapshot.bytes, root);
        for (const [from, to] of copies) accounts.moveIndexed(from, to);
      },
    };
  }

  async #open(units: readonly SlotRef[]): Promise<Map<SlotRef, Uint8Array>> {
    const payloads = new Map<SlotRef, Uint8Array>();
    for (const ref of units)
      try {
        payloads.set(ref, await this.#port.io.open(SEAL_KIND.data, ref));
      } catch (error) {
        if (!isRepoError(error, "INTEGRITY")) throw error;
        this.#damaged.add(ref.slot);
      }
    return payloads;
  }

  async #movePool(signal: Cancellation | undefined): Promise<boolean> {
    const { committer, exclusively, admit, commit } = this.#port;
    const outcome = { moved: false, left: true };
    while (outcome.left) {
      signal?.throwIfAborted();
      await admit({ slots: 8, touches: POOL_STEP_NODES, frees: false });
      await exclusively(async () => {
        outcome.left = await looking(() => committer.movePool(this.#moves, POOL_STEP_NODES));
        if (!outcome.left) return;
        outcome.moved = true;
        await commit({ touches: 0, apply: () => undefined });
      });
    }
    return outcome.moved;
  }
}

/** Leads a record to the copy of its unit, if it still is what it was when it was found. */
function relocate(
  edit: FileEdit | undefined,
  key: string,
  copyOf: (unit: SlotRef) => SlotRef | undefined,
): void {
  const record = edit?.tree.get(key);
  const chunk = record === undefined ? undefined : chunkOf(record);
  const copy = chunk?.unit === undefined ? undefined : copyOf(chunk.unit);
  if (edit === undefined || record === undefined || chunk === undefined || copy === undefined)
    return;
  const moved = Chunk.stored({ unit: copy, frame: chunk.frame, base: chunk.base }, chunk.used);
  const of = (extent: Extent): Extent => ({ ...extent, chunk: moved });
  if (record.is === "extent") edit.tree.put(key, { is: "extent", extent: of(record.extent) });
  else if (record.is === "past" && record.past.extent !== undefined)
    edit.tree.put(key, { is: "past", past: { ...record.past, extent: of(record.past.extent) } });
  edit.release(chunk);
  edit.retain(moved);
}

/** Writes a record as it is, and so its leaf and all nodes above it elsewhere. */
function rewrite(edit: FileEdit | undefined, key: string): void {
  const record = edit?.tree.get(key);
  if (record !== undefined) edit?.tree.put(key, record);
}
