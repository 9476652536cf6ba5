/**
 * Commits: when what was published is written, and who waits for it. Callers that want the same commit share
 * it; writers wait where too much is pending; and who finds too little room waits until there is some.
 */
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import type { Chunk } from "./chunk.js";
import type { Committer, CommitIntent, FrozenState, RoomNeed, TreeChange } from "./committer.js";
import type { Clock } from "./environment.js";
import type { Layout } from "./layout.js";
import type { Live } from "./live.js";
import { Refusal, type Pipeline } from "./pipeline.js";
import type { PlacedUnit } from "./placement.js";
import { RING_CELLS } from "./superblock.js";
import { Window } from "./window.js";

export interface CommitsParts {
  readonly live: Live;
  readonly committer: Committer;
  readonly pipeline: Pipeline;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly arrivals: () => Promise<void>;
  /** How long what was published may wait; undefined if nothing is committed unasked. */
  readonly delayMs: number | undefined;
  /** Throws if the repo is closed, poisoned or read-only. */
  readonly assertWritable: () => void;
  readonly isClosed: () => boolean;
  /** Cuts pending chunks into pieces of a slot. */
  readonly split: (chunks: readonly Chunk[]) => Promise<void>;
  readonly onCommitted: () => void;
  /** Frees what was given up of trees; true if that may have made room. */
  readonly freeGivenUp: () => Promise<boolean>;
}

/** Pending content that starts a drain, and that makes writers wait for it. */
const DRAIN_BYTES = 1024 * 1024;
const THROTTLE_BYTES = 16 * 1024 * 1024;
/** Units whose references one commit may change; few where it has to find room in what there is. */
const WINDOW_UNITS = 8192;
const SHORT_WINDOW_UNITS = 32;
/** After the commit that frees a slot, and four more, the slot is usable for certain. */
const RECLAIM_COMMITS = 5;

/** How often a commit looks for room in vain before that counts as a bug, and not as bad luck. */
const MOST_TRIES = 1000;

/** How often a commit looks for content that is stored already. */
const MOST_LOOKUPS = 3;

/** What a commit itself may have to ask for beside the window's needs. */
const LEAST_ROOM: RoomNeed = { slots: 0, touches: 0, frees: true };

export const QUIETLY: CommitIntent = { strict: false, settled: false };
export const TELLING: CommitIntent = { strict: true, settled: false };
export const SETTLING: CommitIntent = { strict: true, settled: true };

export class Commits {
  readonly #parts: CommitsParts;
  /** The commit that has been asked for and has not begun. */
  #next: { promise: Promise<void>; intent: { strict: boolean; settled: boolean } } | undefined;
  #cancelTimer: (() => void) | undefined;
  #draining = false;

  constructor(parts: CommitsParts) {
    this.#parts = parts;
  }

  /** Told of every publication. */
  schedule(): void {
    const { live, clock, delayMs } = this.#parts;
    if (live.window.pendingBytes > DRAIN_BYTES) this.#drainSoon();
    if (this.#cancelTimer !== undefined || delayMs === undefined) return;
    this.#cancelTimer = clock.setTimer(delayMs, () => {
      this.#cancelTimer = undefined;
      // A failure poisons the repo, and so reaches the next caller.
      void this.#soon(QUIETLY).catch(() => undefined);
    });
  }

  /** Nothing is committed unasked from now on. */
  stop(): void {
    this.#cancelTimer?.();
  }

  /** Resolves when everything published so far is durable, and the container says that somebody knows. */
  async makeDurable(): Promise<void> {
    const { live, pipeline } = this.#parts;
    if (!live.window.dirty) await pipeline.idle();
    pipeline.assertNotPoisoned();
    // What a commit in the background has made durable already is told durable only now.
    if (live.window.dirty || !this.isTold) await this.#soon(TELLING);
  }

  /** Two commits: the second says that nothing of the first is in doubt, so that opening need not look. */
  async settle(): Promise<void> {
    const { live, pipeline, committer } = this.#parts;
    if (live.window.dirty) await this.#soon(TELLING);
    else await pipeline.idle();
    pipeline.assertNotPoisoned();
    if (!committer.committed.settled) await this.#soon(SETTLING);
    await pipeline.run(() => committer.cutTail());
  }

  /** The same within a task of the pipeline, without an end to what comes after. */
  async settleWithin(): Promise<void> {
    const { live, committer } = this.#parts;
    if (live.window.dirty) await this.within(TELLING);
    if (!committer.committed.settled) await this.within(SETTLING);
  }

  /** Empty commits around the ring: afterwards every cell is newly written. */
  async renewCells(): Promise<void> {
    for (let i = 0; i < RING_CELLS; i++) await this.#parts.pipeline.run(() => this.within(TELLING));
  }

  /**
   * Whether the last commit says that its durability was promised to somebody. One that was found on opening may be in nothing
   * but a cache: who wrote it may have ended before it was flushed, or been told that writing had failed.
   */
  get isTold(): boolean {
    const { committed, isOwn } = this.#parts.committer;
    return isOwn && (committed.strict || committed.settled);
  }

  /** Runs `store` between two commits; the second says that `headerGeneration` is on storage, to whoever opens it. */
  async pinHeader(headerGeneration: number, store: () => Promise<void>): Promise<void> {
    const { committer, pipeline, isClosed } = this.#parts;
    await this.admit(LEAST_ROOM);
    await pipeline.run(async () => {
      if (isClosed()) throw new Refusal(new RepoError("REPO_CLOSED"));
      await store();
      committer.committed = { ...committer.committed, headerGeneration };
      await this.within(TELLING);
    });
  }

  /** Joins the commit that has not begun yet, or asks for one. */
  #soon(intent: CommitIntent): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.intent.strict ||= intent.strict;
      this.#next.intent.settled ||= intent.settled;
      return this.#next.promise;
    }
    const wanted = { ...intent };
    const promise = this.#parts.pipeline.run(async () => {
      // Whoever has called while the last commit kept the thread busy shares this one.
      if (wanted.strict) await this.#parts.arrivals();
      this.#next = undefined;
      await this.#now(wanted);
    });
    this.#next = { promise, intent: wanted };
    return promise;
  }

  async #now(intent: CommitIntent): Promise<void> {
    const tells = intent.settled || (intent.strict && !this.isTold);
    if (this.#parts.live.window.dirty || tells) await this.within(intent);
  }

  /** Commits, within a task of the pipeline. */
  async within(intent: CommitIntent, change?: TreeChange): Promise<void> {
    const { frozen, units } = await this.#freeze(change);
    await this.#parts.committer.commit(frozen, units, intent);
    this.#parts.onCommitted();
  }

  /**
   * Gives every pending chunk a home and takes the window and the state that belong together, without a
   * pause in between: what is published afterwards goes to a new window. Where free space is fragmented,
   * chunks are cut into pieces first.
   */
  async #freeze(
    change?: TreeChange,
  ): Promise<{ frozen: FrozenState; units: readonly PlacedUnit[] }> {
    const { live, committer, layout, split } = this.#parts;
    const { slotBytes } = layout;
    let units: readonly PlacedUnit[] = [];
    // What is published while this waits may be looked up too, but writers must not keep a commit from beginning.
    for (let tries = 0; tries < MOST_LOOKUPS && (await committer.recognise(live.window)); tries++);
    for (let tries = 0; ; tries++) {
      assert(tries < MOST_TRIES, "what was admitted fits after some splitting");
      const placed = committer.place(live.window);
      units = units.concat(placed.units);
      const frozen =
        placed.homeless.length === 0
          ? committer.freeze(live.window, live.state, change)
          : undefined;
      if (frozen !== undefined) {
        live.window = new Window();
        return { frozen, units };
      }
      await split(placed.homeless.filter((chunk) => chunk.used > slotBytes));
      if (!(await committer.makeRoom(live.window, LEAST_ROOM))) throw new RepoError("ENOSPC");
    }
  }

  #drainSoon(): void {
    const { pipeline, committer, live } = this.#parts;
    if (this.#draining) return;
    this.#draining = true;
    void pipeline
      .run(() => {
        this.#draining = false;
        return committer.drain(live.window, THROTTLE_BYTES);
      })
      .catch(() => undefined);
  }

  /** Waits while so much waits for the commit that operations must wait too, for the sake of memory or space. */
  async throttle(): Promise<void> {
    while (this.#isWindowFull) await this.#relieve();
  }

  get #isWindowFull(): boolean {
    const { live, committer, layout } = this.#parts;
    const { pendingBytes, dirtyNodes, units, heldEntries } = live.window;
    const mostUnits = committer.isShort ? SHORT_WINDOW_UNITS : WINDOW_UNITS;
    return (
      pendingBytes > THROTTLE_BYTES ||
      dirtyNodes * layout.slotBytes > THROTTLE_BYTES ||
      units.size + heldEntries > mostUnits
    );
  }

  async #relieve(): Promise<void> {
    const { live, pipeline, assertWritable } = this.#parts;
    const before = live.window;
    const { pendingBytes } = before;
    if (pendingBytes > THROTTLE_BYTES) this.#drainSoon();
    await pipeline.idle();
    assertWritable();
    const drained = pendingBytes > THROTTLE_BYTES && before.pendingBytes < pendingBytes;
    if (live.window === before && !drained) await this.#soon(QUIETLY);
  }

  /** Whether there is room for `need` at once. */
  hasRoom(need: RoomNeed): boolean {
    return this.#parts.committer.hasRoom(this.#parts.live.window, need);
  }

  /**
   * Waits for room, or rejects with ENOSPC. Where there is none, slots that were freed lately become
   * usable by commits that need not change anything, and given-up trees are freed.
   */
  async admit(need: RoomNeed): Promise<void> {
    const { committer, assertWritable, freeGivenUp } = this.#parts;
    const { allocator } = committer;
    for (let vain = 0; vain <= RECLAIM_COMMITS;) {
      assertWritable();
      const before = allocator.usable;
      if (await this.#seekRoom(need)) return;
      vain = allocator.usable > before ? 0 : vain + 1;
      // Who frees space may be the one who frees that of given-up trees: it cannot wait for itself.
      if (vain > RECLAIM_COMMITS && !need.frees && (await freeGivenUp())) vain = 0;
    }
    throw new RepoError("ENOSPC");
  }

  async #seekRoom(need: RoomNeed): Promise<boolean> {
    const { live, committer, pipeline, isClosed } = this.#parts;
    const outcome = { found: false };
    await pipeline.run(async () => {
      if (isClosed()) return;
      outcome.found = await committer.makeRoom(live.window, need);
      // A commit also replaces the estimate of what the window needs by what it takes.
      const hopeful = live.window.dirty || committer.allocator.deferredTotal > 0;
      if (!outcome.found && hopeful) await this.within(QUIETLY);
    });
    return outcome.found;
  }
}
