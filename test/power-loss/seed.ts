/**
 * Seed: where the randomness of a run comes from. The default run is the same everywhere; SEED=n moves
 * all of it, and SLOW=1 runs several.
 */
const first = Number(process.env["SEED"] ?? 0);

/** Seeds of this run: one, or as many as SLOW=1 takes the time for. */
export const runs: readonly number[] =
  process.env["SLOW"] === "1" ? Array.from({ length: 10 }, (_, i) => first + i) : [first];

/** The seed of one workload of a run. */
export function workloadSeed(run: number, workload: number): number {
  return run * 1_000_003 + workload;
}
