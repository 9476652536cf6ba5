/**
 * kill -9 of the whole browser amid an import into the demo: what was acknowledged before is there
 * afterwards, byte for byte, and the rest is there whole or not at all.
 *
 * Acknowledged is a file if the demo said that its import was done (it syncs before it says so), or if
 * `repo.sync()` was called after its writeFile or rename had resolved, and resolved, before the kill. The
 * page tells each of these to this process at once, so the list is not what the browser kept.
 */
import { expect } from "@playwright/test";
import { test } from "./support/vault-test.js";

const NAME = "survivor";
/** How many files of an import are on storage when the browser is killed; the tree has over 2000. */
const KILLS = [
  { folder: "later", syncedFiles: 200 },
  { folder: "again", syncedFiles: 1000 },
] as const;

for (const storage of ["opfs", "idb"] as const)
  test(`what was acknowledged before a kill -9 of the browser is there afterwards, in ${storage}`, async ({
    tree,
    startBrowser,
  }) => {
    test.setTimeout(180_000);
    expect(tree.files.length).toBeGreaterThan(2000);
    expect(tree.files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(20_000_000);
    const sources = (below: string): Map<string, string> =>
      new Map(tree.files.map(({ path, sha256 }) => [below + path, sha256]));

    let browser = await startBrowser("profile", { observed: true });
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
        .poll(() => synced().length, { intervals: [5], timeout: 120_000 })
        .toBeGreaterThan(syncedFiles);
      await browser.kill();
      expect(synced().length).toBeLessThan(tree.files.length);
      for (const path of browser.synced) acknowledged.add(path);

      browser = await startBrowser("profile", { observed: true });
      await browser.unlock(NAME, storage);
      const found = await browser.hashes();
      const lost = [...acknowledged].filter((path) => found[path] !== possible.get(path));
      expect(lost).toEqual([]);
      const torn = Object.entries(found).filter(([path, sha256]) => possible.get(path) !== sha256);
      // A large file is written beside its place first.
      expect(torn.filter(([path]) => !/\/\.import-[^/]+$/.test(path))).toEqual([]);
      expect(await browser.check()).toMatchObject({ ok: true });
    }
  });
