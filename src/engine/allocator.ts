/**
 * Allocator: which slots a commit may write (docs/FORMAT.md §6.2). Free slots are in one of four places:
 * *ready* (in memory and in the superblock), *deferred* (freed too recently, likewise), the pool tree's
 * free and deferred records, and the *tail*: room behind the container's published length.
 * Sealing the pool tree takes slots from ready and tail alone and so never changes the pool tree:
 * there is no regress.
 *
 * Invariant: a slot freed by commit n is reused at the earliest by commit n + 4, when no cell of the
 * ring can reach it, and not while a reader that began before commit n is still running.
 */
import {
  countOf,
  deferredKey,
  deferredRun,
  FIRST_DEFERRED_KEY,
  freeKey,
  freeRun,
} from "./pool-records.js";
import type { DeferredRun, PoolRecord } from "./pool-records.js";
import type { NodeHandle } from "./node.js";
import { RepoError } from "../errors.js";
import { joinRuns, RunSet } from "./run-set.js";
import type { Generation, Run } from "./slot-ref.js";
import { LIST_BYTES, RING_CELLS, RUN_BYTES, type Superblock } from "./superblock.js";
import type { TreeEdit } from "./tree.js";

/** Most runs that a superblock lists: half of them ready, half deferred, with room for what sealing the pool tree frees. */
const LISTED_RUNS = Math.floor(LIST_BYTES / RUN_BYTES);
const READY_RUNS = Math.floor(LISTED_RUNS * 0.3);
const DEFERRED_RUNS = Math.floor(LISTED_RUNS * 0.35);
/** Records that one commit moves from deferred to free; as many as it frees runs, if those are more. */
const STEP_RECORDS = 96;
/** Records moved from free to ready in one step; the next commit puts back what is too many. */
const REFILL_RECORDS = 512;

/** What of the allocator goes into a superblock. */
export type AllocatorState = Pick<
  Superblock,
  "slots" | "freeInTree" | "deferredInTree" | "ready" | "deferred"
>;

export class Allocator {
  readonly ready = new RunSet();
  deferred: DeferredRun[];
  freeInTree: number;
  deferredInTree: number;
  /** Slots that the last superblock counts as the container's. */
  slots: number;
  /** The first slot of the tail; everything below it is live, free or deferred. */
  frontier: number;
  /** Slots that the store has room for. */
  room: number;
  /** No slot from here on is taken: what is there is to become the free end of the container. */
  ceiling = Infinity;
  /** Where the search for free records goes on. */
  #searchFrom = 0;

  constructor(state: AllocatorState, room: number) {
    for (const run of state.ready) this.ready.add(run);
    this.deferred = [...state.deferred];
    this.freeInTree = state.freeInTree;
    this.deferredInTree = state.deferredInTree;
    this.slots = state.slots;
    this.frontier = state.slots;
    this.room = room;
  }

  /** Slots that can be had at once. */
  get available(): number {
    return this.ready.slotsBelow(this.ceiling) + this.#tail;
  }

  /** Slots of the tail that may be taken. */
  get #tail(): number {
    return Math.max(0, Math.min(this.room, this.ceiling) - this.frontier);
  }

  /** Slots that can be had without another commit. */
  get usable(): number {
    return this.available + this.freeInTree;
  }

  /** All slots that hold nothing, those too fresh to be reused included. */
  get free(): number {
    return this.ready.slots + this.freeInTree + this.deferredTotal;
  }

  /** Slots that become usable after some more commits. */
  get deferredTotal(): number {
    return this.deferredInTree + this.deferredInList;
  }

  get deferredInList(): number {
    return countSlots(this.deferred);
  }

  /** `count` adjacent slots, or undefined if there is no such run (single slots may still be left). */
  take(count: number): number | undefined {
    const start = this.ready.take(count, this.ceiling);
    if (start !== undefined) return start;
    if (this.#tail < count) return undefined;
    const tail = this.frontier;
    this.frontier += count;
    return tail;
  }

  /** Gives back slots that no superblock and no reader has ever seen. */
  untake(run: Run): void {
    this.ready.add(run);
  }

  /** Slots freed by `freed` or an earlier commit may be written by commit `next`. */
  #reusable(next: Generation, oldestReader: Generation): Generation {
    return Math.min(next - RING_CELLS, oldestReader);
  }

  /**
   * Books what commit `next` frees, moves what is old enough to ready, and keeps the lists short enough
   * for the superblock by moving their excess to the pool tree. Changes `this` only through the
   * returned `accept`, since the edit may have to be run again; `gained` is what that makes available.
   */
  settle(
    pool: TreeEdit<PoolRecord>,
    freed: readonly Run[],
    next: Generation,
    oldestReader: Generation,
  ): { accept: () => void; gained: number } {
    const reusable = this.#reusable(next, oldestReader);
    const matured: Run[] = this.deferred.filter((run) => run.freed <= reusable);
    let deferred = this.deferred.filter((run) => run.freed > reusable);
    let { freeInTree, deferredInTree } = this;
    deferred = deferred.concat(joinRuns(freed).map((run) => ({ ...run, freed: next })));

    if (deferred.length > DEFERRED_RUNS) {
      for (const run of deferred) {
        pool.put(deferredKey(run.freed, run.start), run.count);
        deferredInTree += run.count;
      }
      deferred = [];
    }
    for (const run of takeDeferred(pool, reusable, Math.max(STEP_RECORDS, freed.length))) {
      this.#assertWithin(run);
      matured.push(run);
      deferredInTree -= run.count;
    }
    // Whole runs that do not fit the list of ready ones go to the pool tree, the shortest first, after those that
    // nobody may take.
    const kept = new RunSet();
    for (const run of [...this.ready.runs, ...matured]) kept.add(run);
    const barred = kept.runs.filter(({ start }) => start >= this.ceiling);
    const usable = kept.runs.filter(({ start }) => start < this.ceiling);
    const shortest = usable
      .toSorted((a, b) => a.count - b.count)
      .slice(0, Math.max(0, usable.length - READY_RUNS));
    const excess = shortest.concat(barred);
    for (const run of excess) {
      putFree(pool, run);
      freeInTree += run.count;
    }
    deferredInTree += bookRetired(pool, deferred, next);
    const accept = (): void => {
      for (const run of matured) this.ready.add(run);
      for (const run of excess)
        this.ready.removeAt(this.ready.runs.findIndex((ready) => ready.start === run.start));
      this.deferred = deferred;
      this.freeInTree = freeInTree;
      this.deferredInTree = deferredInTree;
    };
    const left = kept.slotsBelow(this.ceiling) - slotsBelow(shortest, this.ceiling);
    return { accept, gained: left - this.ready.slotsBelow(this.ceiling) };
  }

  /** Moves free records of the pool tree to ready, at least `slots` if there are as many. */
  refill(pool: TreeEdit<PoolRecord>, slots: number): { accept: () => void; found: number } {
    const taken: Run[] = [];
    let found = 0;
    const collect = (from: number, below: number): void => {
      pool.scan(freeKey(from), (key, count) => {
        const run = freeRun(key, count);
        if (run === undefined || run.start >= below) return false;
        this.#assertWithin(run);
        taken.push(run);
        found += run.count;
        return found < slots && taken.length < REFILL_RECORDS;
      });
    };
    collect(this.#searchFrom, this.ceiling);
    if (found < slots && taken.length < REFILL_RECORDS)
      collect(0, Math.min(this.#searchFrom, this.ceiling));
    for (const run of taken) pool.delete(freeKey(run.start));
    const accept = (): void => {
      for (const run of taken) this.ready.add(run);
      this.freeInTree -= found;
      this.#searchFrom = (taken.at(-1)?.start ?? -1) + 1;
    };
    return { accept, found };
  }

  /**
   * Fixes the length that the next superblock publishes: the frontier rounded up to whole steps, so
   * that the length tells little, and so far that `reserve` slots are free below it, if there is room: what
   * lies behind is given back at closing, and others may take it before something has to be deleted here.
   * Returns the slots that nothing has written yet and that must be filled with random bytes first; they
   * become ready.
   */
  publish(stepSlots: number, reserve: number): Run | undefined {
    const lacking = Math.max(0, reserve - this.free);
    const slots = Math.min(this.room, Math.ceil((this.frontier + lacking) / stepSlots) * stepSlots);
    const fresh = { start: this.frontier, count: slots - this.frontier };
    this.slots = slots;
    this.frontier = slots;
    if (fresh.count <= 0) return undefined;
    this.ready.add(fresh);
    return fresh;
  }

  /**
   * Takes the free slots at the container's end off it; the next commit publishes the shorter length. Only what no
   * superblock of the ring and no reader reaches is free in this sense.
   */
  cutFreeEnd(pool: TreeEdit<PoolRecord>): { accept: () => void } {
    let end = this.frontier;
    let fromTree = 0;
    const ready: number[] = [];
    for (;;) {
      const run = this.ready.runs.findLast(({ start }) => start < end);
      const last = pool.floor(freeKey(end - 1));
      const free = last === undefined ? undefined : freeRun(last.key, last.value);
      if (run !== undefined && run.start + run.count === end) {
        ready.push(run.start);
        end = run.start;
      } else if (free !== undefined && free.start + free.count === end) {
        pool.delete(freeKey(free.start));
        fromTree += free.count;
        end = free.start;
      } else break;
    }
    const accept = (): void => {
      for (const start of ready)
        this.ready.removeAt(this.ready.runs.findIndex((run) => run.start === start));
      this.freeInTree -= fromTree;
      this.frontier = end;
      this.#searchFrom = 0;
    };
    return { accept };
  }

  /** Records that authenticate may still be made to mislead. */
  #assertWithin(run: Run): void {
    if (run.start + run.count > this.frontier)
      throw new RepoError("INTEGRITY", { message: "a free slot beyond the end" });
  }

  get state(): AllocatorState {
    return {
      slots: this.slots,
      freeInTree: this.freeInTree,
      deferredInTree: this.deferredInTree,
      ready: [...this.ready.runs],
      deferred: [...this.deferred],
    };
  }
}

/** Removes some of the deferred records that are old enough, oldest first, and returns them. */
function takeDeferred(
  pool: TreeEdit<PoolRecord>,
  reusable: Generation,
  most: number,
): DeferredRun[] {
  const runs: DeferredRun[] = [];
  pool.scan(FIRST_DEFERRED_KEY, (key, count) => {
    const run = deferredRun(key, count);
    if (run === undefined || run.freed > reusable) return false;
    runs.push(run);
    return runs.length < most;
  });
  for (const run of runs) pool.delete(deferredKey(run.freed, run.start));
  return runs;
}

/**
 * Books the slots of the pool nodes that this very edit replaces: in the list while it has room, else
 * as deferred records. Those all go to one place of the tree, so booking them replaces ever fewer nodes.
 * Returns the slots booked as records.
 */
function bookRetired(
  pool: TreeEdit<PoolRecord>,
  deferred: DeferredRun[],
  next: Generation,
): number {
  let inTree = 0;
  for (let booked = 0; ;) {
    const runs = joinRuns(slotsOf(pool.retired.slice(booked)));
    booked = pool.retired.length;
    if (deferred.length + runs.length <= LISTED_RUNS - READY_RUNS - 2) {
      deferred.push(...runs.map((run) => ({ ...run, freed: next })));
      return inTree;
    }
    for (const run of runs) {
      pool.put(deferredKey(next, run.start), run.count);
      inTree += run.count;
    }
  }
}

/** Slots of the runs below `ceiling`. */
function slotsBelow(runs: readonly Run[], ceiling: number): number {
  return runs.reduce((sum, { start, count }) => sum + Math.min(count, ceiling - start), 0);
}

function countSlots(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0);
}

/** The stored slots of nodes. */
export function slotsOf(handles: readonly Pick<NodeHandle<unknown>, "refs">[]): Run[] {
  return handles.flatMap((handle) =>
    (handle.refs ?? []).map((ref) => ({ start: ref.slot, count: ref.count })),
  );
}

/** Inserts a free run, joined with its neighbours in the tree. */
function putFree(pool: TreeEdit<PoolRecord>, run: Run): void {
  let { start, count } = run;
  const before = pool.floor(freeKey(start));
  const left = before === undefined ? undefined : freeRun(before.key, before.value);
  if (left !== undefined && left.start + left.count === start) {
    pool.delete(freeKey(left.start));
    start = left.start;
    count += left.count;
  }
  const right = pool.get(freeKey(start + count));
  if (right !== undefined) {
    pool.delete(freeKey(start + count));
    count += countOf(right);
  }
  pool.put(freeKey(start), count);
}
