/** Writes in parts: what others see of them, what a crash leaves, what they cost, and a plain model of all of it. */
import { beforeAll, describe, expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import type { FileSystem, OpenFlags } from "../../../src/vfs/file-system.js";
import type { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { OpenStagedFile } from "../../../src/worker/staged-files.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, overlaid, pattern, resized } from "../../support/pattern.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  testKeys,
  type TestKeys,
  type TestRepo,
} from "../../support/repo.js";
import {
  age,
  createWatched,
  expectSound,
  openWatched,
  reclaimAll,
} from "../../support/watched-repo.js";
import { settle } from "../../support/turns.js";
import { expectWhole } from "../../support/whole.js";

const CREATE: OpenFlags = { read: true, write: true, create: true };

async function open(
  fs: RepoFileSystem,
  path: string,
  flags: OpenFlags = CREATE,
): Promise<OpenStagedFile> {
  return OpenStagedFile.of(await fs.openStaged(path, flags));
}

async function used(repo: TestRepo): Promise<number> {
  await reclaimAll(repo);
  await age(repo, 6);
  const { slots, freeSlots } = repo.engine.stats();
  return slots - freeSlots;
}

async function readVersion(file: OpenStagedFile, version: number): Promise<Uint8Array> {
  const handle = await file.openVersion(version);
  const into = new Uint8Array((await handle.stat()).size);
  await handle.read(into, 0);
  await handle.close();
  return into;
}

describe("a write in parts", () => {
  test.each([100, 5000, 1_000_000])(
    "of %i bytes is seen by nobody before it is finished, and whole afterwards",
    async (length) => {
      const repo = await createWatched(new MemoryDisk());
      const file = await open(repo.fs, "/f", { ...CREATE, versionLimit: 3 });
      await file.writeOnce(pattern(7, 9));
      await file.seek(0, "start");
      const content = pattern(length);
      for (let from = 0; from < length; from += 70_000)
        await file.write(content.slice(from, from + 70_000));
      await repo.engine.sync();
      expectSame(await repo.fs.readFile("/f"), pattern(7, 9));
      expectSame(await file.read(Infinity), pattern(7, 9));
      expect(await file.metadata()).toMatchObject({ size: 7, version: 2 });
      await file.finish();
      expectSame(await repo.fs.readFile("/f"), overlaid(pattern(7, 9), 0, content));
      expectSame(await readVersion(file, 2), pattern(7, 9));
      expect(await file.metadata()).toMatchObject({ version: 3 });
      expect(await repo.engine.view((view) => view.orphans())).toEqual([]);
      await file.close();
      await expectSound(repo);
    },
  );

  test.each([3, 100])("keeps what a small file has before byte %i, where it begins", async (at) => {
    const repo = await createWatched(new MemoryDisk());
    await repo.fs.writeFile("/f", pattern(7, 9), { ...CREATE, versionLimit: 2 });
    const file = await open(repo.fs, "/f");
    await file.seek(at, "start");
    await file.write(pattern(20_000));
    await file.finish();
    expectSame(await repo.fs.readFile("/f"), overlaid(pattern(7, 9), at, pattern(20_000)));
    expectSame(await readVersion(file, 1), pattern(7, 9));
    await file.close();
    await expectSound(repo);
  });

  test("leaves zeros where a long truncation has not come to its end", async () => {
    const repo = await createWatched(new MemoryDisk());
    await repo.fs.writeFile("/f", pattern(12_000_000));
    await repo.engine.sync();
    const file = await open(repo.fs, "/f");
    await file.seek(10_000_000, "start");
    await file.write(pattern(20_000, 2));
    const cut = repo.fs.truncate("/f", 5);
    const finished = file.finish();
    await Promise.all([cut, finished]);
    const expected = overlaid(pattern(5), 10_000_000, pattern(20_000, 2));
    expectSame(await repo.fs.readFile("/f"), expected);
    await file.close();
    await expectSound(repo);
  });

  test("takes 64 MiB with little of it in memory, and finishes in one commit", async () => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk);
    const file = await open(repo.fs, "/f");
    const part = new Uint8Array(1024 * 1024);
    let most = 0;
    for (let i = 0; i < 64; i++) {
      part.fill(i + 1, 0, 5);
      await file.write(part.slice());
      most = Math.max(most, repo.engine.stats().pendingBytes);
    }
    expect(most).toBeLessThan(20 * 1024 * 1024);
    await repo.engine.sync();
    const { commits } = repo.engine.stats();
    await file.finish();
    await repo.engine.sync();
    expect(repo.engine.stats().commits - commits).toBeLessThanOrEqual(2);
    const handle = await repo.fs.open("/f", { read: true });
    const into = new Uint8Array(5);
    for (const i of [0, 31, 63]) {
      await handle.read(into, i * part.length);
      expect([...into]).toEqual([i + 1, i + 1, i + 1, i + 1, i + 1]);
    }
    await handle.close();
    await file.close();
    await expectSound(repo);
  });

  test.each([1, 3])(
    "frees what it replaces in steps, and gives all space back (%i versions)",
    async (versionLimit) => {
      const repo = await createWatched(new MemoryDisk());
      const file = await open(repo.fs, "/f", { ...CREATE, versionLimit });
      const before = await used(repo);
      for (let round = 0; round < versionLimit + 2; round++) {
        await file.seek(0, "start");
        for (let i = 0; i < 30; i++) await file.write(pattern(100_000, round));
        await file.finish();
      }
      expect(await used(repo)).toBeLessThan(before + versionLimit * 760);
      await file.setLen(0);
      for (let i = 1; i < versionLimit; i++) await file.writeOnce(new Uint8Array(0));
      expect(await used(repo)).toBeLessThanOrEqual(before + 1);
      await file.close();
      await expectSound(repo);
    },
  );

  test("that is closed unfinished leaves nothing, be it that its file is gone already", async () => {
    const repo = await createWatched(new MemoryDisk());
    await repo.fs.writeFile("/f", pattern(10));
    const before = await used(repo);
    const kept = await open(repo.fs, "/f");
    const removed = await open(repo.fs, "/g");
    for (const file of [kept, removed]) await file.write(pattern(900_000));
    await repo.fs.unlink("/g");
    await removed.write(pattern(10));
    await removed.finish();
    expect((await removed.metadata()).size).toBe(900_010);
    await kept.close();
    await removed.close();
    expect(await used(repo)).toBeLessThanOrEqual(before + 1);
    expectSame(await repo.fs.readFile("/f"), pattern(10));
    await expectSound(repo);
  });

  test("is not there after a crash, and its space is free", async () => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk);
    await repo.fs.writeFile("/f", pattern(10));
    const before = await used(repo);
    const file = await open(repo.fs, "/f");
    await file.write(pattern(2_000_000));
    await repo.engine.sync();
    const crashed = await openWatched(disk.copy());
    expect(await used(crashed)).toBeLessThanOrEqual(before + 1);
    expectSame(await crashed.fs.readFile("/f"), pattern(10));
    await expectSound(crashed);
  });

  test("keeps a log of small writes in few extents", async () => {
    const repo = await createWatched(new MemoryDisk());
    const file = await open(repo.fs, "/log", { ...CREATE, append: true });
    for (let i = 0; i < 200; i++) {
      for (const part of [pattern(200, i), pattern(300, i)]) await file.write(part);
      await file.finish();
      if (i % 3 === 0) await repo.engine.sync();
    }
    let extents = 0;
    await repo.engine.view((view) => {
      extents = 0;
      view.tree.scan("", (_, record) => {
        if (record.is === "extent") extents++;
        return true;
      });
    });
    expect((await file.metadata()).size).toBe(100_000);
    expect(extents).toBeLessThan(100_000 / 4096 + 10);
    await file.close();
    await expectSound(repo);
  });

  test("does not survive the restoring of a snapshot by accident", async () => {
    const repo = await createWatched(new MemoryDisk());
    await repo.fs.writeFile("/f", pattern(10));
    const [late, early, same] = [
      await open(repo.fs, "/f"),
      await open(repo.fs, "/f"),
      await open(repo.fs, "/f"),
    ];
    await early.write(pattern(9000, 1));
    await same.write(pattern(9000, 2));
    await repo.engine.snapshots.take("s");
    await early.write(pattern(9000, 1));
    await late.write(pattern(9000, 3));
    await repo.engine.snapshots.restore("s");
    for (const file of [late, early]) {
      await expect(file.write(pattern(5))).rejects.toMatchObject({ code: "ESTALE" });
      await expect(file.finish()).rejects.toMatchObject({ code: "ESTALE" });
      await file.close();
    }
    await same.finish();
    await same.close();
    expectSame(await repo.fs.readFile("/f"), pattern(9000, 2));
    await repo.engine.snapshots.remove("s");
    await reclaimAll(repo);
    await expectSound(repo);
  });

  test("can be finished again when there was no room", async () => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk);
    const file = await open(repo.fs, "/f");
    await repo.fs.writeFile("/ballast", pattern(2_000_000));
    await file.write(pattern(8_000_000));
    await repo.engine.sync();
    disk.maxSlots = disk.slotCount;
    let parts = 1;
    const fill = async (): Promise<void> => {
      for (;;) {
        await file.write(pattern(20_000, 2));
        parts++;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "ENOSPC" });
    // Where a small change still fits: so many extents take more.
    await repo.fs.mkdir("/d");
    await expect(file.finish()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await file.metadata()).toMatchObject({ size: 0, version: 1 });
    await repo.fs.unlink("/ballast");
    await age(repo, 12);
    await file.finish();
    expect((await file.metadata()).size).toBe(8_000_000 + (parts - 1) * 20_000);
    await file.close();
    await expectSound(repo);
  });

  test("in strict durability waits for its commit once, when it is finished", async () => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk, { durability: "strict" });
    const file = await open(repo.fs, "/f");
    const { commits } = repo.engine.stats();
    for (let i = 0; i < 20; i++) await file.write(pattern(1000, i));
    expect(repo.engine.stats().commits).toBe(commits);
    await file.finish();
    await settle();
    expect(repo.engine.stats().commits).toBe(commits + 1);
    const crashed = await openWatched(disk.copy());
    expect((await crashed.fs.stat("/f")).size).toBe(20_000);
    await file.close();
    await expectSound(crashed);
  });
});

test("limit and deduplication are those of the open that makes the file, or the repo's", async () => {
  const { engine, fs } = await createWatched(new MemoryDisk());
  const open = async (path: string, flags: OpenFlags): Promise<void> =>
    (await fs.openStaged(path, { ...CREATE, ...flags })).close();
  await open("/own", { versionLimit: 7, dedup: true });
  await open("/own", { versionLimit: 2, dedup: false });
  await open("/repo", {});
  const chosen = async (path: string): Promise<unknown> => {
    const { ino } = await fs.stat(path);
    const { versionLimit, dedup } = await engine.view((view) => view.inode(ino));
    return { versionLimit, dedup };
  };
  expect(await chosen("/own")).toEqual({ versionLimit: 7, dedup: true });
  expect(await chosen("/repo")).toEqual({ versionLimit: 0, dedup: false });
});

/** One open file as the model has it. */
interface ModelFile {
  readonly file: OpenStagedFile;
  readonly append: boolean;
  position: number;
  parts: { readonly at: number; bytes: Uint8Array } | undefined;
}

/** Versions that are kept, the oldest first, and the number of the last. */
interface ModelState {
  readonly contents: readonly Uint8Array[];
  readonly version: number;
}

function presentOf({ contents }: ModelState): Uint8Array {
  return contents.at(-1) ?? new Uint8Array(0);
}

async function stateOf(fs: RepoFileSystem): Promise<ModelState> {
  const file = await open(fs, "/f", { read: true });
  const contents: Uint8Array[] = [];
  const history = await file.history();
  for (const { version } of history) contents.push(await readVersion(file, version));
  await file.close();
  return { contents, version: history.at(-1)?.version ?? 0 };
}

function isSame(a: ModelState, b: ModelState): boolean {
  return (
    a.version === b.version &&
    a.contents.length === b.contents.length &&
    a.contents.every((bytes, i) => Buffer.compare(bytes, b.contents[i] ?? pattern(1, 99)) === 0)
  );
}

const SEEDS = Number(process.env["SLOW"] ?? 0) > 0 ? 200 : 12;
const STEPS = 120;

describe("a file with versions is what a plain model says", () => {
  let keys: TestKeys;
  beforeAll(async () => {
    keys = await testKeys();
  });

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    "seed %i",
    async (seed) => {
      const prng = new Prng(seed);
      const disk = new SimulatedDisk({ seed, maxTurns: 1 + prng.below(20) });
      const environment = testEnvironment(seed);
      const options = {
        durability: prng.pick(["strict", "relaxed"] as const),
        unitBytes: prng.pick([4096, 8192, 32_768]),
      };
      let repo: TestRepo = await createRepo(disk.open("create"), keys, environment, options);
      const versionLimit = prng.pick([1, 1, 2, 5]);
      const scale = prng.pick([100, 3000, 30_000, 300_000]);
      await (await open(repo.fs, "/f", { ...CREATE, versionLimit })).close();
      let state: ModelState = { contents: [new Uint8Array(0)], version: 1 };
      /** What a crash may leave: the last state that is durable for certain, and all since. */
      let possible = [state];
      let files: ModelFile[] = [];
      await repo.engine.sync();

      const opened = async (): Promise<ModelFile> => {
        const append = prng.chance(0.3);
        const file = await open(repo.fs, "/f", { read: true, write: true, append });
        const position = append ? presentOf(state).length : 0;
        return { file, append, position, parts: undefined };
      };
      const commit = (content: Uint8Array): void => {
        const contents = [...state.contents, content].slice(-versionLimit);
        state = { contents, version: state.version + 1 };
        possible = options.durability === "strict" ? [state] : [...possible, state];
      };
      const place = (one: ModelFile): number =>
        one.append ? presentOf(state).length : one.position;
      const bytesToWrite = (): Uint8Array =>
        prng.bytes(prng.chance(0.1) ? 0 : 1 + prng.below(scale));
      const write = (one: ModelFile, at: number, bytes: Uint8Array): void => {
        const present = presentOf(state);
        commit(bytes.length === 0 ? present : overlaid(present, at, bytes));
        one.position = at + bytes.length;
      };
      const expectBusy = async (call: Promise<unknown>): Promise<void> =>
        expect(call).rejects.toMatchObject({ code: "EBUSY" });

      const change = async (one: ModelFile): Promise<void> => {
        const { file, parts } = one;
        switch (prng.below(8)) {
          case 0:
          case 1:
          case 2: {
            const bytes = bytesToWrite();
            await file.write(bytes.slice());
            if (parts === undefined) one.parts = { at: one.position, bytes };
            else parts.bytes = overlaid(parts.bytes, parts.bytes.length, bytes);
            return;
          }
          case 3:
            if (parts === undefined)
              return expect(file.finish()).rejects.toMatchObject({ code: "EINVAL" });
            await file.finish();
            one.parts = undefined;
            write(one, one.append ? presentOf(state).length : parts.at, parts.bytes);
            return;
          case 4: {
            const bytes = bytesToWrite();
            if (parts !== undefined) return expectBusy(file.writeOnce(bytes));
            await file.writeOnce(bytes.slice());
            write(one, place(one), bytes);
            return;
          }
          case 5: {
            const size = prng.chance(0.2)
              ? presentOf(state).length
              : prng.below(presentOf(state).length + 5000);
            if (parts !== undefined) return expectBusy(file.setLen(size));
            await file.setLen(size);
            if (size !== presentOf(state).length) commit(resized(presentOf(state), size));
            return;
          }
          case 6: {
            const from = prng.pick(["start", "current", "end"] as const);
            const base = { start: 0, current: one.position, end: presentOf(state).length }[from];
            const offset = prng.below(presentOf(state).length + 2000) - prng.below(base + 2);
            if (parts !== undefined) return expectBusy(file.seek(offset, from));
            if (base + offset < 0)
              return expect(file.seek(offset, from)).rejects.toMatchObject({ code: "EINVAL" });
            one.position = base + offset;
            expect(await file.seek(offset, from)).toBe(one.position);
            return;
          }
          default: {
            const length = prng.below(scale);
            const found = await file.read(length);
            expectSame(found, presentOf(state).slice(one.position, one.position + length));
            one.position += found.length;
          }
        }
      };

      for (let step = 0; step < STEPS; step++) {
        if (files.length < 3) files.push(await opened());
        await change(prng.pick(files));
        if (prng.chance(0.2)) environment.clock.advance(60);
        if (prng.chance(0.1)) {
          await repo.engine.sync();
          possible = [state];
        }
        if (prng.chance(0.08)) {
          const [one] = files.splice(prng.below(files.length), 1);
          await one?.file.close();
        }
        if (prng.chance(0.06)) {
          const survivor = SimulatedDisk.fromImage(disk.crash(seed * 1000 + step));
          const crashed = await openRepo(survivor.open(), keys);
          const found = await stateOf(crashed.fs);
          expect(
            possible.some((one) => isSame(one, found)),
            "one of the states since",
          ).toBe(true);
          await reclaimAll(crashed);
          await expectWhole(crashed);
          await crashed.fs.close();
        }
        if (prng.chance(0.04)) {
          for (const { file } of files) await file.close();
          files = [];
          await repo.fs.close();
          repo = await openRepo(disk.open(), keys, environment, options);
          possible = [state];
          expect(isSame(await stateOf(repo.fs), state), "reopened").toBe(true);
        }
        if (step % 20 === 0) {
          expect(isSame(await stateOf(repo.fs), state), "the versions").toBe(true);
          await expectWhole(repo);
          // A check syncs.
          possible = [state];
        }
      }
      for (const { file } of files) await file.close();
      expect(isSame(await stateOf(repo.fs), state), "the versions").toBe(true);
      await repo.fs.unlink("/f");
      await reclaimAll(repo);
      await expectWhole(repo);
      await expectEmpty(repo.fs);
      await repo.fs.close();
    },
    120_000,
  );
});

async function expectEmpty(fs: FileSystem): Promise<void> {
  expect(await fs.readdir("/")).toEqual([]);
  const missing: unknown = await fs.stat("/f").catch((error: unknown) => error);
  expect(isRepoError(missing, "ENOENT")).toBe(true);
}
