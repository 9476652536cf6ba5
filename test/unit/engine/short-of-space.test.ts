/**
 * A disk that is full, or nearly so, or whose free space is in pieces: what was acknowledged is kept,
 * what frees space works, and no commit ever fails for want of room.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { Durability } from "../../../src/engine/options.js";
import { isRepoError } from "../../../src/errors.js";
import { fillDisk } from "../../support/full-disk.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, overlaid, pattern } from "../../support/pattern.js";
import { writeSharedUnits } from "../../support/shared-units.js";
import { follow, isWaiting, turns } from "../../support/turns.js";
import {
  age,
  createWatched,
  expectSound,
  openWatched,
  reclaimAll,
  type WatchedRepo,
} from "../../support/watched-repo.js";

const DURABILITIES: readonly Durability[] = ["relaxed", "strict"];
const HOOK_TIMEOUT_MS = 60_000;
const ONE_SLOT = pattern(4096);
const FIVE_SLOTS = pattern(20_000);
const LARGE = pattern(3_000_000, 5);

describe("free space in pieces of one slot", () => {
  const fragmented = new MemoryDisk();
  /** The files that are left, each between two free slots. */
  let paths: string[];

  beforeAll(async () => {
    const repo = await createWatched(fragmented);
    fragmented.maxSlots = 16_000;
    const all = await fillDisk(repo.fs, ONE_SLOT, 256);
    paths = all.filter((_, i) => i % 2 === 1);
    for (const [i, path] of all.filter((_, i) => i % 2 === 0).entries()) {
      await repo.fs.unlink(path);
      if (i % 50 === 0) await repo.fs.sync();
    }
    await age(repo, 100);
    await repo.fs.close();
  }, HOOK_TIMEOUT_MS);

  test.each([
    ["a full disk", 0],
    ["a disk that has more", Infinity],
  ])("is enough for a commit that changes every leaf, on %s", async (_, moreSlots) => {
    expect(paths.length).toBeGreaterThan(7000);
    const disk = fragmented.copy();
    disk.maxSlots = disk.slotCount + moreSlots;
    const repo = await openWatched(disk);
    for (const path of paths) await repo.fs.setattr(path, { mode: 0o600 });
    await repo.fs.sync();
    expect((await expectSound(repo)).files).toBe(paths.length);
  });

  test("takes content that a copy refers to before it is stored", async () => {
    const disk = fragmented.copy();
    disk.maxSlots = disk.slotCount;
    const repo = await openWatched(disk);
    await repo.fs.writeFile("/f", LARGE);
    await repo.fs.copyFile("/f", "/g");
    await overwrite(repo, "/g", 6000);
    await repo.fs.sync();
    expectSame(await repo.fs.readFile("/f"), LARGE);
    expectSame(await repo.fs.readFile("/g"), overlaid(LARGE, 6000, FIVE_SLOTS));
    await expectSound(repo);
  });

  test("takes content that a past version refers to before it is stored", async () => {
    const disk = fragmented.copy();
    disk.maxSlots = disk.slotCount;
    const repo = await openWatched(disk);
    await repo.fs.writeFile("/f", LARGE, { write: true, create: true, versionLimit: 3 });
    for (const at of [100, 9000]) await overwrite(repo, "/f", at);
    await repo.fs.sync();
    const first = await repo.fs.openVersion("/f", 1);
    const into = new Uint8Array(LARGE.length);
    await first.read(into, 0);
    expectSame(into, LARGE);
    await first.close();
    await expectSound(repo);
  });

  async function overwrite({ fs }: WatchedRepo, path: string, at: number): Promise<void> {
    const handle = await fs.open(path, { write: true });
    await handle.write(FIVE_SLOTS, at);
    await handle.close();
  }
  test("is enough for a staged write that was in memory when it moved to its file", async () => {
    const disk = fragmented.copy();
    disk.maxSlots = disk.slotCount;
    const repo = await openWatched(disk);
    const file = await repo.fs.openStaged("/f", { write: true, create: true });
    const parts = Array.from({ length: 400 }, (_, seed) => pattern(8192, seed));
    for (const part of parts) await file.write(part.slice(), 0);
    await file.finish();
    await repo.fs.sync();
    await file.close();
    expect(await repo.fs.readFile("/f")).toEqual(new Uint8Array(Buffer.concat(parts)));
    await expectSound(repo);
  });
});

describe("operations while a commit is still writing content", () => {
  const FILES = 3000;
  const base = new MemoryDisk();
  let liveSlots: number;

  beforeAll(async () => {
    const repo = await createWatched(base);
    for (let i = 0; i < FILES; i++) await repo.fs.writeFile(`/f${i}`, pattern(200));
    await age(repo, 12);
    ({ liveSlots } = await repo.engine.check());
    await repo.fs.close();
  }, HOOK_TIMEOUT_MS);

  /** Far enough apart that no two pieces share a chunk, and so long that no two share a slot. */
  const STRIDE = 8192;
  const PIECE = pattern(2049);

  type Kind = "content" | "attributes";
  // What is published meanwhile, and how much room there is, decides who finds the disk full: the commit
  // in flight, the operations, or the commit after it.
  test.each<[string, readonly Kind[]]>([
    ["content", ["content", "attributes"]],
    ["attributes", ["attributes", "content"]],
  ])("take no slot that it needs, %s first", async (_, kinds) => {
    for (const times of [2, 2.5, 3]) {
      const disk = base.copy();
      disk.maxSlots = disk.slotCount + Math.ceil(times * liveSlots);
      const repo = await openWatched(disk);
      const { fs } = repo;
      const handle = await fs.open("/content", { write: true, create: true });
      await handle.write(PIECE, 0);
      for (let i = 0; i < FILES; i++) await fs.setattr(`/f${i}`, { mode: 0o600 });
      const held = disk.holdNextWrite();
      const syncing = fs.sync();
      await held.reached;

      const operations: Record<Kind, (i: number) => Promise<unknown>> = {
        content: (i) => handle.write(PIECE, (i + 1) * STRIDE),
        attributes: (i) => fs.setattr(`/f${i}`, { mode: 0o644 }),
      };
      const done = { content: 0, attributes: 0 };
      /** The first of each kind that has to wait may yet be refused. */
      const late = { content: Promise.resolve(0), attributes: Promise.resolve(0) };
      for (const kind of kinds)
        for (; done[kind] < FILES; done[kind]++) {
          const work = operations[kind](done[kind]);
          if (await isWaiting(work)) {
            late[kind] = grantedOrRefused(work);
            break;
          }
          await work;
        }
      expect(done.content + done.attributes).toBeGreaterThan(100);
      held.release();
      await syncing;
      const pieces = done.content + (await late.content);
      await late.attributes;
      await fs.sync();
      await expectSound(repo);

      const reopened = await openWatched(disk.copy());
      for (let i = 0; i < done.attributes; i++)
        expect((await reopened.fs.stat(`/f${i}`)).mode).toBe(0o644);
      expect((await reopened.fs.stat("/content")).size).toBe(pieces * STRIDE + PIECE.length);
      await expectSound(reopened);
    }
  });
});

/** 1 if the operation succeeds, 0 if there is no room for it. */
async function grantedOrRefused(work: Promise<unknown>): Promise<number> {
  try {
    await work;
    return 1;
  } catch (error) {
    if (!isRepoError(error, "ENOSPC")) throw error;
    return 0;
  }
}

/** Fills a disk of so many slots until not even an empty file finds room; returns the files that hold something. */
async function fillWhole({ fs }: WatchedRepo, disk: MemoryDisk, slots: number): Promise<string[]> {
  disk.maxSlots = slots;
  const paths = await fillDisk(fs, FIVE_SLOTS, 5);
  await fillDisk(fs, new Uint8Array(0), 5, "/empty");
  expect(paths.length).toBeGreaterThan(20);
  return paths;
}

describe.each(DURABILITIES)("on a full disk (%s)", (durability) => {
  test("one file after the other can be removed until none is left", async () => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk, { durability });
    await fillWhole(repo, disk, 600);
    for (const { name } of await repo.fs.readdir("/")) await repo.fs.unlink(`/${name}`);
    expect((await expectSound(repo)).files).toBe(0);
    await repo.fs.writeFile("/again", pattern(1_000_000));
  });

  test.each<[string, (repo: WatchedRepo, path: string) => Promise<void>]>([
    ["its path", ({ fs }, path) => fs.truncate(path, 0)],
    [
      "a handle",
      async ({ fs }, path) => {
        const handle = await fs.open(path, { write: true });
        await handle.truncate(0);
        await handle.close();
      },
    ],
  ])("every file can be cut to nothing by %s, and then there is room again", async (_, empty) => {
    const disk = new MemoryDisk();
    const repo = await createWatched(disk, { durability });
    for (const path of await fillWhole(repo, disk, 600)) await empty(repo, path);
    await repo.fs.writeFile("/again", pattern(1_000_000));
    await expectSound(repo);
  });
});

test("a file that shares 20 000 units with others is deleted on a full disk, if need be after reopening", async () => {
  const disk = new MemoryDisk();
  const first = await createWatched(disk);
  await writeSharedUnits(first, 20_000, () => ["a", "b", "c"]);
  await first.fs.close();
  disk.maxSlots = disk.slotCount + 600;
  const repo = await openWatched(disk);
  const others = (await fillDisk(repo.fs, ONE_SLOT, 50)).length + 2;
  await repo.fs.unlink("/a");
  await repo.fs.sync();
  const interrupted = disk.copy();

  await reclaimAll(repo);
  expect((await expectSound(repo)).files).toBe(others);
  const reopened = await openWatched(interrupted);
  expect((await reopened.engine.check()).files).toBe(others + 1);
  await reclaimAll(reopened);
  expect((await expectSound(reopened)).files).toBe(others);
});

describe("close()", () => {
  test.each([
    ["finds it", 15],
    ["does not find it", 1],
  ])("at any turn ends an operation that waits for room and %s", async (_, unlinked) => {
    const full = new MemoryDisk();
    const first = await createWatched(full);
    const paths = await fillWhole(first, full, 240);
    for (const path of paths.slice(0, unlinked)) await first.fs.unlink(path);
    await first.fs.sync();
    const content = pattern(150_000);
    let closedInTime = true;
    let turn = 0;
    for (; closedInTime; turn++) {
      const disk = full.copy();
      const repo = await openWatched(disk);
      const writing = repo.fs.writeFile("/x", content).then(
        () => "written",
        (error: unknown) => (isRepoError(error) ? error.code : error),
      );
      const state = follow(writing);
      await turns(turn);
      closedInTime = !state.hasEnded;
      await repo.fs.close();
      const end = await writing;
      expect(["written", "ENOSPC", "REPO_CLOSED"]).toContain(end);
      expect(repo.events).toEqual([]);

      const reopened = await openWatched(disk);
      await expectSound(reopened);
      if (end === "written") expectSame(await reopened.fs.readFile("/x"), content);
      else await expect(reopened.fs.stat("/x")).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(turn).toBeGreaterThan(30);
  });
});

test.each([1000, 10_000])(
  "a full container of %i slots deletes also if others have taken the room that it gave back at closing",
  async (slots) => {
    const disk = new MemoryDisk();
    const { fs } = await createWatched(disk);
    disk.maxSlots = slots;
    const [path = ""] = await fillDisk(fs, ONE_SLOT, 50);
    await fs.close();
    disk.maxSlots = disk.slotCount;
    const reopened = await openWatched(disk);
    await reopened.fs.unlink(path);
    await expectSound(reopened);
  },
);
