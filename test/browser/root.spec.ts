/** repo.root in a real browser: against Chromium's own handles, in workers, and what the browser makes of its files. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import type * as Sides from "./root/sides.js";

declare global {
  // The page puts them here, see PAGE.
  var rootApi: typeof Api;
  var sides: typeof Sides;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.sides = await import("/test/browser/root/sides.ts");
  globalThis.rootApi = await import("/src/index.ts");
</script>`;
const KEY = Array<number>(32).fill(7);

let profile: string;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-root-"));
  context = await chromium.launchPersistentContext(profile);
  page = await context.newPage();
  await page.route("**/root.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  await page.goto(`${String(test.info().project.use.baseURL)}/root.html`);
  await page.waitForFunction(() => "rootApi" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

test("repo.root does what Chromium's own handles do, on OPFS and IndexedDB, but for the written list of differences", async () => {
  const uris = ["opfs://compared", "idb://compared"];
  const found = await page.evaluate(([all, key]) => sides.compare(all, key), [uris, KEY] as const);
  test.info().annotations.push({ type: "cases", description: String(found.cases) });
  expect(found.surprises).toEqual([]);
  expect(found.settled).toEqual([]);
  expect(found.cases).toBeGreaterThan(500);
});
