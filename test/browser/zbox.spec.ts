/**
 * ZboxFS's shape in a real browser with a real profile: every case of the suites on OPFS and on IndexedDB, and the example of
 * the README as it stands.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import type * as Binding from "../../src/zbox/index.js";
import { bindingCases, type BindingCase } from "../suites/zbox-binding-cases.js";
import { zboxCases, type ZboxCase } from "../suites/zbox-cases.js";

declare global {
  // The page puts them here, see PAGE.
  var zboxApi: typeof Api;
  var zboxBinding: typeof Binding;
  var zboxSuite: readonly ZboxCase[];
  var bindingSuite: readonly BindingCase[];
  var zboxUris: number;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.zboxUris = 0;
  globalThis.zboxApi = await import("/src/index.ts");
  globalThis.zboxBinding = await import("/src/zbox/index.ts");
  globalThis.zboxSuite = (await import("/test/suites/zbox-cases.ts")).zboxCases;
  globalThis.bindingSuite = (await import("/test/suites/zbox-binding-cases.ts")).bindingCases;
  globalThis.loaded = true;
</script>`;

let profile: string;
let context: BrowserContext;
let page: Page;

async function openPage(body: string): Promise<Page> {
  const opened = await context.newPage();
  await opened.route("**/zbox.html", (route) => route.fulfill({ contentType: "text/html", body }));
  await opened.goto(`${String(test.info().project.use.baseURL)}/zbox.html`);
  return opened;
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-zbox-"));
  context = await chromium.launchPersistentContext(profile);
  page = await openPage(PAGE);
  await page.waitForFunction(() => "loaded" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

for (const scheme of ["opfs", "idb"] as const)
  test.describe(`${scheme}://`, () => {
    for (const [index, { name }] of zboxCases.entries())
      test(name, async () => {
        const run = async ([prefix, at]: readonly [string, number]): Promise<string> => {
          const newUri = (): string => `${prefix}://zbox-${++zboxUris}`;
          await zboxSuite[at]?.run({ api: zboxApi, newUri });
          return zboxSuite[at]?.name ?? "";
        };
        expect(await page.evaluate(run, [scheme, index] as const)).toBe(name);
      });

    for (const [index, { name }] of bindingCases.entries())
      test(`cofferfs/zbox: ${name}`, async () => {
        const run = async ([prefix, at]: readonly [string, number]): Promise<string> => {
          const newUri = (): string => `${prefix}://binding-${++zboxUris}`;
          await bindingSuite[at]?.run({ binding: zboxBinding, newUri });
          return bindingSuite[at]?.name ?? "";
        };
        expect(await page.evaluate(run, [scheme, index] as const)).toBe(name);
      });
  });

test("the README's example runs as it stands", async () => {
  const readme = await readFile(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
  const example = /```js\n(import \{ Zbox \}.*?)```/s.exec(readme)?.[1] ?? "";
  expect(example).toContain("zbox.exit()");
  const imports = JSON.stringify({ imports: { "cofferfs/zbox": "/src/zbox/index.ts" } });
  const opened = await openPage(
    `<!doctype html><script type="importmap">${imports}</script>
     <script type="module">${example}; globalThis.result = str;</script>`,
  );
  await opened.waitForFunction(() => "result" in globalThis);
  expect(await opened.evaluate("result")).toBe("Hello, World!");
  await opened.close();
});
