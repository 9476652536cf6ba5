/**
 * Whole rollback, eviction and takeover on real storage: the page copies a container's raw storage, puts it back behind
 * the repo's back, and clears what a browser would evict. Catalogue 8, 25, 32, 33.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import type * as Api from "../../src/index.js";

/** A container's storage as it lies there: a file, or the tables of a database. */
type Raw = Blob | Record<string, [key: IDBValidKey, value: unknown][]>;

declare global {
  // The page puts them here, see PAGE.
  var cofferfs: typeof Api;
  /** What a call came to: the code or name of its error, or its result. */
  var outcome: <T>(call: Promise<T>) => Promise<T | string>;
  var rawKey: Uint8Array;
  var copyRaw: (uri: string) => Promise<Raw>;
  var putBack: (uri: string, raw: Raw) => Promise<void>;
  /** Removes the container, or with "marks" all that is remembered. */
  var evict: (what: string) => Promise<void>;
  /** How many marks there are in the storage that is not the repo's. */
  var countMarks: (uri: string) => Promise<number>;
  /** Opens, makes so many strict commits and closes; resolves to the anchor of the last. */
  var goOn: (uri: string, commits: number, options?: object) => Promise<Api.Anchor>;
  var opened: Api.Repo;
  /** What the opened repo has told. */
  var told: Api.RepoEvent[];
  /** Its worker, which does as told in BUSY_WORKER. */
  var busyWorker: Worker;
  /** A digest of a container as it lies there; of a database, without the counter of its writers. */
  var digest: (raw: Raw) => Promise<string>;
}

const PAGE = `<!doctype html><script type="module">
  const nameOf = (uri) => uri.slice(uri.indexOf("://") + 3);
  const isOpfs = (uri) => uri.startsWith("opfs");
  const directory = async (name) => (await navigator.storage.getDirectory()).getDirectoryHandle(name);
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const withDatabase = async (name, use) => {
    const database = await answer(indexedDB.open(name));
    try { return await use(database); } finally { database.close(); }
  };
  globalThis.outcome = (call) => call.catch((error) => error.code ?? error.name);
  globalThis.rawKey = new Uint8Array(32).fill(7);
  globalThis.told = [];
  globalThis.digest = async (raw) => {
    const tables = raw instanceof Blob ? [] : [...raw.header, ...raw.rows].map(([key, value]) => [new Uint8Array([key]), value]);
    const blob = raw instanceof Blob ? raw : new Blob(tables.flat());
    return new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())).join();
  };
  globalThis.copyRaw = async (uri) => {
    if (isOpfs(uri)) {
      const handle = await (await directory(".cofferfs")).getFileHandle(nameOf(uri) + ".coffer");
      return new Blob([await (await handle.getFile()).arrayBuffer()]);
    }
    return withDatabase("cofferfs:" + nameOf(uri), async (database) => {
      const tables = {};
      for (const table of database.objectStoreNames) {
        const store = database.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
        tables[table] = keys.map((key, i) => [key, values[i]]);
      }
      return tables;
    });
  };
  globalThis.putBack = async (uri, raw) => {
    if (isOpfs(uri)) {
      const handle = await (await directory(".cofferfs")).getFileHandle(nameOf(uri) + ".coffer", { create: true });
      const writable = await handle.createWritable();
      await writable.write(raw);
      return writable.close();
    }
    await withDatabase("cofferfs:" + nameOf(uri), async (database) => {
      const tables = Object.keys(raw);
      const transaction = database.transaction(tables, "readwrite");
      for (const table of tables) {
        transaction.objectStore(table).clear();
        for (const [key, value] of raw[table]) transaction.objectStore(table).put(value, key);
      }
      await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onabort = reject; });
    });
  };
  globalThis.evict = async (what) => {
    const root = await navigator.storage.getDirectory();
    if (what === "marks") {
      await answer(indexedDB.deleteDatabase("cofferfs-marks"));
      await root.removeEntry(".cofferfs-marks", { recursive: true }).catch(() => undefined);
    } else if (isOpfs(what)) await (await directory(".cofferfs")).removeEntry(nameOf(what) + ".coffer");
    else await answer(indexedDB.deleteDatabase("cofferfs:" + nameOf(what)));
  };
  globalThis.countMarks = async (uri) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(uri)));
    const prefix = Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const keys = [];
    if (isOpfs(uri)) keys.push(...await withDatabase("cofferfs-marks", (database) =>
      answer(database.transaction("marks").objectStore("marks").getAllKeys())));
    else for await (const key of (await directory(".cofferfs-marks")).keys()) keys.push(key);
    return keys.filter((key) => key.startsWith(prefix)).length;
  };
  globalThis.goOn = async (uri, commits, options = {}) => {
    const repo = await cofferfs.openRepo(uri, { rawKey, durability: "strict", ...options });
    try {
      for (let i = 0; i < commits; i++) await repo.fs.writeFile("/file", "commit " + i);
      return await repo.anchor();
    } finally {
      await repo.close();
    }
  };
  globalThis.cofferfs = await import("/src/index.ts");
</script>`;

/** The worker's script, which takes no turn for as long as it is asked to. */
const BUSY_WORKER = `
  import "/src/worker/worker.ts";
  addEventListener("message", ({ data }) => {
    if (data.busyMs === undefined) return;
    postMessage({});
    for (const until = performance.now() + data.busyMs; performance.now() < until; );
  });`;

let profile: string;
let context: BrowserContext;
let page: Page;
let names = 0;

async function openPage(): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(`${String(test.info().project.use.baseURL)}/anchors.html`);
  await opened.waitForFunction(() => "cofferfs" in globalThis);
  return opened;
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-anchors-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/anchors.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  await context.route("**/busy-worker.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: BUSY_WORKER }),
  );
  page = await openPage();
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

for (const scheme of ["opfs", "idb"] as const)
  test.describe(`${scheme}://`, () => {
    let uri: string;

    test.beforeEach(async () => {
      uri = `${scheme}://anchors-${++names}`;
      await page.evaluate((at) => goOn(at, 5, { create: true }), uri);
    });

    test("8: a whole container put back is ROLLBACK by the mark, and by the anchor alone", async () => {
      const result = await page.evaluate(async (at) => {
        const old = await copyRaw(at);
        const anchor = await goOn(at, 10);
        const current = await copyRaw(at);
        await putBack(at, old);
        const byMark = await outcome(goOn(at, 0));
        const untouched = (await digest(await copyRaw(at))) === (await digest(old));
        await evict("marks");
        const byAnchor = await outcome(goOn(at, 0, { anchor }));
        const readOnly = await outcome(cofferfs.openRepo(at, { rawKey, anchor, readOnly: true }));
        await putBack(at, current);
        const { generation } = await goOn(at, 1, { anchor });
        return { byMark, untouched, byAnchor, readOnly, newer: generation > anchor.generation };
      }, uri);
      expect(result).toEqual({
        byMark: "ROLLBACK",
        untouched: true,
        byAnchor: "ROLLBACK",
        readOnly: "ROLLBACK",
        newer: true,
      });
    });

    test("acceptRollback goes on with an event, and is not asked for again", async () => {
      const result = await page.evaluate(async (at) => {
        const old = await copyRaw(at);
        await goOn(at, 10);
        await putBack(at, old);
        const seen: Api.RepoEvent[] = [];
        const onEvent = (event: Api.RepoEvent) => seen.push(event);
        await goOn(at, 1, { acceptRollback: "restored", onEvent });
        const again = typeof (await goOn(at, 1, { onEvent }));
        return { rollbacks: seen.filter(({ type }) => type === "rollback"), again };
      }, uri);
      expect(result.again).toBe("object");
      expect(result.rollbacks).toMatchObject([{ type: "rollback", accepted: "restored" }]);
    });

    test("8: without the mark and without an anchor a rollback is not noticed", async () => {
      const result = await page.evaluate(async (at) => {
        const old = await copyRaw(at);
        await goOn(at, 10);
        await putBack(at, old);
        await evict("marks");
        return typeof (await outcome(goOn(at, 0)));
      }, uri);
      expect(result).toBe("object");
    });

    test("25: a storage that lost its last commits is an event", async () => {
      const result = await page.evaluate(async (at) => {
        const repo = await cofferfs.openRepo(at, { rawKey, durability: "strict" });
        await repo.fs.writeFile("/a", "a");
        // What a flush that lies would leave: everything but the end.
        const old = await copyRaw(at);
        await repo.fs.writeFile("/b", "b");
        await repo.close();
        await putBack(at, old);
        const seen: Api.RepoEvent[] = [];
        await goOn(at, 0, { onEvent: (event: Api.RepoEvent) => seen.push(event) });
        return seen.filter(({ type }) => type === "rollback");
      }, uri);
      expect(result).toMatchObject([{ type: "rollback" }]);
      expect(result[0]).not.toHaveProperty("accepted");
    });

    test("32: storage evicted is REPO_MISSING with an anchor or an expected id, never a fresh repo", async () => {
      const result = await page.evaluate(async (at) => {
        const anchor = await goOn(at, 1);
        const expect = anchor.containerId;
        await evict(at);
        await evict("marks");
        const outcomes: unknown[] = [];
        for (const known of [{ anchor }, { expect }])
          for (const create of [false, true])
            outcomes.push(await outcome(goOn(at, 0, { create, ...known })));
        outcomes.push(await cofferfs.repoExists(at));
        const fresh = await goOn(at, 0, { create: true });
        outcomes.push(await outcome(goOn(at, 0, { expect })), fresh.containerId === expect);
        return outcomes;
      }, uri);
      const missing = "REPO_MISSING";
      expect(result).toEqual([missing, missing, missing, missing, false, missing, false]);
    });

    test("32: a container that is gone while its mark is there is not made anew unasked", async () => {
      const result = await page.evaluate(async (at) => {
        await evict(at);
        const unasked = await outcome(goOn(at, 0, { create: true }));
        const exists = await cofferfs.repoExists(at);
        const asked = typeof (await goOn(at, 0, { create: true, acceptRollback: "given up" }));
        return { unasked, exists, asked, marks: await countMarks(at) };
      }, uri);
      expect(result).toEqual({ unasked: "REPO_MISSING", exists: false, asked: "object", marks: 1 });
    });

    test("what the page does on purpose is no rollback: destroy, import, clones", async () => {
      const result = await page.evaluate(async (at) => {
        const { destroyRepo, exportRepo, importRepo } = cofferfs;
        const bytes = async () => (await new Response(exportRepo(at)).blob()).stream();
        const [first, second] = [await bytes(), await bytes()];
        const third = await bytes();
        const anchor = await goOn(at, 10);
        const results: unknown[] = [await countMarks(at)];
        await importRepo(at, first, { overwrite: true });
        results.push(await countMarks(at), typeof (await outcome(goOn(at, 0))));
        results.push(await outcome(goOn(at, 0, { anchor })));
        await goOn(at, 10);
        await destroyRepo(at);
        results.push(await countMarks(at));
        await importRepo(at, second);
        results.push(typeof (await outcome(goOn(at, 0))));
        const clone = at + "-clone";
        await importRepo(clone, third);
        await goOn(at, 10);
        results.push(typeof (await outcome(goOn(clone, 10))), typeof (await outcome(goOn(at, 1))));
        await goOn(at, 0);
        await destroyRepo(at);
        results.push(typeof (await goOn(at, 0, { create: true })));
        return results;
      }, uri);
      const opens = "object";
      expect(result).toEqual([1, 0, opens, "ROLLBACK", 0, opens, opens, opens, opens]);
    });

    test("a mark that is overwritten is an event and locks nobody out", async () => {
      const result = await page.evaluate(async (at) => {
        const junk = new Uint8Array(68).fill(255);
        if (at.startsWith("opfs")) {
          const opening = indexedDB.open("cofferfs-marks");
          await new Promise((resolve) => (opening.onsuccess = resolve));
          const transaction = opening.result.transaction("marks", "readwrite");
          const store = transaction.objectStore("marks");
          const keys = store.getAllKeys();
          keys.onsuccess = () => {
            for (const key of keys.result) store.put(junk, key);
          };
          await new Promise((resolve) => (transaction.oncomplete = resolve));
          opening.result.close();
        } else {
          const root = await navigator.storage.getDirectory();
          const marks = await root.getDirectoryHandle(".cofferfs-marks");
          for await (const handle of marks.values())
            if (handle instanceof FileSystemFileHandle) {
              const writable = await handle.createWritable();
              await writable.write(junk);
              await writable.close();
            }
        }
        const seen: string[] = [];
        const onEvent = ({ type }: Api.RepoEvent) => seen.push(type);
        await goOn(at, 1, { onEvent });
        await goOn(at, 1, { onEvent });
        return seen.filter((type) => type === "foreign-mark");
      }, uri);
      expect(result).toEqual(["foreign-mark"]);
    });

    test("33: force takes the repo from another page, which can do no harm any more", async () => {
      const other = await openPage();
      await other.evaluate(async (at) => {
        const onEvent = (event: Api.RepoEvent) => told.push(event);
        opened = await cofferfs.openRepo(at, { rawKey, onEvent });
        await opened.fs.writeFile("/old", "old");
        await opened.sync();
      }, uri);
      const result = await page.evaluate(async (at) => {
        const before = performance.now();
        const repo = await cofferfs.openRepo(at, { rawKey, force: true });
        const ms = performance.now() - before;
        opened = repo;
        await repo.fs.writeFile("/new", "new");
        return { ms, names: await repo.fs.readdir("/") };
      }, uri);
      expect(result.names).toEqual(["file", "new", "old"]);
      console.log(`${scheme}: taken over in ${Math.round(result.ms)} ms`);
      const older = await other.evaluate(async () => {
        const { fs } = opened;
        const calls: Promise<unknown>[] = [
          fs.writeFile("/old", "x"),
          fs.readFile("/old"),
          opened.sync(),
        ];
        const outcomes = await Promise.all(calls.map((call) => outcome(call)));
        return { outcomes, events: told.filter(({ type }) => type === "poisoned").length };
      });
      expect(older).toEqual({ outcomes: Array(3).fill("STALE_WRITER"), events: 1 });
      await other.evaluate(() => opened.close());
      await other.close();
      const after = await page.evaluate(async (at) => {
        await opened.fs.writeFile("/new", "newer");
        const { ok } = await opened.check();
        await opened.close();
        const repo = await cofferfs.openRepo(at, { rawKey });
        const texts = [
          await repo.fs.readFile("/old", "utf8"),
          await repo.fs.readFile("/new", "utf8"),
        ];
        await repo.close();
        return { ok, texts };
      }, uri);
      expect(after).toEqual({ ok: true, texts: ["old", "newer"] });
    });

    test("33: without force it is busy; with it, amid writes of the other, nothing is torn", async () => {
      test.setTimeout(120_000);
      const other = await openPage();
      await other.evaluate(async (at) => {
        opened = await cofferfs.openRepo(at, { rawKey, durability: "strict" });
      }, uri);
      expect(await page.evaluate((at) => outcome(cofferfs.openRepo(at, { rawKey })), uri)).toBe(
        "REPO_BUSY",
      );
      for (let round = 0; round < 6; round++) {
        const writing = other.evaluate(async (n) => {
          for (let i = 0; ; i++) {
            const done = await outcome(
              opened.fs.writeFile(`/w${n}-${i % 5}`, new Uint8Array(200_000)),
            );
            if (done !== undefined) return done;
          }
        }, round);
        const result = await page.evaluate(async (at) => {
          const repo = await cofferfs.openRepo(at, { rawKey, force: true });
          const { ok } = await repo.check();
          await repo.fs.writeFile("/mine", "mine");
          await repo.close();
          return ok;
        }, uri);
        expect(result).toBe(true);
        expect(await writing).toBe("STALE_WRITER");
        await other.evaluate(async (at) => {
          await opened.close();
          opened = await cofferfs.openRepo(at, { rawKey, durability: "strict" });
        }, uri);
      }
      await other.evaluate(() => opened.close());
      await other.close();
    });

    test("33: an owner that takes no turn keeps an OPFS file, and is fenced all the same", async () => {
      test.setTimeout(90_000);
      const other = await openPage();
      await other.evaluate(async (at) => {
        const worker = () =>
          (busyWorker = new Worker("/busy-worker.js", { type: "module", name: "busy" }));
        opened = await cofferfs.openRepo(at, { rawKey, worker });
        await opened.fs.writeFile("/old", "old");
        await opened.sync();
        const isBusy = new Promise((resolve) => {
          busyWorker.addEventListener("message", resolve, { once: true });
        });
        busyWorker.postMessage({ busyMs: 9000 });
        await isBusy;
      }, uri);
      const forced = await page.evaluate(async (at) => {
        try {
          const repo = await cofferfs.openRepo(at, { rawKey, force: true });
          await repo.fs.writeFile("/new", "new");
          await repo.close();
          return "opened";
        } catch (error) {
          return String(error);
        }
      }, uri);
      // The fence of a database needs nobody's help; a file's handle is let go by its owner alone.
      if (scheme === "idb") expect(forced).toBe("opened");
      else expect(forced).toMatch(/^RepoError: REPO_BUSY: .*does not/);
      // It may answer a call that came earlier than the news.
      await expect
        .poll(() => other.evaluate(() => outcome<unknown>(opened.fs.readdir("/"))), {
          timeout: 20_000,
        })
        .toBe("STALE_WRITER");
      const after = await page.evaluate(async (at) => {
        const repo = await cofferfs.openRepo(at, { rawKey });
        const { ok } = await repo.check();
        await repo.close();
        return ok;
      }, uri);
      expect(after).toBe(true);
      await other.close();
    });

    test("repairRepo restores cells and header copies, and says which", async () => {
      const result = await page.evaluate(async (at) => {
        const { openRepo, repairRepo } = cofferfs;
        const spoil = async (offsets: number[]) => {
          const current = await copyRaw(at);
          if (current instanceof Blob) {
            const bytes = new Uint8Array(await current.arrayBuffer());
            for (const offset of offsets) bytes[offset] = (bytes[offset] ?? 0) ^ 1;
            await putBack(at, new Blob([bytes]));
          } else {
            const pages = current["header"] ?? [];
            for (const offset of offsets)
              for (const [key, value] of pages)
                if (key === Math.floor(offset / 16384) && value instanceof Uint8Array)
                  value[offset % 16384] = (value[offset % 16384] ?? 0) ^ 1;
            await putBack(at, current);
          }
        };
        const repo = await openRepo(at, { rawKey });
        const { generation } = await repo.stats();
        await repo.close();
        // Not the newest cell, which a close has settled, nor the one after it.
        const cell = (generation + 2) % 4;
        await spoil([100, 131072 + 16384 * cell + 50]);
        const first = await repairRepo(at, { rawKey });
        const second = await repairRepo(at, { rawKey });
        await spoil([100, 65536 + 100]);
        const hopeless = await outcome(repairRepo(at, { rawKey }));
        return { first, second, hopeless, cell };
      }, uri);
      expect(result.first).toMatchObject({ headerCopies: [0], cells: [result.cell] });
      expect(result.second).toMatchObject({ headerCopies: [], cells: [] });
      expect(result.hopeless).toBe("INTEGRITY");
    });
  });

test("local:// remembers at the place that it stands for", async () => {
  const result = await page.evaluate(async () => {
    await goOn("local://anchored", 5, { create: true });
    const old = await copyRaw("opfs://anchored");
    await goOn("local://anchored", 10);
    await putBack("opfs://anchored", old);
    return [await outcome(goOn("local://anchored", 0)), await outcome(goOn("opfs://anchored", 0))];
  });
  expect(result).toEqual(["ROLLBACK", "ROLLBACK"]);
});

test("anchors, ids and reasons that are none are TypeErrors", async () => {
  const result = await page.evaluate(async () => {
    const anchor = await goOn("mem://typed", 1, { create: true });
    const { containerId } = anchor;
    const bad: object[] = [
      { anchor: { ...anchor, tag: "ff" } },
      { anchor: { ...anchor, tag: anchor.tag.replace(/.$/, "G") } },
      { anchor: { ...anchor, generation: 0 } },
      { anchor: { ...anchor, generation: "1" } },
      { anchor: { ...anchor, containerId: undefined } },
      { anchor: "token" },
      { anchor: null },
      { expect: null },
      { expect: containerId.slice(1) },
      { expect: 7 },
      { acceptRollback: "" },
      { acceptRollback: true },
      { expect: containerId, createNew: true },
      { anchor, createNew: true },
    ];
    const refused = bad.map((options) =>
      goOn("mem://typed", 0, options).then(
        () => false,
        (error: unknown) => error instanceof TypeError,
      ),
    );
    return Promise.all(refused);
  });
  expect(result).toEqual(Array(14).fill(true));
});
