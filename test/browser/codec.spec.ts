/**
 * The codecs where they are to run: in a dedicated worker, under the policy that docs/SECURITY.md recommends. A
 * worker's policy comes with its own script, so every answer carries it.
 */
import { expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { codecReport, type CodecReport } from "./codec-report.js";

const WORKER = "/test/browser/codec-worker.ts";
const RECOMMENDED = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** Serves everything with `policy` and gives a page of that origin. */
async function pageUnder(policy: string, context: BrowserContext): Promise<Page> {
  await context.route("**/*", async (route) => {
    if (new URL(route.request().url()).pathname === "/empty") {
      await route.fulfill({
        body: "<!doctype html>",
        headers: { "content-type": "text/html", "content-security-policy": policy },
      });
      return;
    }
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-security-policy": policy };
    await route.fulfill({ response, headers });
  });
  const page = await context.newPage();
  await page.goto("/empty");
  return page;
}

/** What the worker tells, or why it could not. */
function ask(page: Page, name: string): Promise<CodecReport | string> {
  return page.evaluate(
    ([url, message]) =>
      new Promise<CodecReport | string>((resolve, reject) => {
        const worker = new Worker(url, { type: "module" });
        worker.onmessage = ({ data }: MessageEvent<CodecReport | string>) => {
          resolve(data);
          worker.terminate();
        };
        worker.onerror = (event) => {
          reject(new Error(event.message));
        };
        worker.postMessage(message);
      }),
    [WORKER, name] as const,
  );
}

for (const name of ["lz4", "zstd"] as const) {
  test(`${name} works in a worker without unsafe-eval`, async ({ context }) => {
    const report = await ask(await pageUnder(RECOMMENDED, context), name);
    expect(report).toMatchObject({
      codec: name === "lz4" ? 1 : 2,
      isSame: true,
      noise: "undefined",
      truncated: "MalformedBytes",
      evaluation: "EvalError",
    });
  });

  test(`${name} and the cuts are in a browser what they are in Node`, async ({ context }) => {
    const here = await codecReport(name);
    expect(here.evaluation).toBe("none");
    const there = await ask(await pageUnder(RECOMMENDED, context), name);
    expect(there).toEqual({ ...here, evaluation: "EvalError" });
  });

  test(`${name} fails to load, and says so, where WASM is forbidden`, async ({ context }) => {
    const report = await ask(await pageUnder("script-src 'self'", context), name);
    expect(report).toMatch(/CompileError|WebAssembly/);
  });

  test(`${name} fetches no file but its own script`, async ({ context }) => {
    const page = await pageUnder(`${RECOMMENDED}; connect-src 'none'`, context);
    expect(await ask(page, name)).toMatchObject({ isSame: true });
  });
}
