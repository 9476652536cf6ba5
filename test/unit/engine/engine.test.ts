import { beforeAll, describe, expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { CountingStore } from "../../support/counting-store.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  testKeys,
  type TestKeys,
} from "../../support/repo.js";
import { pattern } from "../../support/pattern.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

/** Lets everything that is ready to run do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe("durability", () => {
  test("a relaxed write is committed when 100 ms have passed, without another call", async () => {
    const disk = new SimulatedDisk();
    const environment = testEnvironment();
    const { fs } = await createRepo(disk.open("create"), keys, environment);
    await fs.writeFile("/a", pattern(10));
    environment.clock.advance(99);
    await settle();
    const early = SimulatedDisk.fromImage(disk.durable);
    expect(await (await openRepo(early.open(), keys)).fs.readdir("/")).toEqual([]);
    environment.clock.advance(1);
    await settle();
    const late = SimulatedDisk.fromImage(disk.durable);
    expect(await (await openRepo(late.open(), keys)).fs.readFile("/a")).toEqual(pattern(10));
  });

  test("sync() makes everything acknowledged before it durable, also during a commit", async () => {
    const disk = new SimulatedDisk({ maxTurns: 20 });
    const { fs } = await createRepo(disk.open("create"), keys);
    await fs.writeFile("/a", pattern(10));
    const first = fs.sync();
    await fs.writeFile("/b", pattern(20));
    await fs.sync();
    const copy = SimulatedDisk.fromImage(disk.durable);
    const { fs: reopened } = await openRepo(copy.open(), keys);
    expect(await reopened.readFile("/b")).toEqual(pattern(20));
    await first;
  });

  // A storage may go on showing what it has failed to write, and confirm later flushes without it.
  test.each([
    ["written and not flushed", { nth: 2, on: ["flush"], outcome: "lost" }],
    ["written, it was told, in vain", { nth: 1, on: ["writeHeader"], outcome: "landed" }],
  ] as const)(
    "sync() after opening makes durable what an earlier owner has %s",
    async (_, fault) => {
      const disk = new SimulatedDisk();
      const first = await createRepo(disk.open("create"), keys);
      await first.fs.writeFile("/a", pattern(10));
      disk.inject(fault);
      await expect(first.fs.sync()).rejects.toMatchObject({ code: "BACKEND_IO" });
      await first.fs.close().catch(() => undefined);
      const second = await openRepo(disk.open(), keys);
      expect(await second.fs.readFile("/a")).toEqual(pattern(10));
      await second.fs.sync();
      const afterPowerLoss = await openRepo(SimulatedDisk.fromImage(disk.durable).open(), keys);
      expect(await afterPowerLoss.fs.readFile("/a")).toEqual(pattern(10));
    },
  );

  test("sync() marks as told what a commit in the background has made durable", async () => {
    const disk = new SimulatedDisk();
    const environment = testEnvironment();
    const { fs, engine } = await createRepo(disk.open("create"), keys, environment);
    await fs.writeFile("/a", pattern(10));
    environment.clock.advance(100);
    await settle();
    const { generation } = engine.stats();
    await fs.sync();
    expect(engine.stats().generation).toBe(generation + 1);
    await fs.sync();
    expect(engine.stats().generation).toBe(generation + 1);
  });

  test("in strict durability a call that has resolved is durable", async () => {
    const disk = new SimulatedDisk();
    const { fs } = await createRepo(disk.open("create"), keys, testEnvironment(), {
      durability: "strict",
    });
    await fs.mkdir("/d");
    await fs.writeFile("/d/f", pattern(5000));
    const copy = SimulatedDisk.fromImage(disk.durable);
    expect(await (await openRepo(copy.open(), keys)).fs.readFile("/d/f")).toEqual(pattern(5000));
  });

  test("strict writers that wait together share a commit", async () => {
    const store = new CountingStore(new SimulatedDisk({ maxTurns: 5 }).open("create"));
    const { fs } = await createRepo(store, keys, testEnvironment(), { durability: "strict" });
    const before = store.flushes;
    await Promise.all(Array.from({ length: 32 }, (_, i) => fs.writeFile(`/f${i}`, pattern(100))));
    expect(store.flushes - before).toBeLessThanOrEqual(6);
  });
});

describe("snapshots of readers", () => {
  test("a read in flight returns what was there when it began, however much is committed meanwhile", async () => {
    const disk = new SimulatedDisk({ maxTurns: 50 });
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    const old = pattern(300_000, 1);
    await fs.writeFile("/f", old);
    await fs.sync();
    const reading = fs.readFile("/f");
    for (let i = 0; i < 12; i++) {
      await fs.writeFile("/f", pattern(300_000, 2 + i));
      await fs.sync();
    }
    expect(await reading).toEqual(old);
    expect(await engine.check()).toMatchObject({ ok: true });
  });

  test("reads do not wait for a commit in flight", async () => {
    const disk = new SimulatedDisk({ maxTurns: 1 });
    const { fs } = await createRepo(disk.open("create"), keys);
    await fs.writeFile("/small", pattern(50));
    const order: string[] = [];
    const sync = fs.sync().then(() => order.push("sync"));
    await fs.readFile("/small").then(() => order.push("read"));
    await sync;
    expect(order).toEqual(["read", "sync"]);
  });
});

describe("scale", () => {
  test("opening a cleanly closed repo of 10 000 files and reading one of them reads at most 40 slots", async () => {
    const disk = new SimulatedDisk();
    const { fs } = await createRepo(disk.open("create"), keys, testEnvironment(), {
      cacheBytes: 64 * 1024 * 1024,
    });
    for (let d = 0; d < 100; d++) {
      await fs.mkdir(`/d${d}`);
      for (let f = 0; f < 100; f++) await fs.writeFile(`/d${d}/f${f}`, pattern(300, d + f));
    }
    await fs.close();
    const store = new CountingStore(disk.open());
    const reopened = await openRepo(store, keys);
    expect(store.slotsRead).toBeLessThanOrEqual(5);
    expect(await reopened.fs.readFile("/d57/f31")).toEqual(pattern(300, 88));
    expect(store.slotsRead).toBeLessThanOrEqual(40);
    expect((await reopened.engine.check()).files).toBe(10_000);
  });

  test("a directory of 20 000 entries lists in order and page by page with a cache of a few nodes", async () => {
    const disk = new SimulatedDisk();
    const { fs } = await createRepo(disk.open("create"), keys);
    const names = Array.from({ length: 20_000 }, (_, i) => `entry ${i}`).sort();
    for (const name of names) await fs.writeFile(`/${name}`, new Uint8Array(0));
    await fs.sync();
    expect((await fs.readdir("/")).map(({ name }) => name)).toEqual(names);
    const page = await fs.readdir("/", { after: names[9_999] ?? "", limit: 3 });
    expect(page.map(({ name }) => name)).toEqual(names.slice(10_000, 10_003));
  });

  test("in a directory of 100 000 entries a call touches no more of storage than in one of 1 000", async () => {
    const cost = async (entries: number): Promise<{ read: number; written: number }> => {
      const disk = new SimulatedDisk();
      const { fs } = await createRepo(disk.open("create"), keys, testEnvironment(), {
        cacheBytes: 256 * 1024 * 1024,
      });
      await fs.mkdir("/d");
      for (let i = 0; i < entries; i++) await fs.writeFile(`/d/${i}`, new Uint8Array(0));
      await fs.close();
      const store = new CountingStore(disk.open());
      const reopened = await openRepo(store, keys, testEnvironment(), { durability: "strict" });
      const from = { read: store.slotsRead, written: store.slotsWritten };
      const middle = String(entries / 2);
      await reopened.fs.stat(`/d/${middle}`);
      await reopened.fs.writeFile(`/d/${middle} a`, new Uint8Array(0));
      await reopened.fs.rename(`/d/${middle} a`, `/d/${middle} b`);
      await reopened.fs.unlink(`/d/${middle} b`);
      const touched = {
        read: store.slotsRead - from.read,
        written: store.slotsWritten - from.written,
      };
      expect(await reopened.fs.readdir("/d")).toHaveLength(entries);
      return touched;
    };
    const [small, large] = [await cost(1000), await cost(100_000)];
    // The tree is two levels deeper at most.
    expect(large.read).toBeLessThanOrEqual(small.read + 20);
    expect(large.written).toBeLessThanOrEqual(3 * small.written);
  });

  test("a hole costs nothing: a byte at 8 TiB takes less than a hundred slots", async () => {
    const disk = new SimulatedDisk();
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    const handle = await fs.open("/sparse", { create: true, write: true, read: true });
    await handle.write(pattern(1), 2 ** 43);
    const into = new Uint8Array(3);
    expect(await handle.read(into, 2 ** 43 - 2)).toBe(3);
    expect([...into]).toEqual([0, 0, pattern(1)[0]]);
    await handle.close();
    expect((await engine.check()).liveSlots).toBeLessThan(100);
  });
});

describe("space", () => {
  test("a file of 1 000 extents is truncated at once and its slots come back", async () => {
    const disk = new SimulatedDisk();
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    const handle = await fs.open("/f", { create: true, write: true, read: true });
    for (let i = 0; i < 1000; i++) await handle.write(pattern(4096), i * 8192);
    await fs.sync();
    const full = (await engine.check()).liveSlots;
    await handle.truncate(0);
    expect((await handle.stat()).size).toBe(0);
    await handle.write(pattern(10), 4000 * 1000);
    const into = new Uint8Array(100_000);
    expect(await handle.read(into, 0)).toBe(100_000);
    expect(into.every((byte) => byte === 0)).toBe(true);
    await handle.close();
    const report = await engine.check();
    expect(report.problems).toEqual([]);
    expect(report.liveSlots).toBeLessThan(full - 990);
  });

  test("writing and deleting for ever does not let the container grow", async () => {
    const disk = new SimulatedDisk();
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    const sizes: number[] = [];
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 20; i++) await fs.writeFile(`/f${i}`, pattern(1000 * i, round));
      await fs.sync();
      for (let i = 0; i < 20; i += 2) await fs.unlink(`/f${i}`);
      await fs.sync();
      sizes.push(engine.stats().slots);
    }
    expect(sizes[39]).toBe(sizes[10]);
    expect(await engine.check()).toMatchObject({ ok: true });
  });

  test("overwriting every unit of a file but for a remnant does not keep the old units alive", async () => {
    const disk = new SimulatedDisk();
    const { fs, engine } = await createRepo(disk.open("create"), keys, testEnvironment(), {
      unitBytes: 65_536,
    });
    const content = pattern(640_000);
    await fs.writeFile("/f", content);
    await fs.sync();
    const handle = await fs.open("/f", { write: true, read: true });
    for (let at = 0; at + 65_536 <= content.length; at += 65_536)
      for (let piece = 0; piece < 15; piece++) {
        const bytes = pattern(4096, 5 + piece);
        content.set(bytes, at + piece * 4096);
        await handle.write(bytes, at + piece * 4096);
        if (piece % 4 === 0) await fs.sync();
      }
    await handle.close();
    expect(await fs.readFile("/f")).toEqual(content);
    const report = await engine.check();
    expect(report.problems).toEqual([]);
    expect(report.liveSlots * 4096).toBeLessThan(1.2 * content.length);
  });

  test("a full disk refuses writes with ENOSPC, and takes them again once something is deleted", async () => {
    const disk = new SimulatedDisk({ maxSlots: 220 });
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    const written: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; ; i++) {
        const path = `/r${round}-${i}`;
        try {
          await fs.writeFile(path, pattern(20_000, i));
        } catch (error) {
          expect(isRepoError(error, "ENOSPC"), String(error)).toBe(true);
          break;
        }
        written.push(path);
      }
      expect(written.length).toBeGreaterThan(10);
      for (const path of written.splice(0)) await fs.unlink(path);
    }
    expect(await engine.check()).toMatchObject({ ok: true });
  });
});

describe("lifetime", () => {
  test("after close() every call is refused with REPO_CLOSED", async () => {
    const { fs } = await createRepo(new SimulatedDisk().open("create"), keys);
    await fs.close();
    await expect(fs.stat("/")).rejects.toMatchObject({ code: "REPO_CLOSED" });
    await expect(fs.writeFile("/a", pattern(1))).rejects.toMatchObject({ code: "REPO_CLOSED" });
    await fs.close();
  });

  test("a failed commit poisons the repo, and reopening finds the last whole state", async () => {
    const disk = new SimulatedDisk();
    const { fs } = await createRepo(disk.open("create"), keys);
    await fs.writeFile("/kept", pattern(10));
    await fs.sync();
    await fs.writeFile("/lost", pattern(10));
    disk.inject({ on: ["flush"], nth: 1, times: "once" });
    await expect(fs.sync()).rejects.toMatchObject({ code: "BACKEND_IO" });
    await expect(fs.stat("/kept")).rejects.toMatchObject({ code: "REPO_POISONED" });
    await fs.close();
    const reopened = await openRepo(disk.open(), keys);
    expect((await reopened.fs.readdir("/")).map(({ name }) => name)).toContain("kept");
    expect(await reopened.engine.check()).toMatchObject({ ok: true });
  });

  test("close() tells of a commit in the background that has failed, unless a call was told", async () => {
    for (const isTold of [false, true]) {
      const disk = new SimulatedDisk();
      const environment = testEnvironment();
      const { fs } = await createRepo(disk.open("create"), keys, environment);
      await fs.writeFile("/lost", pattern(10));
      disk.inject({ on: ["flush"], nth: 1, times: "once" });
      environment.clock.advance(100);
      await settle();
      const poisoned = { code: "REPO_POISONED" };
      if (isTold) await expect(fs.stat("/lost")).rejects.toMatchObject(poisoned);
      if (isTold) await fs.close();
      else await expect(fs.close()).rejects.toMatchObject(poisoned);
      // In any case it has let go of the storage.
      expect(disk.inUse).toBe(false);
    }
  });

  test("close() tells of a failed commit of which only another one in the background has heard", async () => {
    const disk = new SimulatedDisk();
    const environment = testEnvironment();
    const { fs } = await createRepo(disk.open("create"), keys, environment);
    await fs.writeFile("/lost", pattern(10));
    disk.inject({ on: ["flush"], nth: 1, times: "once" });
    environment.clock.advance(100);
    // While that commit is under way another one is asked for, and waits for it.
    await fs.writeFile("/lost, too", pattern(10));
    environment.clock.advance(100);
    await settle();
    await expect(fs.close()).rejects.toMatchObject({ code: "REPO_POISONED" });
  });

  test("close() says nothing of a failure that the call which met it was told of", async () => {
    const disk = new SimulatedDisk();
    const options = { durability: "strict" } as const;
    const { fs } = await createRepo(disk.open("create"), keys, testEnvironment(), options);
    disk.inject({ on: ["flush"], nth: 1, times: "once" });
    await expect(fs.writeFile("/lost", pattern(10))).rejects.toMatchObject({ code: "BACKEND_IO" });
    await fs.close();
  });

  test("a read-only repo refuses every change with EROFS and writes nothing", async () => {
    const disk = new SimulatedDisk();
    const { fs } = await createRepo(disk.open("create"), keys);
    await fs.writeFile("/a", pattern(10));
    await fs.close();
    const store = new CountingStore(disk.open("read"));
    const reader = await openRepo(store, keys, testEnvironment(), { readOnly: true });
    expect(await reader.fs.readFile("/a")).toEqual(pattern(10));
    await expect(reader.fs.writeFile("/a", pattern(1))).rejects.toMatchObject({ code: "EROFS" });
    await expect(reader.fs.unlink("/a")).rejects.toMatchObject({ code: "EROFS" });
    await expect(reader.fs.open("/a", { write: true })).rejects.toMatchObject({ code: "EROFS" });
    await reader.fs.close();
    expect(store.slotsWritten).toBe(0);
  });
});
