/**
 * The power goes while a container is imported: afterwards it does not exist, and the import can be repeated, or
 * it is whole.
 */
import { expect, test } from "vitest";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { ContainerExport } from "../../src/worker/container-export.js";
import { ContainerImport } from "../../src/worker/container-import.js";
import { openContainer } from "../../src/worker/container.js";
import { crashImages } from "../simulated-disk/crash-images.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import {
  SimulatedDisk,
  SimulatedDiskProvider,
  type SimulatedDiskOptions,
} from "../simulated-disk/simulated-disk.js";
import { judgeWhole } from "./crash-oracle.js";
import { pattern } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";

const NAME = "repo";
const CRASHES = { exhaustivePieces: 3, samples: 12, tornPieces: 1, tornHeaderBytes: 6 };
/** After so many states one is imported over. */
const REPEATS_EVERY = 25;

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
      dedupChunk: false,
    },
    { backend: "mem", name: NAME, location: `mem://${NAME}`, provider },
    {
      derive: () => Promise.reject(new Error("no password is used here")),
      onEvent: (event) => expect.fail(`unexpected event ${event.type}`),
    },
  );
  return { engine, fs: new RepoFileSystem(engine) };
}

async function container(): Promise<Uint8Array> {
  const provider = new SimulatedDiskProvider();
  const { fs } = await open(provider, "createNew");
  await fs.writeFile("/a", pattern(40_000));
  await fs.close();
  const one = await ContainerExport.ofClosed({ provider, name: NAME }, () => undefined);
  const pieces: Uint8Array[] = [];
  for (let piece = await one.next(); piece !== undefined; piece = await one.next())
    pieces.push(piece);
  await one.end();
  return new Uint8Array(Buffer.concat(pieces));
}

async function importInto(provider: SimulatedDiskProvider, bytes: Uint8Array): Promise<void> {
  const one = await ContainerImport.begin({
    provider,
    name: NAME,
    overwrite: false,
    maxBytes: Infinity,
    unlock: () => undefined,
  });
  for (let at = 0; at < bytes.length; at += 500_000)
    await one.write(bytes.subarray(at, at + 500_000));
  await one.finish();
}

async function recordImport(
  bytes: Uint8Array,
  options: SimulatedDiskOptions,
): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ ...options, record: true });
  await importInto(new SimulatedDiskProvider().insert(NAME, disk), bytes);
  disk.log.acknowledged(0);
  return disk;
}

/** Whether the container exists; then it is whole. */
async function isWholeIfThere(provider: SimulatedDiskProvider): Promise<boolean> {
  if (!(await provider.exists(NAME))) return false;
  const repo = await open(provider, "open");
  expect(Buffer.compare(await repo.fs.readFile("/a"), pattern(40_000))).toBe(0);
  await judgeWhole(repo);
  return true;
}

/** Judges every crash of the import; returns what was left of those that did not come to be. */
async function surviveAll(
  disk: SimulatedDisk,
  bytes: Uint8Array,
  seed: number,
): Promise<DiskImage[]> {
  const unfinished: DiskImage[] = [];
  const violations: string[] = [];
  let states = 0;
  for (const state of crashImages(disk.log, { seed, ...CRASHES })) {
    const provider = new SimulatedDiskProvider().insert(NAME, SimulatedDisk.fromImage(state.image));
    try {
      const existed = await isWholeIfThere(provider);
      if (!existed) unfinished.push(state.image);
      if (!existed && state.lastAcknowledged >= 0) throw new Error("an import is gone");
      if (states++ % REPEATS_EVERY === 0 && !existed) {
        await importInto(provider, bytes);
        expect(await isWholeIfThere(provider)).toBe(true);
      }
    } catch (error) {
      violations.push(`import; ${state.describe()}: ${String(error)}`);
    }
  }
  console.log(`power loss: ${states} crash states of import, ${violations.length} violations`);
  expect(violations).toEqual([]);
  expect(states).toBeGreaterThan(50);
  expect(unfinished.length).toBeGreaterThan(5);
  return unfinished;
}

test.each([false, true])(
  "26: a crash during an import leaves no repo, or all of it (ordered writes: %s)",
  async (orderedWrites) => {
    const bytes = await container();
    for (const run of runs) {
      const seed = workloadSeed(run, 50_000);
      const disk = await recordImport(bytes, { seed, orderedWrites });
      const unfinished = await surviveAll(disk, bytes, seed);
      const image = unfinished.at(-1) ?? expect.fail("some import was not finished");
      await surviveAll(await recordImport(bytes, { seed, orderedWrites, image }), bytes, seed + 1);
    }
  },
);
