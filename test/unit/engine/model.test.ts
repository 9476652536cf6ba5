/**
 * A random life against a model: every kind of change and look, versions, snapshots, transactions, compaction and
 * reopening, on a disk that loses power before and amid them, fails and fills up at any of them. After each loss the repo
 * is one of the states that it may be in, with every version of every file, check() finds nothing, and life goes on.
 */
import { afterAll, describe, expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import {
  describeRepo,
  describeState,
  EMPTY,
  someOperation,
  type Materials,
  type Operation,
  type State,
} from "../../model/repo-model.js";
import type { DiskImage } from "../../simulated-disk/disk-image.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testEnvironment, type TestRepo } from "../../support/repo.js";
import { turns } from "../../support/turns.js";
import { unsealedKeys } from "../../support/unsealed.js";
import { expectWhole } from "../../support/whole.js";

const keys = unsealedKeys();
const SLOW = Number(process.env["SLOW"] ?? 0) > 0;
const LIVES = SLOW ? 500 : 50;
const STEPS = 400;
/** How many microtask turns an operation may be under way when the power goes. */
const MOST_TURNS = 120;

/** What the life of every repo must contain. */
const KINDS = [
  ...["create", "write", "append", "overwrite", "write in parts", "truncate", "read", "copy"],
  ...["rename", "mkdir", "remove", "version read", "snapshot", "delete snapshot", "restore"],
  ...["transaction", "compact", "reseal", "sync", "reopen"],
];

const LOOKS = ["read", "version read"];

interface Tally {
  ran: number;
  /** A planned failure of the disk has met it. */
  failed: number;
  /** The power went before it was over. */
  crashed: number;
  full: number;
}

const tallies = new Map<string, Tally>(
  KINDS.map((kind) => [kind, { ran: 0, failed: 0, crashed: 0, full: 0 }]),
);

function tallyOf(kind: string): Tally {
  return tallies.get(kind) ?? expect.fail(`${kind} is a kind of operation`);
}

function total(of: keyof Tally): number {
  return [...tallies.values()].reduce((sum, tally) => sum + tally[of], 0);
}

afterAll(() => {
  const all = { ran: total("ran"), failed: total("failed"), crashed: total("crashed") };
  console.log("model:", JSON.stringify({ ...all, full: total("full") }));
});

class Life {
  readonly #prng: Prng;
  readonly #environment;
  readonly #options;
  readonly #materials: Materials;
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
    this.#materials = {
      versionLimit: prng.pick([1, 1, 4]),
      rotate: keys.rotate,
      content: (random) => {
        const length = random.below(scale);
        return random.chance(0.5) ? random.bytes(length) : repeated(length, random.below(4));
      },
    };
    this.#disk = new SimulatedDisk({ seed });
    if (prng.chance(0.4)) this.#disk.maxSlots = 150 + prng.below(400);
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
      versionLimit: this.#materials.versionLimit,
    };
    const store = this.#disk.open("create");
    this.#repo = await createRepo(store, keys, this.#environment, this.#options, settings);
    for (let step = 0; step < STEPS; step++) {
      let operation = this.#someOperation();
      if (LOOKS.includes(operation.kind) && prng.chance(0.2)) {
        // What is in memory no disk can fail. Where this finds that something is lost, the look is another one.
        const before = this.#state;
        await this.#survive(() => this.#reopen());
        if (this.#state !== before) operation = this.#someOperation();
      }
      tallyOf(operation.kind).ran++;
      if (prng.chance(0.02)) await this.#crashAmid(operation);
      else await this.#step(operation);
      if (prng.chance(0.1)) this.#environment.clock.advance(100);
    }
    await this.#survive(() => this.#open.fs.sync());
    expect(await describeRepo(this.#open)).toBe(describeState(this.#state));
    await expectWhole(this.#open);
    await this.#open.fs.close();
  }

  #someOperation(): Operation {
    if (!this.#prng.chance(0.03)) return someOperation(this.#prng, this.#state, this.#materials);
    const next = this.#state;
    return { kind: "reopen", title: "reopen", next, run: () => this.#reopen() };
  }

  async #step(operation: Operation): Promise<void> {
    const prng = this.#prng;
    const isFaulty = prng.chance(LOOKS.includes(operation.kind) ? 0.3 : 0.05);
    this.#isHurt ||= isFaulty;
    if (isFaulty)
      this.#disk.inject({
        nth: 1 + prng.below(prng.chance(0.5) ? 3 : 12),
        times: prng.pick(["once", "once", "forever"]),
        outcome: prng.pick(["lost", "partial", "landed"]),
      });
    this.#possible.push(operation.next);
    try {
      await operation.run(this.#open);
      this.#state = operation.next;
      const isDurable = this.#options.durability === "strict" || operation.kind === "sync";
      if (isDurable) this.#possible = [this.#state];
    } catch (error) {
      if (!isFaulty && isRepoError(error, "ENOSPC")) {
        // Nothing of it has happened.
        this.#possible.pop();
        tallyOf(operation.kind).full++;
      } else if (this.#isHurt && isRepoError(error)) {
        if (isFaulty) tallyOf(operation.kind).failed++;
        await this.#recover();
      } else throw new Error(`${operation.title} failed`, { cause: error });
    } finally {
      this.#disk.heal();
    }
  }

  /** The power goes while the operation is under way, or has just been acknowledged. */
  async #crashAmid(operation: Operation): Promise<void> {
    tallyOf(operation.kind).crashed++;
    this.#possible.push(operation.next);
    const disk = this.#disk;
    const running = operation.run(this.#open).catch((error: unknown) => {
      const isExpected = this.#isHurt || isRepoError(error, "ENOSPC");
      if (!isExpected || !isRepoError(error)) throw error;
    });
    await turns(this.#prng.below(MOST_TURNS));
    const image = disk.crash(this.#prng.below(2 ** 30));
    const possible = this.#possible;
    await running;
    this.#possible = possible;
    await this.#recover(image);
  }

  /** A fault may have met a commit in the background: who comes next is told. */
  async #survive(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.#isHurt || !isRepoError(error)) throw error;
      await this.#recover();
    }
  }

  /** Opens what is there after a failure, or the image of a crash: it must be one of the states that are possible. */
  async #recover(image?: DiskImage): Promise<void> {
    this.#isHurt = false;
    this.#disk.heal();
    await this.#repo?.fs.close().catch(() => undefined);
    if (image !== undefined) {
      const { maxSlots } = this.#disk;
      this.#disk = SimulatedDisk.fromImage(image, { seed: this.#prng.below(2 ** 30), maxSlots });
    }
    this.#repo = await openRepo(this.#disk.open(), keys, this.#environment, this.#options);
    const found = await describeRepo(this.#repo);
    const state = this.#possible.findLast((possible) => describeState(possible) === found);
    if (state === undefined) expect(found).toBe(describeState(this.#state));
    this.#state = state ?? this.#state;
    await expectWhole(this.#repo);
    // expectWhole syncs.
    this.#possible = [this.#state];
  }

  async #reopen(): Promise<void> {
    await this.#open.fs.close();
    const repo = await openRepo(this.#disk.open(), keys, this.#environment, this.#options);
    this.#repo = repo;
    expect(await describeRepo(repo)).toBe(describeState(this.#state));
    this.#possible = [this.#state];
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

describe("in all of these lives", () => {
  test("at least 20 000 steps were made, some on full disks", () => {
    expect(total("ran")).toBeGreaterThanOrEqual(20_000);
    expect(total("full")).toBeGreaterThan(25);
  });

  test.each(KINDS)("%s: it ran, the disk failed it, and the power went amid it", (kind) => {
    const { ran, failed, crashed } = tallyOf(kind);
    expect(ran).toBeGreaterThan(100);
    expect(failed).toBeGreaterThan(0);
    expect(crashed).toBeGreaterThan(0);
  });
});
