/** Repo, its closing and its handles, and how buffers travel; over a worker in this thread. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { payload } from "../../../src/api/payload.js";
import { whenHidden } from "../../../src/api/visibility.js";
import { openRepo, type Repo, type RepoEvent } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectRejections } from "../../support/rejections.js";

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker } = fakeWorkers();

let names = 0;
let repo: Repo;
let events: RepoEvent[];

beforeEach(async () => {
  events = [];
  repo = await openRepo(`mem://repo-${++names}`, {
    rawKey,
    worker,
    create: true,
    onEvent: (event) => events.push(event),
  });
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

describe("a repo", () => {
  it("closes once, says so, and refuses everything afterwards", async () => {
    const file = await repo.fs.open("/f", "w");
    expect(repo.closed).toBe(false);
    const closing = repo.close();
    expect(repo.closed).toBe(true);
    expect(repo.close()).toBe(closing);
    await closing;
    await expectRejections(
      [repo.fs.stat("/"), repo.sync(), repo.info(), file.stat(), file.close()],
      { code: "REPO_CLOSED" },
    );
    expect(events).toEqual([{ type: "closed" }]);
  });

  it("finishes what was asked of it before it closes", async () => {
    const { uri } = repo;
    const writes = Array.from({ length: 20 }, (_, i) => repo.fs.writeFile(`/${i}`, "x"));
    await repo.close();
    await Promise.all(writes);
    repo = await openRepo(uri, { rawKey, worker });
    expect(await repo.fs.readdir("/")).toHaveLength(20);
  });

  it("is disposed of by closing", async () => {
    await repo[Symbol.asyncDispose]();
    expect(repo.closed).toBe(true);
  });

  it("answers for sync, check, stats and info", async () => {
    await repo.fs.writeFile("/f", "x");
    await repo.sync();
    expect((await repo.stats()).generation).toBeGreaterThan(1);
    expect(await repo.check()).toMatchObject({ ok: true, files: 1, damage: [], problems: [] });
    const info = await repo.info();
    expect(info).toMatchObject({ uri: repo.uri, durability: "relaxed", readOnly: false });
    expect(info.containerId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("has functions that need no `this`", async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- that it can be unbound is the promise
    const { writeFile, readFile } = repo.fs;
    await writeFile("/f", "x");
    expect(await readFile("/f", "utf8")).toBe("x");
  });

  it("does not let a listener that throws break anything", async () => {
    const thrown = vi.fn();
    process.once("uncaughtException", thrown);
    const listeners = process.listeners("uncaughtException").filter((one) => one !== thrown);
    process.removeAllListeners("uncaughtException").once("uncaughtException", thrown);
    const uri = `mem://repo-${++names}`;
    const onEvent = (): void => {
      throw new Error("the listener's own affair");
    };
    const other = await openRepo(uri, { rawKey, worker, create: true, onEvent });
    await other.close();
    await vi.waitFor(() => {
      expect(thrown).toHaveBeenCalled();
    });
    for (const listener of listeners) process.on("uncaughtException", listener);
  });
});

describe("paths", () => {
  it("start at the root, and come as text, bytes or URL", async () => {
    await repo.fs.mkdir("dä");
    await repo.fs.writeFile(new TextEncoder().encode("dä/f"), "x");
    expect(await repo.fs.readFile(new URL("file:///d%C3%A4/f"), "utf8")).toBe("x");
    expect(await repo.fs.realpath("../dä/./f")).toBe("/dä/f");
    await expect(repo.fs.stat(new URL("https://x/d"))).rejects.toThrow(TypeError);
    await expect(repo.fs.stat("")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(repo.fs.stat("/a\0b")).rejects.toMatchObject({
      code: "ERR_INVALID_ARG_VALUE",
    });
  });
});

describe("rm", () => {
  it("refuses the root and leaves what is in it", async () => {
    await repo.fs.mkdir("/d");
    await repo.fs.writeFile("/d/f", "x");
    const options = { recursive: true, force: true };
    for (const [path, code] of [
      ["/", "EBUSY"],
      ["//", "EBUSY"],
      ["/d/..", "EINVAL"],
      ["/d/.", "EINVAL"],
    ] as const)
      await expect(repo.fs.rm(path, options)).rejects.toMatchObject({ code, path });
    expect(await repo.fs.readdir("/", { recursive: true })).toEqual(["d", "d/f"]);
  });

  it("leaves what a link leads to that is written with a slash", async () => {
    await repo.fs.mkdir("/d");
    await repo.fs.writeFile("/d/f", "x");
    await repo.fs.symlink("d", "/l");
    await repo.fs.rm("/l/", { recursive: true });
    expect(await repo.fs.readdir("/", { recursive: true })).toEqual(["d", "l", "d/f"]);
  });

  it("without recursive refuses a directory, with force forgives only what is missing", async () => {
    await repo.fs.mkdir("/d");
    await expect(repo.fs.rm("/d")).rejects.toMatchObject({ code: "ERR_FS_EISDIR" });
    await expect(repo.fs.rm("/x")).rejects.toMatchObject({ code: "ENOENT", path: "/x" });
    await repo.fs.rm("/x", { force: true });
    await repo.fs.writeFile("/f", "x");
    const through = repo.fs.rm("/f/x", { force: true });
    await expect(through).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it("removes more entries than it lists at a time", async () => {
    await repo.fs.mkdir("/d");
    await Promise.all(Array.from({ length: 2500 }, (_, i) => repo.fs.writeFile(`/d/${i}`, "")));
    await repo.fs.rm("/d", { recursive: true });
    expect(await repo.fs.readdir("/")).toEqual([]);
    expect(await repo.check()).toMatchObject({ ok: true, files: 0 });
  });
});

describe("a handle", () => {
  it("reads in the order of the calls when it uses its own position", async () => {
    await repo.fs.writeFile("/f", "abcdefghij");
    const file = await repo.fs.open("/f");
    const reads = Array.from({ length: 5 }, () => file.read(new Uint8Array(2)));
    const parts = (await Promise.all(reads)).map(({ buffer }) => new TextDecoder().decode(buffer));
    expect(parts).toEqual(["ab", "cd", "ef", "gh", "ij"]);
    await file.close();
  });

  it("does not allocate what a file does not hold", async () => {
    await repo.fs.writeFile("/f", "abc");
    const file = await repo.fs.open("/f");
    const { bytesRead } = await file.read(new Uint8Array(2 ** 28), 0, 2 ** 28, 1);
    expect(bytesRead).toBe(2);
    await file.close();
  });

  it("is closed at the end of its scope, once", async () => {
    const file = await repo.fs.open("/f", "w");
    await file[Symbol.asyncDispose]();
    await file.close();
    expect(file.fd).toBe(-1);
    await expect(file.stat()).rejects.toMatchObject({ code: "EBADF", syscall: "fstat" });
  });

  it("of another repo is not reached by its number", async () => {
    const file = await repo.fs.open("/f", "w");
    await file.close();
    const other = await repo.fs.open("/g", "w");
    expect(other.fd).not.toBe(-1);
    await expect(file.write("x")).rejects.toMatchObject({ code: "EBADF" });
    await other.close();
  });

  it("opened with `s` has every write on storage when it resolves", async () => {
    const file = await repo.fs.open("/f", "as");
    const { commits } = await repo.stats();
    await file.write("x");
    const after = await repo.stats();
    expect(after.commits).toBeGreaterThan(commits);
    expect(after.pendingBytes).toBe(0);
    await file.close();
  });
});

describe("buffers", () => {
  it("are copied before the call returns, and stay the caller's", async () => {
    const bytes = new Uint8Array(100_000).fill(1);
    const writing = repo.fs.writeFile("/f", bytes);
    bytes.fill(2);
    await writing;
    expect(bytes.length).toBe(100_000);
    expect((await repo.fs.readFile("/f")).every((byte) => byte === 1)).toBe(true);
  });

  it("of a small view are as small as the view", () => {
    const view = new Uint8Array(new ArrayBuffer(1_000_000), 500, 10);
    expect(payload(view, false).buffer.byteLength).toBe(10);
  });

  it("are given away on request, in part too", async () => {
    const whole = new Uint8Array(100_000).fill(3);
    await repo.fs.writeFile("/f", whole, { transfer: true });
    expect(whole.length).toBe(0);
    const part = new Uint8Array(new ArrayBuffer(50), 10, 20).fill(4);
    const file = await repo.fs.open("/g", "w");
    await file.write(part, { transfer: true, offset: 5, length: 5 });
    expect(part.length).toBe(0);
    await file.close();
    expect((await repo.fs.readFile("/f")).every((byte) => byte === 3)).toBe(true);
    expect([...(await repo.fs.readFile("/g"))]).toEqual([4, 4, 4, 4, 4]);
  });

  it("of shared memory are copied, also on request", async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(5);
    await repo.fs.writeFile("/f", shared, { transfer: true });
    expect(shared.length).toBe(8);
    expect([...(await repo.fs.readFile("/f"))]).toEqual([5, 5, 5, 5, 5, 5, 5, 5]);
  });

  it("that come back are no larger than what was read, and nobody else's", async () => {
    await repo.fs.writeFile("/f", new Uint8Array(300).fill(6));
    const first = await repo.fs.readFile("/f");
    expect(first.buffer.byteLength).toBe(300);
    first.fill(0);
    expect((await repo.fs.readFile("/f"))[0]).toBe(6);
  });

  it("move: nothing with content is cloned, and a call is one message each way", async () => {
    await repo.fs.writeFile("/f", new Uint8Array(100_000));
    const posted = vi.spyOn(MessagePort.prototype, "postMessage");
    await repo.fs.writeFile("/f", new Uint8Array(100_000));
    await repo.fs.readFile("/f");
    await repo.fs.stat("/f");
    const transfers = posted.mock.calls.map(([, transfer]) =>
      Array.isArray(transfer) ? transfer.length : 0,
    );
    posted.mockRestore();
    expect(transfers).toEqual([1, 0, 0, 1, 0, 0]);
  });

  it("that a signal stops waiting for are written or not, but the repo goes on", async () => {
    const controller = new AbortController();
    const writing = repo.fs.writeFile("/f", "x", { signal: controller.signal });
    const cause = new Error("too slow");
    controller.abort(cause);
    await expect(writing).rejects.toMatchObject({ name: "AbortError", code: "ABORT_ERR", cause });
    await repo.fs.writeFile("/f", "y");
    expect(await repo.fs.readFile("/f", "utf8")).toBe("y");
  });
});

describe("a page that is hidden", () => {
  it("is the moment to commit, until nobody watches any more", () => {
    const page = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("document", document);
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    const action = vi.fn();
    const stop = whenHidden(action);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(action).toHaveBeenCalledTimes(0);
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    page.dispatchEvent(new Event("pagehide"));
    expect(action).toHaveBeenCalledTimes(2);
    stop();
    document.dispatchEvent(new Event("visibilitychange"));
    page.dispatchEvent(new Event("pagehide"));
    expect(action).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
  });
});
