/** A test with a temporary folder, a tree of files in it, and browsers: all of it gone afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";
import { copySourceTree, type SourceTree } from "./source-tree.js";
import { VaultBrowser, type VaultBrowserOptions } from "./vault-browser.js";

interface VaultFixtures {
  readonly scratch: string;
  readonly tree: SourceTree;
  /** Starts a browser with the demo on a profile in the scratch folder. */
  readonly startBrowser: (profile: string, options?: VaultBrowserOptions) => Promise<VaultBrowser>;
}

export const test = base.extend<VaultFixtures>({
  // Playwright reads the names of what a fixture needs from this pattern.
  // eslint-disable-next-line no-empty-pattern
  scratch: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "cofferfs-vault-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
  tree: async ({ scratch }, use) => {
    await use(await copySourceTree(join(scratch, "tree")));
  },
  startBrowser: async ({ scratch, baseURL }, use) => {
    const started: VaultBrowser[] = [];
    await use(async (profile, options) => {
      const address = `${String(baseURL)}/demo/`;
      const browser = await VaultBrowser.start(join(scratch, profile), address, options);
      started.push(browser);
      return browser;
    });
    for (const browser of started) await browser.close();
  },
});
