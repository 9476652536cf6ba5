/**
 * WatchedRepo: a repo on a MemoryDisk that remembers what it reported, quick enough for tests of many
 * thousand files. Its node cache holds everything unless a test makes it small.
 */
import { expect } from "vitest";
import type { CheckReport } from "../../src/engine/check.js";
import type { EngineEvent, EngineOptions, NewRepo } from "../../src/engine/options.js";
import type { StoreMode } from "../../src/backends/block-store.js";
import type { MemoryDisk } from "./memory-disk.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  type TestEnvironment,
  type TestRepo,
} from "./repo.js";
import { settle } from "./turns.js";
import { unsealedKeys } from "./unsealed.js";

export interface WatchedRepo extends TestRepo {
  /** What the engine has reported so far. */
  readonly events: readonly EngineEvent[];
}

/** Keys of every container of such a repo. */
export const keys = unsealedKeys();

const ROOMY_CACHE_BYTES = 256 * 1024 * 1024;
/** Rounds of a commit and a pause; a reclaimer that needs more than this is stuck. */
const MOST_ROUNDS = 1000;

/** A new repo on an empty disk. */
export function createWatched(
  disk: MemoryDisk,
  options: EngineOptions = {},
  settings: NewRepo = {},
): Promise<WatchedRepo> {
  return watched(options, (watching, environment) =>
    createRepo(disk.open("create"), keys, environment, watching, settings),
  );
}

/** The repo that is on the disk. */
export function openWatched(disk: MemoryDisk, options: EngineOptions = {}): Promise<WatchedRepo> {
  const mode: StoreMode = options.readOnly === true ? "read" : "open";
  return watched(options, (watching, environment) =>
    openRepo(disk.open(mode), keys, environment, watching),
  );
}

async function watched(
  options: EngineOptions,
  make: (options: EngineOptions, environment: TestEnvironment) => Promise<TestRepo>,
): Promise<WatchedRepo> {
  const events: EngineEvent[] = [];
  const onEvent = (event: EngineEvent): void => void events.push(event);
  const watching = { cacheBytes: ROOMY_CACHE_BYTES, ...options, onEvent };
  return { ...(await make(watching, testEnvironment())), events };
}

/** Nothing was reported, least of all a failed commit, and check() finds nothing. */
export async function expectSound({ engine, events }: WatchedRepo): Promise<CheckReport> {
  expect(events).toEqual([]);
  const report = await engine.check();
  expect(report.damage).toEqual([]);
  expect(report.problems).toEqual([]);
  return report;
}

/** Commits that change next to nothing: with each, some of what was freed before becomes usable. */
export async function age({ fs }: TestRepo, commits: number): Promise<void> {
  for (let commit = 0; commit < commits; commit++) {
    await fs.setattr("/", { mode: 0o700 + (commit % 8) });
    await fs.sync();
  }
}

/** Commits until everything that was deleted or cut off is freed. */
export async function reclaimAll({ engine }: TestRepo): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await engine.sync();
    await settle();
    if ((await engine.view((view) => view.orphans())).length === 0) {
      await engine.sync();
      return;
    }
  }
  expect.fail("what was deleted is never freed");
}
