import { beforeAll, describe, expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import type { FileSystem } from "../../../src/vfs/file-system.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { unsealedKeys } from "../../support/unsealed.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  testKeys,
  type TestKeys,
  type TestRepo,
} from "../../support/repo.js";
import { follow, turns } from "../../support/turns.js";
import { pattern } from "../../support/pattern.js";
import { expectWhole } from "../../support/whole.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

/** What a refused call is rejected with. */
function codeOf(error: unknown): string {
  if (!isRepoError(error)) throw error;
  return error.code;
}

/** Frees everything that can be freed, and lets it become usable. */
async function settle({ engine, fs }: TestRepo): Promise<void> {
  await engine.snapshots.freeAll();
  for (let i = 0; i < 6; i++) {
    await fs.setattr("/", { mode: 0o755 });
    await fs.sync();
  }
}

/** Path to content, of all files below the root; directories are empty strings. */
async function contents(fs: FileSystem, path = ""): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { name, type } of await fs.readdir(path === "" ? "/" : path)) {
    const below = `${path}/${name}`;
    if (type === "directory") Object.assign(all, { [below]: "" }, await contents(fs, below));
    else all[below] = Buffer.from(await fs.readFile(below)).toString("base64");
  }
  return all;
}

async function snapshotContents(repo: TestRepo, name: string): Promise<Record<string, string>> {
  const tree = new RepoFileSystem(await repo.engine.openSnapshot(name));
  try {
    return await contents(tree);
  } finally {
    await tree.close();
  }
}

async function newRepo(maxSlots?: number): Promise<TestRepo & { disk: SimulatedDisk }> {
  const disk = new SimulatedDisk(maxSlots === undefined ? {} : { maxSlots });
  return { ...(await createRepo(disk.open("create"), keys)), disk };
}

describe("a snapshot", () => {
  test("stays as it was, whatever happens to the live tree", async () => {
    const repo = await newRepo();
    await repo.fs.mkdir("/d");
    for (let i = 0; i < 40; i++) await repo.fs.writeFile(`/d/f${i}`, pattern(100 * i, i));
    await repo.fs.writeFile("/large", pattern(100_000));
    const before = await contents(repo.fs);
    await repo.engine.snapshots.take("first");
    for (let i = 0; i < 40; i += 2) await repo.fs.unlink(`/d/f${i}`);
    await repo.fs.truncate("/large", 50);
    await repo.fs.writeFile("/d/f1", pattern(9000, 99));
    await repo.fs.rename("/d", "/e");
    await repo.fs.sync();
    expect(await snapshotContents(repo, "first")).toEqual(before);
    await expectWhole(repo);
    await repo.fs.close();
    const reopened = await openRepo(repo.disk.open(), keys);
    expect(await snapshotContents(reopened, "first")).toEqual(before);
    expect(await reopened.engine.snapshots.list()).toMatchObject([{ name: "first" }]);
    await expectWhole(reopened);
  });

  test("costs as much for a large tree as for a small one", async () => {
    const slotsFor = async (files: number): Promise<number> => {
      const repo = await newRepo();
      for (let i = 0; i < files; i++) await repo.fs.writeFile(`/f${i}`, pattern(3000, i));
      await settle(repo);
      const { freeSlots, slots } = repo.engine.stats();
      await repo.engine.snapshots.take("s");
      await settle(repo);
      const after = repo.engine.stats();
      return after.slots - after.freeSlots - (slots - freeSlots);
    };
    expect(await slotsFor(1000)).toBeLessThanOrEqual((await slotsFor(10)) + 8);
  });

  test("is one moment's state, and counted right, whenever others write while it is taken", async () => {
    const files = 1200;
    const image = new SimulatedDisk({ maxTurns: 10 });
    const first = await createRepo(image.open("create"), keys);
    for (let i = 0; i < files; i++) await first.fs.writeFile(`/f${i}`, pattern(200, i));
    const before = await contents(first.fs);
    await first.fs.close();
    for (let turns = 0; turns < 200; turns += 10) {
      const disk = SimulatedDisk.fromImage(image.durable, { maxTurns: 10, seed: turns });
      const repo = await openRepo(disk.open(), keys);
      const taking = repo.engine.snapshots.take("s");
      for (let i = 0; i < turns; i++) await Promise.resolve();
      await repo.fs.writeFile("/f7", pattern(100));
      // More nodes than the cache holds: what the next commit needs of the replaced ones must not be among those.
      const after = await contents(repo.fs);
      await taking;
      await repo.fs.sync();
      expect([before, after]).toContainEqual(await snapshotContents(repo, "s"));
      await expectWhole(repo);
    }
  });

  test("gives its space back when it is deleted", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/keep", pattern(50_000));
    await settle(repo);
    const used = (): number => {
      const { slots, freeSlots } = repo.engine.stats();
      return slots - freeSlots;
    };
    const before = used();
    for (let i = 0; i < 300; i++) await repo.fs.writeFile(`/f${i}`, pattern(5000, i));
    await repo.engine.snapshots.take("a");
    for (let i = 0; i < 300; i++) await repo.fs.unlink(`/f${i}`);
    await repo.engine.snapshots.take("b");
    await settle(repo);
    expect(used()).toBeGreaterThan(before + 300);
    await repo.engine.snapshots.remove("a");
    await settle(repo);
    expect(used()).toBeLessThan(before + 40);
    await repo.engine.snapshots.remove("b");
    await settle(repo);
    expect(used()).toBeLessThanOrEqual(before + 2);
    await expectWhole(repo);
  });

  test("that was restored is the live tree, and stays a snapshot", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(20_000));
    const before = await contents(repo.fs);
    await repo.engine.snapshots.take("s");
    await repo.fs.writeFile("/a", pattern(30_000, 2));
    await repo.fs.writeFile("/b", pattern(30_000, 3));
    const handle = await repo.fs.open("/b", { read: true });
    await repo.engine.snapshots.restore("s");
    expect(await contents(repo.fs)).toEqual(before);
    await expect(handle.read(new Uint8Array(10), 0)).rejects.toMatchObject({ code: "ESTALE" });
    await handle.close();
    await repo.fs.writeFile("/a", pattern(10, 4));
    await repo.engine.snapshots.restore("s");
    expect(await contents(repo.fs)).toEqual(before);
    await settle(repo);
    await expectWhole(repo);
  });

  test("that was restored shows nothing of what was being cut off when it was taken", async () => {
    const repo = await newRepo();
    const { fs, engine } = repo;
    const handle = await fs.open("/f", { read: true, write: true, create: true });
    for (let i = 0; i < 2000; i++) await handle.write(pattern(300, i), i * 2048);
    await fs.sync();
    // So many that finding out what is being cut off takes longer than a write does.
    const nameless = [];
    for (let i = 0; i < 1000; i++) {
      nameless.push(await fs.open("/gone", { write: true, create: true }));
      await fs.unlink("/gone");
    }
    await handle.truncate(100);
    await engine.snapshots.take("s");
    for (const open of nameless) await open.close();
    await settle(repo);

    const restoring = engine.snapshots.restore("s");
    const restored = follow(restoring);
    const size = 5_000_000;
    const writes: Promise<unknown>[] = [];
    while (!restored.hasEnded) {
      writes.push(handle.truncate(size));
      await turns(10);
    }
    await Promise.all([restoring, ...writes]);
    const into = new Uint8Array(size);
    await handle.read(into, 0);
    expect(into.subarray(0, 100)).toEqual(pattern(100, 0));
    expect(into.subarray(100).every((byte) => byte === 0)).toBe(true);
    await handle.close();
    await expectWhole(repo);
  });

  test("that is open cannot be deleted; one that is not there, or there already, is refused", async () => {
    const { engine } = await newRepo();
    await engine.snapshots.take("s");
    await expect(engine.snapshots.take("s")).rejects.toMatchObject({ code: "EEXIST" });
    const tree = await engine.openSnapshot("s");
    await expect(engine.snapshots.remove("s")).rejects.toMatchObject({ code: "EBUSY" });
    await tree.close();
    await engine.snapshots.remove("s");
    for (const refused of [
      engine.snapshots.remove("s"),
      engine.snapshots.restore("s"),
      engine.openSnapshot("s"),
    ])
      await expect(refused).rejects.toMatchObject({ code: "ENOENT" });
    await expect(engine.snapshots.take("")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(engine.snapshots.take("x".repeat(256))).rejects.toMatchObject({
      code: "ENAMETOOLONG",
    });
    expect(await engine.snapshots.list()).toEqual([]);
  });

  test("is open or deleted, never both, at whatever turn of its deletion it is opened", async () => {
    const outcomes = new Set<string>();
    for (let turn = 0; turn < 80; turn++) {
      const repo = await newRepo();
      await repo.fs.writeFile("/a", pattern(5000));
      await repo.engine.snapshots.take("s");
      const removing = repo.engine.snapshots.remove("s").catch(codeOf);
      await turns(turn);
      const opening = repo.engine.openSnapshot("s").catch(codeOf);
      const [removed, opened] = [await removing, await opening];
      outcomes.add(typeof opened);
      if (typeof opened === "object") expect(removed, `after ${turn} turns`).toBe("EBUSY");
      else expect([opened, removed], `after ${turn} turns`).toEqual(["ENOENT", undefined]);
    }
    expect(outcomes.size).toBe(2);
  });

  test("is read-only", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(10));
    await repo.engine.snapshots.take("s");
    const fs = new RepoFileSystem(await repo.engine.openSnapshot("s"));
    for (const refused of [
      fs.writeFile("/a", pattern(5)),
      fs.unlink("/a"),
      fs.mkdir("/d"),
      fs.truncate("/a", 0),
      fs.rename("/a", "/b"),
      fs.open("/a", { write: true }),
    ])
      await expect(refused).rejects.toMatchObject({ code: "EROFS" });
    await fs.close();
    await expect(fs.stat("/a")).rejects.toMatchObject({ code: "REPO_CLOSED" });
  });

  test("on a full disk can be deleted, and then there is room again", async () => {
    const repo = await newRepo(400);
    await repo.fs.writeFile("/a", pattern(200_000));
    await repo.engine.snapshots.take("s");
    await repo.fs.unlink("/a");
    const fill = async (name: string): Promise<number> => {
      for (let i = 0; ; i++)
        try {
          await repo.fs.writeFile(`/${name}${i}`, pattern(9000, i));
        } catch (error) {
          expect(error).toMatchObject({ code: "ENOSPC" });
          return i;
        }
    };
    await fill("f");
    await repo.engine.snapshots.remove("s");
    expect(await fill("g")).toBeGreaterThan(10);
    await expectWhole(repo);
  });
});

test.each([1, 2, 3, 4, 5, 6])(
  "random changes, snapshots, restores, deletions, compactions and rotations have a model's trees and exact counts (seed %i)",
  async (seed) => {
    const keys = unsealedKeys();
    const prng = new Prng(seed);
    const disk = new SimulatedDisk({ seed });
    let repo = await createRepo(disk.open("create"), keys, testEnvironment(seed));
    const model = new Map<string, Record<string, string>>();
    const path = (): string => `${prng.chance(0.5) ? "/d" : ""}/f${prng.below(60)}`;
    await repo.fs.mkdir("/d");
    const change = async (): Promise<void> => {
      const [target, other] = [path(), path()];
      const known = await contents(repo.fs);
      const bytes = prng.bytes(prng.below(prng.chance(0.2) ? 60_000 : 4000));
      const choice = known[target] === undefined ? 0 : prng.below(6);
      if (choice <= 1) await repo.fs.writeFile(target, bytes);
      else if (choice === 2) await repo.fs.unlink(target);
      else if (choice === 3) await repo.fs.rename(target, other);
      else if (choice === 4) await repo.fs.truncate(target, prng.below(50_000));
      else await repo.fs.writeFile(target, bytes, { write: true, append: true });
    };
    for (let step = 0; step < 150; step++) {
      const names = [...model.keys()];
      const roll = prng.below(20);
      if (roll === 0 && names.length < 6) {
        const name = `s${step}`;
        const [state] = await Promise.all([contents(repo.fs), repo.engine.snapshots.take(name)]);
        model.set(name, state);
      } else if (roll === 1 && names.length > 0) {
        const name = prng.pick(names);
        await repo.engine.snapshots.remove(name);
        model.delete(name);
      } else if (roll === 2 && names.length > 0) {
        const name = prng.pick(names);
        await repo.engine.snapshots.restore(name);
        expect(await contents(repo.fs)).toEqual(model.get(name));
      } else if (roll === 3) {
        await repo.fs.close();
        repo = await openRepo(disk.open(), keys, testEnvironment(seed + step));
      } else if (roll === 4) await repo.engine.maintenance.compact();
      else if (roll === 5) {
        keys.rotate();
        await repo.engine.maintenance.reseal();
      } else for (let i = 0; i < 8; i++) await change();
      if (step % 5 === 0) await expectWhole(repo);
    }
    for (const [name, state] of model) expect(await snapshotContents(repo, name)).toEqual(state);
    for (const name of model.keys()) await repo.engine.snapshots.remove(name);
    await settle(repo);
    await expectWhole(repo);
    const { files, directories } = await repo.engine.check();
    expect(files + directories - 1).toBe(Object.keys(await contents(repo.fs)).length);
  },
  60_000,
);
