import { beforeAll, describe, expect, test } from "vitest";
import type { ChangeEvent, FileSystem, Watcher } from "../../../src/vfs/file-system.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { pattern } from "../../support/pattern.js";
import { createRepo, testKeys, type TestKeys, type TestRepo } from "../../support/repo.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

function newRepo(): Promise<TestRepo> {
  return createRepo(new SimulatedDisk().open("create"), keys);
}

interface Seen {
  /** What was told since the last call, as "type path". */
  take(): string[];
  readonly watcher: Watcher;
}

async function watch(fs: FileSystem, path: string, recursive = false): Promise<Seen> {
  const events: ChangeEvent[] = [];
  const watcher = await fs.watch(path, { recursive }, (event) => events.push(event));
  return {
    watcher,
    take: () => events.splice(0).map(({ type, path }) => `${type} ${path ?? "?"}`),
  };
}

const WRITE = { read: true, write: true, create: true };

describe("a watcher is told of", () => {
  test("each change by its real path, before the call resolves", async () => {
    const { fs } = await newRepo();
    const seen = await watch(fs, "/", true);
    const expectTold = async (call: Promise<unknown>, ...events: string[]): Promise<void> => {
      await call;
      expect(seen.take()).toEqual(events);
    };
    await expectTold(fs.mkdir("/d"), "rename /d");
    await expectTold(fs.symlink("d", "/l"), "rename /l");
    await expectTold(fs.writeFile("/l/./a", pattern(10)), "rename /d/a");
    await expectTold(fs.writeFile("/l/a", pattern(20)), "change /d/a");
    await expectTold(
      fs.writeFile("/l/../d/a", pattern(2), { write: true, append: true }),
      "change /d/a",
    );
    await expectTold(fs.truncate("/l/a", 1), "change /d/a");
    await expectTold(fs.setattr("/l", { mode: 0o700 }), "change /d");
    await expectTold(fs.setattr("/l", { mode: 0o700 }, false), "change /l");
    await expectTold(fs.setattr("/d/..", { mode: 0o700 }), "change /");
    await expectTold(fs.link("/d/a", "/l/b"), "rename /d/b");
    await expectTold(fs.rename("/l/b", "/b"), "rename /d/b", "rename /b");
    await expectTold(fs.copyFile("/b", "/l/c"), "rename /d/c");
    await expectTold(fs.copyFile("/b", "/l/c"), "change /d/c");
    await expectTold(fs.unlink("/l/c"), "rename /d/c");
    await expectTold(fs.mkdir("/l/é"), "rename /d/é");
    await expectTold(fs.rmdir("/d/é"), "rename /d/é");
    await expectTold(fs.rename("/d", "/e"), "rename /d", "rename /e");
  });

  test("nothing where nothing changes or a call fails", async () => {
    const { fs } = await newRepo();
    await fs.writeFile("/a", pattern(10));
    await fs.link("/a", "/b");
    const seen = await watch(fs, "/", true);
    await fs.rename("/a", "/b");
    await fs.stat("/a");
    await (await fs.open("/a", { read: true })).close();
    await expect(fs.mkdir("/a")).rejects.toThrow("EEXIST");
    await expect(fs.writeFile("/a/b", pattern(1))).rejects.toThrow("ENOTDIR");
    const file = await fs.open("/a", { write: true });
    await file.write(new Uint8Array(0), 0);
    await file.close();
    expect(seen.take()).toEqual([]);
  });

  test("a copy of many extents when it has its name", async () => {
    const { fs } = await newRepo();
    await fs.writeFile("/a", pattern(30_000_000));
    const seen = await watch(fs, "/");
    await fs.copyFile("/a", "/b");
    expect(seen.take()).toEqual(["rename /b"]);
    const old = await fs.open("/b", WRITE);
    await fs.copyFile("/a", "/b");
    expect(seen.take()).toEqual(["change /b"]);
    await old.write(pattern(1), 0);
    expect(seen.take(), "the old file has no name any more").toEqual([]);
    await old.close();
  });

  test("in the order of publication, whoever calls", async () => {
    const { fs } = await newRepo();
    const seen = await watch(fs, "/");
    const names = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const done: string[] = [];
    await Promise.all(
      names.map(async (name, i) => {
        await fs.writeFile(name, pattern(i * 500));
        done.push(`rename ${name}`);
      }),
    );
    expect(seen.take()).toEqual(done);
  });
});

describe("which changes", () => {
  test("those of the path itself and of its entries", async () => {
    const { fs } = await newRepo();
    await fs.mkdir("/d");
    await fs.mkdir("/d/e");
    const seen = await watch(fs, "/d");
    await fs.writeFile("/x", pattern(1));
    await fs.writeFile("/d/a", pattern(1));
    await fs.writeFile("/d/e/a", pattern(1));
    await fs.mkdir("/dd");
    await fs.setattr("/d", { mode: 0o700 });
    expect(seen.take()).toEqual(["rename /d/a", "change /d"]);
  });

  test("of a file, its own; the path may lead over symlinks", async () => {
    const { fs } = await newRepo();
    await fs.writeFile("/a", pattern(1));
    await fs.symlink("a", "/l");
    const seen = await watch(fs, "/l");
    await fs.writeFile("/b", pattern(1));
    await fs.writeFile("/a", pattern(2));
    await fs.unlink("/l");
    await fs.unlink("/a");
    await fs.writeFile("/a", pattern(2));
    expect(seen.take()).toEqual(["change /a", "rename /a", "rename /a"]);
  });

  test("a directory above that goes takes the path along", async () => {
    const { fs } = await newRepo();
    await fs.mkdir("/d");
    await fs.mkdir("/d/e");
    const seen = await watch(fs, "/d/e");
    await fs.rename("/d", "/f");
    expect(seen.take()).toEqual(["rename /d/e"]);
    await fs.writeFile("/f/e/a", pattern(1));
    expect(seen.take()).toEqual([]);
    await fs.rename("/f", "/d");
    await fs.writeFile("/d/e/a", pattern(2));
    expect(seen.take()).toEqual(["rename /d/e", "change /d/e/a"]);
  });

  test("none once it is closed, also what is on its way", async () => {
    const { fs } = await newRepo();
    const seen = await watch(fs, "/");
    const other = await watch(fs, "/");
    const write = fs.writeFile("/a", pattern(1));
    seen.watcher.close();
    seen.watcher.close();
    await write;
    expect(seen.take()).toEqual([]);
    expect(other.take()).toEqual(["rename /a"]);
  });

  test("none once it is closed by another listener of the same change", async () => {
    const { fs } = await newRepo();
    const closing: Watcher[] = [];
    await fs.watch("/", {}, () => {
      for (const watcher of closing) watcher.close();
    });
    const seen = await watch(fs, "/");
    closing.push(seen.watcher);
    await fs.writeFile("/a", pattern(1));
    expect(seen.take()).toEqual([]);
  });

  test("a path that is not there: ENOENT", async () => {
    const { fs } = await newRepo();
    await expect(watch(fs, "/a")).rejects.toThrow("ENOENT: no such file or directory, watch '/a'");
  });
});

describe("an open file is told of", () => {
  test("by the path that it was opened under, and what becomes of it", async () => {
    const { fs } = await newRepo();
    await fs.mkdir("/d");
    const seen = await watch(fs, "/", true);
    const file = await fs.open("/d/a", WRITE);
    expect(seen.take()).toEqual(["rename /d/a"]);
    await file.write(pattern(10), 0);
    await file.truncate(3);
    await file.setattr({ mode: 0o600 });
    expect(seen.take()).toEqual(["change /d/a", "change /d/a", "change /d/a"]);
    await fs.rename("/d/a", "/d/b");
    await fs.rename("/d", "/e");
    seen.take();
    await file.write(pattern(10), 0);
    expect(seen.take()).toEqual(["change /e/b"]);
    await fs.writeFile("/c", pattern(1));
    await fs.rename("/c", "/e/b");
    seen.take();
    await file.write(pattern(10), 0);
    expect(seen.take(), "it has no name").toEqual([]);
    await file.close();
  });

  test("opening for truncation", async () => {
    const { fs } = await newRepo();
    await fs.writeFile("/a", pattern(10));
    const seen = await watch(fs, "/");
    await (await fs.open("/a", { write: true, truncate: true })).close();
    expect(seen.take()).toEqual(["change /a"]);
  });

  test("of staged changes, when they are finished", async () => {
    const { fs } = await newRepo();
    const seen = await watch(fs, "/");
    const file = await fs.openStaged("/a", WRITE);
    await file.write(pattern(100_000), 0);
    expect(seen.take()).toEqual(["rename /a"]);
    await file.finish();
    expect(seen.take()).toEqual(["change /a"]);
    await file.writeOnce(pattern(5), 0);
    await file.setLen(2);
    await file.setLen(2);
    expect(seen.take()).toEqual(["change /a", "change /a"]);
    await fs.rename("/a", "/b");
    seen.take();
    await file.writeOnce(pattern(5), 0);
    expect(seen.take()).toEqual(["change /b"]);
    await file.close();
  });
});

describe("trees beside the live one", () => {
  test("a transaction tells all of it when it is committed", async () => {
    const { fs, engine } = await newRepo();
    await fs.mkdir("/d");
    await fs.mkdir("/other");
    const file = await fs.open("/d/a", WRITE);
    const seen = await watch(fs, "/", true);
    const transaction = await engine.begin();
    const inside = new RepoFileSystem(transaction);
    const own = await watch(inside, "/", true);
    await inside.writeFile("/x", pattern(10));
    await inside.rename("/d", "/e");
    await fs.writeFile("/other/y", pattern(10));
    expect(seen.take()).toEqual(["rename /other/y"]);
    await transaction.commit();
    const happened = ["rename /x", "rename /d", "rename /e"];
    expect(seen.take()).toEqual(happened);
    expect(own.take()).toEqual(happened);
    await file.write(pattern(10), 0);
    expect(seen.take()).toEqual(["change /e/a"]);
    await file.close();
  });

  test("one that is given up tells nothing, and of a file written in parts it is told once", async () => {
    const { fs, engine } = await newRepo();
    await fs.writeFile("/a", pattern(10));
    const seen = await watch(fs, "/", true);
    const write = async (commit: boolean): Promise<string[]> => {
      const transaction = await engine.begin();
      const file = await new RepoFileSystem(transaction).open("/a", WRITE);
      for (let i = 0; i < 5; i++) await file.write(pattern(10), i);
      if (commit) await transaction.commit();
      else transaction.abort();
      return seen.take();
    };
    expect(await write(false)).toEqual([]);
    expect(await write(true)).toEqual(["change /a"]);
  });

  test("after a restored snapshot anything may have changed", async () => {
    const { fs, engine } = await newRepo();
    await fs.mkdir("/d");
    await fs.writeFile("/d/a", pattern(10));
    const file = await fs.open("/d/a", WRITE);
    await engine.snapshots.take("s");
    const seen = await watch(fs, "/d");
    await engine.snapshots.restore("s");
    expect(seen.take()).toEqual(["rename ?"]);
    await file.write(pattern(10), 0);
    expect(seen.take(), "where that is, nobody knows").toEqual(["change ?"]);
    await file.close();
  });

  test("a snapshot can be watched, and is silent", async () => {
    const { fs, engine } = await newRepo();
    await engine.snapshots.take("s");
    const seen = await watch(new RepoFileSystem(await engine.openSnapshot("s")), "/", true);
    await fs.writeFile("/a", pattern(10));
    expect(seen.take()).toEqual([]);
  });
});
