import { beforeAll, describe, expect, test } from "vitest";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import {
  createRepo,
  openRepo,
  testKeys,
  type TestKeys,
  type TestRepo,
} from "../../support/repo.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { turns } from "../../support/turns.js";
import { createWatched, expectSound, openWatched, reclaimAll } from "../../support/watched-repo.js";
import { expectWhole } from "../../support/whole.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

async function newRepo(): Promise<TestRepo & { disk: SimulatedDisk }> {
  const disk = new SimulatedDisk();
  return { ...(await createRepo(disk.open("create"), keys)), disk };
}

/** Slots in use, once everything that can be freed is. */
async function used({ fs, engine }: TestRepo): Promise<number> {
  for (let i = 0; i < 40; i++) {
    await fs.setattr("/", { mode: 0o755 });
    await fs.sync();
  }
  const { slots, freeSlots } = engine.stats();
  return slots - freeSlots;
}

async function expectFile({ fs }: TestRepo, path: string, content: Uint8Array): Promise<void> {
  expect(Buffer.compare(await fs.readFile(path), content), path).toBe(0);
}

/** Inline; shares a slot; one transaction; many steps. */
const SIZES = [0, 100, 1500, 100_000, 30_000_000];

describe("copyFile", () => {
  test.each(SIZES)("of %i bytes shares the content, and each goes its own way", async (size) => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(size));
    const before = await used(repo);
    await repo.fs.copyFile("/a", "/b");
    // Extents, not content: less than a fiftieth.
    expect(await used(repo)).toBeLessThanOrEqual(before + 4 + size / 50 / 4096);
    await expectFile(repo, "/b", pattern(size));
    await repo.fs.writeFile("/a", pattern(10, 5), { write: true, append: true });
    await expectFile(repo, "/b", pattern(size));
    const handle = await repo.fs.open("/b", { write: true });
    await handle.write(pattern(50, 7), 0);
    await handle.close();
    await repo.fs.unlink("/a");
    const changed = new Uint8Array(Math.max(size, 50));
    changed.set(pattern(size));
    changed.set(pattern(50, 7));
    await expectFile(repo, "/b", changed);
    await repo.fs.close();
    const reopened = await openRepo(repo.disk.open(), keys);
    await expectFile(reopened, "/b", changed);
    await expectWhole(reopened);
    await reopened.fs.unlink("/b");
    expect(await used(reopened)).toBeLessThan(10);
    await expectWhole(reopened);
  });

  test("of content that is not on storage yet shares it too", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(6000));
    await repo.fs.copyFile("/a", "/b");
    await repo.fs.writeFile("/b", pattern(100, 2), { write: true, append: true });
    await repo.fs.writeFile("/a", pattern(200, 3), { write: true, append: true });
    await expectFile(repo, "/b", Buffer.concat([pattern(6000), pattern(100, 2)]));
    await expectFile(repo, "/a", Buffer.concat([pattern(6000), pattern(200, 3)]));
    await expectWhole(repo);
  });

  test.each(SIZES)("of %i bytes replaces what is there, whatever its size", async (size) => {
    for (const there of SIZES) {
      const repo = await newRepo();
      await repo.fs.writeFile("/a", pattern(size), undefined, 0o600);
      await repo.fs.writeFile("/b", pattern(there, 2), undefined, 0o640);
      await repo.fs.copyFile("/a", "/b");
      await expectFile(repo, "/b", pattern(size));
      expect((await repo.fs.stat("/b")).mode, "as on Linux").toBe(0o600);
      await used(repo);
      await expectWhole(repo);
    }
  });

  test("a new file has the mode of the one that was copied", async () => {
    const repo = await newRepo();
    for (const size of SIZES) {
      await repo.fs.writeFile("/a", pattern(size), undefined, 0o600);
      await repo.fs.setattr("/a", { mode: 0o751 });
      await repo.fs.copyFile("/a", `/copy${size}`);
      expect((await repo.fs.stat(`/copy${size}`)).mode).toBe(0o751);
      await repo.fs.unlink("/a");
    }
  });

  test("says what is wrong, and changes nothing", async () => {
    const { fs } = await newRepo();
    await fs.mkdir("/d");
    await fs.writeFile("/a", pattern(10));
    await fs.writeFile("/b", pattern(20));
    for (const [code, call] of [
      ["ENOENT", fs.copyFile("/no", "/x")],
      ["ENOENT", fs.copyFile("/a", "/no/x")],
      ["EISDIR", fs.copyFile("/d", "/x")],
      ["EISDIR", fs.copyFile("/a", "/d")],
      ["EEXIST", fs.copyFile("/a", "/b", true)],
    ] as const)
      await expect(call).rejects.toMatchObject({ code, syscall: "copyfile" });
    await fs.copyFile("/a", "/a");
    expect(await fs.readFile("/a")).toEqual(pattern(10));
    expect((await fs.readdir("/")).map(({ name }) => name)).toEqual(["a", "b", "d"]);
  });

  test("is one moment's content, also of a file that others write to", async () => {
    const repo = await newRepo();
    const size = 30_000_000;
    await repo.fs.writeFile("/a", new Uint8Array(size).fill(1));
    const handle = await repo.fs.open("/a", { write: true });
    const copying = repo.fs.copyFile("/a", "/b");
    for (let i = 0; i < 30; i++) await Promise.resolve();
    await handle.write(new Uint8Array(size).fill(2), 0);
    await copying;
    const copy = await repo.fs.readFile("/b");
    expect(copy.length).toBe(size);
    expect(copy.every((byte) => byte === copy[0])).toBe(true);
    await handle.close();
    await used(repo);
    await expectWhole(repo);
  });

  test("of very many extents begins anew in a snapshot that is restored meanwhile", async () => {
    const scattered = new MemoryDisk();
    const first = await createWatched(scattered);
    const handle = await first.fs.open("/a", { write: true, create: true });
    for (let i = 0; i < 5000; i++) await handle.write(pattern(10, i), i * 20);
    await handle.close();
    await first.engine.snapshots.take("s");
    await first.fs.close();
    for (let turn = 0; turn < 300; turn += 6) {
      const repo = await openWatched(scattered.copy(), { durability: "strict" });
      for (const read of [repo.fs.readFile("/a"), repo.engine.snapshots.list()]) await read;
      const copying = repo.fs.copyFile("/a", "/b");
      await turns(turn);
      await repo.engine.snapshots.restore("s");
      await copying;
      const copies = (await repo.fs.readdir("/")).length - 1;
      if (copies > 0) expectSame(await repo.fs.readFile("/b"), await repo.fs.readFile("/a"));
      await reclaimAll(repo);
      expect((await expectSound(repo)).files, `after ${turn} turns`).toBe(1 + copies);
    }
  });

  test("fails with EBUSY if the file never rests, and leaves nothing behind", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(30_000_000));
    const handle = await repo.fs.open("/a", { write: true });
    const writing = (async () => {
      for (let i = 0; i < 1000; i++) {
        await handle.write(pattern(1, i), i);
        await handle.truncate(30_000_000 + (i % 2));
      }
    })();
    await expect(repo.fs.copyFile("/a", "/b")).rejects.toMatchObject({ code: "EBUSY" });
    await writing;
    await handle.close();
    expect((await repo.fs.readdir("/")).map(({ name }) => name)).toEqual(["a"]);
    await used(repo);
    await expectWhole(repo);
    expect((await repo.engine.check()).files).toBe(1);
  });
});
