import { createServer, type AddressInfo } from "node:net";
import { defineConfig } from "@playwright/test";
import { browserArguments, findBrowser } from "./scripts/browser.mjs";

// The configuration is read by the runner and again by its workers, which inherit the runner's environment.
const port = (process.env["COFFERFS_TEST_PORT"] ??= String(await freePort()));
const origin = `http://127.0.0.1:${port}`;
const executablePath = findBrowser();

export default defineConfig({
  outputDir: `test-results/${port}`,
  forbidOnly: true,
  workers: 2,
  // No test measures time: these only end what hangs, also where others keep the disk busy for seconds.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  use: {
    baseURL: origin,
    // These hold for chromium.launchPersistentContext() too.
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: browserArguments(),
    },
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js --mode test --port ${port} --strictPort`,
    url: `${origin}/package.json`,
    stdout: "ignore",
    stderr: "pipe",
  },
  projects: [
    { name: "browser", testDir: "test/browser" },
    { name: "e2e", testDir: "e2e" },
    { name: "consumers", testDir: "test/consumers", timeout: 300_000 },
  ],
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => {
        resolve(free);
      });
    });
  });
}
