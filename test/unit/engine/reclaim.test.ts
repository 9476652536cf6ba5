/**
 * Reclaiming: what was deleted or cut off is freed in steps of its own, after the call that did it. Nobody
 * sees it again meanwhile, and all of it comes back, whenever the last handle is closed.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { FileHandle, FileSystem } from "../../../src/vfs/file-system.js";
import { fillDisk } from "../../support/full-disk.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { follow, turns } from "../../support/turns.js";
import {
  age,
  createWatched,
  expectSound,
  openWatched,
  reclaimAll,
  type WatchedRepo,
} from "../../support/watched-repo.js";

/** Units of one slot, so that a megabyte has more extents than one step frees. */
const OPTIONS = { unitBytes: 4096 };
const FEW_EXTENTS = pattern(100_000);
const MANY_EXTENTS = pattern(1_200_000);
/** Turns after the removal is durable in which work may still go on behind it. */
const LATER_TURNS = 30;

describe.each(["relaxed", "strict"] as const)("the last handle of a file (%s)", (durability) => {
  type Removal = (fs: FileSystem, handle: FileHandle) => Promise<void>;
  const unlink: Removal = (fs) => fs.unlink("/f");
  const cutAndUnlink: Removal = async (fs, handle) => {
    const cutting = handle.truncate(0);
    await fs.unlink("/f");
    await cutting;
  };
  const replace: Removal = (fs) => fs.rename("/other", "/f");

  test.each<[string, Uint8Array, Removal]>([
    ["a small file is unlinked", FEW_EXTENTS, unlink],
    ["a large file is unlinked", MANY_EXTENTS, unlink],
    ["a large file is cut to nothing and unlinked", MANY_EXTENTS, cutAndUnlink],
    ["a large file is replaced by another", MANY_EXTENTS, replace],
  ])("may be closed at any turn while %s: all of it is freed", async (_, content, remove) => {
    const base = new MemoryDisk();
    const { fs, engine } = await createWatched(base, OPTIONS);
    await fs.writeFile("/other", new Uint8Array(0));
    const { liveSlots } = await engine.check();
    await fs.writeFile("/f", content);
    await fs.close();
    let turnsAfter = 0;
    let turn = 0;
    for (; turnsAfter < LATER_TURNS; turn++) {
      const repo = await openWatched(base.copy(), { ...OPTIONS, durability });
      const handle = await repo.fs.open("/f", { read: true, write: true });
      const removing = remove(repo.fs, handle).then(() => repo.fs.sync());
      const removal = follow(removing);
      await turns(turn);
      if (removal.hasEnded) turnsAfter++;
      await handle.close();
      await removing;
      await reclaimAll(repo);
      const report = await expectSound(repo);
      const left = await repo.fs.readdir("/");
      expect(report.files, `files after ${turn} turns`).toBe(left.length);
      expect(report.liveSlots - liveSlots, `slots after ${turn} turns`).toBeLessThan(12);
    }
    expect(turn - turnsAfter).toBeGreaterThan(10);
  });
});

test.each(["relaxed", "strict"] as const)(
  "a file that is cut again at any turn while the first cut is being freed ends in zeros when it is extended (%s)",
  async (durability) => {
    const [whole, cut, cutAgain] = [600 * 4096, 400 * 4096, 200 * 4096];
    const base = new MemoryDisk();
    const { fs } = await createWatched(base, OPTIONS);
    await fs.writeFile("/f", new Uint8Array(whole).fill(7));
    await fs.close();
    for (let turn = 0; turn < 100; turn++) {
      const repo = await openWatched(base.copy(), { ...OPTIONS, durability });
      const first = repo.fs.truncate("/f", cut);
      await turns(turn);
      await repo.fs.truncate("/f", cutAgain);
      await first;
      await reclaimAll(repo);
      await repo.fs.truncate("/f", whole);
      const content = await repo.fs.readFile("/f");
      expect(content.lastIndexOf(7), `after ${turn} turns`).toBe(cutAgain - 1);
    }
  },
);

describe("a large file is cut short", () => {
  const base = new MemoryDisk();
  const kept = new Uint8Array(5000).fill(7);
  /** 64 steps of its truncation. */
  const end = 8192 * 4096;

  beforeAll(async () => {
    const { fs } = await createWatched(base, OPTIONS);
    await fs.writeFile("/f", new Uint8Array(end).fill(7));
    await fs.close();
  });

  /** What must be there after cutting and then writing `content` at the old end. */
  function expected(content: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(end + content.length);
    bytes.set(kept);
    bytes.set(content, end);
    return bytes;
  }

  /** A handle of a file all of whose extents are in memory, so that calls take effect in their order. */
  async function openFile({ fs }: WatchedRepo): Promise<FileHandle> {
    await fs.readFile("/f");
    return fs.open("/f", { read: true, write: true });
  }

  const ten = new Uint8Array(10).fill(9);
  test.each<[string, (handle: FileHandle) => Promise<unknown>, Uint8Array]>([
    ["written to", (handle) => handle.write(ten, end), expected(ten)],
    ["extended", (handle) => handle.truncate(end), expected(new Uint8Array(0))],
  ])("and %s at its old end at once: in between are zeros", async (_, grow, after) => {
    const disk = base.copy();
    const repo = await openWatched(disk, OPTIONS);
    const handle = await openFile(repo);
    await Promise.all([handle.truncate(kept.length), grow(handle)]);
    expectSame(await repo.fs.readFile("/f"), after);
    await handle.close();
    await expectSound(repo);
    await repo.fs.close();
    expectSame(await (await openWatched(disk)).fs.readFile("/f"), after);
  });

  test("and the repo is reopened before it is freed: who extends it finds zeros all the same", async () => {
    const disk = base.copy();
    const { fs, engine } = await openWatched(disk, OPTIONS);
    await fs.truncate("/f", kept.length);
    await fs.sync();
    const reopened = await openWatched(disk.copy(), OPTIONS);
    expect(await engine.view((view) => view.orphans())).toHaveLength(1);
    await reopened.fs.truncate("/f", end);
    expectSame(await reopened.fs.readFile("/f"), expected(new Uint8Array(0)));
    await reclaimAll(reopened);
    await expectSound(reopened);
  });

  test.each(["relaxed", "strict"] as const)(
    "and written to on a full disk: the write waits, and keeps nothing from becoming free (%s)",
    async (durability) => {
      const disk = base.copy();
      const repo = await openWatched(disk, { ...OPTIONS, durability });
      disk.maxSlots = disk.slotCount + 500;
      const fill = await fillDisk(repo.fs, pattern(4096), 10);
      // Room for the write to begin, but not for all the commits of the truncation.
      for (const path of fill.slice(0, 40)) await repo.fs.unlink(path);
      await age(repo, 12);
      const handle = await openFile(repo);
      await Promise.all([handle.truncate(kept.length), handle.write(ten, end)]);
      expectSame(await repo.fs.readFile("/f"), expected(ten));
      await handle.close();
      await expectSound(repo);
    },
  );
});
