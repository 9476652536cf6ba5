/**
 * kill -9 of the whole browser amid an import into the demo: what was acknowledged before is there
 * afterwards, byte for byte, and the rest is there whole or not at all.
 *
 * Acknowledged is a file if the demo said that its import was done (it syncs before it says so), or if
 * `repo.sync()` was called after its writeFile or rename had resolved, and resolved, before the kill. The
 * page tells each of these to this process at once, so the list is not what the browser kept.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { copySourceTree, type SourceTree } from "./support/source-tree.js";
import { VaultBrowser } from "./support/vault-browser.js";

const NAME = "survivor";
/** How many files of an import are on storage when the browser is killed; the tree has over 2000. */
const KILLS = [
  { folder: "later", syncedFiles: 200 },
  { folder: "again", syncedFiles: 1200 },
] as const;

let scratch: string;
let tree: SourceTree;

test.beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cofferfs-kill-"));
  tree = await copySourceTree(join(scratch, "tree"));
  expect(tree.files.length).toBeGreaterThan(2000);
  expect(tree.files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(20_000_000);
});

test.afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

for (const storage of ["opfs", "idb"] as const)
  test(`what was acknowledged before a kill -9 of the browser is there afterwards, in ${storage}`, async () => {
    test.setTimeout(180_000);
    const profile = await mkdtemp(join(scratch, `${storage}-`));
    const sources = (below: string): Map<string, string> =>
      new Map(tree.files.map(({ path, sha256 }) => [below + path, sha256]));

    let browser = await VaultBrowser.start(profile, { observed: true });
    await browser.createVault(NAME, storage);
    await browser.beginImport(tree.folder);
    await browser.endImport(tree.files.length);
    const possible = sources("");
    const acknowledged = new Set(possible.keys());

    for (const { folder, syncedFiles } of KILLS) {
      for (const [path, sha256] of sources(`/${folder}`)) possible.set(path, sha256);
      await browser.enterNewFolder(folder);
      await browser.beginImport(tree.folder);
      const synced = () => [...browser.synced].filter((path) => path.startsWith(`/${folder}/`));
      await expect
        .poll(() => synced().length, { intervals: [5], timeout: 60_000 })
        .toBeGreaterThan(syncedFiles);
      await browser.kill();
      expect(synced().length).toBeLessThan(tree.files.length);
      for (const path of browser.synced) acknowledged.add(path);

      browser = await VaultBrowser.start(profile, { observed: true });
      await browser.unlock(NAME, storage);
      const found = await browser.hashes();
      const lost = [...acknowledged].filter((path) => found[path] !== possible.get(path));
      expect(lost).toEqual([]);
      const torn = Object.entries(found).filter(([path, sha256]) => possible.get(path) !== sha256);
      // A large file is written beside its place first.
      expect(torn.filter(([path]) => !/\/\.import-[^/]+$/.test(path))).toEqual([]);
      expect(await browser.check()).toMatchObject({ ok: true });
    }
    await browser.close();
  });
