/**
 * Moving in and out in a browser: from an OPFS directory, from stores that LightningFS and ZenFS have made in IndexedDB, from a zip;
 * to a zip and to an OPFS directory; under the content security policy that the README names.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { build } from "vite";
import type * as Api from "../../src/index.js";
import type * as Transfer from "../../src/transfer/index.js";
import type * as Peers from "./peer-stores.js";

declare global {
  // The page puts them here, see PAGE.
  var moving: typeof Api & typeof Transfer & typeof Peers;
  /** A new repo on OPFS. */
  var freshRepo: () => Promise<Api.Repo>;
  /** Paths and contents below a directory, as text or as length and sum. */
  var contentsOf: (fs: Api.RepoFs, at: string) => Promise<Record<string, string>>;
}

const POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'";
const PAGE = `<!doctype html><script type="module">
  const [api, transfer, peers] = await Promise.all(
    ["/src/index.ts", "/src/transfer/index.ts", "/peer-stores.js"].map((at) => import(at)));
  let count = 0;
  globalThis.freshRepo = () => api.openRepo("opfs://moving-" + ++count,
    { rawKey: new Uint8Array(32).fill(7), create: true, cipher: "aes-256-gcm" });
  globalThis.contentsOf = async (fs, at) => {
    const found = {};
    for (const name of (await fs.readdir(at, { recursive: true })).toSorted()) {
      const path = at + "/" + name;
      const stats = await fs.lstat(path);
      if (stats.isSymbolicLink()) found[name] = "-> " + (await fs.readlink(path));
      else if (stats.isFile()) {
        const bytes = await fs.readFile(path);
        found[name] = bytes.length < 100 ? new TextDecoder().decode(bytes)
          : bytes.length + "/" + bytes.reduce((sum, byte, i) => (sum + byte * (i % 251)) % 65521, 0);
      } else found[name] = "directory";
    }
    return found;
  };
  globalThis.moving = { ...api, ...transfer, ...peers };
</script>`;

let profile: string;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  const entry = fileURLToPath(new URL("peer-stores.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  });
  if (!("output" in built)) throw new Error("one bundle was expected");
  const { code } = built.output[0];
  profile = await mkdtemp(join(tmpdir(), "cofferfs-moving-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/moving.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: PAGE,
      headers: {
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Embedder-Policy": "require-corp",
      },
    }),
  );
  await context.route("**/peer-stores.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: code }),
  );
  page = await context.newPage();
  await page.goto(`${String(test.info().project.use.baseURL)}/moving.html`);
  await page.waitForFunction(() => "moving" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

test("a directory of OPFS comes in, and goes out to another, equal", async () => {
  const result = await page.evaluate(async () => {
    const { importDirectory, exportDirectory } = moving;
    const root = await navigator.storage.getDirectory();
    const from = await root.getDirectoryHandle("from", { create: true });
    const deep = await from.getDirectoryHandle("ümlaut", { create: true });
    await from.getDirectoryHandle("empty", { create: true });
    const write = async (
      at: FileSystemDirectoryHandle,
      name: string,
      data: BlobPart,
    ): Promise<void> => {
      const stream = await (await at.getFileHandle(name, { create: true })).createWritable();
      await stream.write(new Blob([data]));
      await stream.close();
    };
    await write(from, "text", "some text");
    await write(
      deep,
      "large",
      new Uint8Array(3_000_000).map((_, i) => i % 253),
    );
    for (let n = 0; n < 50; n++) await write(deep, `n${n}`, String(n));
    const repo = await freshRepo();
    const { entries, bytes } = await importDirectory(repo.fs, "/in", from);
    const lastModified = (await (await from.getFileHandle("text")).getFile()).lastModified;
    const { mtimeMs } = await repo.fs.stat("/in/text");
    const to = await root.getDirectoryHandle("to", { create: true });
    await exportDirectory(repo.fs, "/in", to);
    const again = await exportDirectory(repo.fs, "/in", to).catch(
      (e: unknown) => moving.isRepoError(e) && e.code,
    );
    const skipped = await exportDirectory(repo.fs, "/in", to, { conflict: "skip" });
    await importDirectory(repo.fs, "/back", to);
    const [there, back] = [await contentsOf(repo.fs, "/in"), await contentsOf(repo.fs, "/back")];
    const { ok } = await repo.check();
    await repo.close();
    return {
      entries,
      bytes,
      sameTime: mtimeMs === lastModified,
      again,
      skipped: skipped.skipped,
      there,
      back,
      ok,
    };
  });
  expect(result).toMatchObject({
    entries: 54,
    sameTime: true,
    again: "EEXIST",
    skipped: 52,
    ok: true,
  });
  expect(result.there["text"]).toBe("some text");
  expect(result.there["ümlaut/large"]).toMatch(/^3000000\//);
  expect(result.back).toEqual(result.there);
});

test("a store of LightningFS comes in", async () => {
  const result = await page.evaluate(async () => {
    const { LightningFS, importFs } = moving;
    const { promises } = new LightningFS("lightning");
    await promises.mkdir("/project");
    await promises.mkdir("/project/src");
    await promises.writeFile("/project/readme", "read me", "utf8");
    await promises.writeFile("/project/empty", "", "utf8");
    await promises.writeFile(
      "/project/src/large",
      new Uint8Array(2_000_000).map((_, i) => i % 253),
    );
    await promises.symlink("src/large", "/project/link");
    for (let n = 0; n < 50; n++) await promises.writeFile(`/project/src/n${n}`, String(n), "utf8");
    await promises.flush();
    // As another session finds it.
    const stored = new LightningFS("lightning").promises;
    const repo = await freshRepo();
    const { entries } = await importFs(repo.fs, "/in", stored, { from: "/project" });
    const contents = await contentsOf(repo.fs, "/in");
    await repo.close();
    return { entries, contents };
  });
  expect(result.entries).toBe(55);
  expect(result.contents).toMatchObject({
    readme: "read me",
    empty: "",
    link: "-> src/large",
    "src/n49": "49",
  });
  expect(result.contents["src/large"]).toMatch(/^2000000\//);
});

test("a store of ZenFS in IndexedDB comes in", async () => {
  const result = await page.evaluate(async () => {
    const { configureSingle, IndexedDB, zenFs, importFs } = moving;
    await configureSingle({ backend: IndexedDB, storeName: "zen" });
    const { promises } = zenFs;
    await promises.mkdir("/project/src", { recursive: true });
    await promises.writeFile("/project/readme", "read me");
    await promises.writeFile(
      "/project/src/large",
      new Uint8Array(2_000_000).map((_, i) => i % 253),
    );
    await promises.symlink("src/large", "/project/link");
    for (let n = 0; n < 20; n++) await promises.writeFile(`/project/src/n${n}`, String(n));
    await configureSingle({ backend: IndexedDB, storeName: "zen" });
    const repo = await freshRepo();
    const { entries } = await importFs(repo.fs, "/in", zenFs.promises, { from: "/project" });
    const contents = await contentsOf(repo.fs, "/in");
    await repo.close();
    return { entries, contents };
  });
  expect(result.entries).toBe(24);
  expect(result.contents).toMatchObject({
    readme: "read me",
    link: "-> src/large",
    "src/n19": "19",
  });
  expect(result.contents["src/large"]).toMatch(/^2000000\//);
});

test("a zip goes out and comes in, as a Blob and as a stream, and leaves nothing else", async () => {
  const result = await page.evaluate(async () => {
    const { exportZip, importZip } = moving;
    const repo = await freshRepo();
    await repo.importTree(
      [
        { path: "a/large", data: new Uint8Array(3_000_000).map((_, i) => i % 253) },
        { path: "a/ümlaut", data: "text" },
        { path: "link", type: "symlink", target: "a/large" },
        ...Array.from({ length: 200 }, (_, n) => ({ path: `many/${n}`, data: String(n) })),
      ],
      { to: "/from" },
    );
    const archive = await new Response(exportZip(repo.fs, "/from")).blob();
    await importZip(repo.fs, "/blob", archive);
    await importZip(repo.fs, "/stream", archive.stream());
    const trees = await Promise.all(
      ["/from", "/blob", "/stream"].map((at) => contentsOf(repo.fs, at)),
    );
    const names = await repo.fs.readdir("/");
    const { ok } = await repo.check();
    await repo.close();
    return { trees, names, ok };
  });
  expect(result.ok).toBe(true);
  expect(Object.keys(result.trees[0] ?? {})).toHaveLength(205);
  expect(result.trees[1]).toEqual(result.trees[0]);
  expect(result.trees[2]).toEqual(result.trees[0]);
  expect(result.names).toEqual(["blob", "from", "stream"]);
});
