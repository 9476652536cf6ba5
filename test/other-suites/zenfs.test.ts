/**
 * ZenFS's tests of file systems, as its package ships them, on repo.fs and cofferfs/sync: what it runs on each of its backends and on
 * Node's own fs. Its interface for that is a module that exports `fs`, whose path is in the environment.
 */
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { readdirSync } from "node:fs";
import { collector } from "./node-test.js";
import { verdicts } from "./verdicts.js";
import { ZENFS_EXCLUSIONS } from "./zenfs-exclusions.js";
import type { Outcome } from "./case-collector.js";

vi.mock("node:test", async () => {
  const registering = await import("./node-test.js");
  return { ...registering, default: registering.test };
});

const FOLDER = new URL("fs/", import.meta.resolve("@zenfs/core/tests/common.ts"));

// Some of its cases wait for a second at most, which a busy machine may need.
const timer = globalThis.setTimeout;
vi.stubGlobal("setTimeout", (call: () => void, delayMs = 0, ...args: []) =>
  timer(call, delayMs < 1000 ? delayMs : 100_000, ...args),
);

process.env["SETUP"] = fileURLToPath(new URL("zenfs-setup.ts", import.meta.url));
const { begin, end } = await import("./zenfs-setup.js");

const outcomes: Outcome[] = [];
for (const file of readdirSync(FOLDER).sort()) {
  await begin();
  await import(new URL(file, FOLDER).href);
  for (const { name, failure } of await collector.run())
    outcomes.push({ name: `${file}: ${name}`, failure });
}
await end();

verdicts(outcomes, ZENFS_EXCLUSIONS, 203);
