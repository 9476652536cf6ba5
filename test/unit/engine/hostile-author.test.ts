/**
 * Containers that authenticate but were made to mislead (docs/SECURITY.md, "Author"): what needs the lie
 * fails with a code, soon and without much memory; whatever else is there still reads.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { Chunk, type Frame } from "../../../src/engine/chunk.js";
import { overlapping, putExtent } from "../../../src/engine/extents.js";
import type { FileEdit } from "../../../src/engine/file-view.js";
import { NodeHandle } from "../../../src/engine/node.js";
import {
  dentryKey,
  ROOT_INO,
  type FileRecord,
  type Ino,
  type Inode,
} from "../../../src/engine/records.js";
import type { Superblock } from "../../../src/engine/superblock.js";
import { RepoError } from "../../../src/errors.js";
import { HostileAuthor } from "../../support/hostile-author.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { pattern } from "../../support/pattern.js";
import { createWatched, openWatched } from "../../support/watched-repo.js";

const CONTENT = pattern(10_000);
/** Calls of the disk in which any lie below is found out. */
const FEW_CALLS = 500;

/** An honest container with /f and the empty directory /d, at the end of which its only leaf ends too. */
const honest = new MemoryDisk();
beforeAll(async () => {
  const { fs } = await createWatched(honest);
  await fs.writeFile("/f", CONTENT);
  await fs.mkdir("/d");
  await fs.close();
});

/** The honest container after `lie`, in the hands of whoever opens it. */
async function misled(lie: (author: HostileAuthor) => Promise<void>): Promise<MemoryDisk> {
  const disk = honest.copy();
  await lie(await HostileAuthor.of(disk));
  disk.allow(FEW_CALLS);
  return disk;
}

describe("a superblock", () => {
  const run = { start: 5, count: 2 };
  test.each<[string, (newest: Superblock) => Partial<Superblock>]>([
    ["lists a ready run twice", () => ({ ready: [run, run], deferred: [] })],
    [
      "lists a run as ready and as deferred",
      () => ({ ready: [run], deferred: [{ start: 6, count: 1, freed: 1 }] }),
    ],
    ["lists a run beyond the end", ({ slots }) => ({ ready: [{ start: slots - 1, count: 2 }] })],
    ["keeps no version", ({ settings }) => ({ settings: { ...settings, versionLimit: 0 } })],
    ["was made at no time", ({ settings }) => ({ settings: { ...settings, createdMs: NaN } })],
  ])("that %s does not count", async (_, change) => {
    const newest = await misled((author) => author.addCommit(change(author.newest)));
    const { fs } = await openWatched(newest);
    expect(await fs.readFile("/f")).toEqual(CONTENT);

    const only = await misled((author) => author.replaceCommits(change(author.newest)));
    await expect(openWatched(only)).rejects.toMatchObject({ code: "INTEGRITY" });
    await expect(openWatched(only, { readOnly: true })).rejects.toMatchObject({
      code: "INTEGRITY",
    });
  });

  test.each<[string, Partial<Superblock>]>([
    ["", {}],
    [", most of them free", { ready: [{ start: 2 ** 20, count: 2 ** 24 }] }],
  ])("that counts 2^40 slots%s is not opened for writing, but reads", async (_, lists) => {
    const disk = await misled((author) => author.replaceCommits({ slots: 2 ** 40, ...lists }));
    const { slotCount } = disk;
    await expect(openWatched(disk)).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(disk.slotCount).toBe(slotCount);
    const { fs, engine } = await openWatched(disk, { readOnly: true });
    expect(await fs.readFile("/f")).toEqual(CONTENT);
    // A problem for each slot that is not there would be millions.
    expect((await engine.check()).problems.length).toBeLessThan(10);
  });
});

test("a superblock that counts remnants that are not there keeps nobody waiting", async () => {
  const trees = { snapshots: 0, remnants: 3, sharedBirth: 1, indexed: 0 };
  const disk = await misled((author) => author.addCommit({ trees }));
  const { fs, engine } = await openWatched(disk);
  // Compaction waits until everything is freed.
  await engine.maintenance.compact();
  await fs.writeFile("/g", CONTENT);
  expect(await fs.readFile("/g")).toEqual(CONTENT);
  await fs.close();
});

describe("a tree", () => {
  const LEVELS = 6;
  const WIDTH = 20;
  /** Keys of a directory that nobody needs, to tell the children of a node apart. */
  const separators = Array.from({ length: WIDTH }, (_, i) =>
    i === 0 ? "" : dentryKey(9, `name ${String(i).padStart(2, "0")}`),
  );

  /** A tree with the honest leaf below the first child of its root; every other way ends in `leaf`. */
  async function plantShared(
    author: HostileAuthor,
    leaf: NodeHandle<FileRecord>,
    children: number,
  ): Promise<void> {
    const { level, refs } = author.newest.fileRoot;
    let honestLeaf = new NodeHandle<FileRecord>(level, refs, undefined);
    let shared = leaf;
    const write = (level: number, children: NodeHandle<FileRecord>[]) =>
      author.writeNode({ level, keys: separators.slice(0, children.length), children, bytes: 0 });
    for (let above = 1; above < LEVELS; above++) {
      honestLeaf = await write(above, [honestLeaf]);
      shared = await write(above, new Array<typeof shared>(children).fill(shared));
    }
    const others = new Array<typeof shared>(WIDTH - 1).fill(shared);
    await author.plantTree(await write(LEVELS, [honestLeaf, ...others]));
  }

  const empty: [string, FileRecord][] = [];
  const misplaced: [string, FileRecord][] = [
    [dentryKey(ROOT_INO, "lie"), { is: "dentry", dentry: { ino: 9, type: "file" } }],
  ];
  test.each([
    ["an empty leaf", "millions", empty, WIDTH],
    ["an empty leaf", "many", empty, 1],
    ["a misplaced name", "millions", misplaced, WIDTH],
    ["a misplaced name", "many", misplaced, 1],
  ])("in which %s stands for %s is refused where that begins", async (_, __, entries, children) => {
    const disk = await misled(async (author) => {
      const [keys, values] = [entries.map(([key]) => key), entries.map(([, value]) => value)];
      const leaf = await author.writeNode({ level: 0, keys, values, bytes: 0 });
      await plantShared(author, leaf, children);
    });
    const { fs, engine } = await openWatched(disk);
    expect((await fs.readdir("/")).map(({ name }) => name)).toEqual(["d", "f"]);
    await expect(fs.readdir("/d")).rejects.toMatchObject({ code: "INTEGRITY" });
    await expect(engine.check()).resolves.toBeDefined();
  });
});

describe("a directory", () => {
  test.each([
    ["..", ".."],
    [".", "."],
    ["a slash", "a/b"],
    ["a path", "../../evil"],
    ["NUL", "a\0b"],
    ["bytes that are no UTF-8", "\xff"],
    ["an overlong slash", "\xc0\xaf"],
    ["half a surrogate pair", "\xed\xa0\x80"],
    ["nothing", ""],
  ])(
    "with a name of %s is INTEGRITY, and directories in other leaves still read",
    async (_, name) => {
      const disk = new MemoryDisk();
      const { fs, engine } = await createWatched(disk);
      const files = Array.from({ length: 60 }, (_unused, i) => `f${i}`).sort();
      for (const directory of ["/honest", "/hostile"]) {
        await fs.mkdir(directory);
        for (const file of files) await fs.writeFile(`${directory}/${file}`, pattern(200));
      }
      const [hostile, target] = [await fs.stat("/hostile"), await fs.stat("/honest/f1")];
      await engine.mutate((edit) => {
        edit.putDentry(hostile.ino, name, { ino: target.ino, type: "file" });
      });
      await fs.close();

      const opened = await openWatched(disk);
      await expect(opened.fs.readdir("/hostile")).rejects.toMatchObject({ code: "INTEGRITY" });
      const listed = await opened.fs.readdir("/honest");
      expect(listed.map((entry) => entry.name)).toEqual(files);
      expect(await opened.fs.readFile("/honest/f1")).toEqual(pattern(200));
      expect((await opened.engine.check()).ok).toBe(false);
    },
  );
});

describe("an inode", () => {
  /** A container whose /lie has an inode like that of an empty file, but for `changes`. */
  async function withInode(changes: Partial<Inode>): Promise<MemoryDisk> {
    const disk = honest.copy();
    const { fs, engine } = await openWatched(disk);
    await engine.mutate((edit) => {
      const ino = putFile(edit, changes);
      edit.putDentry(ROOT_INO, "lie", { ino, type: changes.type ?? "file" });
    });
    await fs.close();
    disk.allow(FEW_CALLS);
    return disk;
  }

  function putFile(edit: FileEdit, changes: Partial<Inode>): Ino {
    const ino = edit.newIno();
    const empty = { type: "file", size: 0, nlink: 1, inline: new Uint8Array(0) } as const;
    edit.putInode(ino, { ...edit.inode(ROOT_INO), ...empty, ...changes });
    return ino;
  }

  test("of a symlink with a target of 32 TiB is INTEGRITY", async () => {
    const disk = await withInode({ type: "symlink", size: 2 ** 45, inline: undefined });
    const { fs } = await openWatched(disk);
    for (const read of [fs.stat("/lie"), fs.readlink("/lie"), fs.readFile("/lie/f")])
      await expect(read).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(await fs.readFile("/f")).toEqual(CONTENT);
  });

  test("of a file of 32 TiB is read in parts only", async () => {
    const disk = await withInode({ size: 2 ** 45, inline: undefined });
    const { fs } = await openWatched(disk);
    await expect(fs.readFile("/lie")).rejects.toMatchObject({ code: "EFBIG" });
    const handle = await fs.open("/lie", { read: true });
    expect(await handle.read(new Uint8Array(10), 2 ** 45 - 3)).toBe(3);
  });

  test.each(["atimeMs", "mtimeMs", "ctimeMs", "birthtimeMs"] as const)(
    "whose %s is no number is INTEGRITY",
    async (time) => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const { fs } = await openWatched(await withInode({ [time]: value }));
        await expect(fs.stat("/lie")).rejects.toMatchObject({ code: "INTEGRITY" });
      }
    },
  );

  test("that is not named is a problem, of which check() lists a thousand", async () => {
    const disk = honest.copy();
    const { engine } = await openWatched(disk);
    await engine.mutate((edit) => {
      for (let i = 0; i < 1500; i++) putFile(edit, {});
    });
    const report = await engine.check();
    expect(report.ok).toBe(false);
    expect(report.problems).toHaveLength(1000);
  });
});

describe("a frame", () => {
  const TEXT = Buffer.from("all work and no play ".repeat(3000));

  /** A repo with LZ4 whose /f has `lie` for the frame of its first extent. */
  async function withFrame(lie: (frame: Frame) => Frame): Promise<MemoryDisk> {
    const disk = new MemoryDisk();
    const { fs, engine } = await createWatched(disk, {}, { compress: "lz4" });
    await fs.writeFile("/f", TEXT);
    await fs.writeFile("/g", TEXT);
    await fs.sync();
    const { ino } = await fs.stat("/f");
    await engine.mutate((edit) => {
      const [first] = overlapping(edit, ino, 0, 1);
      const { unit, frame, base, used } = first?.extent.chunk ?? {};
      if (unit === undefined || frame === undefined || base === undefined || used === undefined)
        throw new Error("the first extent is in a frame");
      const chunk = Chunk.stored({ unit, frame: lie(frame), base }, used);
      putExtent(edit, ino, 0, { chunk, offset: 0, length: used });
    });
    await fs.close();
    disk.allow(FEW_CALLS);
    return disk;
  }

  test.each<[string, (frame: Frame) => Frame]>([
    ["is of the other algorithm", (frame) => ({ ...frame, codec: 2 })],
    ["is said not to be compressed", ({ offset, rawBytes }) => frameAsIs(offset, rawBytes)],
    ["holds one byte more than it says", (frame) => longer(frame, -1)],
    ["holds one byte less than it says", (frame) => longer(frame, 1)],
    ["claims a mebibyte", (frame) => ({ ...frame, rawBytes: 1024 * 1024 })],
    ["ends beyond its unit", (frame) => ({ ...frame, offset: 2 ** 32 - 1 })],
    ["begins at another byte", (frame) => ({ ...frame, offset: frame.offset + 1 })],
  ])("that %s is INTEGRITY, found by check() too, and other files still read", async (_, lie) => {
    const { fs, engine } = await openWatched(await withFrame(lie));
    await expect(fs.readFile("/f")).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(Buffer.compare(await fs.readFile("/g"), TEXT)).toBe(0);
    const { damage } = await engine.check();
    expect(damage.map(({ path }) => path)).toContain("/f");
  });

  test.each<[string, (frame: Frame) => Frame]>([
    ["claims 4 GiB", (frame) => ({ ...frame, rawBytes: 2 ** 32 - 1 })],
    ["saves nothing", (frame) => ({ ...frame, storedBytes: frame.rawBytes })],
    ["takes no room", (frame) => ({ ...frame, storedBytes: 0 })],
  ])("that %s is refused before anything is allocated for it", async (_, lie) => {
    const { fs, engine } = await openWatched(await withFrame(lie));
    await expect(fs.readFile("/f")).rejects.toMatchObject({ code: "INTEGRITY" });
    expect((await engine.check()).ok).toBe(false);
  });

  const frameAsIs = (offset: number, rawBytes: number): Frame => ({
    codec: 3,
    offset,
    rawBytes,
    storedBytes: rawBytes,
  });
  const longer = (frame: Frame, by: number): Frame => ({
    ...frame,
    rawBytes: frame.rawBytes + by,
  });
});

describe("a free record", () => {
  test.each([
    ["overlaps the ready ones", ({ ready }: Superblock) => ready[0]?.start ?? 0, 1],
    ["lies beyond the end", () => 100_000, 1_000_000],
  ])("that %s ends in an error with a code", async (_, startOf, count) => {
    const disk = honest.copy();
    const author = await HostileAuthor.of(disk);
    await author.plantFree({ start: startOf(author.newest), count });
    const { fs } = await openWatched(disk);
    const failures: unknown[] = [];
    for (let i = 0; i < 12; i++)
      for (const call of [() => fs.writeFile(`/x${i}`, pattern(50_000)), () => fs.sync()])
        await call().catch((error: unknown) => failures.push(error));
    expect(failures.filter((error) => !(error instanceof RepoError))).toEqual([]);
    expect(failures).not.toEqual([]);
  });
});

test("check() is not ok if a part of the tree is lost, whatever it held", async () => {
  const disk = honest.copy();
  const author = await HostileAuthor.of(disk);
  const { level, refs } = author.newest.fileRoot;
  const children = [
    new NodeHandle<FileRecord>(level, refs, undefined),
    await author.writeNode({ level: 0, keys: [], values: [], bytes: 0 }),
  ];
  const keys = ["", dentryKey(9, "x")];
  await author.plantTree(await author.writeNode({ level: 1, keys, children, bytes: 0 }));
  const { engine } = await openWatched(disk);
  expect((await engine.check()).ok).toBe(false);
});
