/** repo.importTree: bulk import, over a worker in this thread. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type Repo, type TreeEntry, type TreeProgress } from "../../../src/index.js";
import { fakeWorkers, type FakeWorker } from "../../support/fake-worker.js";

const rawKey = new Uint8Array(32).fill(7);
const LARGE = 3 * 2 ** 20 + 5;

let names = 0;
let repo: Repo;
let worker: FakeWorker;

beforeEach(async () => {
  const { factory, made } = fakeWorkers();
  const uri = `mem://import-tree-${++names}`;
  repo = await openRepo(uri, { rawKey, worker: factory, createNew: true, versionLimit: 3 });
  const [engine] = made.get("engine") ?? [];
  if (engine === undefined) expect.fail("a repo has a worker");
  worker = engine;
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

/** Bytes that differ from piece to piece. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 12)) & 0xff);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("repo.importTree", () => {
  it("makes files, directories, symlinks and links, with modes and times", async () => {
    const mtime = Date.UTC(2001, 1, 3);
    const result = await repo.importTree(
      [
        { path: "deep/er/file", data: "text", mode: 0o640, mtime },
        { path: "dir", type: "directory", mode: 0o700, mtime: new Date(mtime) },
        { path: "dir/in", data: new Uint8Array([1, 2]) },
        { path: "dir/blob", data: new Blob(["blo", "b"]) },
        { path: "dir/stream", data: new Blob(["stream"]).stream() },
        { path: "symlink", type: "symlink", target: "dir/in", mtime },
        { path: "link", type: "link", target: "deep/er/file" },
        { path: "large", data: pieces(pattern(LARGE), 70_000), mode: 0o600, mtime },
        { path: "empty" },
      ],
      { to: "/new/place" },
    );
    expect(result).toEqual({ entries: 9, skipped: 0, bytes: 4 + 2 + 4 + 6 + LARGE });
    const { fs } = repo;
    expect(await fs.readFile("/new/place/deep/er/file", "utf8")).toBe("text");
    expect(await fs.readFile("/new/place/dir/blob", "utf8")).toBe("blob");
    expect(await fs.readFile("/new/place/dir/stream", "utf8")).toBe("stream");
    expect(await fs.readlink("/new/place/symlink")).toBe("dir/in");
    expect((await fs.lstat("/new/place/symlink")).mtimeMs).toBe(mtime);
    expect((await fs.stat("/new/place/link")).nlink).toBe(2);
    expect(await fs.stat("/new/place/dir")).toMatchObject({ mode: 0o40700, mtimeMs: mtime });
    expect(await fs.stat("/new/place/large")).toMatchObject({ mode: 0o100600, mtimeMs: mtime });
    expect(await fs.readFile("/new/place/large")).toEqual(pattern(LARGE));
    expect(await fs.readFile("/new/place/empty")).toHaveLength(0);
    expect(await repo.check()).toMatchObject({ ok: true });
  });

  it("takes thousands of small files in few messages, and tells how far it is", async () => {
    const entries = Array.from({ length: 5000 }, (_, n) => ({ path: `d${n % 50}/${n}`, data: `${n}` }));
    const before = worker.posted.length;
    const told: TreeProgress[] = [];
    await repo.importTree(entries, { onProgress: (progress) => told.push(progress) });
    console.log(worker.posted.length - before, told.length);
    expect(await repo.fs.readFile("/d7/4957", "utf8")).toBe("4957");
    expect(told.at(-1)).toMatchObject({ entries: 5000, path: "d49/4999" });
  });
});
