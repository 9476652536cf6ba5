/**
 * Export and import on the browser's storages: between tabs, given up midway, of what a crash left. (That the
 * container opens elsewhere is test/consumers/node.spec.ts.)
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";

declare global {
  // The page puts them here, see PAGE.
  var transferApi: typeof Api;
  var transferKey: Uint8Array;
  /** A stream that outlives one call into the page. */
  var heldReader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Names of all that is stored, whatever it is. */
  var stored: () => Promise<string[]>;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.transferKey = new Uint8Array(32).fill(7);
  globalThis.stored = async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const root = await navigator.storage.getDirectory();
    for await (const [folder, handle] of root.entries())
      if (handle.kind === "directory") for await (const name of handle.keys()) names.push(name);
    return names;
  };
  globalThis.transferApi = await import("/src/index.ts");
</script>`;

let profile: string;
let context: BrowserContext;
let page: Page;

async function openPage(): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(`${String(test.info().project.use.baseURL)}/transfer.html`);
  await opened.waitForFunction(() => "transferApi" in globalThis);
  return opened;
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-transfer-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/transfer.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  page = await openPage();
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

/** A closed repo with 3 MB in it. */
function makeRepo(uri: string): Promise<void> {
  return page.evaluate(async (at) => {
    const repo = await transferApi.openRepo(at, { rawKey: transferKey, createNew: true });
    await repo.fs.writeFile("/large", new Uint8Array(3_000_000).fill(3));
    await repo.close();
  }, uri);
}

for (const [from, to] of [
  ["opfs", "idb"],
  ["idb", "opfs"],
  ["local", "mem"],
] as const)
  test(`${from}:// goes to ${to}:// as it is, and back`, async () => {
    const uri = `${from}://way-of-${from}`;
    await makeRepo(uri);
    const result = await page.evaluate(
      async ({ source, target }) => {
        const { exportRepo, importRepo, openRepo, repoExists } = transferApi;
        const bytesOf = async (at: string): Promise<Uint8Array> =>
          new Uint8Array(await new Response(exportRepo(at)).arrayBuffer());
        const bytes = await bytesOf(source);
        await importRepo(target, new Blob([bytes as Uint8Array<ArrayBuffer>]).stream());
        const copied = await bytesOf(target);
        const same = bytes.length === copied.length && bytes.every((byte, i) => byte === copied[i]);
        const repo = await openRepo(target, { rawKey: transferKey });
        await repo.fs.writeFile("/new", "new");
        await importRepo(source, repo.export(), { overwrite: true });
        await repo.close();
        const back = await openRepo(source, { rawKey: transferKey });
        const text = await back.fs.readFile("/new", "utf8");
        const { ok } = await back.check();
        await back.close();
        return { same, text, ok, exists: await repoExists(target) };
      },
      { source: uri, target: `${to}://way-from-${from}` },
    );
    expect(result).toEqual({ same: true, text: "new", ok: true, exists: true });
  });

for (const scheme of ["opfs", "idb"] as const)
  test.describe(`${scheme}://`, () => {
    test("an export is REPO_BUSY while another tab has the repo open, and keeps writers out while it runs", async () => {
      const uri = `${scheme}://busy`;
      await makeRepo(uri);
      const other = await openPage();
      await other.evaluate(async (at) => {
        heldReader = transferApi.exportRepo(at).getReader();
        await heldReader.read();
      }, uri);
      const codes = await page.evaluate(async (at) => {
        const options = { rawKey: transferKey };
        const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
        const writer = await transferApi.openRepo(at, options).then(() => "opened", codeOf);
        const reader = await transferApi.openRepo(at, { ...options, readOnly: true });
        await reader.close();
        return writer;
      }, uri);
      expect(codes).toBe("REPO_BUSY");
      await other.evaluate(() => heldReader?.cancel());
      const busy = await page.evaluate(async (at) => {
        const repo = await transferApi.openRepo(at, { rawKey: transferKey });
        (globalThis as { keptRepo?: unknown }).keptRepo = repo;
        return repo.closed;
      }, uri);
      expect(busy).toBe(false);
      const refused = await other.evaluate(async (at) => {
        const reader = transferApi.exportRepo(at).getReader();
        return reader.read().then(
          () => "read",
          (error: unknown) => (error as { code?: unknown }).code,
        );
      }, uri);
      expect(refused).toBe("REPO_BUSY");
      await page.evaluate(() => (globalThis as { keptRepo?: Api.Repo }).keptRepo?.close());
      await other.close();
    });

    test("an import that is given up, or cut short, leaves nothing on the storage", async () => {
      const uri = `${scheme}://source`;
      await makeRepo(uri);
      const before = await page.evaluate(() => stored());
      const result = await page.evaluate(
        async ({ source, target }) => {
          const { exportRepo, importRepo, repoExists } = transferApi;
          const codeOf = (error: unknown): unknown =>
            (error as { code?: unknown }).code ?? (error as Error).name;
          const abort = new AbortController();
          const given = importRepo(target, exportRepo(source), {
            signal: abort.signal,
            onProgress: ({ bytes }) => {
              if (bytes > 2_000_000) abort.abort();
            },
          });
          const aborted = await given.then(() => "imported", codeOf);
          const bytes = await new Response(exportRepo(source)).blob();
          const short = importRepo(target, bytes.slice(0, bytes.size - 1).stream());
          const cut = await short.then(() => "imported", codeOf);
          return { aborted, cut, exists: await repoExists(target) };
        },
        { source: uri, target: `${scheme}://target` },
      );
      expect(result).toEqual({ aborted: 20, cut: "INTEGRITY", exists: false });
      expect((await page.evaluate(() => stored())).sort()).toEqual(before.sort());
    });

    test("an import whose tab is closed midway counts as absent, and can be repeated", async () => {
      const uri = `${scheme}://torn`;
      await makeRepo(uri);
      const other = await openPage();
      await other.evaluate(
        async ({ source, target }) => {
          const { exportRepo, importRepo } = transferApi;
          await new Promise<void>((resolve) => {
            const never = new Promise<never>(() => undefined);
            const slow = exportRepo(source).pipeThrough(
              new TransformStream<Uint8Array, Uint8Array>({
                transform(piece, controller) {
                  controller.enqueue(piece);
                },
                flush: () => never,
              }),
            );
            void importRepo(target, slow, {
              onProgress: ({ bytes }) => {
                if (bytes > 3_000_000) resolve();
              },
            });
          });
        },
        { source: uri, target: `${scheme}://torn-copy` },
      );
      await other.close();
      const result = await page.evaluate(
        async ({ source, target }) => {
          const { exportRepo, importRepo, openRepo, repoExists } = transferApi;
          const before = await repoExists(target);
          await importRepo(target, exportRepo(source));
          const repo = await openRepo(target, { rawKey: transferKey });
          const { ok } = await repo.check();
          await repo.close();
          return { before, ok };
        },
        { source: uri, target: `${scheme}://torn-copy` },
      );
      expect(result).toEqual({ before: false, ok: true });
    });
  });
