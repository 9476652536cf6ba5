/** The order of a run: within each repetition and workload the entrants take turns, so that what else the machine does meets all. */
import type { Entrant, WorkloadId } from "../messages.js";

export interface Job {
  readonly repetition: number;
  readonly workload: WorkloadId;
  readonly entrant: string;
}

const WORKLOADS: readonly WorkloadId[] = ["W1", "W2", "W3", "W4", "W5", "W6"];
/** A turn of W5 opens several times by itself, and takes long to set up. */
const MOST_REPETITIONS: Partial<Record<WorkloadId, number>> = { W5: 2 };
/** Whoever is slow has said what he has to say after two turns. */
const LEAST_REPETITIONS = 2;
/** What one entrant may spend on one workload in all before it gets no more turns. */
const SHARE_MS = 25_000;

export function planJobs(entrants: readonly Entrant[], repetitions: number): Job[] {
  const jobs: Job[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++)
    for (const workload of WORKLOADS) {
      if (repetition >= (MOST_REPETITIONS[workload] ?? Infinity)) continue;
      for (const { name, workloads } of entrants)
        if (workloads.includes(workload)) jobs.push({ repetition, workload, entrant: name });
    }
  return jobs;
}

/** Whether a turn is left out, as the entrant has spent its share, or has failed. */
export function isSpent({ repetition }: Job, spentMs: number, hasFailed: boolean): boolean {
  return hasFailed || (repetition >= LEAST_REPETITIONS && spentMs > SHARE_MS);
}
