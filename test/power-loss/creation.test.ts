/**
 * Catalogue 26, creation: the power goes while a repo is made, by the code that makes it in the worker.
 * The container then does not exist, and can be made, or opens as the empty repo.
 */
import { expect, test } from "vitest";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { openContainer } from "../../src/worker/container.js";
import { crashImages } from "../simulated-disk/crash-images.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import {
  SimulatedDisk,
  SimulatedDiskProvider,
  type SimulatedDiskOptions,
} from "../simulated-disk/simulated-disk.js";
import { expectSame } from "../support/pattern.js";
import { judgeWhole } from "./crash-oracle.js";
import { pattern } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";

const NAME = "repo";
/** After so many states one must serve as a repo. */
const GOES_ON_EVERY = 25;
const CRASHES = { exhaustivePieces: 3, samples: 12, tornPieces: 1, tornHeaderBytes: 6 };

async function open(provider: SimulatedDiskProvider, mode: "open" | "createNew") {
  const { engine } = await openContainer(
    {
      uri: `mem://${NAME}`,
      opening: 1,
      credential: { rawKey: new Uint8Array(32).fill(9) },
      mode,
      readOnly: false,
      durability: "strict",
      cipher: "xchacha20-poly1305",
      kdf: "interactive",
      versionLimit: 1,
      compress: undefined,
      dedup: false,
    },
    { backend: "mem", name: NAME, location: `mem://${NAME}`, provider },
    {
      derive: () => Promise.reject(new Error("no password is used here")),
      onEvent: (event) => expect.fail(`unexpected event ${event.type}`),
    },
  );
  return { engine, fs: new RepoFileSystem(engine) };
}

/** Makes a repo over what the disk holds, and returns the disk. */
async function recordCreation(options: SimulatedDiskOptions): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ ...options, record: true });
  const provider = new SimulatedDiskProvider().insert(NAME, disk);
  const { fs } = await open(provider, "createNew");
  disk.log.acknowledged(0);
  await fs.close();
  return disk;
}

/** Whether the container exists; then it opens as the empty repo. */
async function opensIfThere(provider: SimulatedDiskProvider): Promise<boolean> {
  if (!(await provider.exists(NAME))) return false;
  const repo = await open(provider, "open");
  expect(await repo.fs.readdir("/")).toEqual([]);
  await judgeWhole(repo);
  return true;
}

/** The container serves from now on, made anew if it was not there. */
async function serves(provider: SimulatedDiskProvider, existed: boolean): Promise<void> {
  const repo = await open(provider, existed ? "open" : "createNew");
  await repo.fs.writeFile("/a", pattern(40_000));
  await repo.fs.close();
  const reopened = await open(provider, "open");
  expectSame(await reopened.fs.readFile("/a"), pattern(40_000));
  await judgeWhole(reopened);
}

/** Judges every crash of the creation; returns what was left of those that did not come to be. */
async function surviveAll(disk: SimulatedDisk, seed: number): Promise<DiskImage[]> {
  const unfinished: DiskImage[] = [];
  const violations: string[] = [];
  let states = 0;
  for (const state of crashImages(disk.log, { seed, ...CRASHES })) {
    const provider = new SimulatedDiskProvider().insert(NAME, SimulatedDisk.fromImage(state.image));
    try {
      const existed = await opensIfThere(provider);
      if (!existed) unfinished.push(state.image);
      if (!existed && state.lastAcknowledged >= 0) throw new Error("a repo is gone");
      if (states++ % GOES_ON_EVERY === 0) await serves(provider, existed);
    } catch (error) {
      violations.push(`creation; ${state.describe()}: ${String(error)}`);
    }
  }
  console.log(`power loss: ${states} crash states of creation, ${violations.length} violations`);
  expect(violations).toEqual([]);
  expect(unfinished.length).toBeGreaterThan(5);
  return unfinished;
}

test.each([false, true])(
  "a crash while a repo is created leaves no repo, or an empty one that works (ordered writes: %s)",
  async (orderedWrites) => {
    for (const run of runs) {
      const seed = workloadSeed(run, 40_000);
      const disk = await recordCreation({ seed, orderedWrites });
      const unfinished = await surviveAll(disk, seed);
      // The debris of a creation that was cut off late.
      const image = unfinished.at(-1) ?? expect.fail("some creation was not finished");
      await surviveAll(await recordCreation({ seed, orderedWrites, image }), seed + 1);
    }
  },
);
