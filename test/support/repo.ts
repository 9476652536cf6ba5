/**
 * A repo for tests: the real engine and sealer on a store of the test's choice, with a clock that the
 * test moves. Slots are small, so that few bytes make deep trees.
 */
import type { BlockStore } from "../../src/backends/block-store.js";
import { createHeader } from "../../src/crypto/unlock.js";
import type { Sealer } from "../../src/crypto/sealer.js";
import type { Cipher } from "../../src/crypto/suites.js";
import { Engine } from "../../src/engine/engine.js";
import type { EngineOptions, NewRepo } from "../../src/engine/options.js";
import type { Environment } from "../../src/engine/environment.js";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { Prng } from "../simulated-disk/prng.js";

/** A clock that stands still unless it is moved; timers fire when `advance` reaches them. */
export class TestClock {
  nowMs = 1_700_000_000_000;
  #timers: { at: number; fire: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer = { at: this.nowMs + delayMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    this.nowMs += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.nowMs);
    this.#timers = this.#timers.filter((timer) => timer.at > this.nowMs);
    for (const timer of due) timer.fire();
  }
}

export interface TestEnvironment extends Environment {
  readonly clock: TestClock;
}

/** Seeded time and randomness. */
export function testEnvironment(seed = 1): TestEnvironment {
  const prng = new Prng(seed);
  return {
    clock: new TestClock(),
    arrivals: () => Promise.resolve(),
    random: (bytes) => prng.bytes(bytes),
  };
}

/** The keys of one container, which can open it any number of times. */
export interface TestKeys {
  readonly slotBytes: number;
  /** A sealer of its own for each opening, as in the product. */
  readonly sealer: () => Promise<Sealer>;
}

const NO_KDF = (): Promise<Uint8Array> => Promise.reject(new Error("no password is used here"));

/** Keys under a fixed raw key; the header itself is not written. */
export async function testKeys(
  cipher: Cipher = "xchacha20-poly1305",
  slotBytes = 4096,
): Promise<TestKeys> {
  const rawKey = new Uint8Array(32).fill(7);
  const created = await createHeader({ cipher, slotBytes, credential: { rawKey }, derive: NO_KDF });
  const { unlock } = await import("../../src/crypto/unlock.js");
  const candidate = { header: created.header, bytes: created.bytes, copies: [0] };
  created.sealer.close();
  return {
    slotBytes,
    sealer: async () => (await unlock([candidate], { rawKey }, { derive: NO_KDF })).sealer,
  };
}

export interface TestRepo {
  readonly engine: Engine;
  readonly fs: RepoFileSystem;
}

const SMALL: EngineOptions = {
  stepSlots: 8,
  unitBytes: 8192,
  cacheBytes: 1,
  chunkSizes: { minBytes: 512, averageBytes: 2048, maxBytes: 8192 },
};

/** A new repo on an empty store. */
export async function createRepo(
  store: BlockStore,
  keys: TestKeys,
  environment: Environment = testEnvironment(),
  options: EngineOptions = {},
  settings: NewRepo = {},
): Promise<TestRepo> {
  const open = {
    store,
    sealer: await keys.sealer(),
    slotBytes: keys.slotBytes,
    headerGeneration: 1,
    environment,
    options: { ...SMALL, ...options },
  };
  const engine = await Engine.create(open, settings);
  return { engine, fs: new RepoFileSystem(engine) };
}

/** The repo that is on the store. */
export async function openRepo(
  store: BlockStore,
  keys: TestKeys,
  environment: Environment = testEnvironment(),
  options: EngineOptions = {},
): Promise<TestRepo> {
  const engine = await Engine.open({
    store,
    sealer: await keys.sealer(),
    slotBytes: keys.slotBytes,
    headerGeneration: 1,
    environment,
    options: { ...SMALL, ...options },
  });
  return { engine, fs: new RepoFileSystem(engine) };
}
