/**
 * Repair of a header area (catalogue 2, 3, 26): the power goes at every write of it, and what was readable before is
 * readable after; once it has ended, nothing of the header area is damaged any more.
 */
import { expect, test } from "vitest";
import { HEADER_COPY_OFFSETS } from "../../src/crypto/header.js";
import { cellOffset } from "../../src/engine/ring.js";
import { isRepoError } from "../../src/errors.js";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { damagedCells } from "../../src/worker/cells.js";
import { openContainer, type OpenContainer } from "../../src/worker/container.js";
import type { OpenRequest } from "../../src/worker/protocol.js";
import { repairContainer } from "../../src/worker/repair.js";
import { crashImages } from "../simulated-disk/crash-images.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import { SimulatedDisk, SimulatedDiskProvider } from "../simulated-disk/simulated-disk.js";
import { expectSame } from "../support/pattern.js";
import { judgeWhole } from "./crash-oracle.js";
import { pattern } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";

const NAME = "repo";
const CRASHES = { exhaustivePieces: 2, samples: 3, tornPieces: 1, tornHeaderBytes: 3 };

async function open(disk: SimulatedDisk, request: Partial<OpenRequest> = {}) {
  const provider = new SimulatedDiskProvider().insert(NAME, disk);
  const container = await openContainer(
    {
      uri: `mem://${NAME}`,
      opening: 1,
      credential: { rawKey: new Uint8Array(32).fill(9) },
      mode: "open",
      readOnly: false,
      durability: "strict",
      cipher: "xchacha20-poly1305",
      kdf: "interactive",
      versionLimit: 1,
      compress: undefined,
      dedup: false,
      ...request,
    },
    { backend: "mem", name: NAME, location: `mem://${NAME}`, provider },
    {
      derive: () => Promise.reject(new Error("no password is used here")),
      onEvent: () => undefined,
    },
  );
  return { container, engine: container.engine, fs: new RepoFileSystem(container.engine) };
}

/** A closed repo with a file, and the generation of its newest commit. */
async function closedRepo(seed: number): Promise<{ image: DiskImage; newest: number }> {
  const disk = new SimulatedDisk({ seed });
  const { fs, engine } = await open(disk, { mode: "createNew" });
  await fs.writeFile("/kept", pattern(9_000));
  for (const path of ["/a", "/b", "/c"]) await fs.mkdir(path);
  await fs.close();
  return { image: disk.live, newest: engine.newest.generation };
}

interface Damage {
  readonly copies: readonly number[];
  readonly cells: readonly number[];
}

function spoiled(image: DiskImage, { copies, cells }: Damage): DiskImage {
  const places = [
    ...copies.map((copy) => (HEADER_COPY_OFFSETS[copy] ?? 0) + 2000),
    ...cells.map((cell) => cellOffset(cell) + 300),
  ];
  return image.with(
    places.map((at) => ({
      kind: "header",
      at,
      bytes: image.header.slice(at, at + 40).map((byte) => byte ^ 0x55),
    })),
  );
}

async function headerDamage({ store, sealer, engine }: OpenContainer): Promise<number[]> {
  return damagedCells(await store.readHeader(), sealer, engine.newest.generation);
}

test.each([false, true])(
  "a crash while a repo is repaired leaves it readable, and to be repaired again (ordered writes: %s)",
  async (orderedWrites) => {
    let states = 0;
    const violations: string[] = [];
    for (const run of runs) {
      const seed = workloadSeed(run, 70_000);
      const { image, newest } = await closedRepo(seed);
      // All cells but the newest; and no copy, either one.
      const others = [1, 2, 3].map((ahead) => (newest + ahead) % 4);
      for (const copies of [[], [0], [1]]) {
        const damaged = spoiled(image, { copies, cells: others });
        const disk = new SimulatedDisk({ seed, orderedWrites, image: damaged, record: true });
        disk.log.acknowledged(0);
        const { container, fs } = await open(disk, { repair: true });
        const report = await repairContainer(container);
        expect(report.headerCopies).toEqual(copies);
        expect(report.cells).toEqual(others.toSorted((a, b) => a - b));
        expect(await headerDamage(container)).toEqual([]);
        disk.log.acknowledged(1);
        await fs.close();
        for (const state of crashImages(disk.log, { seed, ...CRASHES })) {
          states++;
          try {
            const repo = await open(SimulatedDisk.fromImage(state.image), { repair: true });
            expectSame(await repo.fs.readFile("/kept"), pattern(9_000));
            expect((await repo.fs.readdir("/")).map(({ name }) => name)).toEqual([
              "a",
              "b",
              "c",
              "kept",
            ]);
            await repairContainer(repo.container);
            expect(await headerDamage(repo.container)).toEqual([]);
            await judgeWhole(repo);
            await repo.fs.close();
          } catch (error) {
            violations.push(`copies ${copies.join()}; ${state.describe()}: ${String(error)}`);
          }
        }
      }
    }
    console.log(`power loss: ${states} crash states of repair, ${violations.length} violations`);
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(30);
  },
);

test("repair refuses, and writes nothing, where nothing authenticates or a newer commit is not whole", async () => {
  const seed = workloadSeed(0, 71_000);
  const { image, newest } = await closedRepo(seed);
  const everything = [0, 1, 2, 3];
  const hopeless: Damage[] = [
    { copies: [0, 1], cells: [] },
    { copies: [], cells: everything },
    { copies: [0], cells: everything },
  ];
  for (const damage of hopeless) {
    const disk = new SimulatedDisk({ seed, image: spoiled(image, damage), record: true });
    await expect(open(disk, { repair: true })).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(disk.log.events).toEqual([]);
  }
  // Nor where a commit after the newest cell that is whole authenticates: its slots may come back.
  const disk = new SimulatedDisk({ seed });
  const { fs } = await open(disk, { mode: "createNew" });
  await fs.writeFile("/kept", pattern(9_000));
  await fs.writeFile("/last", pattern(9_500));
  const last = disk.live;
  let refused = 0;
  for (let slot = 0; slot < last.slotCount && refused < 2; slot++) {
    const lost = last.with([{ kind: "slot", slot, bytes: new Uint8Array(32 * 1024) }]);
    const damaged = new SimulatedDisk({ seed, image: lost, record: true });
    try {
      const { container, fs: found } = await open(damaged, { repair: true });
      // What was lost here is no part of the newest commit.
      await repairContainer(container);
      expect(container.engine.readOnly).toBe(false);
      await found.close();
    } catch (error) {
      expect(damaged.log.events).toEqual([]);
      // What every commit of the ring needs is gone.
      if (isRepoError(error, "INTEGRITY")) continue;
      if (!isRepoError(error, "ROLLBACK")) throw error;
      refused++;
      const restored = damaged.live.with([
        { kind: "slot", slot, bytes: last.slot(slot, 32 * 1024) },
      ]);
      const healed = await open(SimulatedDisk.fromImage(restored));
      expect(await healed.fs.readFile("/last")).toEqual(pattern(9_500));
      await healed.fs.close();
      const accepting = { repair: true, acceptRollback: "the slot is gone" };
      const accepted = await open(SimulatedDisk.fromImage(damaged.live), accepting);
      await repairContainer(accepted.container);
      await accepted.fs.close();
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(newest).toBeGreaterThan(4);
});
