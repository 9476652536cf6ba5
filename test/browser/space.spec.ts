/** What takes room on the browser's storages: compressed and shared content, and what compact() gives back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";

declare global {
  // The page puts it here, see PAGE.
  var spaceApi: typeof Api;
  /** Words that repeat, but nowhere in the same order. */
  var text: (bytes: number, seed: number) => Uint8Array;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.text = (bytes, seed) => {
    const words = ["coffer", "slot", "extent", "anchor", "seal", "leaf", "return", "const"];
    let state = seed;
    let text = "";
    while (text.length < bytes) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      text += words[(state >>> 16) % words.length] + ((state >>> 20) % 30) + " ";
    }
    return new TextEncoder().encode(text.slice(0, bytes));
  };
  globalThis.spaceApi = await import("/src/index.ts");
</script>`;

const KEY = Array<number>(32).fill(7);
const MIB = 1024 * 1024;
/** Files of a mebibyte, nine tenths of which are deleted: a gibibyte, or enough to see it. */
const FILES = Number(process.env["SLOW"] ?? 0) > 0 ? 1024 : 64;
let profile: string;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-space-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/space.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  page = await context.newPage();
  await page.goto(`${String(test.info().project.use.baseURL)}/space.html`);
  await page.waitForFunction(() => "spaceApi" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

for (const backend of ["opfs", "idb"]) {
  for (const compress of ["lz4", "zstd"] as const)
    test(`text takes less room with compress: "${compress}" on ${backend}, and reads back after reopening`, async () => {
      const { exported, same, ok } = await page.evaluate(
        async ({ uri, compress, key, length }) => {
          const { destroyRepo, exportRepo, openRepo } = spaceApi;
          const rawKey = new Uint8Array(key);
          const content = text(length, 5);
          let repo = await openRepo(uri, { rawKey, createNew: true, compress });
          await repo.fs.writeFile("/text", content);
          await repo.close();
          const exported = (await new Response(exportRepo(uri)).arrayBuffer()).byteLength;
          repo = await openRepo(uri, { rawKey });
          const found = await repo.fs.readFile("/text");
          const same = found.every((byte, i) => byte === content[i]);
          const { ok } = await repo.check();
          await repo.close();
          await destroyRepo(uri);
          return { exported, same: same && found.length === length, ok };
        },
        { uri: `${backend}://${compress}`, compress, key: KEY, length: 16 * MIB },
      );
      expect(same).toBe(true);
      expect(ok).toBe(true);
      expect(exported).toBeLessThan(0.75 * 16 * MIB);
    });

  test(`equal files are stored once with dedupChunk on ${backend}, and their room comes back with the last`, async () => {
    const room = await page.evaluate(
      async ({ uri, key, length }) => {
        const { destroyRepo, openRepo } = spaceApi;
        const content = new Uint8Array(length);
        for (let at = 0; at < length; at += 65_536)
          crypto.getRandomValues(content.subarray(at, at + 65_536));
        const rawKey = new Uint8Array(key);
        const repo = await openRepo(uri, { rawKey, createNew: true, dedupChunk: true });
        const used = async (): Promise<number> => {
          await repo.sync();
          const { slots, freeSlots, slotBytes } = await repo.stats();
          return (slots - freeSlots) * slotBytes;
        };
        await repo.fs.writeFile("/a", content);
        const one = await used();
        for (const name of ["b", "c", "d"]) await repo.fs.writeFile(`/${name}`, content);
        const four = await used();
        const found = await repo.fs.readFile("/d");
        const same = found.every((byte, i) => byte === content[i]);
        for (const name of ["a", "b", "c", "d"]) await repo.fs.unlink(`/${name}`);
        const { after } = await repo.compact();
        const { ok } = await repo.check();
        await repo.close();
        await destroyRepo(uri);
        return { one, four, same, after, ok };
      },
      { uri: `${backend}://shared`, key: KEY, length: 8 * MIB },
    );
    expect(room.same).toBe(true);
    expect(room.ok).toBe(true);
    expect(room.four - room.one).toBeLessThan(MIB);
    expect(room.after).toBeLessThan(5 * MIB);
  });

  test(`compact() gives room back to the storage on ${backend}`, async () => {
    test.setTimeout(60_000 + FILES * 1000);
    const { before, after, left, ok } = await page.evaluate(
      async ({ uri, key, mib, files }) => {
        const { destroyRepo, exportRepo, openRepo } = spaceApi;
        const rawKey = new Uint8Array(key);
        const repo = await openRepo(uri, { rawKey, createNew: true });
        for (let i = 0; i < files; i++) await repo.fs.writeFile(`/f${i}`, text(mib, i + 1));
        await repo.sync();
        for (let i = 0; i < files; i++) if (i % 10 !== 3) await repo.fs.unlink(`/f${i}`);
        const { before, after } = await repo.compact();
        const { ok } = await repo.check();
        for (let i = 3; i < files; i += 10) {
          const found = await repo.fs.readFile(`/f${i}`);
          if (!text(mib, i + 1).every((byte, at) => byte === found[at])) throw new Error(`f${i}`);
        }
        await repo.close();
        const left = (await new Response(exportRepo(uri)).arrayBuffer()).byteLength;
        await destroyRepo(uri);
        return { before, after, left, ok };
      },
      { uri: `${backend}://compacted`, key: KEY, mib: MIB, files: FILES },
    );
    expect(ok).toBe(true);
    test.info().annotations.push({ type: "bytes", description: `${before} to ${after}` });
    expect(before).toBeGreaterThan(FILES * MIB);
    // Of a small repo the steps of its length are a larger part than of a large one.
    const part = FILES < 1024 ? 0.2 : 0.15;
    expect(after).toBeLessThan(part * before);
    expect(left).toBeLessThan(part * before + MIB);
  });
}
