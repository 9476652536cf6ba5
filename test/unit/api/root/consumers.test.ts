/** Libraries that consume file handles, unchanged from npm, on repo.root: memfs' file system of Node's shape, and ZenFS' backend. */
import { configureSingle, fs as zenFs } from "@zenfs/core";
import { WebAccess } from "@zenfs/dom";
import { FsaNodeFs } from "memfs/lib/fsa-to-node/index.js";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../../src/index.js";
import { fakeWorkers } from "../../../support/fake-worker.js";

// They ask for what the browser has, and take it by its shape.
type FsaHandle = ConstructorParameters<typeof FsaNodeFs>[0];
type ZenHandle = Parameters<typeof WebAccess.create>[0]["handle"];

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker } = fakeWorkers();

let repo: Repo;
let repos = 0;

beforeEach(async () => {
  repo = await openRepo(`mem://handle-consumers-${++repos}`, { rawKey, worker, createNew: true });
});

afterEach(() => repo.close());

describe("memfs' fsa-to-node", () => {
  const open = () => new FsaNodeFs(repo.root as unknown as FsaHandle);

  it("makes, writes, reads, renames, copies and removes", async () => {
    const { promises: fs } = open();
    await fs.mkdir("/a/b", { recursive: true });
    await fs.writeFile("/a/b/c.txt", "hello");
    await fs.appendFile("/a/b/c.txt", ", world");
    expect(await fs.readFile("/a/b/c.txt", "utf8")).toBe("hello, world");
    expect((await fs.stat("/a/b/c.txt")).size).toBe(12);
    await fs.copyFile("/a/b/c.txt", "/a/copy.txt");
    await fs.rename("/a/b/c.txt", "/a/d.txt");
    await fs.truncate("/a/copy.txt", 5);
    expect(await fs.readdir("/a")).toEqual(["b", "copy.txt", "d.txt"]);
    expect(await repo.fs.readFile("/a/copy.txt", "utf8")).toBe("hello");
    expect(await repo.fs.readFile("/a/d.txt", "utf8")).toBe("hello, world");
    await fs.unlink("/a/d.txt");
    await fs.rmdir("/a/b");
    await fs.rm("/a", { recursive: true });
    expect(await repo.fs.readdir("/")).toEqual([]);
  });

  it("tells of failures by the codes that it makes of their names", async () => {
    const { promises: fs } = open();
    await fs.writeFile("/f", "x");
    await fs.mkdir("/d");
    await expect(fs.readFile("/none")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(fs.readFile("/d")).rejects.toMatchObject({ code: "EISDIR" });
    await expect(fs.readdir("/f")).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it("writes at places in open files, and streams", async () => {
    const fs = open();
    const handle = await fs.promises.open("/f", "w");
    await handle.write(Buffer.from("abcdef"), 0, 6, 3);
    await handle.write(Buffer.from("xyz"), 0, 3, 0);
    await handle.close();
    expect(await repo.fs.readFile("/f", "latin1")).toBe("xyzabcdef");
    const stream = fs.createWriteStream("/streamed");
    for (let i = 0; i < 20; i++) stream.write(`${i},`);
    await new Promise<void>((resolve) => stream.end(resolve));
    const expected = Array.from({ length: 20 }, (_, i) => `${i},`).join("");
    await expect.poll(() => repo.fs.readFile("/streamed", "utf8")).toBe(expected);
  });
});

describe("ZenFS' WebAccess backend", () => {
  it("finds what is there, and leaves what it has made", async () => {
    await repo.fs.mkdir("/d");
    await repo.fs.writeFile("/d/f", "from before");
    await configureSingle({ backend: WebAccess, handle: repo.root as unknown as ZenHandle });
    const { promises: fs } = zenFs;
    expect(await fs.readFile("/d/f", "utf8")).toBe("from before");
    await fs.mkdir("/e");
    const large = new Uint8Array(100_000).map((_, i) => i);
    await fs.writeFile("/e/g", large);
    await fs.writeFile("/d/f", "changed");
    expect(Buffer.compare(await fs.readFile("/e/g"), large)).toBe(0);
    expect(Buffer.compare(await repo.fs.readFile("/e/g"), large)).toBe(0);
    expect(await repo.fs.readFile("/d/f", "utf8")).toContain("changed");
    await fs.unlink("/e/g");
    expect(await repo.fs.readdir("/e")).toEqual([]);
  });
});
