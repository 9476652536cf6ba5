/** openRepo, repoExists and destroyRepo over workers in this thread; the repos are real, in memory. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  destroyRepo,
  openRepo,
  repoExists,
  type OpenRepoOptions,
  type Repo,
  type RepoEvent,
  type WorkerFactory,
} from "../../../src/index.js";
import { FakeWorker, fakeWorkers } from "../../support/fake-worker.js";
import { expectRejections } from "../../support/rejections.js";

const rawKey = new Uint8Array(32).fill(7);
/** The cheapest derivation that is allowed. */
const kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };

let names = 0;
const repos: Repo[] = [];
const { factory: worker, made } = fakeWorkers();

function newUri(): string {
  return `mem://open-${++names}`;
}

async function open(uri: string, options: OpenRepoOptions): Promise<Repo> {
  const repo = await openRepo(uri, { worker, ...options });
  repos.push(repo);
  return repo;
}

/** A repo that exists and is closed. */
async function closedRepo(options: OpenRepoOptions = { rawKey }): Promise<string> {
  const uri = newUri();
  const repo = await open(uri, { create: true, ...options });
  await repo.fs.writeFile("/kept", "kept");
  await repo.close();
  return uri;
}

/** Workers of which those for key derivation never answer. */
function stuckDerivation(): { factory: WorkerFactory; kdfWorkers: FakeWorker[] } {
  const kdfWorkers: FakeWorker[] = [];
  const factory: WorkerFactory = (role) => {
    if (role === "engine") return worker(role);
    const stuck = new FakeWorker({ serveDerivation: () => undefined });
    kdfWorkers.push(stuck);
    return stuck;
  };
  return { factory, kdfWorkers };
}

afterEach(async () => {
  vi.useRealTimers();
  await Promise.allSettled(repos.splice(0).map((repo) => repo.close()));
});

describe("openRepo", () => {
  it("creates, and opens again what it created", async () => {
    const uri = await closedRepo();
    const repo = await open(uri, { rawKey });
    expect(await repo.fs.readFile("/kept", "utf8")).toBe("kept");
  });

  it("create opens what is there", async () => {
    const uri = await closedRepo();
    const repo = await open(uri, { rawKey, create: true });
    expect(await repo.fs.readdir("/")).toEqual(["kept"]);
  });

  it("createNew refuses what is there", async () => {
    const uri = await closedRepo();
    const opening = open(uri, { rawKey, createNew: true });
    await expect(opening).rejects.toMatchObject({ code: "REPO_EXISTS" });
    expect(await (await open(uri, { rawKey })).fs.readdir("/")).toEqual(["kept"]);
  });

  it("createNew refuses before it derives anything", async () => {
    const uri = await closedRepo();
    const { factory } = stuckDerivation();
    const opening = open(uri, { password: "p", createNew: true, worker: factory });
    await expect(opening).rejects.toMatchObject({ code: "REPO_EXISTS" });
  });

  it("without create, what is not there is not found", async () => {
    const uri = newUri();
    await expect(open(uri, { rawKey })).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    expect(await repoExists(uri, { worker })).toBe(false);
  });

  it("readOnly changes nothing and refuses changes", async () => {
    const uri = await closedRepo();
    const repo = await open(uri, { rawKey, readOnly: true });
    expect(await repo.info()).toMatchObject({ readOnly: true });
    expect(await repo.fs.readFile("/kept", "utf8")).toBe("kept");
    await expectRejections(
      [
        repo.fs.writeFile("/kept", "x"),
        repo.fs.mkdir("/d"),
        repo.fs.unlink("/kept"),
        repo.fs.access("/kept", repo.fs.constants.W_OK),
      ],
      { code: "EROFS" },
    );
    await repo.fs.access("/kept", repo.fs.constants.R_OK);
    const { generation } = await repo.stats();
    await repo.close();
    expect((await (await open(uri, { rawKey, readOnly: true })).stats()).generation).toBe(
      generation,
    );
  });

  it("a password opens through a worker of its own, which is then terminated", async () => {
    const before = made.get("kdf")?.length ?? 0;
    const uri = await closedRepo({ password: "pässword", kdf });
    const repo = await open(uri, { password: new TextEncoder().encode("pässword") });
    expect((await repo.info()).kdf).toEqual(kdf);
    const derivations = (made.get("kdf") ?? []).slice(before);
    expect(derivations.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it("a wrong password or key is UNLOCK_FAILED, and the right one still opens", async () => {
    const byPassword = await closedRepo({ password: "right", kdf });
    const byKey = await closedRepo();
    const wrong = { rawKey: new Uint8Array(32) };
    await expectRejections(
      [
        open(byPassword, { password: "wrong" }),
        open(byPassword, wrong),
        open(byKey, wrong),
        open(byKey, { password: "right" }),
      ],
      { code: "UNLOCK_FAILED" },
    );
    await (await open(byPassword, { password: "right" })).close();
  });

  it("a derivation that is too cheap or too dear fails with its code", async () => {
    const cheap = open(newUri(), {
      password: "p",
      create: true,
      kdf: { opsLimit: 1, memLimit: 2 },
    });
    await expect(cheap).rejects.toMatchObject({ code: "KDF_TOO_WEAK" });
    const dear = { opsLimit: 3, memLimit: 2 ** 42 };
    const opening = open(newUri(), { password: "p", create: true, kdf: dear });
    await expect(opening).rejects.toMatchObject({ code: "KDF_LIMIT" });
  });

  it("the secrets that were passed are the caller's: neither detached nor wiped", async () => {
    const password = new TextEncoder().encode("secret");
    await closedRepo({ password, kdf });
    expect(new TextDecoder().decode(password)).toBe("secret");
    expect(rawKey.length).toBe(32);
    expect(rawKey[0]).toBe(7);
  });

  it("an error in the derivation's worker arrives as it is", async () => {
    const opening = open(newUri(), { password: "", create: true, kdf });
    await expect(opening).rejects.toThrow(RangeError);
    await expect(open(newUri(), { password: "\ud800", create: true, kdf })).rejects.toThrow(
      TypeError,
    );
  });

  it.each(["xchacha20-poly1305", "aes-256-gcm"] as const)("%s", async (cipher) => {
    const uri = await closedRepo({ rawKey, cipher });
    expect(await (await open(uri, { rawKey })).info()).toMatchObject({
      uri,
      location: uri,
      cipher,
    });
  });

  it.each(["ftp://x", "mem:", "mem://", "x", "", "MEM://x"])("refuses the URI %o", async (uri) => {
    const opening = open(uri, { rawKey, create: true });
    await expect(opening).rejects.toMatchObject({ code: "EINVAL", path: uri });
  });

  it.each<[string, unknown, unknown]>([
    ["no credential", "mem://x", {}],
    ["two credentials", "mem://x", { rawKey, password: "p" }],
    ["a password that is no text", "mem://x", { password: 7 }],
    ["a raw key that is no bytes", "mem://x", { rawKey: "k" }],
    ["an unknown cipher", "mem://x", { rawKey, cipher: "rot13" }],
    ["an unknown durability", "mem://x", { rawKey, durability: "eternal" }],
    ["an unknown preset", "mem://x", { rawKey, kdf: "cheap" }],
    ["no preset", "mem://x", { rawKey, kdf: null }],
    ["half a cost", "mem://x", { rawKey, kdf: { opsLimit: 3 } }],
    ["the other half", "mem://x", { rawKey, kdf: { memLimit: 2 ** 26 } }],
    ["create that is no choice", "mem://x", { rawKey, create: "yes" }],
    ["createNew that is no choice", "mem://x", { rawKey, createNew: 1 }],
    ["readOnly that is no choice", "mem://x", { rawKey, readOnly: "false" }],
    ["dedupChunk that is no choice", "mem://x", { rawKey, dedupChunk: null }],
    ["a versionLimit that is no number", "mem://x", { rawKey, versionLimit: "3" }],
    ["read-only creation", "mem://x", { rawKey, readOnly: true, create: true }],
    ["a URI that is no text", 7, { rawKey }],
    ["no options at all", "mem://x", undefined],
    ["a misspelt option", "mem://x", { rawKey, create: true, versionlimit: 3 }],
    ["a misspelt credential", "mem://x", { passwrod: "p" }],
    ["a misspelt way to lock", "mem://x", { rawKey, autoLock: { idle: 500 } }],
    ["a lock that is no object", "mem://x", { rawKey, autoLock: true }],
    ["a lock that is no choice", "mem://x", { rawKey, autoLock: { whenHidden: "yes" } }],
  ])("%s is a TypeError", async (_name, uri, options) => {
    await expect(open(uri as string, options as OpenRepoOptions)).rejects.toThrow(TypeError);
  });

  it("what a call does not know is named, and so is what was given too often", async () => {
    const wrong = { rawKey, dedup: true } as OpenRepoOptions;
    await expect(open("mem://x", wrong)).rejects.toThrow('options has no "dedup"');
    const both = { password: "p", recoveryKey: "r" };
    await expect(open("mem://x", both)).rejects.toThrow("password and recoveryKey");
    const cipher = { rawKey, cipher: "aes256" } as unknown as OpenRepoOptions;
    await expect(open("mem://x", cipher)).rejects.toThrow('not "aes256"');
  });

  it.each([
    ["create", "yes"],
    ["createNew", 1],
    ["readOnly", "false"],
    ["dedupChunk", 0],
    ["versionLimit", 0],
    ["versionLimit", 256],
    ["cipher", "rot13"],
    ["durability", "none"],
    ["kdf", "cheap"],
  ])("what is wrong with %s is said by name (%s)", async (name, value) => {
    const options = { rawKey, create: true, [name]: value } as unknown as OpenRepoOptions;
    await expect(open("mem://x", options)).rejects.toThrow(new RegExp(`^${name} must be `));
  });

  it("dedupChunk and versionLimit are the repo's from its creation on", async () => {
    const uri = await closedRepo({ rawKey, dedupChunk: true, versionLimit: 9 });
    const repo = await open(uri, { rawKey, dedupChunk: false, versionLimit: 1 });
    expect(await repo.info()).toMatchObject({ dedupChunk: true, versionLimit: 9 });
    const plain = await closedRepo();
    const other = await open(plain, { rawKey });
    expect(await other.info()).toMatchObject({ dedupChunk: false, versionLimit: 1 });
  });

  it("a raw key of another size is a RangeError", async () => {
    const short = new Uint8Array(16);
    await expect(open(newUri(), { rawKey: short, create: true })).rejects.toThrow(RangeError);
  });

  it("a repo that is open is REPO_BUSY after five seconds, and opens once it is closed", async () => {
    const uri = await closedRepo();
    const first = await open(uri, { rawKey });
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const refused = open(uri, { rawKey }).catch((error: unknown) => error);
    for (let i = 0; i < 60; i++) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise(setImmediate);
    }
    expect(await refused).toMatchObject({ code: "REPO_BUSY" });
    vi.useRealTimers();
    const waiting = open(uri, { rawKey });
    await first.close();
    expect(await (await waiting).fs.readdir("/")).toEqual(["kept"]);
  });

  it("an insecure context is one clear error", async () => {
    vi.stubGlobal("crypto", {});
    try {
      const opening = open(newUri(), { rawKey, create: true });
      await expect(opening).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
      await expect(repoExists("mem://x", { worker })).rejects.toThrow(/secure context/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("a signal", () => {
  it("that is aborted already rejects with its reason and spawns nothing", async () => {
    const spawn = vi.fn(worker);
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    await expect(open(newUri(), { rawKey, worker: spawn, signal })).rejects.toBe(reason);
    expect(spawn).not.toHaveBeenCalled();
  });

  it("aborted while keys are derived rejects at once, and the repo opens afterwards", async () => {
    const uri = await closedRepo({ password: "p", kdf });
    const { factory, kdfWorkers } = stuckDerivation();
    const controller = new AbortController();
    const opening = open(uri, { password: "p", worker: factory, signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 20);
    await expect(opening).rejects.toMatchObject({ name: "AbortError" });
    await vi.waitFor(() => {
      expect(kdfWorkers[0]?.terminated).toBe(true);
    });
    expect(await (await open(uri, { password: "p" })).fs.readdir("/")).toEqual(["kept"]);
  });

  it("aborted while a repo on storage is opened terminates both workers", async () => {
    const { factory, kdfWorkers } = stuckDerivation();
    const engines: FakeWorker[] = [];
    const spawn: WorkerFactory = (role) => {
      if (role === "kdf") return factory(role);
      const stuck = new FakeWorker({ openRepo: () => new Promise(() => undefined) });
      engines.push(stuck);
      return stuck;
    };
    const controller = new AbortController();
    const { signal } = controller;
    const opening = open("opfs://stuck", { password: "p", worker: spawn, signal });
    controller.abort("enough");
    await expect(opening).rejects.toBe("enough");
    await vi.waitFor(() => {
      expect(engines[0]?.terminated).toBe(true);
      expect(kdfWorkers[0]?.terminated).toBe(true);
    });
  });

  it("aborted after opening changes nothing", async () => {
    const controller = new AbortController();
    const uri = newUri();
    const repo = await open(uri, { rawKey, create: true, signal: controller.signal });
    controller.abort();
    await repo.fs.writeFile("/f", "x");
    expect(await repo.fs.readdir("/")).toEqual(["f"]);
  });
});

describe("a worker that dies", () => {
  it("in opening rejects it, whichever of the two it is", async () => {
    const uri = await closedRepo({ password: "p", kdf });
    const { factory, kdfWorkers } = stuckDerivation();
    const opening = open(uri, { password: "p", worker: factory });
    setTimeout(() => kdfWorkers[0]?.crash("out of memory"), 20);
    await expect(opening).rejects.toMatchObject({
      code: "WORKER_FAILED",
      cause: { message: "out of memory" },
    });
    await (await open(uri, { password: "p" })).close();

    const spawn: WorkerFactory = () => {
      const broken = new FakeWorker({});
      queueMicrotask(() => {
        broken.crash();
      });
      return broken;
    };
    const unloadable = open("opfs://x", { rawKey, create: true, worker: spawn });
    await expect(unloadable).rejects.toMatchObject({ code: "WORKER_FAILED" });
    await expect(repoExists("opfs://x", { worker: spawn })).rejects.toThrow(/did not load/);
  });

  it("before it lived: a factory that throws rejects the call", async () => {
    const reason = new Error("no worker here");
    const spawn: WorkerFactory = () => {
      throw reason;
    };
    const opening = open("opfs://x", { password: "p", worker: spawn });
    await expect(opening).rejects.toMatchObject({ code: "WORKER_FAILED", cause: reason });
    const destroying = destroyRepo("opfs://x", { worker: spawn });
    await expect(destroying).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });

  it("rejects every call that is pending or comes later, and tells the listener", async () => {
    const events: RepoEvent[] = [];
    const onEvent = (event: RepoEvent): void => void events.push(event);
    const workers = fakeWorkers();
    const repo = await open(newUri(), { rawKey, create: true, worker: workers.factory, onEvent });
    const file = await repo.fs.open("/f", "w+");
    const pending = [
      repo.fs.writeFile("/g", "x"),
      repo.fs.readdir("/"),
      file.read(new Uint8Array(4), 0, 4, 0),
      repo.sync(),
      repo.stats(),
    ];
    workers.made.get("engine")?.[0]?.crash("boom");
    await expectRejections(pending, {
      code: "WORKER_FAILED",
      cause: { message: "boom" },
    });
    expect(repo.closed).toBe(true);
    await expectRejections([repo.fs.stat("/"), file.close(), repo.check(), repo.close()], {
      code: "WORKER_FAILED",
    });
    await vi.waitFor(() => {
      expect(events).toHaveLength(1);
    });
    expect(events[0]).toMatchObject({ type: "closed", cause: { code: "WORKER_FAILED" } });
  });

  it("takes its memory with it: the repo is gone, and its name is free", async () => {
    const workers = fakeWorkers();
    const uri = newUri();
    await open(uri, { rawKey, create: true, worker: workers.factory });
    workers.made.get("engine")?.[0]?.crash("boom");
    expect(await repoExists(uri, { worker })).toBe(false);
    expect(await (await open(uri, { rawKey, createNew: true })).fs.readdir("/")).toEqual([]);
  });
});

describe("a repo in memory", () => {
  it("lives in one worker until it is destroyed", async () => {
    const workers = fakeWorkers();
    const uri = newUri();
    const options = { rawKey, create: true, worker: workers.factory };
    await (await open(uri, options)).close();
    await (await open(uri, options)).close();
    expect(await repoExists(uri, options)).toBe(true);
    const engines = workers.made.get("engine") ?? [];
    expect(engines.map(({ terminated }) => terminated)).toEqual([false]);
    await destroyRepo(uri, options);
    expect(engines.map(({ terminated }) => terminated)).toEqual([true]);
    expect(await repoExists(uri, options)).toBe(false);
    await expect(destroyRepo(uri, options)).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    expect(engines.every(({ terminated }) => terminated)).toBe(true);
  });

  it("is made once by two that create it at the same time", async () => {
    const uri = newUri();
    const [first, second] = [
      open(uri, { rawKey, create: true }),
      open(uri, { rawKey, create: true }),
    ];
    await (await first).fs.writeFile("/f", "x");
    await (await first).close();
    expect(await (await second).fs.readdir("/")).toEqual(["f"]);
  });
});
