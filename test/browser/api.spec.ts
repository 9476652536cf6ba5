/**
 * The public API in a real browser with a real profile: repos on every kind of storage, across reloads and
 * tabs, and whatever may happen to their workers.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import type * as Api from "../../src/index.js";

declare global {
  // The page puts them here, see PAGE.
  var cofferfs: typeof Api;
  /** What a call came to: the code or name of its error, or its result. */
  var outcome: <T>(call: Promise<T>) => Promise<T | string>;
  var rawKey: Uint8Array;
  /** The cheapest derivation that is allowed. */
  var kdf: { opsLimit: number; memLimit: number };
  /** Makes workers and keeps them. */
  var spawn: Api.WorkerFactory;
  var workers: Record<Api.WorkerRole, Worker[]>;
  /** A repo that outlives one call into the page. */
  var held: Api.Repo | undefined;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.outcome = (call) => call.catch((error) => error instanceof DOMException ? error.name : error.code ?? error.name);
  globalThis.rawKey = new Uint8Array(32).fill(7);
  globalThis.kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };
  globalThis.workers = { engine: [], kdf: [] };
  globalThis.spawn = (role) => {
    const worker = new Worker("/src/worker/worker.ts", { type: "module" });
    workers[role].push(worker);
    return worker;
  };
  globalThis.cofferfs = await import("/src/index.ts");
</script>`;
/** A browser without synchronous access handles, as some are. */
const NO_HANDLES = `delete FileSystemFileHandle.prototype.createSyncAccessHandle;`;
const NO_HANDLES_WORKER = `import "/no-handles.js"; import "/src/worker/worker.ts";`;
const THROWING_WORKER = `throw new Error("thrown while loading");`;

const STORED = ["opfs", "idb", "local"] as const;
const SCHEMES = [...STORED, "mem"] as const;

let profile: string;
let context: BrowserContext;
let page: Page;
let names = 0;

function newName(): string {
  return `api-${++names}`;
}

async function openPage(): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(`${String(test.info().project.use.baseURL)}/api.html`);
  await loaded(opened);
  return opened;
}

async function loaded(target: Page): Promise<void> {
  await target.waitForFunction(() => "cofferfs" in globalThis);
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-api-"));
  context = await chromium.launchPersistentContext(profile);
  const html = { contentType: "text/html" };
  const script = { contentType: "text/javascript" };
  await context.route("**/api.html", (route) => route.fulfill({ ...html, body: PAGE }));
  await context.route("**/no-handles.js", (route) =>
    route.fulfill({ ...script, body: NO_HANDLES }),
  );
  await context.route("**/no-handles-worker.js", (route) =>
    route.fulfill({ ...script, body: NO_HANDLES_WORKER }),
  );
  await context.route("**/throwing-worker.js", (route) =>
    route.fulfill({ ...script, body: THROWING_WORKER }),
  );
  page = await openPage();
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

for (const scheme of SCHEMES)
  test.describe(`${scheme}://`, () => {
    test("creates, writes, closes, opens again and reads", async () => {
      const result = await page.evaluate(async (uri) => {
        const password = "correct horse";
        const first = await cofferfs.openRepo(uri, { password, kdf, create: true });
        await first.fs.mkdir("/a/b", { recursive: true });
        await first.fs.writeFile("/a/b/text", "hello");
        const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
        await first.fs.writeFile("/large", large);
        await first.close();
        const second = await cofferfs.openRepo(uri, { password });
        const text = await second.fs.readFile("/a/b/text", "utf8");
        const same = (await second.fs.readFile("/large")).every((byte, i) => byte === large[i]);
        const { ok } = await second.check();
        const { location } = await second.info();
        await second.close();
        return { text, same, ok, location };
      }, `${scheme}://${newName()}`);
      expect(result).toMatchObject({ text: "hello", same: true, ok: true });
      expect(result.location).toMatch(scheme === "local" ? /^opfs:/ : new RegExp(`^${scheme}:`));
    });

    test("is there or not: createNew, exists, destroy and what they refuse", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo, repoExists, destroyRepo } = cofferfs;
        const create = async (): Promise<string> => {
          const repo = await openRepo(uri, { rawKey, createNew: true });
          await repo.close();
          return "created";
        };
        return [
          await repoExists(uri),
          await outcome(openRepo(uri, { rawKey })),
          await outcome(destroyRepo(uri)),
          await outcome(create()),
          await repoExists(uri),
          await outcome(create()),
          await outcome(destroyRepo(uri)),
          await repoExists(uri),
          await outcome(create()),
        ];
      }, `${scheme}://${newName()}`);
      const missing = "REPO_NOT_FOUND";
      const before = [false, missing, missing, "created", true];
      expect(result).toEqual([...before, "REPO_EXISTS", undefined, false, "created"]);
    });

    test("opens with the right credential only", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        await (await openRepo(uri, { password: "right", kdf, create: true })).close();
        const wrong = [
          await outcome(openRepo(uri, { password: "wrong" })),
          await outcome(openRepo(uri, { rawKey })),
        ];
        const repo = await openRepo(uri, { password: new TextEncoder().encode("right") });
        await repo.close();
        return wrong;
      }, `${scheme}://${newName()}`);
      expect(result).toEqual(["UNLOCK_FAILED", "UNLOCK_FAILED"]);
    });

    test("tells of changes, finds paths, and asks functions of the page", async () => {
      const result = await page.evaluate(async (uri) => {
        const repo = await cofferfs.openRepo(uri, { rawKey, create: true });
        const changes = repo.fs.watch("/", { recursive: true })[Symbol.asyncIterator]();
        const first = changes.next();
        await repo.fs.mkdir("/notes/old", { recursive: true });
        await repo.fs.writeFile("/notes/a.md", "a");
        await repo.fs.writeFile("/notes/old/b.md", "b");
        const told = [await first, await changes.next(), await changes.next()].map(
          ({ value }) => (value as { filename: string }).filename,
        );
        const filter = (from: string): boolean => !from.endsWith("old");
        await repo.fs.cp("/notes", "/copy", { recursive: true, filter });
        const found: string[] = [];
        for await (const path of repo.fs.glob("**/*.md")) found.push(path);
        const file = await repo.fs.open("/notes/a.md", "a");
        await new Blob(["bcd"]).stream().pipeTo(file.createWriteStream());
        const lines: string[] = [];
        for await (const line of (await repo.fs.open("/notes/a.md")).readLines()) lines.push(line);
        const ended = outcome(
          (async () => {
            while ((await changes.next()).done !== true);
          })(),
        );
        await repo.close();
        return { told, found: found.sort(), lines, ended: await ended };
      }, `${scheme}://${newName()}`);
      expect(result).toEqual({
        told: ["notes", "notes/old", "notes/a.md"],
        found: ["copy/a.md", "notes/a.md", "notes/old/b.md"],
        lines: ["abcd"],
        ended: "REPO_CLOSED",
      });
    });

    test("read-only refuses every change", async () => {
      const result = await page.evaluate(async (uri) => {
        const writer = await cofferfs.openRepo(uri, { rawKey, create: true });
        await writer.fs.writeFile("/f", "x");
        await writer.close();
        const reader = await cofferfs.openRepo(uri, { rawKey, readOnly: true });
        const told = [
          await reader.fs.readFile("/f", "utf8"),
          await outcome(reader.fs.writeFile("/f", "y")),
          await outcome(reader.fs.rm("/f")),
          await outcome(reader.fs.open("/g", "w")),
        ];
        await reader.close();
        return told;
      }, `${scheme}://${newName()}`);
      expect(result).toEqual(["x", "EROFS", "EROFS", "EROFS"]);
    });
  });

for (const scheme of STORED)
  test.describe(`${scheme}:// over pages`, () => {
    test("what was synced survives a reload without closing", async () => {
      const uri = `${scheme}://${newName()}`;
      const other = await openPage();
      await other.evaluate(async (name) => {
        const repo = await cofferfs.openRepo(name, { rawKey, create: true });
        await repo.fs.writeFile("/f", "kept", { flush: true });
      }, uri);
      await other.reload();
      await loaded(other);
      const text = await other.evaluate(async (name) => {
        const repo = await cofferfs.openRepo(name, { rawKey });
        return repo.fs.readFile("/f", "utf8");
      }, uri);
      expect(text).toBe("kept");
      await other.close();
    });

    test("a second tab waits, is refused after five seconds, and gets in when the first closes", async () => {
      const uri = `${scheme}://${newName()}`;
      const other = await openPage();
      await page.evaluate(async (name) => {
        globalThis.held = await cofferfs.openRepo(name, { rawKey, create: true });
      }, uri);
      const open = (name: string): Promise<string> =>
        outcome(
          cofferfs.openRepo(name, { rawKey }).then(async (repo) => {
            await repo.close();
            return "opened";
          }),
        );
      const refused = [
        other.evaluate(open, uri),
        other.evaluate((name) => outcome(cofferfs.destroyRepo(name)), uri),
      ];
      expect(await Promise.all(refused)).toEqual(["REPO_BUSY", "REPO_BUSY"]);
      const waiting = other.evaluate(open, uri);
      await page.evaluate(() => globalThis.held?.close());
      expect(await waiting).toBe("opened");
      await other.close();
    });

    test("readers share it", async () => {
      const uri = `${scheme}://${newName()}`;
      const other = await openPage();
      await page.evaluate(async (name) => {
        await (await cofferfs.openRepo(name, { rawKey, create: true })).close();
        globalThis.held = await cofferfs.openRepo(name, { rawKey, readOnly: true });
      }, uri);
      const names = await other.evaluate(async (name) => {
        const reader = await cofferfs.openRepo(name, { rawKey, readOnly: true });
        const entries = await reader.fs.readdir("/");
        await reader.close();
        return entries;
      }, uri);
      expect(names).toEqual([]);
      await page.evaluate(() => globalThis.held?.close());
      await other.close();
    });

    test("a terminated worker rejects what is pending and what comes later, and the repo opens again", async () => {
      const result = await page.evaluate(async (uri) => {
        const events: Api.RepoEvent[] = [];
        const onEvent = (event: Api.RepoEvent): void => void events.push(event);
        const options = { rawKey, worker: spawn, onEvent };
        const repo = await cofferfs.openRepo(uri, { ...options, create: true });
        await repo.fs.writeFile("/f", "kept", { flush: true });
        const calls = Array.from({ length: 100 }, () => outcome<unknown>(repo.check()));
        workers.engine.at(-1)?.terminate();
        const settled = await Promise.all(calls);
        const told: unknown[] = [settled.at(-1), await outcome(repo.fs.stat("/f")), repo.closed];
        const again = await cofferfs.openRepo(uri, options);
        told.push(await again.fs.readFile("/f", "utf8"), (await again.check()).ok);
        await again.close();
        const closings = events.filter(({ type }) => type === "closed");
        return { told, died: "cause" in (closings[0] ?? {}) };
      }, `${scheme}://${newName()}`);
      const failed = "WORKER_FAILED";
      expect(result.told).toEqual([failed, failed, true, "kept", true]);
      expect(result.died).toBe(true);
    });

    test("an abort in key derivation ends both workers and leaves no repo behind", async () => {
      const result = await page.evaluate(async (uri) => {
        const controller = new AbortController();
        const { signal } = controller;
        const options = { password: "p", kdf: "sensitive", worker: spawn } as const;
        const opening = outcome(cofferfs.openRepo(uri, { ...options, create: true, signal }));
        await new Promise((resolve) => setTimeout(resolve, 300));
        controller.abort();
        const told: unknown[] = [await opening];
        told.push(await cofferfs.repoExists(uri));
        const repo = await cofferfs.openRepo(uri, { password: "q", kdf, create: true });
        await repo.close();
        const custom = await outcome(
          cofferfs.openRepo(uri, {
            password: "q",
            signal: AbortSignal.abort(new RangeError("mine")),
          }),
        );
        return [...told, custom];
      }, `${scheme}://${newName()}`);
      expect(result).toEqual(["AbortError", false, "RangeError"]);
    });
  });

test("mem:// repos outlive an abort of their opening", async () => {
  const result = await page.evaluate(async (uri) => {
    const { openRepo } = cofferfs;
    const first = await openRepo(uri, {
      password: "p",
      kdf: "moderate",
      create: true,
      worker: spawn,
    });
    await first.fs.writeFile("/f", "kept");
    await first.close();
    const controller = new AbortController();
    const { signal } = controller;
    const opening = outcome(openRepo(uri, { password: "p", worker: spawn, signal }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    const told: unknown[] = [await opening];
    const second = await openRepo(uri, { password: "p", worker: spawn });
    told.push(await second.fs.readFile("/f", "utf8"));
    await second.close();
    return told;
  }, `mem://${newName()}`);
  expect(result).toEqual(["AbortError", "kept"]);
});

test("local:// is IndexedDB where access handles do not work, and is found there ever after", async () => {
  const result = await page.evaluate(async (uri) => {
    const crippled: Api.WorkerFactory = () =>
      new Worker("/no-handles-worker.js", { type: "module" });
    const first = await cofferfs.openRepo(uri, { rawKey, create: true, worker: crippled });
    await first.fs.writeFile("/f", "kept");
    const { location } = await first.info();
    await first.close();
    const second = await cofferfs.openRepo(uri, { rawKey, create: true });
    const text = await second.fs.readFile("/f", "utf8");
    const found = (await second.info()).location;
    await second.close();
    const [viaOpfs, viaLocal] = [uri.replace("local:", "opfs:"), await cofferfs.repoExists(uri)];
    const told = { location, found, text, viaLocal, inOpfs: await cofferfs.repoExists(viaOpfs) };
    await cofferfs.destroyRepo(uri);
    return { ...told, left: await cofferfs.repoExists(uri) };
  }, "local://crippled");
  const location = "idb://crippled";
  const found = { location, found: location, text: "kept", viaLocal: true, inOpfs: false };
  expect(result).toEqual({ ...found, left: false });
});

test("opfs:// without access handles is BACKEND_UNAVAILABLE", async () => {
  const code = await page.evaluate((uri) => {
    const worker: Api.WorkerFactory = () => new Worker("/no-handles-worker.js", { type: "module" });
    return outcome(cofferfs.openRepo(uri, { rawKey, create: true, worker }));
  }, `opfs://${newName()}`);
  expect(code).toBe("BACKEND_UNAVAILABLE");
});

for (const [what, script] of [
  ["does not exist", "/nowhere.js"],
  ["throws", "/throwing-worker.js"],
] as const)
  test(`a worker's script that ${what} rejects whatever was asked`, async () => {
    const result = await page.evaluate(async (url) => {
      const worker: Api.WorkerFactory = () => new Worker(url, { type: "module" });
      return [
        await outcome(cofferfs.openRepo("opfs://x", { password: "p", worker })),
        await outcome(cofferfs.openRepo("mem://y", { rawKey, create: true, worker })),
        await outcome(cofferfs.repoExists("idb://x", { worker })),
      ];
    }, script);
    expect(result).toEqual(["WORKER_FAILED", "WORKER_FAILED", "WORKER_FAILED"]);
  });

test("a worker that ends without anybody's doing is noticed by its lock", async () => {
  const result = await page.evaluate(async (uri) => {
    const source = `import "${location.origin}/src/worker/worker.ts";
      addEventListener("message", ({ data }) => { if (data === "end") close(); });`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const made: Worker[] = [];
    const worker: Api.WorkerFactory = () => {
      made.push(new Worker(url, { type: "module" }));
      return made[0] ?? new Worker(url);
    };
    const repo = await cofferfs.openRepo(uri, { rawKey, create: true, worker });
    made[0]?.postMessage("end");
    const pending = await outcome(
      repo
        .sync()
        .then(() => repo.check())
        .then(() => repo.sync()),
    );
    while (!repo.closed) await new Promise((resolve) => setTimeout(resolve, 10));
    return [pending, await outcome(repo.fs.stat("/"))];
  }, `opfs://${newName()}`);
  expect(result).toEqual(["WORKER_FAILED", "WORKER_FAILED"]);
});

test("a derivation's worker that dies rejects the opening", async () => {
  const code = await page.evaluate(async (uri) => {
    const options = { password: "p", kdf: "sensitive", create: true, worker: spawn } as const;
    const opening = outcome(cofferfs.openRepo(uri, options));
    await new Promise((resolve) => setTimeout(resolve, 100));
    workers.kdf.at(-1)?.terminate();
    return opening;
  }, `opfs://${newName()}`);
  expect(code).toBe("WORKER_FAILED");
});

test("errors arrive as errors: class, code, errno, syscall, path and message", async () => {
  const result = await page.evaluate(async (uri) => {
    const repo = await cofferfs.openRepo(uri, { rawKey, create: true });
    const error: unknown = await repo.fs.open("/no/such").catch((thrown: unknown) => thrown);
    await repo.close();
    if (!(error instanceof cofferfs.RepoError)) return String(error);
    const { name, code, errno, syscall, message } = error;
    return { name, code, errno, syscall, path: error.path, message };
  }, `mem://${newName()}`);
  const message = "ENOENT: no such file or directory, open '/no/such'";
  const fields = { code: "ENOENT", errno: -2, syscall: "open", path: "/no/such" };
  expect(result).toEqual({ name: "RepoError", ...fields, message });
});

test("events tell what the storage promises, and when the repo is closed", async () => {
  const events = await page.evaluate(async (uri) => {
    const told: Api.RepoEvent[] = [];
    const onEvent = (event: Api.RepoEvent): void => void told.push(event);
    const repo = await cofferfs.openRepo(uri, { rawKey, create: true, onEvent });
    while (!told.some(({ type }) => type === "durability"))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await repo.close();
    await Promise.resolve();
    return told;
  }, `opfs://${newName()}`);
  expect(events).toEqual([
    { type: "settling", settlesInMs: 60_000 },
    { type: "durability", persistent: false },
    { type: "closed" },
  ]);
});

test("a page that is hidden commits", async () => {
  const result = await page.evaluate(async (uri) => {
    // Without timers in the worker, nothing else commits.
    const script = "globalThis.setTimeout = () => 0;";
    const timeless = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const source = `import "${timeless}"; import "${location.origin}/src/worker/worker.ts";`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker: Api.WorkerFactory = () => new Worker(url, { type: "module" });
    const repo = await cofferfs.openRepo(uri, { rawKey, create: true, worker });
    const { commits } = await repo.stats();
    await repo.fs.writeFile("/f", "x");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const unhidden = (await repo.stats()).commits - commits;
    dispatchEvent(new PageTransitionEvent("pagehide"));
    while ((await repo.stats()).commits === commits)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await repo.close();
    return unhidden;
  }, `mem://${newName()}`);
  expect(result).toBe(0);
});

test("an insecure page gets one clear error", async () => {
  const insecure = await context.newPage();
  const origin = String(test.info().project.use.baseURL);
  await insecure.route("http://insecure.test/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    if (pathname === "/api.html") return route.fulfill({ contentType: "text/html", body: PAGE });
    return route.fulfill({ response: await route.fetch({ url: origin + pathname + search }) });
  });
  await insecure.goto("http://insecure.test/api.html");
  await loaded(insecure);
  const result = await insecure.evaluate(async () => [
    isSecureContext,
    await outcome(cofferfs.openRepo("mem://x", { rawKey, create: true })),
    await outcome(cofferfs.repoExists("opfs://x")),
  ]);
  expect(result).toEqual([false, "BACKEND_UNAVAILABLE", "BACKEND_UNAVAILABLE"]);
  await insecure.close();
});
