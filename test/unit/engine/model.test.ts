/**
 * A random life against a model: every kind of change, versions, snapshots, transactions, compaction and reopening, on
 * a disk that loses power, fails and fills up at any of them. After each loss the repo is one of the states that
 * it may be in, check() finds nothing, and life goes on.
 */
import { afterAll, expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import {
  describeRepo,
  describeState,
  EMPTY,
  someOperation,
  type State,
} from "../../model/repo-model.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testEnvironment, type TestRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";
import { expectWhole } from "../../support/whole.js";

const keys = unsealedKeys();
const SLOW = Number(process.env["SLOW"] ?? 0) > 0;
const LIVES = SLOW ? 500 : 50;
const STEPS = 400;
const tally = { steps: 0, crashes: 0, faults: 0, full: 0, reopened: 0, versions: 0 };

afterAll(() => {
  console.log("model:", JSON.stringify(tally));
});

class Life {
  readonly #prng: Prng;
  readonly #environment;
  readonly #options;
  readonly #content: (prng: Prng) => Uint8Array;
  #disk: SimulatedDisk;
  #repo: TestRepo | undefined;
  /** A fault was injected since the repo was opened. */
  #isHurt = false;
  #state = EMPTY;
  /** States that may be on storage if the power goes now, oldest first; the last one is the present. */
  #possible: State[] = [EMPTY];

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    const prng = this.#prng;
    this.#environment = testEnvironment(seed);
    this.#options = {
      durability: prng.pick(["strict", "relaxed", "relaxed"] as const),
      unitBytes: prng.pick([4096, 16_384]),
    };
    const scale = prng.pick([300, 5000, 5000, 40_000]);
    this.#content = (random) => {
      const length = random.below(scale);
      return random.chance(0.5) ? random.bytes(length) : repeated(length, random.below(4));
    };
    this.#disk = new SimulatedDisk({ seed });
    if (prng.chance(0.3)) this.#disk.maxSlots = 200 + prng.below(500);
  }

  get #open(): TestRepo {
    return this.#repo ?? expect.fail("the repo is open");
  }

  async run(): Promise<void> {
    const prng = this.#prng;
    const compress = prng.pick(["no", "lz4", "zstd"] as const);
    const settings = {
      compress: compress === "no" ? undefined : compress,
      dedup: prng.chance(0.5),
      versionLimit: prng.pick([1, 1, 4]),
    };
    const store = this.#disk.open("create");
    this.#repo = await createRepo(store, keys, this.#environment, this.#options, settings);
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      tally.steps++;
      if (prng.chance(0.1)) this.#environment.clock.advance(100);
      if (prng.chance(0.03)) await this.#survive(() => this.#readVersions());
      if (prng.chance(0.02)) await this.#losePower();
      if (prng.chance(0.02)) await this.#survive(() => this.#reopen());
    }
    await this.#survive(() => this.#open.fs.sync());
    expect(await describeRepo(this.#open)).toBe(describeState(this.#state));
    await expectWhole(this.#open);
    await this.#open.fs.close();
  }

  async #step(): Promise<void> {
    const prng = this.#prng;
    const operation = someOperation(prng, this.#state, this.#content, keys.rotate);
    const isFaulty = prng.chance(0.04);
    this.#isHurt ||= isFaulty;
    if (isFaulty)
      this.#disk.inject({
        nth: 1 + prng.below(8),
        times: prng.pick(["once", "once", "forever"]),
        outcome: prng.pick(["lost", "partial", "landed"]),
      });
    this.#possible.push(operation.next);
    try {
      await operation.run(this.#open);
      this.#state = operation.next;
      const isDurable = this.#options.durability === "strict" || operation.title === "sync";
      if (isDurable) this.#possible = [this.#state];
    } catch (error) {
      if (!isFaulty && isRepoError(error, "ENOSPC")) {
        // Nothing of it has happened.
        this.#possible.pop();
        tally.full++;
      } else if (this.#isHurt) await this.#recover(this.#disk);
      else throw new Error(`${operation.title} failed`, { cause: error });
    } finally {
      this.#disk.heal();
    }
  }

  /** A fault may have met a commit in the background: who comes next is told. */
  async #survive(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.#isHurt || !isRepoError(error)) throw error;
      await this.#recover(this.#disk);
    }
  }

  /** Opens what is there after a failure or a loss: it must be one of the states that are possible. */
  async #recover(disk: SimulatedDisk): Promise<void> {
    if (this.#isHurt) tally.faults++;
    this.#isHurt = false;
    this.#disk.heal();
    await this.#repo?.fs.close().catch(() => undefined);
    this.#disk = disk;
    this.#repo = await openRepo(disk.open(), keys, this.#environment, this.#options);
    const found = await describeRepo(this.#repo);
    const state = this.#possible.findLast((possible) => describeState(possible) === found);
    if (state === undefined) expect(found).toBe(describeState(this.#state));
    this.#state = state ?? this.#state;
    await expectWhole(this.#repo);
    // expectWhole syncs.
    this.#possible = [this.#state];
  }

  async #losePower(): Promise<void> {
    tally.crashes++;
    const { maxSlots } = this.#disk;
    const image = this.#disk.crash(this.#prng.below(2 ** 30));
    const disk = SimulatedDisk.fromImage(image, { seed: this.#prng.below(2 ** 30), maxSlots });
    await this.#recover(disk);
  }

  async #reopen(): Promise<void> {
    tally.reopened++;
    await this.#open.fs.close();
    this.#possible = [this.#state];
    this.#repo = await openRepo(this.#disk.open(), keys, this.#environment, this.#options);
    expect(await describeRepo(this.#repo)).toBe(describeState(this.#state));
    this.#possible = [this.#state];
  }

  /** The last version of a file is its content, and every one that is listed can be read. */
  async #readVersions(): Promise<void> {
    const files = [...this.#state.live].filter(([, entry]) => entry !== undefined);
    if (files.length === 0) return;
    const [path, content] = this.#prng.pick(files);
    const { fs } = this.#open;
    for (const { version, size } of await fs.history(path)) {
      const handle = await fs.openVersion(path, version);
      const into = new Uint8Array(size);
      expect(await handle.read(into, 0)).toBe(size);
      await handle.close();
      tally.versions++;
      const isPresent = version === (await fs.history(path)).at(-1)?.version;
      if (isPresent) expect(Buffer.compare(into, content ?? into), path).toBe(0);
    }
  }
}

/** Content that others write too. */
function repeated(length: number, which: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 7 + (i >> 5) * which) & 0x3f);
}

test.each(Array.from({ length: LIVES }, (_, i) => i + 1))(
  "life %i: 400 steps, whatever happens at any of them",
  async (seed) => {
    await new Life(seed).run();
  },
  120_000,
);

test("at least 20 000 steps were made, and each kind of trouble was met", () => {
  expect(tally.steps).toBeGreaterThanOrEqual(20_000);
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(25);
});
