/** repo.root in a real browser: against Chromium's own handles, in workers, and what the browser makes of its files. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import { DIFFERENCES } from "./root/differences.js";
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

test.describe("repo.root does what Chromium's own handles do, on OPFS and IndexedDB", () => {
  test.describe.configure({ mode: "serial" });
  const known = new Set<string>();
  let cases = 0;

  for (const group of ["names", "writes", "handles"] as const)
    test(`in every case of ${group}, but for the written list of differences`, async () => {
      const uris = [`opfs://compared-${group}`, `idb://compared-${group}`];
      const found = await page.evaluate(([which, all, key]) => sides.compare(which, all, key), [
        group,
        uris,
        KEY,
      ] as const);
      expect(found.surprises).toEqual([]);
      for (const name of found.known) known.add(name);
      cases += found.cases;
    });

  test("and the list has nothing else, of more than five hundred cases", () => {
    expect([...known].sort()).toEqual(Object.keys(DIFFERENCES).sort());
    expect(cases).toBeGreaterThan(500);
  });
});

test("what the browser itself reads of a lazy file is nothing; its methods, and a file that is made of it, have everything", async () => {
  const found = await page.evaluate(async (key) => {
    const rawKey = new Uint8Array(key);
    const repo = await rootApi.openRepo("opfs://lazy", { rawKey, createNew: true });
    await repo.fs.writeFile("/f.txt", "content");
    const file = await (await repo.root.getFileHandle("f.txt")).getFile();
    const nothing = [
      structuredClone(file).size,
      new Blob([file]).size,
      (await new Response(file).text()).length,
      (await (await fetch(URL.createObjectURL(file))).text()).length,
    ];
    const own = new File([await file.arrayBuffer()], file.name, file);
    const everything = [
      await file.text(),
      await new Response(file.stream()).text(),
      await (await fetch(URL.createObjectURL(own))).text(),
      await structuredClone(own).text(),
      own.type,
    ];
    const copy = await repo.root.getFileHandle("copy", { create: true });
    const writable = await copy.createWritable();
    await writable.write(file);
    await writable.close();
    everything.push(await repo.fs.readFile("/copy", "utf8"));
    await repo.close();
    return { nothing, everything };
  }, KEY);
  expect(found).toEqual({
    nothing: [0, 0, 0, 0],
    everything: ["content", "content", "content", "content", "text/plain", "content"],
  });
});
