/** repo.importTree: bulk import, over a worker in this thread. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Repo, TreeProgress } from "../../../src/index.js";
import { FileService } from "../../../src/worker/file-service.js";
import { memoryRepo, noise, sha256 } from "../../support/transfer-repo.js";

const LARGE = 3 * 2 ** 20 + 5;

let repo: Repo;

beforeEach(async () => {
  repo = await memoryRepo();
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

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
        { path: "large", data: pieces(noise(LARGE), 70_000), mode: 0o600, mtime },
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
    expect(sha256(await fs.readFile("/new/place/large"))).toBe(sha256(noise(LARGE)));
    expect(await fs.readFile("/new/place/empty")).toHaveLength(0);
    expect(await repo.check()).toMatchObject({ ok: true });
  });

  it("takes thousands of small files in few messages, and tells how far it is", async () => {
    const entries = Array.from({ length: 5000 }, (_, n) => ({
      path: `d${n % 50}/${n}`,
      data: `${n}`,
    }));
    const messages = vi.spyOn(FileService.prototype, "placeEntries");
    const told: TreeProgress[] = [];
    await repo.importTree(entries, { onProgress: (progress) => told.push(progress) });
    expect(messages.mock.calls.length).toBeLessThan(15);
    messages.mockRestore();
    expect(await repo.fs.readFile("/d7/4957", "utf8")).toBe("4957");
    expect(told.at(-1)).toMatchObject({ entries: 5000, path: "d49/4999" });
  });

  it("makes what came before a failure, and nothing after it", async () => {
    const entries = [
      { path: "a", data: "a" },
      { path: "large", data: pieces(noise(LARGE), 70_000) },
      { path: "a", data: "again" },
      { path: "b" },
    ];
    const told: TreeProgress[] = [];
    const onProgress = (progress: TreeProgress): void => void told.push(progress);
    const failed = repo.importTree(entries, { onProgress });
    await expect(failed).rejects.toMatchObject({ code: "EEXIST", syscall: "import", path: "/a" });
    expect(await repo.fs.readdir("/")).toEqual(["a", "large"]);
    expect(told.at(-1)).toMatchObject({ entries: 2, path: "large" });
    expect(await repo.check()).toMatchObject({ ok: true });
  });

  it("leaves nothing of a file whose content fails, and makes the ones before", async () => {
    const reason = new Error("no more");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield noise(LARGE);
      throw reason;
    }
    const failed = repo.importTree([{ path: "a" }, { path: "b", data: broken() }]);
    await expect(failed).rejects.toBe(reason);
    expect(await repo.fs.readdir("/")).toEqual(["a"]);
    expect(await repo.check()).toMatchObject({ ok: true });
  });

  it("copies what it is given, so that buffers can be used again", async () => {
    const buffer = new Uint8Array(1000);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      for (let fill = 1; fill <= 3; fill++) yield buffer.fill(fill);
    }
    const given = new Uint8Array([1, 2, 3]);
    await repo.importTree([
      { path: "a", data: reusing() },
      { path: "b", data: given },
    ]);
    const stored = await repo.fs.readFile("/a");
    expect([stored[0], stored[1000], stored[2000]]).toEqual([1, 2, 3]);
    expect(given).toHaveLength(3);
  });

  it("replaces nothing by a directory and no directory by anything", async () => {
    await repo.importTree([
      { path: "file" },
      { path: "link", type: "symlink", target: "d" },
      { path: "d/x" },
    ]);
    const cases = [
      [{ path: "file", type: "directory" }, "ENOTDIR"],
      [{ path: "link", type: "directory" }, "ELOOP"],
      [{ path: "link/in" }, "ELOOP"],
      [{ path: "file/in" }, "ENOTDIR"],
      [{ path: "d" }, "EISDIR"],
      [{ path: "d", type: "symlink", target: "x" }, "EISDIR"],
      [{ path: "d", type: "link", target: "file" }, "EISDIR"],
      [{ path: "new", type: "link", target: "link/x" }, "ELOOP"],
      [{ path: "new", type: "link", target: "d" }, "EPERM"],
    ] as const;
    for (const [entry, code] of cases)
      await expect(repo.importTree([entry], { conflict: "overwrite" })).rejects.toMatchObject({
        code,
      });
    expect((await repo.fs.readdir("/", { recursive: true })).toSorted()).toEqual([
      "d",
      "d/x",
      "file",
      "link",
    ]);
  });

  it("is REPO_CLOSED in a closed repo", async () => {
    await repo.close();
    await expect(repo.importTree([{ path: "a" }])).rejects.toMatchObject({ code: "REPO_CLOSED" });
    repo = await memoryRepo();
  });
});
