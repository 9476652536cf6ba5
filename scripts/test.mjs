/**
 * `npm test`: every check in order, each counted; the last line is the sum. `npm test -- unit` runs one
 * part (checks, unit, power-loss, e2e, consumers, package), further words are handed to its runner.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ passed: number, failed: number, skipped?: number }} Tally
 * @typedef {{ title: string, parts: Part[], run: () => Tally }} Step
 * @typedef {"checks" | "unit" | "power-loss" | "e2e" | "consumers" | "package"} Part
 * @typedef {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} VitestReport
 * @typedef {{ expected: number, unexpected: number, flaky: number, skipped: number }} PlaywrightStats
 * @typedef {{ stats: PlaywrightStats, errors: unknown[] }} PlaywrightReport
 */

/** @type {readonly Part[]} */
const PARTS = ["checks", "unit", "power-loss", "e2e", "consumers", "package"];
const STEP_TIMEOUT_MS = 90 * 60_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "cofferfs-test-"));

/** @param {string} word @returns {word is Part} */
const isPart = (word) => PARTS.some((part) => part === word);
const words = process.argv.slice(2);
const filters = words.filter((word) => !isPart(word));
const chosen = words.some(isPart) ? words.filter(isPart) : PARTS;
if (filters.length > 0 && chosen.length !== 1) {
  console.error(`Usage: npm test -- [${PARTS.join(" | ")}] [arguments for the runner]`);
  process.exit(2);
}

/** @type {Step[]} */
const steps = [
  check("browser", ["checks", "e2e", "consumers"], node("scripts/browser.mjs")),
  check("type check", ["checks"], tool("typescript/bin/tsc", "-b", "--pretty")),
  check("lint", ["checks"], tool("eslint/bin/eslint.js", ".", "--max-warnings", "0")),
  check("format", ["checks"], tool("prettier/bin/prettier.cjs", "--check", ".")),
  check(
    "layers",
    ["checks"],
    tool(
      "dependency-cruiser/bin/dependency-cruise.mjs",
      "--config",
      ".dependency-cruiser.cjs",
      "src",
    ),
  ),
  check("build", ["checks", "consumers", "package"], node("scripts/build.mjs")),
  vitest("unit"),
  vitest("power-loss"),
  playwright("e2e", "browser", "e2e"),
  playwright("consumers", "consumers"),
  { title: "lockfiles name no addresses", parts: ["package"], run: checkLockfile },
  check("unused code (knip)", ["package"], tool("knip/bin/knip.js", "--no-progress")),
  ...packedChecks(),
];

const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const summary = [];
try {
  for (const { title, parts, run } of steps) {
    if (!parts.some((part) => chosen.includes(part))) continue;
    console.log(`\n── ${title}`);
    const started = Date.now();
    const { passed, failed, skipped = 0 } = attempt(run);
    total.passed += passed;
    total.failed += failed;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const notRun = skipped > 0 ? `, ${skipped} skipped` : "";
    const line = `${failed === 0 ? "✓" : "✗"} ${title}: ${passed} passed, ${failed} failed${notRun} (${seconds} s)`;
    console.log(line);
    summary.push(line);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log(`\n${summary.join("\n")}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/**
 * One command that passes or fails as a whole.
 * @param {string} title
 * @param {Part[]} parts
 * @param {string[]} command
 * @returns {Step}
 */
function check(title, parts, command) {
  return { title, parts, run: () => verdict(execute(command)) };
}

/**
 * The tests of a Vitest project.
 * @param {"unit" | "power-loss"} project
 * @returns {Step}
 */
function vitest(project) {
  return {
    title: project,
    parts: [project],
    run() {
      const report = join(scratch, `${project}.json`);
      const succeeded = execute([
        ...tool("vitest/vitest.mjs", "run", "--project", project, "--allowOnly=false"),
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...filters,
      ]);
      const { testResults } = /** @type {VitestReport} */ (readReport(report));
      const tests = testResults.flatMap((file) => file.assertionResults);
      // A file that cannot be loaded has no tests to fail.
      const brokenFiles = testResults.filter(
        ({ status, assertionResults }) =>
          status === "failed" && assertionResults.every((test) => test.status !== "failed"),
      );
      const passed = tests.filter(({ status }) => status === "passed").length;
      const failed = tests.filter(({ status }) => status === "failed").length + brokenFiles.length;
      return honest({ passed, failed, skipped: tests.length - passed - failed }, succeeded);
    },
  };
}

/**
 * The tests of some Playwright projects.
 * @param {"e2e" | "consumers"} part
 * @param {string[]} projects
 * @returns {Step}
 */
function playwright(part, ...projects) {
  return {
    title: part,
    parts: [part],
    run() {
      const report = join(scratch, `${part}.json`);
      const succeeded = execute(
        [
          ...tool("@playwright/test/cli.js", "test", "--reporter=list,json"),
          ...projects.map((project) => `--project=${project}`),
          ...filters,
        ],
        { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      );
      const { stats, errors } = /** @type {PlaywrightReport} */ (readReport(report));
      return honest(
        {
          passed: stats.expected,
          failed: stats.unexpected + stats.flaky + errors.length,
          skipped: stats.skipped,
        },
        succeeded,
      );
    },
  };
}

/**
 * @param {string} path
 * @returns {unknown}
 */
function readReport(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Checks of the package as it would be published. */
function packedChecks() {
  /** @param {string} title @param {(tarball: string) => string[]} command @returns {Step} */
  const packed = (title, command) => ({
    title,
    parts: ["package"],
    run: () => verdict(execute(command(packedTarball()))),
  });
  return [
    packed("package (publint)", (tarball) =>
      tool("publint/src/cli.js", "run", tarball, "--strict"),
    ),
    packed("types (attw)", (tarball) =>
      tool("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only"),
    ),
    check("size", ["package"], node("scripts/size.mjs")),
  ];
}

function packedTarball() {
  const isTarball = (/** @type {string} */ name) => name.endsWith(".tgz");
  if (!readdirSync(scratch).some(isTarball)) {
    // dist/ was built by a step before this one.
    execute(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", scratch]);
  }
  const name = readdirSync(scratch).find(isTarball);
  if (name === undefined) throw new Error("npm pack made no tarball");
  return join(scratch, name);
}

/** Whoever installs takes the packages from the registry of their own choice. */
function checkLockfile() {
  const addresses = ["package-lock.json", "bench/package-lock.json"]
    .flatMap((path) => readFileSync(join(root, path), "utf8").split("\n"))
    .filter((line) => /"resolved": *"https?:/.test(line));
  console.log(addresses.slice(0, 5).join("\n"));
  return verdict(addresses.length === 0);
}

/** @param {() => Tally} run @returns {Tally} */
function attempt(run) {
  try {
    return run();
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  }
}

/** @param {boolean} succeeded @returns {Tally} */
function verdict(succeeded) {
  return succeeded ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * A runner that found nothing to run, or that failed though none of its tests did, has failed.
 * @param {Tally} tally
 * @param {boolean} succeeded
 * @returns {Tally}
 */
function honest(tally, succeeded) {
  const { passed, failed } = tally;
  if (failed > 0 || (succeeded && passed > 0)) return tally;
  console.error(passed === 0 ? "No test ran." : "The runner failed outside of its tests.");
  return { ...tally, failed: 1 };
}

/** @param {string} script @returns {string[]} */
function node(script) {
  return [process.execPath, script];
}

/**
 * A command-line tool of a development dependency, by the path of its script.
 * @param {string} script
 * @param {string[]} parameters
 */
function tool(script, ...parameters) {
  return [process.execPath, join("node_modules", script), ...parameters];
}

/**
 * Runs a command in the project's root with its output on the console.
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
function execute([program = "", ...parameters], env = {}) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: STEP_TIMEOUT_MS,
    shell: process.platform === "win32" && program === "npm",
  });
  if (error !== undefined) console.error(error);
  return status === 0;
}
