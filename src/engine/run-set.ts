/** RunSet: disjoint runs of slots in address order, neighbours joined. Holds hundreds, not millions. */
import { RepoError } from "../errors.js";
import type { Run } from "./slot-ref.js";

export class RunSet {
  #runs: Run[] = [];
  #slots = 0;

  /** Slots in all runs. */
  get slots(): number {
    return this.#slots;
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** The first index whose run starts at or after `start`. */
  #index(start: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Throws INTEGRITY if some of the run is there already, as in a container that contradicts itself. */
  add(run: Run): void {
    const i = this.#index(run.start);
    const before = this.#runs[i - 1];
    const after = this.#runs[i];
    const end = run.start + run.count;
    const isApart =
      (before === undefined || before.start + before.count <= run.start) &&
      (after === undefined || end <= after.start);
    if (!isApart) throw new RepoError("INTEGRITY", { message: "a slot is free twice" });
    const joinsBefore = before !== undefined && before.start + before.count === run.start;
    const joinsAfter = after !== undefined && after.start === end;
    const start = joinsBefore ? before.start : run.start;
    const count = (joinsAfter ? after.start + after.count : end) - start;
    this.#runs.splice(joinsBefore ? i - 1 : i, (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), {
      start,
      count,
    });
    this.#slots += run.count;
  }

  /** Takes `count` adjacent slots below `ceiling` from the first run that has them. */
  take(count: number, ceiling = Infinity): number | undefined {
    const i = this.#runs.findIndex((run) => Math.min(run.count, ceiling - run.start) >= count);
    const run = this.#runs[i];
    if (run === undefined) return undefined;
    if (run.count === count) this.#runs.splice(i, 1);
    else this.#runs[i] = { start: run.start + count, count: run.count - count };
    this.#slots -= count;
    return run.start;
  }

  /** Slots below `ceiling`. */
  slotsBelow(ceiling: number): number {
    if (ceiling === Infinity) return this.#slots;
    return this.#runs.reduce(
      (sum, { start, count }) => sum + Math.max(0, Math.min(count, ceiling - start)),
      0,
    );
  }

  /** Removes and returns the run that begins at index `i`. */
  removeAt(i: number): Run | undefined {
    const run = this.#runs.splice(i, 1)[0];
    if (run !== undefined) this.#slots -= run.count;
    return run;
  }
}

/** The same slots as few runs, in address order. */
export function joinRuns(runs: readonly Run[]): Run[] {
  const sorted = runs.toSorted((a, b) => a.start - b.start);
  const joined: { start: number; count: number }[] = [];
  for (const run of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.start + last.count === run.start) last.count += run.count;
    else joined.push({ ...run });
  }
  return joined;
}
