/**
 * Changes of very many units: however much one window or one deletion takes along, it is carried out in
 * parts that fit the memory, the stack and the caches.
 */
import { expect, test } from "vitest";
import { MemoryDisk } from "../../support/memory-disk.js";
import { writeSharedUnits } from "../../support/shared-units.js";
import { createWatched, expectSound, openWatched, reclaimAll } from "../../support/watched-repo.js";

const MIB = 1024 * 1024;

test("a file of 150 000 units is written without a sync, and deleted again", async () => {
  const size = 600 * MIB;
  const repo = await createWatched(new MemoryDisk(), { unitBytes: 4096, stepSlots: 64 });
  const { fs, engine } = repo;
  const empty = (await engine.check()).liveSlots;
  const handle = await fs.open("/large", { write: true, create: true });
  for (let at = 0; at < size; at += MIB) await handle.write(new Uint8Array(MIB), at, true);
  await handle.close();
  await fs.sync();
  const { slots, freeSlots } = engine.stats();
  expect(slots - freeSlots).toBeGreaterThan(150_000);

  await fs.unlink("/large");
  await reclaimAll(repo);
  const { files, liveSlots } = await expectSound(repo);
  expect(files).toBe(0);
  expect(liveSlots - empty).toBeLessThan(1000);
});

test("a commit that changes more leaves of the pool tree than the cache holds comes to an end", async () => {
  const disk = new MemoryDisk();
  const first = await createWatched(disk);
  // Far more records than 48 leaves hold, and a file whose deletion changes a few in each.
  await writeSharedUnits(first, 50_000, (unit) => [unit % 8 === 0 ? "spread" : "other", "other"]);
  await first.fs.close();

  const repo = await openWatched(disk, { cacheBytes: 1 });
  // What this takes is some 300 calls; a cache that drops what the commit still needs, any number.
  disk.allow(600);
  await repo.fs.unlink("/spread");
  await reclaimAll(repo);
  disk.allow(Infinity);
  expect((await expectSound(repo)).files).toBe(1);
});

test("overwriting a thousand scattered units in each commit for ever does not let the container grow", async () => {
  const units = 10_000;
  const disk = new MemoryDisk();
  const repo = await createWatched(disk, { unitBytes: 4096 });
  const handle = await repo.fs.open("/f", { read: true, write: true, create: true });
  await handle.write(new Uint8Array(units * 4096), 0);
  const slots: number[] = [];
  for (let round = 0; round < 25; round++) {
    for (let i = 0; i < 1000; i++)
      await handle.write(
        new Uint8Array(4096).fill(round),
        ((i * 7919 + round * 104_729) % units) * 4096,
      );
    await repo.fs.sync();
    slots.push(repo.engine.stats().slots);
  }
  expect(slots[24]).toBeLessThan(1.05 * (slots[10] ?? 0));
  await expectSound(repo);
});
