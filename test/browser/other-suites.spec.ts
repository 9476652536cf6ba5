/**
 * In a real browser, on what it stores in: another project's tests of file systems (docs/OTHER-SUITES.md), and names that some systems
 * change or refuse, which are kept as Linux keeps them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { build, type Plugin } from "vite";
import type * as Api from "../../src/index.js";
import type * as Humanfs from "../other-suites/humanfs-cases.js";
import { HUMANFS_CASES } from "../other-suites/humanfs-cases.js";
import { tellNames } from "../suites/name-cases.js";
import type * as Names from "../suites/name-cases.js";

declare global {
  // The page puts them here, see PAGE.
  var suites: typeof Api & typeof Names & typeof Humanfs & { assert: AssertionsOnPage };
}

type AssertionsOnPage = Parameters<typeof Humanfs.humanfsCases>[1];

const PAGE = `<!doctype html><script type="module">
  const fail = (message) => { throw new Error(message); };
  const assert = {
    fail,
    ok: (value, message = "not so") => value || fail(message),
    strictEqual: (found, wanted) => Object.is(found, wanted) || fail(found + " is not " + wanted),
    deepStrictEqual: (found, wanted) => assert.strictEqual(JSON.stringify(found), JSON.stringify(wanted)),
    rejects: async (call, expected) => {
      const error = await (typeof call === "function" ? call() : call).then(() => fail("it does not reject"), (error) => error);
      if (expected instanceof RegExp) assert.ok(expected.test(String(error)), String(error));
      else if (expected !== undefined) fail("only patterns are understood");
    },
  };
  // All that humanfs asks of Node's global.
  globalThis.Buffer = { from: (bytes) => bytes.slice() };
  const parts = ["/src/index.ts", "/test/suites/name-cases.ts", "/humanfs.js"].map((path) => import(path));
  globalThis.suites = Object.assign({ assert }, ...(await Promise.all(parts)));
</script>`;

const KEY = Array<number>(32).fill(7);
let profile: string;
let context: BrowserContext;
let page: Page;

/** What of Node humanfs imports, for a page. */
const NODE_ON_PAGES: Plugin = {
  name: "node-on-pages",
  enforce: "pre",
  resolveId: (id) => (id.startsWith("node:") ? `\0${id}` : undefined),
  load: (id) =>
    ({
      "\0node:path": `
        export default {
          dirname: (path) => path.slice(0, path.lastIndexOf("/")) || "/",
          join: (...parts) => parts.join("/"),
        };`,
      "\0node:url": `export const fileURLToPath = (url) => decodeURIComponent(new URL(url).pathname);`,
      "\0node:fs/promises": `export default {};`,
    })[id],
};

/** humanfs's tests as a script for pages. */
async function bundleHumanfs(): Promise<string> {
  const entry = fileURLToPath(new URL("../other-suites/humanfs-cases.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    plugins: [NODE_ON_PAGES],
    build: { write: false, minify: false, lib: { entry, formats: ["es"] } },
  });
  const [bundle] = [built].flat();
  if (bundle === undefined || !("output" in bundle)) throw new Error("nothing was built");
  return bundle.output[0].code;
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-suites-"));
  context = await chromium.launchPersistentContext(profile);
  page = await context.newPage();
  const script = await bundleHumanfs();
  await page.route("**/suites.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  await page.route("**/humanfs.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }),
  );
  await page.goto(`${String(test.info().project.use.baseURL)}/suites.html`);
  await page.waitForFunction(() => "suites" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

/** What Linux makes of the names. */
async function namesOfLinux(): Promise<unknown> {
  const root = await mkdtemp(join(tmpdir(), "cofferfs-names-"));
  try {
    return await tellNames(nodeFs as unknown as Api.Repo["fs"], (path) => root + path);
  } finally {
    await rm(root, { recursive: true });
  }
}

for (const scheme of ["opfs", "idb"]) {
  test(`${scheme}: each of humanfs's tests passes on repo.fs`, async () => {
    const outcomes = await page.evaluate(
      async ([uri, key]) => {
        const { openRepo, humanfsCases, assert } = suites;
        const repo = await openRepo(uri, { rawKey: new Uint8Array(key), createNew: true });
        const found = await humanfsCases(repo.fs, assert);
        const { ok } = await repo.check();
        await repo.close();
        return [...found, { name: "the repo is whole", failure: ok ? undefined : "damaged" }].map(
          ({ name, failure }) => [name, failure === undefined ? "passed" : String(failure)],
        );
      },
      [`${scheme}://humanfs`, KEY] as const,
    );
    expect(outcomes.filter(([, outcome]) => outcome !== "passed")).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(HUMANFS_CASES);
  });

  test(`${scheme}: names are kept as on Linux, also after reopening`, async () => {
    const [told, listed, reopened] = await page.evaluate(
      async ([uri, key]) => {
        const { openRepo, tellNames } = suites;
        const rawKey = new Uint8Array(key);
        const repo = await openRepo(uri, { rawKey, createNew: true });
        const found = await tellNames(repo.fs, (path) => path);
        const kept = await repo.fs.readdir("/trees", { recursive: true });
        await repo.close();
        const again = await openRepo(uri, { rawKey });
        const then = await again.fs.readdir("/trees", { recursive: true });
        await again.close();
        return [found, kept, then];
      },
      [`${scheme}://names`, KEY] as const,
    );
    expect(told).toEqual(await namesOfLinux());
    expect(reopened).toEqual(listed);
  });
}
