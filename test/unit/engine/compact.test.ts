/** compact(): what it gives back, what it keeps, and that nothing is lost whatever comes between. */
import { expect, test } from "vitest";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { Prng } from "../../simulated-disk/prng.js";
import { createRepo, openRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";
import { createWatched, expectSound, openWatched } from "../../support/watched-repo.js";

const MIB = 1024 * 1024;

test("after 90 percent of 1 GiB is deleted, at least 85 percent of it comes back", async () => {
  const keys = unsealedKeys(32 * 1024);
  const disk = new MemoryDisk();
  disk.allow(1_000_000);
  const options = { stepSlots: 64, unitBytes: 32 * 1024, cacheBytes: 16 * MIB };
  const { fs, engine } = await createRepo(disk.open("create"), keys, undefined, options);
  const files = 1024;
  // Sealed slots of one file are alike but for the nonce, so the disk can hold them.
  for (let i = 0; i < files; i++) await fs.writeFile(`/f${i}`, content(i));
  await fs.sync();
  const before = disk.slotCount * keys.slotBytes;
  expect(before).toBeGreaterThan(files * MIB);
  for (let i = 0; i < files; i++) if (i % 10 !== 3) await fs.unlink(`/f${i}`);
  await fs.sync();
  await engine.maintenance.compact();
  const after = disk.slotCount * keys.slotBytes;
  expect(before - after).toBeGreaterThanOrEqual(0.85 * before);
  expect(await engine.check()).toMatchObject({ ok: true });
  await fs.close();
  const again = await openRepo(disk.open(), keys, undefined, options);
  for (let i = 3; i < files; i += 10) expectSame(await again.fs.readFile(`/f${i}`), content(i));
  await again.fs.close();

  function content(i: number): Uint8Array {
    return new Uint8Array(MIB).fill(i % 251, 0, MIB / 2);
  }
}, 120_000);

test("files, snapshots, versions and shared content are as they were", async () => {
  const prng = new Prng(1);
  const disk = new MemoryDisk();
  const settings = { compress: "lz4", dedup: true, versionLimit: 3 } as const;
  let repo = await createWatched(disk, {}, settings);
  const contents = new Map<string, Uint8Array>();
  for (let i = 0; i < 120; i++) {
    const bytes = i % 3 === 0 ? pattern(20_000, i % 7) : prng.bytes(prng.below(30_000));
    contents.set(`/f${i}`, bytes);
    await repo.fs.writeFile(`/f${i}`, bytes);
    if (i % 10 === 0) await repo.fs.sync();
  }
  await repo.engine.snapshots.take("all");
  const inSnapshot = new Map(contents);
  for (let i = 0; i < 120; i++) {
    if (i % 5 === 0) {
      const bytes = prng.bytes(10_000);
      await repo.fs.writeFile(`/f${i}`, bytes);
      contents.set(`/f${i}`, bytes);
    } else if (i % 4 !== 0) {
      await repo.fs.unlink(`/f${i}`);
      contents.delete(`/f${i}`);
    }
  }
  await repo.fs.copyFile("/f5", "/copy");
  contents.set("/copy", contents.get("/f5") ?? pattern(1));
  const { slots } = repo.engine.stats();
  await repo.engine.maintenance.compact();
  await expectAll();
  await expectSound(repo);
  await repo.fs.close();
  repo = await openWatched(disk);
  await expectAll();
  await repo.engine.snapshots.remove("all");
  for (let i = 10; i < 120; i++) {
    await repo.fs.unlink(`/f${i}`);
    contents.delete(`/f${i}`);
  }
  await repo.engine.maintenance.compact();
  await expectSound(repo);
  expect(repo.engine.stats().slots).toBeLessThan(slots / 2);
  for (const [path, bytes] of contents) expectSame(await repo.fs.readFile(path), bytes);
  await repo.fs.close();

  async function expectAll(): Promise<void> {
    for (const [path, bytes] of contents) expectSame(await repo.fs.readFile(path), bytes);
    await repo.engine.snapshots.restore("all");
    for (const [path, bytes] of inSnapshot) expectSame(await repo.fs.readFile(path), bytes);
    await repo.engine.snapshots.take("again");
    await repo.engine.snapshots.remove("again");
    contents.clear();
    for (const [path, bytes] of inSnapshot) contents.set(path, bytes);
  }
});

test("what a snapshot's tree was moved to is shared once the snapshot is restored", async () => {
  const disk = new MemoryDisk();
  let repo = await createWatched(disk);
  await repo.fs.writeFile("/filler", new Prng(1).bytes(2 * MIB));
  for (let i = 0; i < 200; i++) await repo.fs.writeFile(`/f${i}`, pattern(600, i));
  await repo.fs.unlink("/filler");
  await repo.engine.snapshots.take("moved");
  for (let i = 0; i < 200; i += 2) await repo.fs.unlink(`/f${i}`);
  await repo.engine.maintenance.compact();
  await repo.engine.snapshots.restore("moved");
  for (let i = 0; i < 200; i++) {
    await repo.fs.writeFile(`/f${i}`, pattern(700, i));
    if (i % 20 === 0) await repo.fs.sync();
  }
  await expectSound(repo);
  await repo.fs.close();
  repo = await openWatched(disk);
  await repo.engine.snapshots.restore("moved");
  for (let i = 0; i < 200; i++) expectSame(await repo.fs.readFile(`/f${i}`), pattern(600, i));
  await repo.engine.snapshots.remove("moved");
  await expectSound(repo);
  await repo.fs.close();
});
