/**
 * A SyncFs does what node:fs's synchronous functions do: every scenario runs on both, in a thread that blocks while the
 * repo's engine works in this one.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { bundleThread, SyncThread } from "../../support/sync-thread.js";
import { scenarios } from "./scenarios.js";

let repo: Repo;
let thread: SyncThread;
let directory: string;
let removeScript: () => void;

beforeAll(async () => {
  const { script, remove } = await bundleThread();
  removeScript = remove;
  directory = mkdtempSync(join(tmpdir(), "cofferfs-sync-"));
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://sync", { rawKey, create: true, worker: fakeWorkers().factory });
  thread = new SyncThread(script, await repo.syncChannel());
});

afterAll(async () => {
  await thread.worker.terminate();
  await repo.close();
  rmSync(directory, { recursive: true });
  removeScript();
});

it.each(Object.keys(scenarios))("%s", async (name) => {
  const own = join(directory, "scenario");
  mkdirSync(own);
  try {
    const outcome = await thread.scenario(name, own);
    expect(outcome).not.toHaveProperty("thrown");
    const { ours, nodes } = (outcome as { result: { ours: string; nodes: string } }).result;
    expect(JSON.parse(ours)).toEqual(JSON.parse(nodes));
  } finally {
    rmSync(own, { recursive: true });
    for (const entry of await repo.fs.readdir("/"))
      await repo.fs.rm(`/${entry}`, { recursive: true });
  }
});
