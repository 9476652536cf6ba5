/**
 * SpeedRun: takes turns of workloads and entrants, those of the bench that a page can have without installing
 * anything, and hands on what there is after each. What a turn stores is gone when it ends, cancelled or not.
 */
import type { BenchSizes, Sample, WorkloadId } from "../../../bench/messages.js";
import { OWN_ENTRANTS, type Runnable } from "../../../bench/own-entrants.js";

const MIB = 1024 * 1024;

export type SpeedSize = "small" | "medium" | "large";

interface Extent {
  readonly repetitions: number;
  readonly sizes: BenchSizes;
}

export const EXTENTS: Readonly<Record<SpeedSize, Extent>> = {
  small: { repetitions: 1, sizes: sizes(4, 40, 2, 60, 200) },
  medium: { repetitions: 3, sizes: sizes(32, 300, 16, 500, 2000) },
  large: { repetitions: 3, sizes: sizes(128, 1000, 64, 2000, 10_000) },
};

function sizes(
  largeMiB: number,
  files: number,
  randomMiB: number,
  accesses: number,
  openFiles: number,
): BenchSizes {
  return {
    largeBytes: largeMiB * MIB,
    files,
    randomBytes: randomMiB * MIB,
    accesses,
    treeFiles: 0,
    openFiles,
    openings: 2,
    limitMs: 3000,
  };
}

const NAMES = new Set([
  "raw pipeline aes 64K",
  "raw pipeline xchacha 64K",
  "cofferfs opfs aes",
  "cofferfs opfs xchacha",
  "cofferfs idb aes",
  "plain opfs",
  "raw access handle",
]);
const WORKLOADS: readonly WorkloadId[] = ["W1", "W2", "W3", "W5"];

interface Turn {
  readonly workload: WorkloadId;
  readonly entrant: Runnable;
}

export interface SpeedProgress {
  readonly done: number;
  readonly total: number;
  readonly workload: WorkloadId;
  readonly entrant: string;
}

/** Something that this browser cannot do; the others go on. */
export interface SpeedFailure {
  readonly workload: WorkloadId;
  readonly entrant: string;
  readonly reason: string;
}

export interface SpeedListener {
  onTurn(progress: SpeedProgress): void;
  onSamples(samples: readonly Sample[]): void;
  onFailure(failure: SpeedFailure): void;
}

/** Rejects with the signal's reason when it is aborted. */
export async function runSpeed(
  size: SpeedSize,
  signal: AbortSignal,
  listener: SpeedListener,
): Promise<void> {
  const { repetitions, sizes: amounts } = EXTENTS[size];
  const turns = Array.from({ length: repetitions }, turnsOfOne).flat();
  const failed = new Set<string>();
  for (const [done, { workload, entrant }] of turns.entries()) {
    signal.throwIfAborted();
    const key = `${workload} ${entrant.name}`;
    if (failed.has(key)) continue;
    listener.onTurn({ done, total: turns.length, workload, entrant: entrant.name });
    try {
      const figures = await entrant.run(workload, { sizes: amounts, tree: noTree, signal });
      listener.onSamples(figures.map((figure) => ({ workload, entrant: entrant.name, ...figure })));
    } catch (error) {
      signal.throwIfAborted();
      failed.add(key);
      const reason = error instanceof Error ? error.message : String(error);
      listener.onFailure({ workload, entrant: entrant.name, reason });
    }
  }
}

function turnsOfOne(): Turn[] {
  const entrants = OWN_ENTRANTS.filter(({ name }) => NAMES.has(name));
  return WORKLOADS.flatMap((workload) =>
    entrants
      .filter(({ workloads }) => workloads.includes(workload))
      .map((entrant) => ({ workload, entrant })),
  );
}

function noTree(): Promise<never> {
  return Promise.reject(new Error("the demo has no source tree"));
}
