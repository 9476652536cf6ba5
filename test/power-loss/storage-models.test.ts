/**
 * Catalogue 22 and 25: storage of other kinds than the honest one. A flush may lie for one to three
 * flushes (drives that acknowledge from their cache); or writes keep their order and a crash leaves a
 * prefix of them (IndexedDB transactions).
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Prng } from "../simulated-disk/prng.js";
import { CrashOracle } from "./crash-oracle.js";
import { OPERATIONS } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";
import { sharedKeys, type SharedKeys } from "./shared-keys.js";
import { prepareBases, record, type Base } from "./workload.js";

const names = Object.keys(OPERATIONS);
/** Operations of one workload: enough commits for the ring of cells to go round. */
const CHAIN = 6;
const WORKLOADS = 12;

let keys: SharedKeys;
let bases: Base[];
let states = 0;
let violations = 0;

beforeAll(async () => {
  keys = await sharedKeys();
  bases = await prepareBases(keys);
});

afterAll(() => {
  console.log(`power loss: ${states} crash states of other storage, ${violations} violations`);
});

function count(oracle: CrashOracle): void {
  states += oracle.states;
  violations += oracle.violations;
}

function someOperations(seed: number, length: number): { name: string; turn: number }[] {
  const prng = new Prng(seed).fork("operations");
  return Array.from({ length }, () => ({ name: prng.pick(names), turn: prng.below(2) }));
}

describe.each([1, 2, 3])("after a flush that lied for %i flushes", (weakFlushes) => {
  test.each(["strict", "relaxed"] as const)(
    "a whole state opens, and what shows of newer commits is reported (%s)",
    async (durability) => {
      const oracle = new CrashOracle(keys);
      for (const run of runs)
        for (let index = 0; index < WORKLOADS; index++) {
          const seed = workloadSeed(run, 20_000 + weakFlushes * 100 + index);
          const operations = someOperations(seed, CHAIN);
          const base = bases[index % bases.length] ?? expect.fail("there are bases");
          const recording = await record(keys, { seed, durability, base, operations });
          await oracle.judge(recording, {
            seed,
            weakFlushes,
            exhaustivePieces: 4,
            samples: 12,
            tornPieces: 0,
            tornHeaderBytes: 0,
          });
        }
      count(oracle);
      expect(oracle.described).toEqual([]);
    },
  );
});

describe("on storage that keeps the order of writes", () => {
  test.each(["strict", "relaxed"] as const)(
    "every prefix of the writes opens as an allowed state, with one flush a commit (%s)",
    async (durability) => {
      const oracle = new CrashOracle(keys);
      for (const run of runs)
        for (const [index, name] of names.entries())
          for (const [nth, base] of bases.entries()) {
            const seed = workloadSeed(run, 30_000 + index * 10 + nth);
            const operations = [{ name, turn: 0 }, ...someOperations(seed, 2)];
            const options = { seed, durability, base, operations, orderedWrites: true };
            const recording = await record(keys, options);
            await oracle.judge(recording, { seed, crashRecoveryEvery: 23 });
          }
      count(oracle);
      expect(oracle.described).toEqual([]);
    },
  );
});
