/**
 * Finds a Chromium for the tests, or installs one: COFFERFS_CHROMIUM, Playwright's own, the system's,
 * then `playwright install`, then the system's package manager. Run alone it prints the path.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const SYSTEM_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
];
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** What every launch gets: nothing that calls home, and as root no sandbox, which refuses to start there. */
export function browserArguments() {
  return [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
}

/**
 * The path of a Chromium that is there, or undefined.
 * @returns {string | undefined}
 */
export function findBrowser() {
  const chosen = process.env["COFFERFS_CHROMIUM"];
  if (chosen !== undefined && chosen !== "") {
    if (!isExecutable(chosen)) throw new Error(`COFFERFS_CHROMIUM: ${chosen} cannot be run`);
    return chosen;
  }
  const own = chromium.executablePath();
  if (own !== "" && isExecutable(own)) return own;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...MAC_PATHS].find(isExecutable);
}

/**
 * The path of a Chromium, installed if need be.
 * @returns {string}
 */
export function ensureBrowser() {
  const found = findBrowser();
  if (found !== undefined && starts(found)) return found;
  console.log("No Chromium that starts; installing one.");
  for (const install of [installWithPlaywright, installWithApt]) {
    install();
    const installed = findBrowser();
    if (installed !== undefined && starts(installed)) return installed;
  }
  throw new Error("no Chromium: install one and set COFFERFS_CHROMIUM to its path");
}

/**
 * A browser may be there without the system libraries that it needs.
 * @param {string} path
 */
function starts(path) {
  return spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0;
}

function installWithPlaywright() {
  const cli = fileURLToPath(import.meta.resolve("@playwright/test/cli"));
  const isRoot = process.getuid?.() === 0;
  // The libraries that the browser needs can be installed by root only.
  run(process.execPath, [cli, "install", ...(isRoot ? ["--with-deps"] : []), "chromium"]);
}

function installWithApt() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  run("apt-get", ["update"]);
  run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env });
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(ensureBrowser());
