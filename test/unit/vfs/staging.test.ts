/** Stagings: what is to become a file's content, which nobody sees before, and of which nothing is left if it does not. */
import { describe, expect, test } from "vitest";
import type { EngineOptions, NewRepo } from "../../../src/engine/options.js";
import type { FileSystem, Staging } from "../../../src/vfs/file-system.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { pattern } from "../../support/pattern.js";
import {
  createWatched,
  expectSound,
  openWatched,
  reclaimAll,
  type WatchedRepo,
} from "../../support/watched-repo.js";

const KIB = 1024;

let disk: MemoryDisk;

function newRepo(options: EngineOptions = {}, settings: NewRepo = {}): Promise<WatchedRepo> {
  disk = new MemoryDisk();
  return createWatched(disk, options, settings);
}

async function sound(repo: WatchedRepo): Promise<void> {
  await reclaimAll(repo);
  await expectSound(repo);
}

async function contentOf(fs: FileSystem, path: string): Promise<string> {
  return Buffer.from(await fs.readFile(path)).toString("latin1");
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function finished(staging: Staging): Promise<void> {
  await staging.finish();
  await staging.close();
}

describe("a staging", () => {
  test("is seen by nobody before it is finished, and is then the whole content", async () => {
    const repo = await newRepo();
    const { fs } = repo;
    const old = pattern(100 * KIB);
    await fs.writeFile("/f", old);
    const { ino } = await fs.stat("/f");
    const staging = await fs.openStaging("/f", false);
    const next = pattern(70 * KIB, 5);
    await staging.write(next, 0);
    expect(Buffer.compare(await fs.readFile("/f"), old)).toBe(0);
    await finished(staging);
    expect(Buffer.compare(await fs.readFile("/f"), next)).toBe(0);
    expect((await fs.stat("/f")).ino).toBe(ino);
    await sound(repo);
  });

  test.each(
    [0, 3, 600, 5 * KIB, 300 * KIB].flatMap((from) =>
      [0, 3, 600, 5 * KIB, 300 * KIB].map((to) => [from, to]),
    ),
  )("of %i bytes takes the place of %i", async (length, before) => {
    const repo = await newRepo();
    const { fs } = repo;
    await fs.writeFile("/f", pattern(before, 3));
    const staging = await fs.openStaging("/f", false);
    await staging.write(pattern(length), 0);
    await finished(staging);
    expect(Buffer.compare(await fs.readFile("/f"), pattern(length))).toBe(0);
    await sound(repo);
  });

  test.each([10, 600, 300 * KIB])(
    "that keeps %i bytes begins with them, and changes them for itself",
    async (length) => {
      const repo = await newRepo();
      const { fs } = repo;
      const old = pattern(length, 9);
      await fs.writeFile("/f", old);
      await fs.sync();
      const staging = await fs.openStaging("/f", true);
      expect((await staging.stat()).size).toBe(length);
      await staging.write(bytes("new"), 4);
      expect(Buffer.compare(await fs.readFile("/f"), old)).toBe(0);
      await finished(staging);
      const expected = Buffer.from(old);
      expected.set(bytes("new"), 4);
      expect(Buffer.compare(await fs.readFile("/f"), expected)).toBe(0);
      await sound(repo);
    },
  );

  test("that keeps what the file holds stores no byte of it again", async () => {
    const repo = await newRepo();
    const { fs, engine } = repo;
    await fs.writeFile("/f", pattern(800 * KIB));
    await fs.sync();
    const used = (): number => engine.stats().slots - engine.stats().freeSlots;
    const before = used();
    const staging = await fs.openStaging("/f", true);
    await staging.write(bytes("x"), 0);
    await fs.sync();
    expect(used() - before).toBeLessThan(40);
    await staging.close();
    await sound(repo);
  });

  test("takes writes anywhere, far beyond its end, and cuts", async () => {
    const repo = await newRepo();
    const { fs } = repo;
    await fs.writeFile("/f", bytes(""));
    const far = 2 ** 40;
    const staging = await fs.openStaging("/f", false);
    await staging.write(bytes("end"), far);
    await staging.write(bytes("begin"), 0);
    await finished(staging);
    const handle = await fs.open("/f", { read: true });
    const part = new Uint8Array(8);
    expect([await handle.read(part, far - 5), part.join()]).toEqual([8, "0,0,0,0,0,101,110,100"]);
    await handle.close();
    const cut = await fs.openStaging("/f", true);
    await cut.truncate(3);
    await finished(cut);
    expect(await contentOf(fs, "/f")).toBe("beg");
    await sound(repo);
  });

  test("is one version, and leaves the one before as it was", async () => {
    const repo = await newRepo({}, { versionLimit: 3 });
    const { fs } = repo;
    await fs.writeFile("/f", pattern(200 * KIB));
    const staging = await fs.openStaging("/f", true);
    for (let i = 0; i < 5; i++) await staging.write(pattern(100, i), i * 40 * KIB);
    await staging.truncate(150 * KIB);
    await finished(staging);
    const history = await fs.history("/f");
    expect(history.map(({ size }) => size)).toEqual([200 * KIB, 150 * KIB]);
    const old = await fs.openVersion("/f", history[0]?.version ?? 0);
    const into = new Uint8Array(200 * KIB);
    await old.read(into, 0);
    await old.close();
    expect(Buffer.compare(into, pattern(200 * KIB))).toBe(0);
    await sound(repo);
  });

  test("of two, the last to finish counts, and hard links see it", async () => {
    const repo = await newRepo();
    const { fs } = repo;
    await fs.writeFile("/f", bytes("old"));
    await fs.link("/f", "/g");
    const first = await fs.openStaging("/f", false);
    const second = await fs.openStaging("/g", true);
    await first.write(bytes("the first of them"), 0);
    await second.write(bytes("2"), 3);
    await finished(second);
    expect(await contentOf(fs, "/f")).toBe("old2");
    await finished(first);
    expect([await contentOf(fs, "/f"), await contentOf(fs, "/g")]).toEqual(
      Array(2).fill("the first of them"),
    );
    await sound(repo);
  });

  test("follows its file when that is renamed, and is ENOENT when it is gone", async () => {
    const repo = await newRepo();
    const { fs } = repo;
    await fs.writeFile("/f", bytes("old"));
    const staging = await fs.openStaging("/f", false);
    await staging.write(bytes("new"), 0);
    await fs.rename("/f", "/g");
    await staging.finish();
    expect(await contentOf(fs, "/g")).toBe("new");
    await staging.close();
    const late = await fs.openStaging("/g", true);
    await fs.unlink("/g");
    await expect(late.finish()).rejects.toMatchObject({ code: "ENOENT" });
    await late.close();
    await sound(repo);
  });

  test("is ESTALE after another tree was restored", async () => {
    const repo = await newRepo();
    const { fs, engine } = repo;
    await fs.writeFile("/f", bytes("old"));
    const staging = await fs.openStaging("/f", false);
    await staging.write(bytes("a"), 0);
    await engine.snapshots.take("before");
    await staging.write(bytes("b"), 0);
    await engine.snapshots.restore("before");
    await expect(staging.finish()).rejects.toMatchObject({ code: "ESTALE" });
    await staging.close();
    expect(await contentOf(fs, "/f")).toBe("old");
    await engine.snapshots.remove("before");
    await sound(repo);
  });

  test("needs a file that can be changed", async () => {
    const repo = await newRepo();
    await repo.fs.mkdir("/d");
    await repo.fs.writeFile("/f", bytes("old"));
    await expect(repo.fs.openStaging("/d", false)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(repo.fs.openStaging("/none", true)).rejects.toMatchObject({ code: "ENOENT" });
    await repo.fs.close();
    const { fs } = await openWatched(disk, { readOnly: true });
    await expect(fs.openStaging("/f", false)).rejects.toMatchObject({ code: "EROFS" });
  });
});

describe("what is left of a staging", () => {
  for (const end of ["given up", "cut off by a crash"] as const)
    test(`that is ${end}: nothing`, async () => {
      let repo = await newRepo();
      await repo.fs.writeFile("/f", pattern(5 * KIB));
      await reclaimAll(repo);
      const before = (await repo.engine.check()).liveSlots;
      const staging = await repo.fs.openStaging("/f", true);
      await staging.write(pattern(900 * KIB), 0);
      await repo.fs.sync();
      expect((await repo.engine.check()).liveSlots).toBeGreaterThan(before + 100);
      if (end === "given up") await staging.close();
      else repo = await openWatched(disk);
      await reclaimAll(repo);
      expect((await repo.engine.check()).liveSlots).toBeLessThan(before + 20);
      expect(Buffer.compare(await repo.fs.readFile("/f"), pattern(5 * KIB))).toBe(0);
      await sound(repo);
    });
});
