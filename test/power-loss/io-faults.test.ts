/**
 * Catalogue 27–29: the N-th call to the storage fails, for N = 1, 2, 3 … until the operation succeeds;
 * a flush throws though the data landed; space runs out at every point. Errors are typed, what is
 * stored is the old state or the new one, and no slot is lost.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineEvent } from "../../src/engine/options.js";
import { RepoError, type RepoErrorCode } from "../../src/errors.js";
import type { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { SimulatedDisk, type Fault } from "../simulated-disk/simulated-disk.js";
import { openRepo, testEnvironment, type TestRepo } from "../support/repo.js";
import { judgeWhole } from "./crash-oracle.js";
import { OPERATIONS, pattern, type Operation } from "./operations.js";
import { sharedKeys, type SharedKeys } from "./shared-keys.js";
import { describeTree } from "./tree-description.js";
import { prepareBases, record, type Base, type Durability } from "./workload.js";

const OUTCOMES = ["lost", "partial", "landed"] as const;
const TIMES = ["once", "forever"] as const;
const DURABILITIES = ["strict", "relaxed"] as const;
/** More calls than any operation makes. */
const MOST_CALLS = 200;
const SEED = 50_000;
/** Files by which a fill may differ from another: the container grows in steps, the last of which may not fit. */
const SPREAD = 4;

let keys: SharedKeys;
let bases: Base[];
beforeAll(async () => {
  keys = await sharedKeys();
  bases = await prepareBases(keys);
});

function base(index: number): Base {
  return bases[index % bases.length] ?? expect.fail("there are bases");
}

async function failureOf(work: Promise<unknown>): Promise<RepoError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof RepoError) return error;
    throw new Error("an error without a code", { cause: error });
  }
}

/** The call of the storage that a failure goes back to. */
function failedCall(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const call = /injected fault in (\w+)/.exec(at.message)?.[1];
    if (call !== undefined) return call;
  }
  return undefined;
}

/** What one operation under a fault came to. */
class FaultyRun {
  readonly disk: SimulatedDisk;
  readonly events: EngineEvent[] = [];
  readonly #durability: Durability;
  submitted = 0;
  acknowledged = 0;
  fired = false;

  constructor(image: Base["image"], durability: Durability) {
    this.disk = SimulatedDisk.fromImage(image, { seed: SEED, record: true });
    this.#durability = durability;
  }

  async run(operation: Operation, fault: Fault): Promise<void> {
    const environment = testEnvironment(SEED);
    const repo = await openRepo(this.disk.open(), keys, environment, {
      durability: this.#durability,
      onEvent: (event) => this.events.push(event),
    });
    const { fs } = repo;
    const { disk } = this;
    const before = disk.calls;
    disk.inject(fault);
    const work = async (): Promise<void> => {
      await operation(
        repo,
        async (call) => {
          environment.clock.nowMs += 1;
          this.submitted++;
          await call();
          if (this.#durability === "strict") this.acknowledged = this.submitted;
        },
        0,
      );
      environment.clock.advance(100);
      await fs.sync();
      this.acknowledged = this.submitted;
    };
    const failure = await failureOf(work());
    await this.#judgeFailure(fs, failure);
    await failureOf(fs.close());
    this.fired = disk.calls - before >= fault.nth;
    if (!this.fired) expect(failure).toBeUndefined();
    expect(disk.inUse).toBe(false);
    disk.heal();
  }

  /** A change of unknown outcome poisons; a read that failed harms nothing. */
  async #judgeFailure(fs: RepoFileSystem, failure: RepoError | undefined): Promise<void> {
    const poisoned = this.events.some(({ type }) => type === "poisoned");
    if (failure !== undefined) {
      expect<RepoErrorCode[]>(["BACKEND_IO", "REPO_POISONED"]).toContain(failure.code);
      if (failedCall(failure) !== "read") expect(poisoned).toBe(true);
    }
    if (!poisoned) return;
    for (const call of [fs.stat("/"), fs.mkdir("/x"), fs.sync(), fs.readdir("/")])
      expect((await failureOf(call))?.code).toBe("REPO_POISONED");
  }

  /** Reopening shows a state between those acknowledged and those asked for, whole and usable. */
  async judge(states: readonly string[]): Promise<void> {
    const allowed = states.slice(this.acknowledged, this.submitted + 1);
    const cut = SimulatedDisk.fromImage(this.disk.crash(SEED));
    for (const disk of [cut, this.disk]) {
      const repo = await openRepo(disk.open(), keys);
      expect(repo.engine.readOnly).toBe(false);
      expect(allowed).toContain(await describeTree(repo));
      await judgeWhole(repo);
      await repo.fs.writeFile("/after the fault", pattern(6000));
      await repo.fs.close();
      await judgeWhole(await openRepo(disk.open(), keys));
    }
  }
}

describe.each(DURABILITIES)("a failing storage in %s durability", (durability) => {
  test.each(Object.entries(OPERATIONS))(
    "whichever call fails during '%s', the error is typed and the old or the new state is whole",
    async (name, operation) => {
      // The young repo has no snapshot.
      const chosen = base(/snapshot|restore/.test(name) ? 1 : name.length);
      const { image } = chosen;
      const options = { seed: SEED, durability, base: chosen };
      const recording = await record(keys, { ...options, operations: [{ name, turn: 0 }] });
      for (const times of TIMES)
        for (const outcome of OUTCOMES)
          for (let nth = 1, fired = true; fired; nth++) {
            expect(nth).toBeLessThan(MOST_CALLS);
            const run = new FaultyRun(image, durability);
            try {
              await run.run(operation, { nth, times, outcome });
              await run.judge(recording.states);
            } catch (error) {
              throw new Error(`call ${nth} ${outcome}, ${times}`, { cause: error });
            }
            fired = run.fired;
          }
    },
  );
});

test("whichever call fails while a repo is opened, nothing is changed and the next opening works", async () => {
  for (const { image } of bases)
    for (const outcome of OUTCOMES)
      for (let nth = 1, fired = true; fired; nth++) {
        expect(nth).toBeLessThan(MOST_CALLS);
        const disk = SimulatedDisk.fromImage(image);
        const reference = await openRepo(SimulatedDisk.fromImage(image).open(), keys);
        disk.inject({ nth, outcome });
        const store = disk.open();
        const failure = await failureOf(openRepo(store, keys));
        fired = failure !== undefined;
        if (failure !== undefined) expect(failure.code).toBe("BACKEND_IO");
        disk.heal();
        await store.close();
        const repo = await openRepo(disk.open(), keys);
        expect(await describeTree(repo)).toBe(await describeTree(reference));
        await judgeWhole(repo);
      }
});

test("a flush that throws though the data landed poisons the repo, and reopening shows the new state", async () => {
  for (const nth of [1, 2]) {
    const disk = SimulatedDisk.fromImage(base(0).image);
    const { fs } = await openRepo(disk.open(), keys, testEnvironment(), { durability: "strict" });
    disk.inject({ on: ["flush"], nth, outcome: "landed" });
    expect((await failureOf(fs.writeFile("/new", pattern(100))))?.code).toBe("BACKEND_IO");
    expect((await failureOf(fs.readFile("/new")))?.code).toBe("REPO_POISONED");
    await failureOf(fs.close());
    const reopened = await openRepo(disk.open(), keys);
    const names = (await reopened.fs.readdir("/")).map(({ name }) => name);
    // The first flush precedes the superblock, the second one follows it.
    expect(names.includes("new")).toBe(nth === 2);
    await judgeWhole(reopened);
  }
});

/** Writes files of `bytes` until the space is used up; returns their paths. */
async function fill(repo: TestRepo, prefix: string, bytes: number): Promise<string[]> {
  const paths: string[] = [];
  for (;;) {
    const path = `/${prefix}${paths.length}`;
    const before = await describeTree(repo);
    const failure = await failureOf(repo.fs.writeFile(path, pattern(bytes, paths.length)));
    if (failure === undefined) {
      paths.push(path);
      continue;
    }
    expect(failure.code).toBe("ENOSPC");
    expect(await describeTree(repo)).toBe(before);
    return paths;
  }
}

async function removeAll(repo: TestRepo, paths: readonly string[]): Promise<void> {
  for (const path of paths) await repo.fs.unlink(path);
}

describe.each(DURABILITIES)("short of space in %s durability", (durability) => {
  test("wherever space runs out, the tree stays, deletes work, and then writes work again", async () => {
    const { image } = base(0);
    for (let maxSlots = image.slotCount; maxSlots <= image.slotCount + 50; maxSlots++) {
      const disk = SimulatedDisk.fromImage(image, { maxSlots });
      const repo = await openRepo(disk.open(), keys, testEnvironment(), { durability });
      try {
        const first = await fill(repo, "a", 9000);
        await judgeWhole(repo);
        await removeAll(repo, first);
        const second = await fill(repo, "b", 9000);
        expect(second.length).toBeGreaterThanOrEqual(first.length - SPREAD);
        await judgeWhole(repo);
        await repo.fs.unlink("/d0/large");
        await repo.fs.close();
        const reopened = await openRepo(disk.open(), keys, testEnvironment(), { durability });
        await removeAll(reopened, second);
        const third = await fill(reopened, "c", 9000);
        expect(third.length).toBeGreaterThanOrEqual(first.length - SPREAD);
        await judgeWhole(reopened);
        await reopened.fs.close();
        expect(disk.live.slotCount).toBeLessThanOrEqual(maxSlots);
      } catch (error) {
        throw new Error(`maxSlots ${maxSlots}`, { cause: error });
      }
    }
  });

  test.each(Object.entries(OPERATIONS))(
    "'%s' on a full disk succeeds, or fails with ENOSPC and changes nothing",
    async (name, operation) => {
      for (const bytes of [300, 3000, 9000]) {
        const disk = SimulatedDisk.fromImage(base(1).image, {
          maxSlots: base(1).image.slotCount + 40,
        });
        const repo = await openRepo(disk.open(), keys, testEnvironment(), { durability });
        await fill(repo, "f", bytes);
        let before = await describeTree(repo);
        const step = async (call: () => Promise<unknown>): Promise<void> => {
          await call();
          before = await describeTree(repo);
        };
        const failure = await failureOf(operation(repo, step, 0));
        if (["unlink", "rmdir"].includes(name)) expect(failure).toBeUndefined();
        if (failure !== undefined) {
          expect(failure.code).toBe("ENOSPC");
          expect(await describeTree(repo)).toBe(before);
        }
        await judgeWhole(repo);
        await repo.fs.close();
        const reopened = await openRepo(disk.open(), keys);
        expect(await describeTree(reopened)).toBe(before);
        await judgeWhole(reopened);
      }
    },
  );

  test("filling and emptying the disk again and again gives the same space each time", async () => {
    const disk = SimulatedDisk.fromImage(base(0).image, { maxSlots: 300 });
    const counts: number[] = [];
    for (let cycle = 0; cycle < 12; cycle++) {
      const repo = await openRepo(disk.open(), keys, testEnvironment(), { durability });
      const paths = await fill(repo, "f", 5000 + 4000 * (cycle % 3));
      counts.push(paths.length);
      await removeAll(repo, paths);
      await judgeWhole(repo);
      await repo.fs.close();
    }
    for (const kind of [0, 1, 2]) {
      const same = counts.filter((_, cycle) => cycle % 3 === kind);
      expect(Math.min(...same)).toBeGreaterThanOrEqual((same[0] ?? 0) - SPREAD);
    }
    expect(disk.live.slotCount).toBeLessThanOrEqual(300);
  });

  test("a quota that ends at any write leaves the old or the new state, in which deletes work", async () => {
    const operations = [{ name: "write large", turn: 0 }];
    const recording = await record(keys, { seed: SEED, durability, base: base(2), operations });
    for (let nth = 1, full = true; full; nth++) {
      const disk = SimulatedDisk.fromImage(base(2).image, { seed: SEED });
      const environment = testEnvironment(SEED);
      const writer = await openRepo(disk.open(), keys, environment, { durability });
      const { fs } = writer;
      disk.inject({ on: ["write", "resize"], nth, times: "forever", code: "ENOSPC" });
      const run = async (): Promise<void> => {
        await OPERATIONS["write large"]?.(
          writer,
          async (call) => {
            environment.clock.nowMs += 1;
            await call();
          },
          0,
        );
        await fs.sync();
      };
      const failure = await failureOf(run());
      full = failure !== undefined;
      if (failure !== undefined)
        expect<RepoErrorCode[]>(["ENOSPC", "REPO_POISONED"]).toContain(failure.code);
      await failureOf(fs.close());
      disk.heal();
      const repo = await openRepo(disk.open(), keys);
      expect(recording.states.slice(full ? 0 : 1)).toContain(await describeTree(repo));
      await repo.fs.unlink("/d0/large");
      await repo.fs.unlink("/d1/large");
      await judgeWhole(repo);
    }
  });
});

test("writing and deleting in turn for long does not make the container grow", async () => {
  const disk = SimulatedDisk.fromImage(base(0).image);
  const { fs, engine } = await openRepo(disk.open(), keys, testEnvironment(), {
    durability: "strict",
  });
  const sizes: number[] = [];
  for (let cycle = 0; cycle < 150; cycle++) {
    await fs.writeFile(`/f${cycle % 7}`, pattern(2000 + 3000 * (cycle % 5), cycle));
    if (cycle % 3 === 2) await fs.unlink(`/f${cycle % 7}`);
    sizes.push(engine.stats().slots);
  }
  expect(sizes.at(-1)).toBe(sizes[50]);
  await judgeWhole({ fs, engine });
});
