/** Credentials, rotation and locking in a real browser, with a virtual authenticator for passkeys. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import type * as Api from "../../src/index.js";

declare global {
  // The page puts them here, see PAGE.
  var cofferfs: typeof Api;
  var outcome: <T>(call: Promise<T>) => Promise<T | string>;
  var kdf: { opsLimit: number; memLimit: number };
  var spawn: Api.WorkerFactory;
  var workers: Record<Api.WorkerRole, Worker[]>;
  var held: Api.Repo | undefined;
  /** All bytes of the container, as an export has them. */
  var containerOf: (repo: Api.Repo) => Promise<Uint8Array>;
  /** A new repo under a raw key of sevens that locks by itself, and why it did. */
  var openLocking: (
    uri: string,
    autoLock: Api.AutoLockOptions,
  ) => Promise<{ repo: Api.Repo; locked: Promise<string> }>;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.outcome = (call) => call.then(
    (value) => value ?? "done",
    (error) => error instanceof DOMException ? error.name : error.code ?? error.name,
  );
  globalThis.kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };
  globalThis.workers = { engine: [], kdf: [] };
  globalThis.openLocking = async (uri, autoLock) => {
    const { promise: locked, resolve } = Promise.withResolvers();
    const onEvent = (event) => event.type === "locked" && resolve(event.reason);
    const rawKey = new Uint8Array(32).fill(7);
    return { repo: await cofferfs.openRepo(uri, { rawKey, create: true, autoLock, onEvent }), locked };
  };
  globalThis.spawn = (role) => {
    const worker = new Worker("/src/worker/worker.ts", { type: "module" });
    workers[role].push(worker);
    return worker;
  };
  globalThis.containerOf = async (repo) => new Uint8Array(await new Response(repo.export()).arrayBuffer());
  globalThis.cofferfs = await import("/src/index.ts");
</script>`;

const STORED = ["opfs", "idb"] as const;
const HEADER_AREA_BYTES = 192 * 1024;

let profile: string;
let context: BrowserContext;
let page: Page;
let names = 0;

function newUri(scheme: string): string {
  return `${scheme}://keys-${++names}`;
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-keys-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/keys.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  page = await context.newPage();
  // An IP address is no relying party of WebAuthn; localhost is one.
  const origin = String(test.info().project.use.baseURL).replace("127.0.0.1", "localhost");
  await page.goto(`${origin}/keys.html`);
  await page.waitForFunction(() => "cofferfs" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

for (const scheme of STORED)
  test.describe(`${scheme}://`, () => {
    test("39: a changed password: the old one fails, the new one works, data slots stay byte for byte", async () => {
      const result = await page.evaluate(
        async ([uri, headerBytes]) => {
          const { openRepo } = cofferfs;
          const repo = await openRepo(uri, { password: "old", kdf, create: true });
          await repo.fs.writeFile("/f", new Uint8Array(300_000).fill(7));
          await repo.fs.writeFile("/text", "kept");
          await repo.sync();
          const before = await containerOf(repo);
          const wrong = await outcome(repo.resetPassword("guess", "new"));
          await repo.resetPassword("old", "new");
          const after = await containerOf(repo);
          await repo.close();
          const changed = [];
          for (let at = headerBytes; at < before.length; at += 32768) {
            const same = (bytes: Uint8Array) => bytes.subarray(at, at + 32768).join();
            if (same(before) !== same(after)) changed.push((at - headerBytes) / 32768);
          }
          const withOld = await outcome(openRepo(uri, { password: "old" }));
          const again = await openRepo(uri, { password: "new" });
          const text = await again.fs.readFile("/text", "utf8");
          const { ok } = await again.check();
          await again.close();
          return { wrong, changed, length: after.length - before.length, withOld, text, ok };
        },
        [newUri(scheme), HEADER_AREA_BYTES] as const,
      );
      expect(result).toEqual({
        wrong: "UNLOCK_FAILED",
        changed: [],
        length: 0,
        withOld: "UNLOCK_FAILED",
        text: "kept",
        ok: true,
      });
    });

    test("14: eight credentials of every kind open the repo, a ninth is refused, lists tell no secret", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        const repo = await openRepo(uri, { password: "p0", kdf, create: true });
        const current = { password: "p0" };
        await repo.fs.writeFile("/f", "x");
        for (const i of [1, 2, 3, 4, 5]) await repo.keys.addPassword(`p${i}`, { current });
        const rawKey = crypto.getRandomValues(new Uint8Array(32));
        await repo.keys.addRawKey(rawKey, { current });
        const { recoveryKey, type, id } = await repo.keys.addRecoveryKey({ current: { rawKey } });
        const keys = await repo.keys.list();
        const ninth = await outcome(repo.keys.addPassword("p8", { current }));
        await repo.close();
        const found = [];
        const written = recoveryKey.toLowerCase().replaceAll("-", " ");
        const all = [
          ...[0, 1, 2, 3, 4, 5].map((i) => ({ password: `p${i}` })),
          { rawKey },
          { recoveryKey: written },
        ];
        for (const credential of all) {
          const opened = await openRepo(uri, credential);
          found.push(await opened.fs.readFile("/f", "utf8"));
          await opened.close();
        }
        const typo = written.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
        const mistyped = await outcome(openRepo(uri, { recoveryKey: typo }));
        const told = JSON.stringify(keys);
        return {
          types: keys.map((key) => key.type),
          ids: new Set(keys.map((key) => key.id)).size,
          isListed: keys.some((key) => key.id === id && key.type === type),
          ninth,
          found,
          mistyped,
          shape: /^([0-9A-HJKMNP-TV-Z]{7}-){7}[0-9A-HJKMNP-TV-Z]{7}$/.test(recoveryKey),
          tells: told.includes(recoveryKey) || told.includes([...rawKey].join()),
        };
      }, newUri(scheme));
      expect(result).toEqual({
        types: [...Array<string>(6).fill("password"), "rawKey", "recoveryKey"],
        ids: 8,
        isListed: true,
        ninth: "EINVAL",
        found: Array(8).fill("x"),
        mistyped: "UNLOCK_FAILED",
        shape: true,
        tells: false,
      });
    });

    test("a change takes a current credential, and refuses what cannot be by code", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        const rawKey = new Uint8Array(32).fill(7);
        const repo = await openRepo(uri, { rawKey, create: true });
        const current = { rawKey };
        const wrong = { current: { rawKey: new Uint8Array(32) } };
        const [only] = await repo.keys.list();
        const id = only?.id ?? "";
        const any = (value: unknown) => value as never;
        const refusals = [
          await outcome(repo.keys.addPassword("p", wrong)),
          await outcome(repo.keys.addRecoveryKey({ current: { password: "p" } })),
          await outcome(repo.keys.remove(id, wrong)),
          await outcome(repo.rotateMasterKey({ ...wrong, keep: [current] })),
          await outcome(repo.keys.remove(id, { current })),
          await outcome(repo.keys.remove("no such id", { current })),
          await outcome(repo.rotateMasterKey({ current, keep: [] })),
          await outcome(repo.keys.addPassword("p", { current, kdf: { opsLimit: 1, memLimit: 8 } })),
          await outcome(
            repo.keys.addPassword("p", { current, kdf: { opsLimit: 99, memLimit: 2 ** 26 } }),
          ),
          await outcome(repo.keys.addPassword("", { current, kdf })),
          await outcome(repo.keys.addRawKey(new Uint8Array(31), { current })),
          await outcome(repo.keys.addPassword(any(5), { current })),
          await outcome(repo.keys.addRawKey(any("x"), { current })),
          await outcome(repo.keys.remove(any(3), { current })),
          await outcome(repo.keys.addPassword("p", any({}))),
          await outcome(repo.keys.addPassword("p", any(undefined))),
        ];
        const count = (await repo.keys.list()).length;
        // None of this has done anything.
        await repo.fs.writeFile("/f", "x");
        const { ok } = await repo.check();
        await repo.close();
        const reader = await openRepo(uri, { rawKey, readOnly: true });
        const readOnly = await outcome(reader.keys.addPassword("p", { current, kdf }));
        await reader.close();
        return { refusals, count, ok, readOnly };
      }, newUri(scheme));
      expect(result).toEqual({
        refusals: [
          ...Array<string>(4).fill("UNLOCK_FAILED"),
          ...[
            "EINVAL",
            "EINVAL",
            "EINVAL",
            "KDF_TOO_WEAK",
            "KDF_LIMIT",
            "RangeError",
            "RangeError",
          ],
          ...Array<string>(4).fill("ERR_INVALID_ARG_TYPE"),
          "TypeError",
        ],
        count: 1,
        ok: true,
        readOnly: "EROFS",
      });
    });

    test("a rotated master key: kept credentials read old and new, the others are dropped and told", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        const mine = { password: "mine" };
        const repo = await openRepo(uri, { ...mine, kdf, create: true });
        const { recoveryKey } = await repo.keys.addRecoveryKey({ current: mine });
        await repo.keys.addPassword("theirs", { current: mine });
        await repo.fs.writeFile("/before", new Uint8Array(100_000).fill(1));
        const keep = [mine, { recoveryKey }];
        const { dropped } = await repo.rotateMasterKey({ current: mine, keep });
        await repo.fs.writeFile("/after", new Uint8Array(100_000).fill(2));
        const sums = async (from: Api.Repo) => {
          const read = async (path: string) =>
            (await from.fs.readFile(path)).reduce((sum, byte) => sum + byte, 0);
          return [await read("/before"), await read("/after"), (await from.check()).ok];
        };
        const now = await sums(repo);
        await repo.close();
        const theirs = await outcome(openRepo(uri, { password: "theirs" }));
        const found = [];
        for (const credential of keep) {
          const again = await openRepo(uri, credential);
          found.push(await sums(again));
          await again.rotateMasterKey({ current: credential, keep });
          found.push(await sums(again));
          await again.close();
        }
        return { dropped: dropped.map(({ type }) => type), now, theirs, found };
      }, newUri(scheme));
      const sums = [100_000, 200_000, true];
      expect(result).toEqual({
        dropped: ["password"],
        now: sums,
        theirs: "UNLOCK_FAILED",
        found: [sums, sums, sums, sums],
      });
    });

    test("13: a hostile cost of derivation, put into the header, is refused before anything is derived", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo, importRepo, exportRepo } = cofferfs;
        await (await openRepo(uri, { password: "p", kdf, create: true })).close();
        const bytes = new Uint8Array(await new Response(exportRepo(uri)).arrayBuffer());
        const codes = [];
        for (const [memoryKiB, passes] of [
          [0, 2],
          [7, 2],
          [3.9 * 2 ** 20, 3],
          [100 * 2 ** 20, 3],
          [19 * 1024, 2 ** 32 - 1],
        ] as const) {
          const hostile = bytes.slice();
          for (const copy of [0, 65536]) {
            const view = new DataView(hostile.buffer, copy, 8192);
            view.setUint32(56, memoryKiB, true);
            view.setUint32(60, passes, true);
            const head = hostile.slice(copy, copy + 8160);
            hostile.set(new Uint8Array(await crypto.subtle.digest("SHA-256", head)), copy + 8160);
          }
          const stream = new Response(hostile).body ?? undefined;
          if (stream === undefined) throw new Error("no stream");
          codes.push(await outcome(importRepo(`${uri}-hostile`, stream)));
        }
        return codes;
      }, newUri(scheme));
      const [weak, limit] = ["KDF_TOO_WEAK", "KDF_LIMIT"];
      expect(result).toEqual([weak, weak, limit, limit, limit]);
    });

    test("locked: every call says so, the worker is gone; unlocked: the same object serves on", async () => {
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        const events: string[] = [];
        const repo = await openRepo(uri, {
          password: "p",
          kdf,
          create: true,
          worker: spawn,
          onEvent: (event) =>
            events.push(event.type === "locked" ? `locked ${event.reason}` : event.type),
        });
        const { fs, keys } = repo;
        await fs.writeFile("/f", "before");
        const file = await fs.open("/f", "r+");
        const before = workers.engine.length;
        await repo.lock();
        await repo.lock();
        const locked = [
          repo.locked,
          repo.closed,
          await outcome(fs.readFile("/f")),
          await outcome(file.stat()),
          await outcome(repo.sync()),
          await outcome(keys.list()),
          await outcome(repo.export().getReader().read()),
          await outcome(repo.unlock({ password: "wrong" })),
          repo.locked,
        ];
        // The place is free: somebody else may open it meanwhile.
        const other = await openRepo(uri, { password: "p" });
        await other.fs.writeFile("/g", "other");
        await other.close();
        await repo.unlock({ password: "p" });
        const reused = await fs.open("/g", "r");
        const unlocked = [
          repo.locked,
          await fs.readFile("/f", "utf8"),
          await fs.readFile("/g", "utf8"),
          await outcome(file.stat()),
          reused.fd !== file.fd,
          await outcome(repo.unlock({ password: "p" })),
          (await keys.list()).length,
        ];
        await repo.lock();
        await repo.close();
        const closed = [
          repo.closed,
          repo.locked,
          await outcome(fs.stat("/f")),
          await outcome(repo.lock()),
        ];
        return { locked, unlocked, closed, events, spawned: workers.engine.length - before };
      }, newUri(scheme));
      const no = "REPO_LOCKED";
      expect(result).toMatchObject({
        locked: [true, false, no, no, no, no, no, "UNLOCK_FAILED", true],
        unlocked: [false, "before", "other", "EBADF", true, "EINVAL", 1],
        closed: [true, false, "REPO_CLOSED", "REPO_CLOSED"],
        spawned: 2,
      });
      const kinds = ["locked call", "unlocked", "locked call", "closed"];
      expect(result.events.filter((event) => kinds.includes(event))).toEqual(kinds);
    });

    test("locks by itself after idle time, with everything that was written on storage", async () => {
      const result = await page.evaluate(async (uri) => {
        const rawKey = new Uint8Array(32).fill(7);
        const { repo, locked } = await openLocking(uri, { idleMs: 300 });
        await repo.fs.writeFile("/f", "kept");
        const reason = await locked;
        const code = await outcome(repo.fs.stat("/f"));
        await repo.unlock({ rawKey });
        const text = await repo.fs.readFile("/f", "utf8");
        await repo.close();
        return [reason, code, text];
      }, newUri(scheme));
      expect(result).toEqual(["idle", "REPO_LOCKED", "kept"]);
    });

    test("locks when the page is hidden, if it is to", async () => {
      const result = await page.evaluate(async (uri) => {
        const rawKey = new Uint8Array(32).fill(7);
        const { repo, locked } = await openLocking(uri, { whenHidden: true });
        await repo.fs.writeFile("/f", "kept");
        dispatchEvent(new Event("pagehide"));
        const code = await outcome(repo.fs.stat("/f"));
        const reason = await locked;
        await repo.unlock({ rawKey });
        const text = await repo.fs.readFile("/f", "utf8");
        await repo.close();
        return [reason, code, text];
      }, newUri(scheme));
      expect(result).toEqual(["hidden", "REPO_LOCKED", "kept"]);
    });
  });

// In OPFS the file itself lets nobody else in.
test("33: a stale tab whose lock was stolen changes no keys: idb://", async () => {
  const uri = newUri("idb");
  await page.evaluate(async (at) => {
    const rawKey = new Uint8Array(32).fill(7);
    held = await cofferfs.openRepo(at, { rawKey, create: true });
  }, uri);
  const other = await context.newPage();
  await other.goto(page.url());
  await other.waitForFunction(() => "cofferfs" in globalThis);
  const before = await other.evaluate(async (at) => {
    const rawKey = new Uint8Array(32).fill(7);
    await navigator.locks.request(`cofferfs/${at}`, { steal: true }, () => undefined);
    held = await cofferfs.openRepo(at, { rawKey });
    return held.keys.list();
  }, uri);
  const codes = await page.evaluate(async () => {
    const current = { rawKey: new Uint8Array(32).fill(7) };
    const codes = [];
    const dropped = new Uint8Array(32).fill(8);
    if (held === undefined) throw new Error("no repo");
    codes.push(await outcome(held.keys.addRawKey(dropped, { current })));
    codes.push(await outcome(held.rotateMasterKey({ current, keep: [current] })));
    await outcome(held.close());
    return codes;
  });
  expect(codes).toEqual(["STALE_WRITER", "STALE_WRITER"]);
  const after = await other.evaluate(async (at) => {
    const current = { rawKey: new Uint8Array(32).fill(7) };
    if (held === undefined) throw new Error("no repo");
    await held.rotateMasterKey({ current, keep: [current] });
    await held.close();
    const again = await cofferfs.openRepo(at, current);
    const keys = await again.keys.list();
    await again.close();
    return keys;
  }, uri);
  await other.close();
  expect(after.map(({ type }) => type)).toEqual(before.map(({ type }) => type));
});

test("mem:// keeps its content while it is locked", async () => {
  const result = await page.evaluate(async (uri) => {
    const rawKey = new Uint8Array(32).fill(7);
    const repo = await cofferfs.openRepo(uri, { rawKey, create: true });
    await repo.fs.writeFile("/f", "kept");
    await repo.lock();
    const code = await outcome(repo.fs.stat("/f"));
    await repo.unlock({ rawKey });
    const text = await repo.fs.readFile("/f", "utf8");
    await repo.close();
    await cofferfs.destroyRepo(uri);
    return [code, text];
  }, newUri("mem"));
  expect(result).toEqual(["REPO_LOCKED", "kept"]);
});

test.describe("a passkey", () => {
  let cdp: CDPSession;
  let authenticator: string | undefined;

  async function plugIn(options: { hasPrf?: boolean; isUserVerified?: boolean } = {}) {
    const { hasPrf = true, isUserVerified = true } = options;
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf,
        isUserVerified,
        automaticPresenceSimulation: true,
      },
    });
    authenticator = authenticatorId;
  }

  async function unplug(): Promise<void> {
    if (authenticator === undefined) return;
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: authenticator });
    authenticator = undefined;
  }

  test.beforeEach(async () => {
    cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
  });

  test.afterEach(async () => {
    await unplug();
    await cdp.detach();
  });

  for (const scheme of STORED)
    test(`is added, opens, unlocks, proves who changes keys, and is removed: ${scheme}://`, async () => {
      await plugIn();
      const result = await page.evaluate(async (uri) => {
        const { openRepo } = cofferfs;
        const password = { password: "p" };
        const repo = await openRepo(uri, { ...password, kdf, create: true });
        await repo.fs.writeFile("/f", "kept");
        const key = await repo.keys.addPasskey({ current: password, name: "test" });
        const twice = await outcome(repo.keys.addPasskey({ current: password }));
        await repo.close();
        const opened = await openRepo(uri, { passkey: true });
        const text = await opened.fs.readFile("/f", "utf8");
        await opened.lock();
        await opened.unlock({ passkey: key.id });
        const { recoveryKey } = await opened.keys.addRecoveryKey({ current: { passkey: true } });
        const [mine] = (await opened.keys.list()).filter(({ type }) => type === "password");
        await opened.keys.remove(mine?.id ?? "", { current: { passkey: true } });
        const passkey = { passkey: true } as const;
        const { dropped } = await opened.rotateMasterKey({
          current: { recoveryKey },
          keep: [passkey],
        });
        await opened.close();
        const again = await openRepo(uri, passkey);
        const afterwards = await again.fs.readFile("/f", "utf8");
        const [left] = await again.keys.list();
        const last = await outcome(again.keys.remove(left?.id ?? "", { current: passkey }));
        await again.close();
        return {
          key: [key.type, key.passkey?.prfSalt.length],
          twice,
          text,
          dropped: dropped.map(({ type }) => type),
          afterwards,
          last,
          byPassword: await outcome(openRepo(uri, password)),
          unknown: await outcome(openRepo(uri, { passkey: "no such id" })),
        };
      }, newUri(scheme));
      expect(result).toEqual({
        key: ["passkey", 32],
        twice: "EEXIST",
        text: "kept",
        dropped: ["recoveryKey"],
        afterwards: "kept",
        last: "EINVAL",
        byPassword: "UNLOCK_FAILED",
        unknown: "UNLOCK_FAILED",
      });
    });

  test("whose authenticator tells its secret only on use is made in two steps", async () => {
    await plugIn();
    const result = await page.evaluate(async (uri) => {
      const password = { password: "p" };
      const repo = await cofferfs.openRepo(uri, { ...password, kdf, create: true });
      const { prototype } = PublicKeyCredential;
      const extensions = Reflect.get(prototype, "getClientExtensionResults") as () => {
        prf?: { enabled?: boolean; results?: object };
      };
      const withheld: boolean[] = [];
      prototype.getClientExtensionResults = function (this: PublicKeyCredential) {
        const { prf } = extensions.call(this);
        if (prf?.enabled === undefined) return { prf } as never;
        withheld.push(prf.results !== undefined);
        return { prf: { enabled: prf.enabled } };
      };
      try {
        await repo.keys.addPasskey({ current: password });
      } finally {
        prototype.getClientExtensionResults = extensions as never;
      }
      await repo.close();
      const again = await cofferfs.openRepo(uri, { passkey: true });
      const keys = await again.keys.list();
      await again.close();
      return { steps: withheld.length, types: keys.map(({ type }) => type) };
    }, newUri("opfs"));
    expect(result).toEqual({ steps: 1, types: ["password", "passkey"] });
  });

  test("is refused where there is no prf, and nobody is asked with a wrong credential", async () => {
    await plugIn({ hasPrf: false });
    const uri = newUri("opfs");
    const before = await page.evaluate(async (at) => {
      const current = { password: "p" };
      held = await cofferfs.openRepo(at, { ...current, kdf, create: true });
      return [
        await outcome(held.keys.addPasskey({ current: { password: "wrong" } })),
        await outcome(held.keys.addPasskey({ current })),
        (await held.keys.list()).length,
      ];
    }, uri);
    expect(before).toEqual(["UNLOCK_FAILED", "PASSKEY_UNSUPPORTED", 1]);
    const credentials = await cdp.send("WebAuthn.getCredentials", {
      authenticatorId: authenticator ?? "",
    });
    // The one that could not serve; none of the attempt with a wrong password.
    expect(credentials.credentials).toHaveLength(1);
    const none = await page.evaluate(async (at) => {
      await held?.close();
      const code = await outcome(cofferfs.openRepo(at, { passkey: true }));
      return [code, await outcome(cofferfs.openRepo(at, { passkey: true, createNew: true }))];
    }, uri);
    expect(none).toEqual(["UNLOCK_FAILED", "TypeError"]);
  });

  test("that the user refuses, or whose prompt is given up, is told by code", async () => {
    await plugIn();
    const uri = newUri("idb");
    await page.evaluate(async (at) => {
      const current = { password: "p" };
      held = await cofferfs.openRepo(at, { ...current, kdf, create: true });
      await held.keys.addPasskey({ current });
    }, uri);
    await cdp.send("WebAuthn.setUserVerified", {
      authenticatorId: authenticator ?? "",
      isUserVerified: false,
    });
    const refused = await page.evaluate(async (at) => {
      if (held === undefined) throw new Error("no repo");
      const codes: unknown[] = [
        await outcome(held.keys.addRecoveryKey({ current: { passkey: true } })),
      ];
      await held.close();
      codes.push(await outcome(cofferfs.openRepo(at, { passkey: true })));
      return codes;
    }, uri);
    expect(refused).toEqual(["PASSKEY_CANCELLED", "PASSKEY_CANCELLED"]);
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId: authenticator ?? "",
      enabled: false,
    });
    const given = await page.evaluate(async (at) => {
      const { signal } = { signal: AbortSignal.timeout(100) };
      return outcome(cofferfs.openRepo(at, { passkey: true, signal }));
    }, uri);
    expect(given).toBe("TimeoutError");
  });

  test("of another authenticator does not open", async () => {
    await plugIn();
    const uri = newUri("opfs");
    await page.evaluate(async (at) => {
      const current = { password: "p" };
      const repo = await cofferfs.openRepo(at, { ...current, kdf, create: true });
      await repo.keys.addPasskey({ current });
      await repo.close();
    }, uri);
    await unplug();
    await plugIn();
    const code = await page.evaluate(
      async (at) => outcome(cofferfs.openRepo(at, { passkey: true })),
      uri,
    );
    expect(code).toBe("PASSKEY_CANCELLED");
  });
});
