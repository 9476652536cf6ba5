/**
 * OPFS and IndexedDB pass the block store suite in a real browser with a real profile, each case a
 * test of its own; then what takes more than one worker, or the browser's own hand.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import type * as OpfsStore from "../../src/backends/opfs/opfs-store.js";
import { blockStoreCases } from "../suites/block-store-suite.js";
import type { BrowserBackend, CaseRequest, CaseResult } from "../suites/block-store-worker.js";
import { idbCases } from "../suites/idb-cases.js";
import { opfsCases } from "../suites/opfs-cases.js";

type OpfsModule = typeof OpfsStore;

const QUOTA_BYTES = 32 * 1024 * 1024;

let profile: string;
let context: BrowserContext;
let page: Page;

async function openBrowser(): Promise<void> {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-stores-"));
  context = await chromium.launchPersistentContext(profile);
  page = await context.newPage();
  // An empty page of the origin that serves the modules.
  await page.route("**/empty.html", (route) =>
    route.fulfill({ contentType: "text/html", body: "" }),
  );
  await page.goto(`${String(test.info().project.use.baseURL)}/empty.html`);
}

async function closeBrowser(): Promise<void> {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}

test.beforeAll(openBrowser);
test.afterAll(closeBrowser);

/** Runs one case in a worker of its own. */
function runCase(request: CaseRequest): Promise<CaseResult> {
  return page.evaluate(
    ({ request: message }) =>
      new Promise<CaseResult>((resolve, reject) => {
        const worker = new Worker("/test/suites/block-store-worker.ts", { type: "module" });
        worker.onmessage = (event: MessageEvent<CaseResult>) => {
          worker.terminate();
          resolve(event.data);
        };
        worker.onerror = (event) => {
          reject(new Error(`the worker failed: ${event.message}`));
        };
        worker.postMessage(message);
      }),
    { request },
  );
}

const backends: Record<Exclude<BrowserBackend, "memory">, readonly { name: string }[]> = {
  opfs: opfsCases,
  indexeddb: idbCases,
};

for (const backend of ["opfs", "indexeddb"] as const) {
  test.describe(backend, () => {
    for (const { name } of [...blockStoreCases, ...backends[backend]]) {
      test(name, async () => {
        const result = await runCase({ backend, name });
        test.skip(result.status === "skipped", "the store does not make this promise");
        expect(result.error ?? "").toBe("");
        expect(result.status).toBe("passed");
      });
    }

    test("a container that a terminated worker held can be opened soon after", async () => {
      for (let round = 0; round < 5; round += 1)
        expect(await openAfterTermination(backend)).toBe("7");
    });

    test("a container outlives its page", async () => {
      const name = "outlives";
      await evaluateInWorker(backend, createSource(name, 9));
      await page.reload();
      expect(await evaluateInWorker(backend, openSource(name))).toBe("9");
    });

    test("what exceeds the browser's quota is ENOSPC, and what was stored stays", async () => {
      // A fresh profile: for half a minute Chromium remembers how much space IndexedDB had.
      await closeBrowser();
      await openBrowser();
      const session = await context.newCDPSession(page);
      const origin = new URL(page.url()).origin;
      await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: QUOTA_BYTES });
      expect(await evaluateInWorker(backend, fillSource("quota"))).toBe("ENOSPC 7");
      // Over its quota, IndexedDB refuses every transaction with a put in it (Chromium 156, 2026).
      const overwritten = await evaluateInWorker(backend, overwriteSource("quota"));
      expect(overwritten).toContain(backend === "opfs" ? "overwritten" : "ENOSPC");
      await closeBrowser();
      await openBrowser();
    });
  });
}

test("without dedicated-worker file handles OPFS says what is missing", async () => {
  const message = await page.evaluate(async (path: string) => {
    const { OpfsStoreProvider } = (await import(path)) as OpfsModule;
    return new OpfsStoreProvider().exists("x").then(
      () => "none",
      (error: unknown) => (error as Error).message,
    );
  }, providers.opfs[0]);
  expect(message).toContain("BACKEND_UNAVAILABLE");
  expect(message).toContain("dedicated worker");
});

// Workers made from source text, so that a test can end one at any moment.

const providers = {
  opfs: ["/src/backends/opfs/opfs-store.ts", "OpfsStoreProvider"],
  indexeddb: ["/src/backends/indexeddb/idb-store.ts", "IdbStoreProvider"],
} as const;

/** A worker that runs `body` with a `provider` and posts what it returns, or its error's code. */
function workerSource(backend: keyof typeof providers, body: string): string {
  const [path, name] = providers[backend];
  const origin = new URL(page.url()).origin;
  return `
    import { ${name} } from "${origin}${path}";
    const provider = new ${name}();
    const run = async () => { ${body} };
    run().then((value) => postMessage(String(value)), (error) => postMessage("failed: " + error));`;
}

function createSource(name: string, byte: number): string {
  return `
    const store = await provider.open("${name}", "create");
    store.setSlotBytes(4096);
    await store.resize(1);
    await store.write([{ start: 0, bytes: new Uint8Array(4096).fill(${byte}) }]);
    await store.writeHeader(0, new Uint8Array([1]));
    await store.flush();
    return "created";`;
}

function openSource(name: string): string {
  return `
    const store = await provider.open("${name}", "open");
    store.setSlotBytes(4096);
    const into = new Uint8Array(4096);
    await store.read([{ start: 0, into }]);
    await store.close();
    await provider.destroy("${name}");
    return into[4095];`;
}

/** Stores a MiB, grows and writes until space runs out, and looks whether the MiB is still there. */
function fillSource(name: string): string {
  return `
    const store = await provider.open("${name}", "create");
    store.setSlotBytes(16384);
    await store.resize(64);
    await store.write([{ start: 0, bytes: new Uint8Array(64 * 16384).fill(7) }]);
    await store.writeHeader(0, new Uint8Array([1]));
    const fill = async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(65536));
      for (let slot = 64; slot < 8192; slot += 4) {
        await store.resize(slot + 4);
        await store.write([{ start: slot, bytes }]);
      }
    };
    const code = await fill().then(() => "none", (error) => error.code);
    await store.close();
    const reader = await provider.open("${name}", "read");
    reader.setSlotBytes(16384);
    const into = new Uint8Array(64 * 16384);
    await reader.read([{ start: 0, into }]);
    await reader.close();
    return [code, ...new Set(into)].join(" ");`;
}

/** Opens a container that filled the quota, and changes it without needing space. */
function overwriteSource(name: string): string {
  return `
    const store = await provider.open("${name}", "open");
    store.setSlotBytes(16384);
    await store.write([{ start: 0, bytes: new Uint8Array(64 * 16384).fill(8) }]);
    await store.resize(64);
    await store.flush();
    await store.close();
    return "overwritten";`;
}

/** Posts of workers that run one after the other; each is terminated as soon as it has posted. */
function evaluateInTurn(sources: string[]): Promise<string[]> {
  return page.evaluate(async (texts) => {
    const results: string[] = [];
    for (const text of texts) {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      const worker = new Worker(url, { type: "module" });
      const result = await new Promise<string>((resolve, reject) => {
        worker.onmessage = (event: MessageEvent<string>) => {
          resolve(event.data);
        };
        worker.onerror = (event) => {
          reject(new Error(`the worker failed: ${event.message}`));
        };
      });
      worker.terminate();
      results.push(result);
    }
    return results;
  }, sources);
}

async function evaluateInWorker(backend: keyof typeof providers, body: string): Promise<string> {
  const [result] = await evaluateInTurn([workerSource(backend, body)]);
  return String(result);
}

/** The first worker ends without closing its store. */
async function openAfterTermination(backend: keyof typeof providers): Promise<string> {
  const bodies = [createSource("terminated", 7), openSource("terminated")];
  const results = await evaluateInTurn(bodies.map((body) => workerSource(backend, body)));
  return String(results[1]);
}
