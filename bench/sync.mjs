/**
 * `npm run bench:sync`: what a synchronous call takes in a real Chromium, from one dedicated worker to the engine's and
 * back, in microseconds. Figures go into docs/ARCHITECTURE.md by hand. `-- --quick` is a trial run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { chromium } from "@playwright/test";
import { createServer } from "vite";
import { browserArguments, ensureBrowser } from "../scripts/browser.mjs";

const calls = argv.includes("--quick") ? 500 : 5000;
const server = await createServer({
  server: { port: 0, host: "127.0.0.1" },
  logLevel: "error",
  mode: "test",
});
await server.listen();
const profile = mkdtempSync(join(tmpdir(), "cofferfs-bench-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: ensureBrowser(),
  args: browserArguments(),
});
try {
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    console.error(error);
  });
  await page.goto(`${server.resolvedUrls?.local[0] ?? ""}bench/sync/index.html?isolated`);
  await page.waitForFunction(() => "syncBench" in window);
  for (const uri of ["opfs://bench", "mem://bench"])
    for (const pauseUs of [0, 20, 200]) {
      console.log(`\n${uri.slice(0, 4)}, ${pauseUs} µs between two calls: p50 / p90 / p99`);
      const figures = await page.evaluate(
        ([where, count, pause]) => window.syncBench(where, count, pause),
        /** @type {const} */ ([uri, calls, pauseUs]),
      );
      for (const { name, p50, p90, p99 } of figures)
        console.log(`  ${name}: ${p50} / ${p90} / ${p99}`);
    }
} finally {
  await context.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true });
}
