/** `watch` with events. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { callbackFs, type CallbackFs } from "../../../src/callback/index.js";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

let repo: Repo;
let fs: CallbackFs;
let repos = 0;

beforeEach(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  const worker = fakeWorkers().factory;
  repo = await openRepo(`mem://watcher-${++repos}`, { rawKey, createNew: true, worker });
  await repo.fs.mkdir("/d");
  fs = callbackFs(repo.fs);
});

afterEach(() => repo.close());

type Watcher = ReturnType<CallbackFs["watch"]>;

function once(watcher: Watcher, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    watcher.once(event, (...details: unknown[]) => {
      resolve(details);
    });
  });
}

it("watch tells its listener of every change from the call on, until it is closed", async () => {
  const told: unknown[][] = [];
  const watcher = fs.watch("/d", (...change) => told.push(change));
  const changed = once(watcher, "change");
  await repo.fs.writeFile("/d/a", "1");
  expect(await changed).toEqual(["rename", "a"]);
  const next = once(watcher, "change");
  await repo.fs.writeFile("/d/a", "2");
  expect(await next).toEqual(["change", "a"]);
  expect(told).toEqual([
    ["rename", "a"],
    ["change", "a"],
  ]);
  const closed = once(watcher, "close");
  watcher.close();
  watcher.close();
  await repo.fs.writeFile("/d/a", "3");
  await closed;
  expect(told).toHaveLength(2);
  expect(watcher.ref().unref()).toBe(watcher);
});

it("encoding, recursive and signal are those of watch", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const watcher = callbackFs(repo.fs, { Buffer }).watch("/", {
    recursive: true,
    encoding: "buffer",
    signal,
  });
  const changed = once(watcher, "change");
  await repo.fs.writeFile("/d/a", "1");
  expect(await changed).toEqual(["rename", Buffer.from("d/a")]);
  const closed = once(watcher, "close");
  stop.abort();
  expect(await closed).toEqual([]);
  const ended = fs.watch("/", { signal });
  await once(ended, "close");
});

it("what there is not to watch is an event, and so is the end of the repo", async () => {
  expect(await once(fs.watch("/none"), "error")).toEqual([
    expect.objectContaining({ code: "ENOENT", syscall: "watch", path: "/none" }),
  ]);
  const watcher = fs.watch("/d");
  const [failed, closed] = [once(watcher, "error"), once(watcher, "close")];
  await repo.lock();
  expect(await failed).toEqual([expect.objectContaining({ code: "REPO_LOCKED" })]);
  await closed;
});

it("an error that nobody listens for is an uncaught exception", async () => {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  try {
    const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
    fs.watch("/none");
    expect(await uncaught).toMatchObject({ code: "ENOENT" });
  } finally {
    for (const listener of others) process.on("uncaughtException", listener);
  }
});

it("a listener that throws is an uncaught exception and misses nothing", async () => {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const mine = new Error("from a listener");
  try {
    const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
    const watcher = fs.watch("/d");
    watcher.once("change", () => {
      throw mine;
    });
    await repo.fs.writeFile("/d/a", "1");
    expect(await uncaught).toBe(mine);
    const next = once(watcher, "change");
    await repo.fs.writeFile("/d/b", "1");
    expect(await next).toEqual(["rename", "b"]);
    watcher.close();
  } finally {
    for (const listener of others) process.on("uncaughtException", listener);
  }
});

it("listeners come and go as they do with an EventEmitter", () => {
  const watcher = fs.watch("/d");
  const calls: string[] = [];
  const [a, b] = [(): unknown => calls.push("a"), (): unknown => calls.push("b")];
  watcher.on("x", a).addListener("x", b).once("x", a);
  expect([watcher.listenerCount("x"), watcher.listeners("x")]).toEqual([3, [a, b, a]]);
  expect([watcher.emit("x"), watcher.emit("x"), watcher.emit("y")]).toEqual([true, true, false]);
  expect(calls.join("")).toBe("abaab");
  watcher.off("x", a).removeListener("x", a);
  expect([watcher.listeners("x"), watcher.eventNames()]).toEqual([[b], ["close", "x"]]);
  watcher.removeAllListeners("x");
  expect(watcher.listenerCount("x")).toBe(0);
  expect(() => watcher.on("x", 5 as never)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
  );
  expect(() => fs.watch("/d", { persistent: true }, 5 as never)).toThrow(TypeError);
  expect(() => fs.watch("/d", 5 as never)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
  );
  watcher.close();
});
