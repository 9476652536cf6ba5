/**
 * Catalogue 21–24: a crash at every write and flush of every operation and of every ordered pair of
 * operations. Whatever the storage kept of what it had not confirmed, the repo opens and shows exactly
 * one of the states that were acknowledged last or asked for since.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CrashOracle, type JudgeOptions } from "./crash-oracle.js";
import { OPERATIONS } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";
import { sharedKeys, type SharedKeys } from "./shared-keys.js";
import { prepareBases, record, type Base, type Durability } from "./workload.js";

const names = Object.keys(OPERATIONS);

/** One operation alone: many subsets of the unflushed writes, writes torn throughout, crashed while it recovers. */
const THOROUGH: Omit<JudgeOptions, "seed"> = {
  exhaustivePieces: 5,
  samples: 24,
  tornPieces: 2,
  tornHeaderBytes: 16,
  every: 5,
  crashRecoveryEvery: 97,
};
/** A pair: less of each, since there are many pairs. */
const BROAD: Omit<JudgeOptions, "seed"> = {
  exhaustivePieces: 4,
  samples: 6,
  tornPieces: 1,
  tornHeaderBytes: 4,
  every: 5,
};

/** The tests of one durability, which a file of its own calls for, so that they run side by side. */
export function enumerateCrashes(durability: Durability, leastStates: number): void {
  let keys: SharedKeys;
  let bases: Base[];
  let oracle: CrashOracle;

  beforeAll(async () => {
    keys = await sharedKeys();
    bases = await prepareBases(keys);
    oracle = new CrashOracle(keys);
  });

  afterAll(() => {
    console.log(
      `power loss: ${oracle.states} crash states (${durability}), ${oracle.violations} violations`,
    );
  });

  test.each(names)(
    "a crash during or after '%s' shows a state before or after it",
    async (name) => {
      for (const run of runs)
        for (const [index, base] of bases.entries()) {
          const seed = workloadSeed(run, names.indexOf(name) * 10 + index);
          const operations = [{ name, turn: 0 }];
          const recording = await record(keys, { seed, durability, base, operations });
          await oracle.judge(recording, { seed, ...THOROUGH });
        }
      expect(oracle.described).toEqual([]);
    },
  );

  test.each(names)(
    "a crash during or after another operation that follows '%s' shows a state between",
    async (first) => {
      for (const run of runs)
        for (const [index, second] of names.entries()) {
          // Each pair in one durability; every other run has it in the other one.
          const isStrict = (names.indexOf(first) + index + run) % 2 === 0;
          if (isStrict !== (durability === "strict")) continue;
          const seed = workloadSeed(run, 1000 + names.indexOf(first) * 100 + index);
          const turn = (seed >> 1) % 2;
          const operations = [
            { name: first, turn: 0 },
            { name: second, turn },
          ];
          const base = bases[seed % bases.length] ?? expect.fail("there are bases");
          const recording = await record(keys, { seed, durability, base, operations });
          await oracle.judge(recording, { seed, ...BROAD, from: recording.lastOperationFrom });
        }
      expect(oracle.described).toEqual([]);
    },
  );

  test(`at least ${leastStates} crash states were judged`, () => {
    expect(oracle.states).toBeGreaterThanOrEqual(leastStates);
  });
}
