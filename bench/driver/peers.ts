/** Installs the peers (bench/package.json) where they are missing or of another lockfile. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function installPeers(folder: string): void {
  const lockfile = readFileSync(join(folder, "package-lock.json"), "utf8");
  const installed = join(folder, "node_modules", ".installed-lockfile");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lockfile) return;
  console.error("Installing what the bench compares with (bench/package.json)");
  const { status } = spawnSync("npm", ["ci", "--silent", "--no-audit", "--ignore-scripts"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error("npm ci failed in bench/");
  writeFileSync(installed, lockfile);
}
