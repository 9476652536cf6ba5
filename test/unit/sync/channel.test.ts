/** Synchronous channels: what goes through them whole, and that nobody is left waiting, whoever goes first. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import { openRepo as openFileRepo } from "../../../src/node/index.js";
import { SyncArea, WORD } from "../../../src/codec/sync-area.js";
import { decodeValue, ValueEncoder, type WireMessage } from "../../../src/codec/wire-value.js";
import type { PostedSyncChannel } from "../../../src/sync/index.js";
import { SyncServer, type FilesCall } from "../../../src/worker/sync-server.js";
import { fakeWorkers, type FakeWorker } from "../../support/fake-worker.js";
import { bundleThread, SyncThread } from "../../support/sync-thread.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rawKey = new Uint8Array(32).fill(7);
const MIB = 1024 * 1024;

let script: URL;
let removeScript: () => void;
let repo: Repo;
let workers: FakeWorker[];
let threads: SyncThread[] = [];
let repos = 0;

beforeAll(async () => {
  ({ script, remove: removeScript } = await bundleThread());
});

afterAll(() => {
  removeScript();
});

beforeEach(async () => {
  const { factory: worker, made } = fakeWorkers();
  repo = await openRepo(`mem://channel-${++repos}`, { rawKey, create: true, worker });
  workers = made.get("engine") ?? [];
});

afterEach(async () => {
  await Promise.all(threads.map(({ worker }) => worker.terminate()));
  threads = [];
  await repo.close().catch(() => undefined);
  vi.unstubAllGlobals();
});

function start(channel: PostedSyncChannel): SyncThread {
  // What arrives in a worker is no more than this.
  const thread = new SyncThread(script, { memory: channel.memory, name: channel.name });
  threads.push(thread);
  return thread;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

/** Of millions of bytes, which `toEqual` would look at one by one. */
function expectBytes(found: unknown, expected: Uint8Array): void {
  expect(found).toBeInstanceOf(Uint8Array);
  expect(Buffer.compare(found as Uint8Array, expected)).toBe(0);
}

describe("a call through shared memory", () => {
  it("carries more than the memory holds, both ways", async () => {
    const thread = start(await repo.syncChannel());
    const content = pattern(3 * MIB + 17);
    await thread.result("writeFileSync", "/large", content);
    expectBytes(await repo.fs.readFile("/large"), content);
    expectBytes(await thread.result("readFileSync", "/large"), content);
    const fd = await thread.result("openSync", "/large", "r+");
    expect(await thread.result("writeSync", fd, content, 0, MIB, 5)).toBe(MIB);
    const now = await repo.fs.readFile("/large");
    expectBytes(now.subarray(5, 5 + MIB), content.subarray(0, MIB));
  });

  it("carries long names, lone surrogates and large listings as the other faces do", async () => {
    const thread = start(await repo.syncChannel());
    const names = Array.from({ length: 3000 }, (_, i) => `${"ü世".repeat(20)}-${i}`);
    await thread.result("mkdirSync", "/d");
    for (const name of names) await repo.fs.writeFile(`/d/${name}`, "");
    const found = (await thread.result("readdirSync", "/d")) as string[];
    expect(new Set(found)).toEqual(new Set(names));
    await thread.result("writeFileSync", "/\ud800", "of the thread");
    expect(await repo.fs.readFile("/\ud800", "utf8")).toBe("of the thread");
  });

  it("writes into the buffer that it was given, and nothing beyond the file's end", async () => {
    await repo.fs.writeFile("/f", pattern(1000));
    const channel = await repo.syncChannel();
    const thread = start(channel);
    const fd = await thread.result("openSync", "/f");
    expect(await thread.result("readSync", fd, new Uint8Array(2000), 0, 2000, 10)).toBe(990);
    expect(await thread.result("readFileSync", fd)).toEqual(pattern(1000));
  });

  it("is one of many channels, each with files of its own", async () => {
    const [a, b] = [start(await repo.syncChannel()), start(await repo.syncChannel())];
    expect(await a.result("openSync", "/f", "w")).toBe(3);
    expect(await b.result("openSync", "/g", "w")).toBe(3);
    await Promise.all([a.result("writeSync", 3, "of a"), b.result("writeSync", 3, "of b")]);
    expect(await repo.fs.readFile("/f", "utf8")).toBe("of a");
    expect(await repo.fs.readFile("/g", "utf8")).toBe("of b");
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        (i % 2 === 0 ? a : b).result("writeFileSync", `/${i}`, String(i)),
      ),
    );
    expect(many).toHaveLength(40);
    expect(await repo.fs.readdir("/")).toHaveLength(42);
  });

  it("sees a transaction's files, or a snapshot's", async () => {
    await repo.fs.writeFile("/f", "old");
    await repo.snapshot("then");
    await repo.transaction(async (transaction) => {
      const thread = start(await transaction.syncChannel());
      await thread.result("writeFileSync", "/f", "new");
      expect(await repo.fs.readFile("/f", "utf8")).toBe("old");
    });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("new");
    const [inTransaction] = threads;
    expect(await inTransaction?.call("readFileSync", "/f")).toMatchObject({
      thrown: { code: "TRANSACTION_ENDED" },
    });
    const snapshot = await repo.openSnapshot("then");
    const thread = start(await snapshot.syncChannel());
    expect(await thread.result("readFileSync", "/f", "utf8")).toBe("old");
    expect(await thread.call("writeFileSync", "/f", "")).toMatchObject({
      thrown: { code: "EROFS" },
    });
    await snapshot.close();
  });

  it("reaches a repo in a container file of Node", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cofferfs-channel-"));
    const local = await openFileRepo(join(directory, "vault"), { rawKey, create: true });
    const thread = start(await local.syncChannel());
    await thread.result("writeFileSync", "/f", pattern(MIB), { flush: true });
    expectBytes(await local.fs.readFile("/f"), pattern(MIB));
    await local.close();
    expect(await thread.call("existsSync", "/f")).toEqual({ result: false });
    expect(await thread.call("statSync", "/f")).toMatchObject({ thrown: { code: "REPO_CLOSED" } });
    rmSync(directory, { recursive: true });
  });

  it("works where an engine cannot wait for memory", async () => {
    const { waitAsync } = Atomics;
    Reflect.deleteProperty(Atomics, "waitAsync");
    try {
      const channel = await repo.syncChannel();
      const thread = start(channel);
      await thread.result("writeFileSync", "/f", pattern(MIB));
      expectBytes(await thread.result("readFileSync", "/f"), pattern(MIB));
      await channel.close();
      expect(await thread.call("statSync", "/f")).toMatchObject({ thrown: { code: "EBADF" } });
    } finally {
      Object.defineProperty(Atomics, "waitAsync", {
        value: waitAsync,
        configurable: true,
        writable: true,
      });
    }
  });
});

describe("the end of a channel", () => {
  it("comes with close(): calls fail with EBADF, and the repo goes on", async () => {
    const channel = await repo.syncChannel();
    const thread = start(channel);
    await thread.result("openSync", "/f", "w");
    await channel.close();
    await channel.close();
    expect(await thread.call("writeSync", 3, "x")).toMatchObject({ thrown: { code: "EBADF" } });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("");
  });

  it("comes with lock(), and does not pass with unlock()", async () => {
    const thread = start(await repo.syncChannel());
    await thread.result("writeFileSync", "/f", "x");
    await repo.lock();
    expect(await thread.call("statSync", "/f")).toMatchObject({ thrown: { code: "REPO_LOCKED" } });
    await repo.unlock({ rawKey });
    expect(await thread.call("statSync", "/f")).toMatchObject({ thrown: { code: "REPO_LOCKED" } });
    const next = start(await repo.syncChannel());
    expect(await next.result("readFileSync", "/f", "utf8")).toBe("x");
  });

  it("comes with the repo's, and with the death of its worker", async () => {
    const closed = start(await repo.syncChannel());
    await closed.result("writeFileSync", "/f", "x");
    await repo.close();
    expect(await closed.call("statSync", "/f")).toMatchObject({ thrown: { code: "REPO_CLOSED" } });
    const { factory: worker, made } = fakeWorkers();
    const dying = await openRepo("mem://channel-dying", { rawKey, create: true, worker });
    const thread = start(await dying.syncChannel());
    await thread.result("writeFileSync", "/f", "x");
    made.get("engine")?.[0]?.crash("as in a test");
    await vi.waitFor(() => {
      expect(dying.closed).toBe(true);
    });
    expect(await thread.call("statSync", "/f")).toMatchObject({
      thrown: { code: "WORKER_FAILED" },
    });
    expect(workers).toHaveLength(1);
  });

  it("leaves nothing of what went through in the memory", async () => {
    const channel = await repo.syncChannel();
    const thread = start(channel);
    await thread.result("writeFileSync", "/f", pattern(100_000));
    const words = 64;
    const holds = (): boolean => new Uint8Array(channel.memory, words).some((byte) => byte !== 0);
    await thread.result("readFileSync", "/f");
    expect(holds()).toBe(true);
    await channel.close();
    expect(holds()).toBe(false);
    await thread.call("writeFileSync", "/f", pattern(100_000));
    expect(holds()).toBe(false);
  });

  it("locks with the clock of autoLock: calls keep a repo awake, and a late one is refused", async () => {
    const { factory: worker } = fakeWorkers();
    const uri = "mem://channel-idle";
    const idle = await openRepo(uri, { rawKey, create: true, worker, autoLock: { idleMs: 400 } });
    const thread = start(await idle.syncChannel());
    for (let i = 0; i < 6; i++) {
      await thread.result("writeFileSync", "/f", "x");
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(idle.locked).toBe(false);
    await vi.waitFor(() => {
      expect(idle.locked).toBe(true);
    }, 5000);
    expect(await thread.call("statSync", "/f")).toMatchObject({ thrown: { code: "REPO_LOCKED" } });
    await idle.close();
  });

  it.each(["EBADF", "REPO_LOCKED", "WORKER_FAILED"] as const)(
    "wakes a caller that waits for an answer, with %s",
    async (ending) => {
      const area = new SyncArea();
      const channel = { memory: area.memory, name: "test" };
      const server = new SyncServer(area, "test", () => new Promise(() => undefined));
      const waiting = start(channel).call("readFileSync", "/f");
      await vi.waitFor(() => {
        expect(area.holds("engine")).toBe(true);
      });
      area.end(ending);
      expect(await waiting).toMatchObject({ thrown: { code: ending } });
      expect(server).toBeDefined();
    },
  );
});

describe("a channel's server", () => {
  const area = (): SyncArea => new SyncArea();

  /** A caller in this thread, which does not block. */
  async function ask(on: SyncArea, method: string, ...args: unknown[]): Promise<unknown> {
    const sent = on.send(new ValueEncoder().encode([method, ...args]));
    while (sent.next().done !== true) await turn(on);
    await turn(on);
    const pieces = on.receive();
    for (;;) {
      const { done, value } = pieces.next();
      if (done === true) return decodeValue(value);
      await turn(on);
    }
  }

  async function turn(on: SyncArea): Promise<void> {
    on.pass("caller");
    await vi.waitFor(() => {
      expect(on.holds("caller")).toBe(true);
    });
  }

  it("closes the handles of a caller that is gone", async () => {
    const calls: unknown[] = [];
    let fd = 10;
    const files: FilesCall = async (method, args) => {
      calls.push([method, ...args]);
      return method === "open" ? fd++ : undefined;
    };
    const on = area();
    const server = new SyncServer(on, "test", files);
    for (const path of ["/a", "/b", "/c"]) await ask(on, "open", path, { read: true });
    await ask(on, "fdClose", 11);
    calls.length = 0;
    await server.close();
    expect(calls).toEqual([
      ["fdClose", 10],
      ["fdClose", 12],
    ]);
  });

  it("does nothing of a call whose channel ended while it was being sent", async () => {
    const calls: unknown[] = [];
    const on = area();
    const server = new SyncServer(on, "test", async (method) => void calls.push(method));
    const sending = on.send(new ValueEncoder().encode(["writeFile", "/f", new Uint8Array(MIB)]));
    sending.next();
    await turn(on);
    sending.next();
    await server.close();
    expect(calls).toEqual([]);
  });

  it("does nothing of a call whose channel ended while it was being read", async () => {
    class EndedWhileRead extends SyncArea {
      override *receive(): Generator<void, WireMessage> {
        const message = yield* super.receive();
        this.end("REPO_LOCKED");
        return message;
      }
    }
    const calls: unknown[] = [];
    const on = new EndedWhileRead();
    const server = new SyncServer(on, "test", async (method) => void calls.push(method));
    on.send(new ValueEncoder().encode(["unlink", "/f"])).next();
    on.pass("caller");
    await vi.waitFor(() => {
      expect(on.ending).toBe("REPO_LOCKED");
    });
    await server.close();
    expect(calls).toEqual([]);
  });

  it("calls methods of files only, and survives what no caller sends", async () => {
    const calls: unknown[] = [];
    const on = area();
    const server = new SyncServer(on, "test", async (method) => void calls.push(method));
    for (const method of ["hasOwnProperty", "beginExport", "nonsense"])
      expect(await ask(on, method)).toMatchObject([false, { error: { code: "EINVAL" } }]);
    expect(calls).toEqual([]);
    on.words[WORD.headBytes] = -1;
    on.pass("caller");
    await vi.waitFor(() => {
      expect(on.ending).toBe("WORKER_FAILED");
    });
    await server.close();
  });
});

describe("a channel that cannot be", () => {
  it("is EBUSY for a second worker", async () => {
    const channel = await repo.syncChannel();
    const first = start(channel);
    await first.result("existsSync", "/");
    const second = start(channel);
    await expect(second.call("existsSync", "/")).rejects.toMatchObject({ code: "EBUSY" });
  });

  it("is BACKEND_UNAVAILABLE on a page that is not isolated", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    await expect(repo.syncChannel()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    vi.unstubAllGlobals();
    vi.stubGlobal("SharedArrayBuffer", undefined);
    await expect(repo.syncChannel()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  });

  it("is refused where the repo is locked", async () => {
    await repo.lock();
    await expect(repo.syncChannel()).rejects.toMatchObject({ code: "REPO_LOCKED" });
  });
});
