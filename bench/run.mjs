/**
 * `npm run bench`: runs the workloads in a real Chromium on a persistent profile, the subjects in turn
 * within each repetition, and prints medians, ranges and ratios to the raw pipeline. `-- --quick` is a
 * trial run; `-- W1 W3` runs these workloads only. Writes docs/bench/results.json and results.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { chromium } from "@playwright/test";
import { createServer } from "vite";
import { browserArguments, ensureBrowser } from "../scripts/browser.mjs";
import { toMarkdown } from "./report.mjs";

const MIB = 1024 * 1024;
const WORKLOADS = /** @type {const} */ (["W1", "W2", "W3", "W5"]);
const CIPHERS = /** @type {const} */ (["aes-256-gcm", "xchacha20-poly1305"]);
const RAW_UNIT_BYTES = 64 * 1024;
const quick = argv.includes("--quick");
const wanted = argv.slice(2).filter((word) => /^W\d$/.test(word));

const options = quick
  ? {
      repetitions: 1,
      largeBytes: 32 * MIB,
      files: 200,
      randomBytes: 16 * MIB,
      accesses: 300,
      openFiles: 1000,
    }
  : {
      repetitions: 5,
      largeBytes: 128 * MIB,
      files: 1000,
      randomBytes: 64 * MIB,
      accesses: 2000,
      openFiles: 10_000,
    };

/**
 * Which subjects a workload is run on; W5 of one file per file takes minutes to set up.
 * @param {string} workload
 * @param {string} subject
 */
function applies(workload, subject) {
  if (subject.endsWith("strict")) return workload === "W2" || workload === "W3";
  if (subject === "plain opfs") return workload !== "W5";
  return true;
}

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
  const origin = server.resolvedUrls?.local[0] ?? "";
  await page.goto(`${origin}bench/index.html?isolated`);
  await page.waitForFunction(() => "bench" in window);
  const subjects = await page.evaluate(() => window.bench.subjects);
  /** @type {import("./messages.js").Sample[]} */
  const samples = [];
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const workload of WORKLOADS) {
      if (wanted.length > 0 && !wanted.includes(workload)) continue;
      if (workload === "W1")
        for (const cipher of CIPHERS)
          samples.push(
            ...(await page.evaluate(
              ([c, unitBytes, o]) => window.bench.raw(c, unitBytes, o),
              /** @type {const} */ ([cipher, RAW_UNIT_BYTES, options]),
            )),
          );
      for (const subject of subjects.filter((name) => applies(workload, name))) {
        console.error(`${repetition + 1}/${options.repetitions} ${workload} ${subject}`);
        samples.push(
          ...(await page.evaluate(
            ([w, name, o]) => window.bench.run(w, name, o),
            /** @type {const} */ ([workload, subject, options]),
          )),
        );
      }
    }
  }
  const version =
    /Chrom\w*\/[\d.]+/.exec(await page.evaluate(() => navigator.userAgent))?.[0] ?? "?";
  const run = {
    date: new Date().toISOString().slice(0, 10),
    browser: version,
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    options,
    samples,
  };
  const markdown = toMarkdown(run);
  console.log(markdown);
  if (!quick && wanted.length === 0) {
    mkdirSync("docs/bench", { recursive: true });
    writeFileSync("docs/bench/results.json", JSON.stringify(run, undefined, 1) + "\n");
    writeFileSync("docs/bench/results.md", markdown);
  }
} finally {
  await context.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true });
}
