/** repo.keys, resetPassword, lock and unlock over workers in this thread; the repos are real, in memory. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeyringSealer } from "../../../src/crypto/keyring-sealer.js";
import { Trees } from "../../../src/worker/trees.js";
import { openRepo, type Repo, type RepoEvent, type WorkerFactory } from "../../../src/index.js";
import { FakeWorker, fakeWorkers } from "../../support/fake-worker.js";
import { expectRejections } from "../../support/rejections.js";

const rawKey = new Uint8Array(32).fill(7);
const current = { rawKey };
/** The cheapest derivation that is allowed. */
const kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };

let { factory: worker, made } = fakeWorkers();
let names = 0;
let repo: Repo;
let events: RepoEvent[];

async function open(options: Partial<Parameters<typeof openRepo>[1]> = {}): Promise<Repo> {
  return openRepo(`mem://keys-${++names}`, {
    rawKey,
    worker,
    create: true,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

/** Every array of bytes in a message; one that was given away is empty by now. */
function viewsIn(message: unknown): Uint8Array[] {
  if (message instanceof Uint8Array) return [message];
  if (typeof message !== "object" || message === null) return [];
  return Object.values(message).flatMap(viewsIn);
}

/** Whether these are the bytes of one of the keys here, which are all the same in each. */
function isSecret(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return [7, 8, 9].includes(first) && bytes.every((byte) => byte === first);
}

beforeEach(async () => {
  ({ factory: worker, made } = fakeWorkers());
  events = [];
  repo = await open();
});

afterEach(async () => {
  vi.useRealTimers();
  await repo.close().catch(() => undefined);
});

describe("repo.keys", () => {
  it("derives passwords in a worker of their own, which is then terminated", async () => {
    await repo.keys.addPassword("first", { current, kdf });
    await repo.resetPassword("first", "second");
    expect(made.get("kdf")?.map(({ terminated }) => terminated)).toEqual([true, true]);
    await repo.lock();
    await expect(repo.unlock({ password: "first" })).rejects.toMatchObject({
      code: "UNLOCK_FAILED",
    });
    await repo.unlock({ password: new TextEncoder().encode("second") });
    expect((await repo.info()).kdf).toEqual(kdf);
  });

  it("resetPassword replaces passwords only, and takes a new cost", async () => {
    await expect(repo.resetPassword("none", "next")).rejects.toMatchObject({
      code: "UNLOCK_FAILED",
    });
    const key = await repo.keys.addPassword("first", { current, kdf });
    expect(key).toMatchObject({ type: "password", kdf });
    const dearer = { opsLimit: 3, memLimit: 19 * 1024 * 1024 };
    await repo.resetPassword("first", "second", { kdf: dearer });
    const keys = await repo.keys.list();
    expect(keys.map(({ type, kdf: cost }) => [type, cost])).toEqual([
      ["rawKey", undefined],
      ["password", dearer],
    ]);
  });

  it("leaves the caller's bytes as they were, and keeps no copy in what it has posted", async () => {
    const posted = vi.spyOn(MessagePort.prototype, "postMessage");
    const added = new Uint8Array(32).fill(9);
    await repo.keys.addRawKey(added, { current });
    await repo.keys.addPassword(new Uint8Array(32).fill(8), { current, kdf });
    const views = posted.mock.calls.flatMap(([message]) => viewsIn(message));
    posted.mockRestore();
    expect(added).toEqual(new Uint8Array(32).fill(9));
    expect(rawKey).toEqual(new Uint8Array(32).fill(7));
    // Both new ones, `current` twice, and the password on its way to be derived.
    expect(views.length).toBeGreaterThanOrEqual(5);
    expect(views.filter(isSecret)).toEqual([]);
  });

  it("rejects with WORKER_FAILED if the derivation dies, changes nothing, and goes on", async () => {
    const stuck: FakeWorker[] = [];
    const factory: WorkerFactory = (role) => {
      if (role === "engine") return worker(role);
      const one = new FakeWorker({ serveDerivation: () => undefined });
      stuck.push(one);
      return one;
    };
    const other = await open({ worker: factory });
    const change = other.keys.addPassword("p", { current, kdf });
    await vi.waitFor(() => {
      expect(stuck).toHaveLength(1);
    });
    stuck[0]?.crash("out of memory");
    await expect(change).rejects.toMatchObject({ code: "WORKER_FAILED" });
    // The one that is stuck does not stand in the way.
    await other.keys.addRecoveryKey({ current });
    expect((await other.keys.list()).map(({ type }) => type)).toEqual(["rawKey", "recoveryKey"]);
    await other.close();
  });

  it("gives up the change whose derivation dies, and no other", async () => {
    let first: FakeWorker | undefined;
    const factory: WorkerFactory = (role) => {
      if (role === "engine" || first !== undefined) return worker(role);
      first = new FakeWorker({ serveDerivation: () => undefined });
      return first;
    };
    const other = await open({ worker: factory });
    const dying = other.keys.addPassword("p", { current, kdf });
    const waiting = other.keys.addPassword("q", { current, kdf });
    await vi.waitFor(() => {
      expect(first).toBeDefined();
    });
    first?.crash("out of memory");
    await expect(dying).rejects.toMatchObject({ code: "WORKER_FAILED" });
    expect(await waiting).toMatchObject({ type: "password" });
    await other.close();
  });

  it("leaves nothing secret in its own copies, also of changes that fail", async () => {
    const cloned = vi.spyOn(globalThis, "structuredClone");
    const added = new Uint8Array(32).fill(9);
    await repo.keys.addRawKey(added, { current });
    await repo.rotateMasterKey({ current, keep: [current, { rawKey: added }] });
    const wrong = { rawKey: new Uint8Array(32).fill(8) };
    await expectRejections([repo.keys.addRecoveryKey({ current: wrong })], {
      code: "UNLOCK_FAILED",
    });
    const copies = cloned.mock.calls.flatMap(([given]) => viewsIn(given));
    cloned.mockRestore();
    expect(copies.length).toBeGreaterThanOrEqual(6);
    expect(copies.filter(isSecret)).toEqual([]);
  });

  it("says PASSKEY_UNSUPPORTED where there is no WebAuthn", async () => {
    await expectRejections(
      [
        repo.keys.addPasskey({ current }),
        repo.keys.addRecoveryKey({ current: { passkey: true } }),
        open({ rawKey: undefined, passkey: true }),
      ],
      { code: "PASSKEY_UNSUPPORTED" },
    );
  });

  it("takes exactly one credential of a right type", async () => {
    const wrong = [{}, { rawKey, password: "p" }, { recoveryKey: 5 }, { passkey: false }, null];
    await expectRejections(
      wrong.map((one) => repo.keys.addRecoveryKey({ current: one as never })),
      { name: "TypeError" },
    );
    await expectRejections([repo.rotateMasterKey({ current, keep: [{} as never] })], {
      name: "TypeError",
    });
  });
});

describe("a locked repo", () => {
  it("has neither worker nor lock of the place, and answers REPO_LOCKED at once", async () => {
    const { fs } = repo;
    const file = await fs.open("/f", "w");
    const locking = repo.lock();
    expect([repo.locked, repo.closed]).toEqual([true, false]);
    await expectRejections(
      [fs.stat("/"), file.stat(), repo.sync(), repo.check(), repo.keys.list(), repo.info()],
      { code: "REPO_LOCKED" },
    );
    await locking;
    await repo.lock();
    expect(events).toEqual([{ type: "locked", reason: "call" }]);
  });

  it("has no keys either if something that was open cannot be closed", async () => {
    const failing = vi.spyOn(Trees.prototype, "closeAll").mockRejectedValue(new Error("stuck"));
    const closing = vi.spyOn(KeyringSealer.prototype, "close");
    await repo.lock();
    expect(closing).toHaveBeenCalledTimes(1);
    failing.mockRestore();
    closing.mockRestore();
    await repo.unlock(current);
  });

  it("finishes what was asked before, or rejects it with REPO_LOCKED", async () => {
    const writes = Array.from({ length: 20 }, (_, i) => repo.fs.writeFile(`/${i}`, "x"));
    const outcomes = Promise.allSettled(writes);
    await repo.lock();
    const settled = await outcomes;
    await repo.unlock(current);
    const there = new Set(await repo.fs.readdir("/"));
    for (const [i, outcome] of settled.entries()) {
      if (outcome.status === "fulfilled") expect(there.has(String(i))).toBe(true);
      else expect(outcome.reason).toMatchObject({ code: "REPO_LOCKED" });
    }
  });

  it("meets no handle of before with one of after", async () => {
    await repo.fs.writeFile("/f", "f");
    await repo.fs.writeFile("/g", "g");
    const old = await repo.fs.open("/f", "r");
    await repo.lock();
    await repo.unlock(current);
    const fresh = await repo.fs.open("/g", "r");
    expect(fresh.fd).not.toBe(old.fd);
    await expectRejections([old.stat(), old.readFile()], { code: "EBADF" });
    expect(await fresh.readFile("utf8")).toBe("g");
    await fresh.close();
  });

  it("meets no transaction or snapshot of before with one of after", async () => {
    await repo.fs.writeFile("/f", "f");
    await repo.snapshot("s");
    const old = await repo.openSnapshot("s");
    let resume: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => (resume = resolve));
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const late = repo.transaction(async ({ fs }) => {
      await fs.writeFile("/f", "late");
      begin();
      await paused;
      await fs.writeFile("/g", "late");
    });
    const outcome = expect(late).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await begun;
    await repo.lock();
    await repo.unlock(current);
    await repo.fs.writeFile("/f", "present");
    const fresh = await repo.openSnapshot("s");
    await repo.transaction(async ({ fs }) => {
      await fs.writeFile("/h", "h");
      resume();
      await outcome;
    });
    await expectRejections([old.fs.readFile("/f"), old.close()], { code: "TRANSACTION_ENDED" });
    expect(await fresh.fs.readFile("/f", "utf8")).toBe("f");
    expect(await repo.fs.readFile("/f", "utf8")).toBe("present");
    expect((await repo.fs.readdir("/")).sort()).toEqual(["f", "h"]);
    await fresh.close();
  });

  it("stays locked if it is locked while it is being unlocked, as by a page that is hidden", async () => {
    await repo.lock();
    const unlocking = repo.unlock(current);
    await repo.lock();
    await expect(unlocking).rejects.toMatchObject({ code: "REPO_LOCKED" });
    expect(repo.locked).toBe(true);
    await repo.unlock(current);
    expect(repo.locked).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(["locked", "unlocked"]);
  });

  it("is not unlocked by who comes too late for its closing", async () => {
    await repo.lock();
    const unlocking = repo.unlock(current);
    await repo.close();
    await expect(unlocking).rejects.toMatchObject({ code: "REPO_CLOSED" });
    expect([repo.closed, repo.locked]).toEqual([true, false]);
  });

  it("keeps no copy of a key that was not sent, because unlocking was given up", async () => {
    await repo.lock();
    const wiped = vi.spyOn(Uint8Array.prototype, "fill");
    const unlocking = repo.unlock(current, { signal: AbortSignal.abort("enough") });
    await expect(unlocking).rejects.toBe("enough");
    const { contexts } = wiped.mock;
    wiped.mockRestore();
    expect(contexts).toContainEqual(new Uint8Array(32));
    expect(rawKey[0]).toBe(7);
  });

  it("opens again once, and says EINVAL when it is not locked", async () => {
    await expect(repo.unlock(current)).rejects.toMatchObject({ code: "EINVAL" });
    await repo.lock();
    const first = repo.unlock(current);
    await expect(repo.unlock(current)).rejects.toMatchObject({ code: "EINVAL" });
    await first;
    expect(repo.locked).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(["locked", "unlocked"]);
  });

  it("stays locked when unlocking is given up", async () => {
    await repo.lock();
    const signal = AbortSignal.abort("enough");
    await expect(repo.unlock(current, { signal })).rejects.toBe("enough");
    expect(repo.locked).toBe(true);
    await repo.unlock(current);
  });

  it("can be closed, and is then closed", async () => {
    await repo.lock();
    await repo.close();
    expect([repo.closed, repo.locked]).toEqual([true, false]);
    await expectRejections([repo.unlock(current), repo.lock(), repo.sync()], {
      code: "REPO_CLOSED",
    });
    expect(events.map(({ type }) => type)).toEqual(["locked", "closed"]);
  });

  it("locks by itself, tells why, and refuses bad times", async () => {
    const other = await open({ autoLock: { idleMs: 20 } });
    await vi.waitFor(() => {
      expect(events).toContainEqual({ type: "locked", reason: "idle" });
    });
    await expect(other.fs.stat("/")).rejects.toMatchObject({ code: "REPO_LOCKED" });
    events.length = 0;
    await other.unlock(current);
    await vi.waitFor(() => {
      expect(events).toContainEqual({ type: "locked", reason: "idle" });
    });
    await other.close();
    for (const idleMs of [0, -1, Number.NaN])
      await expect(open({ autoLock: { idleMs } })).rejects.toThrow(RangeError);
  });
});
