/** Timing of one figure, and how it becomes a rate. Work that takes too long ends early, and the rate is of what was done. */
import type { BenchSizes, Figure } from "../messages.js";
import type { SourceTree } from "../source-tree.js";

/** What a workload gets besides its subject. */
export interface BenchRun {
  readonly sizes: BenchSizes;
  /** W4's files; not on every page that runs workloads. */
  readonly tree: () => Promise<SourceTree>;
  readonly signal?: AbortSignal;
}

export interface Measured {
  readonly ms: number;
  /** How many of the calls there was time for; at least one. */
  readonly done: number;
}

/** `call(0)`, `call(1)`, … each awaited, up to `calls` or until the time is over; then `end`, which counts. */
export async function timeCalls(
  { sizes, signal }: BenchRun,
  calls: number,
  call: (index: number) => Promise<unknown>,
  end?: () => Promise<void>,
): Promise<Measured> {
  const start = performance.now();
  let done = 0;
  while (done < calls) {
    signal?.throwIfAborted();
    await call(done);
    done += 1;
    if (performance.now() - start > sizes.limitMs) break;
  }
  await end?.();
  return { ms: performance.now() - start, done };
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** `work` for every item, so many at a time. */
export async function inFlight<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      signal?.throwIfAborted();
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** The finest that a page's clock tells apart: no rate is infinite. */
const CLOCK_MS = 0.005;

export function callRate(metric: string, { done, ms }: Measured): Figure {
  return { metric, value: (done * 1000) / Math.max(ms, CLOCK_MS), unit: "/s" };
}

export function byteRate(metric: string, { done, ms }: Measured, bytesEach: number): Figure {
  return { metric, value: (done * bytesEach) / 1000 / Math.max(ms, CLOCK_MS), unit: "MB/s" };
}

export function duration(metric: string, ms: number): Figure {
  return { metric, value: ms, unit: "ms" };
}
