/** The suite of the port on the stores that need no browser; the others run it in e2e. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { encodeContainerName } from "../../../src/backends/container-name.js";
import { FileStoreProvider } from "../../../src/backends/file/file-store.js";
import { MemoryStoreProvider } from "../../../src/backends/memory/memory-store.js";
import { SimulatedDiskProvider } from "../../simulated-disk/simulated-disk.js";
import { blockStoreCases } from "../../suites/block-store-suite.js";
import type { BlockStoreSubject } from "../../suites/block-store-suite.js";

const folder = mkdtempSync(join(tmpdir(), "cofferfs-suite-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const takeover = { writers: "takeover", unwritten: "bytes" } as const;
const subjects: Record<string, () => BlockStoreSubject> = {
  memory: () => ({ provider: new MemoryStoreProvider(), ...takeover }),
  "a file": () => ({
    provider: new FileStoreProvider({
      pathOf: (name) => join(folder, encodeContainerName(name)),
      busyWaitMs: 50,
    }),
    writers: "exclusive",
    unwritten: "bytes",
  }),
  "simulated disk": () => ({ provider: new SimulatedDiskProvider({ record: true }), ...takeover }),
  "simulated disk, ordered": () => ({
    provider: new SimulatedDiskProvider({ orderedWrites: true }),
    ...takeover,
  }),
  "simulated disk, weak flushes, shuffled completions": () => ({
    provider: new SimulatedDiskProvider({ weakFlushes: 2, maxTurns: 8, seed: 11 }),
    ...takeover,
  }),
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(name, () => {
    for (const one of blockStoreCases) {
      test.skipIf(!one.appliesTo(subject()))(one.name, () => one.run(subject()));
    }
  });
}

test("the suite has no empty or doubled promises", () => {
  expect(blockStoreCases.length).toBeGreaterThanOrEqual(50);
  expect(new Set(blockStoreCases.map(({ name }) => name)).size).toBe(blockStoreCases.length);
});

test("a memory container that may not grow further rejects with ENOSPC and goes on", async () => {
  const store = await new MemoryStoreProvider({ maxSlots: 2 }).open("full", "create");
  store.setSlotBytes(4096);
  await store.resize(2);
  await expect(store.resize(3)).rejects.toMatchObject({ code: "ENOSPC" });
  expect(store.slotCount).toBe(2);
  await store.resize(1);
  await store.resize(2);
  expect(store.slotCount).toBe(2);
});
