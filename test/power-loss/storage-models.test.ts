/**
 * Catalogue 22 and 25: storage of other kinds than the honest one. A flush may lie for up to five
 * flushes, as drives do that acknowledge from their cache; more than that a ring of four cells cannot
 * bear. Or writes keep their order and a crash leaves a prefix of them (IndexedDB transactions).
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineEvent } from "../../src/engine/options.js";
import { Prng } from "../simulated-disk/prng.js";
import { SimulatedDisk } from "../simulated-disk/simulated-disk.js";
import { openRepo, testEnvironment } from "../support/repo.js";
import { cells, CrashOracle, judgeWhole } from "./crash-oracle.js";
import { OPERATIONS, pattern } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";
import { sharedKeys, type SharedKeys } from "./shared-keys.js";
import { prepareBases, record, type Base } from "./workload.js";

const names = Object.keys(OPERATIONS);
/** Operations of one workload: enough commits for the ring of cells to go round. */
const CHAIN = 6;
const WORKLOADS = 8;

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

describe.each([1, 2, 3, 5])("after a flush that lied for %i flushes", (weakFlushes) => {
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

test("a loss of two strict commits opens read-only until it is accepted, and is then not reported again", async () => {
  const disk = SimulatedDisk.fromImage(bases[0]?.image ?? expect.fail("there are bases"));
  const { fs } = await openRepo(disk.open(), keys, testEnvironment(), { durability: "strict" });
  await fs.writeFile("/kept", pattern(3000, 1));
  await fs.writeFile("/lost 1", pattern(3000, 2));
  await fs.writeFile("/lost 2", pattern(3000, 3));
  const ring = await cells(disk.durable, await keys.sealer());
  const lost = ring.toSorted((a, b) => b.generation - a.generation).slice(0, 2);
  const image = disk.durable.with(
    lost.map(({ manifest }) => ({
      kind: "slot",
      slot: manifest[0]?.ref.slot ?? expect.fail("the commit wrote something"),
      bytes: new Uint8Array(keys.slotBytes),
    })),
  );
  const events: EngineEvent[] = [];
  const onEvent = (event: EngineEvent): unknown => events.push(event);
  const refused = await openRepo(SimulatedDisk.fromImage(image).open(), keys, testEnvironment(), {
    onEvent,
  });
  expect(events).toMatchObject([
    { type: "recovered", lostGenerations: lost.map(({ generation }) => generation) },
  ]);
  expect(refused.engine.readOnly).toBe(true);
  expect(await refused.fs.readFile("/kept")).toEqual(pattern(3000, 1));
  await expect(refused.fs.mkdir("/x")).rejects.toMatchObject({ code: "EROFS" });

  const after = SimulatedDisk.fromImage(image);
  const accepted = await openRepo(after.open(), keys, testEnvironment(), { acceptRollback: true });
  await accepted.fs.writeFile("/new", pattern(3000, 4));
  await accepted.fs.sync();
  events.length = 0;
  const cut = SimulatedDisk.fromImage(after.durable);
  const reopened = await openRepo(cut.open(), keys, testEnvironment(), { onEvent });
  expect(events).toEqual([]);
  expect(reopened.engine.readOnly).toBe(false);
  expect(await reopened.fs.readFile("/new")).toEqual(pattern(3000, 4));
  await judgeWhole(reopened);
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
