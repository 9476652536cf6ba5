import { expect, test } from "@playwright/test";
import type { BenchSizes, WorkloadId } from "../../bench/messages.js";
import { packTree } from "../../bench/source-tree.js";

const MIB = 1024 * 1024;
const SIZES: BenchSizes = {
  largeBytes: MIB,
  files: 8,
  randomBytes: MIB,
  accesses: 8,
  treeFiles: 6,
  openFiles: 8,
  openings: 1,
  limitMs: 1000,
};

/** What each workload measures, on the entrant that tells. */
const METRICS: readonly (readonly [WorkloadId, string, string[]])[] = [
  ["W1", "cofferfs opfs aes", ["write+sync", "read"]],
  [
    "W2",
    "cofferfs opfs aes",
    ["write", "sync", "read", "read ×16", "stat", "readdir", "write ×16", "unlink"],
  ],
  ["W3", "cofferfs opfs aes", ["random read", "random write"]],
  ["W4", "cofferfs opfs aes", ["import", "bulk import", "cold read"]],
  ["W5", "cofferfs opfs aes", ["open, one file", "open, many files", "many files"]],
  ["W6", "cofferfs opfs aes dedup", ["first import", "second import", "growth of content"]],
  ["W1", "raw pipeline aes 64K", ["write+sync", "read"]],
  ["W1", "raw indexeddb rows", ["write+sync", "read"]],
  ["W3", "raw indexeddb rows", ["random read"]],
  ["W2", "opfs file creation", ["write"]],
  ["W3", "opfs two flushes", ["random write"]],
  ["W2", "comlink", ["round trip"]],
];

test("every workload of the bench measures what its targets are about", async ({ page }) => {
  const text = new TextEncoder().encode("export const answer = 42;\n".repeat(50));
  const files = Array.from({ length: 6 }, (_, i) => ({
    path: `/a/b${i % 2}/f${i}.ts`,
    bytes: text,
  }));
  await page.route("**/bench-tree", (route) =>
    route.fulfill({ body: Buffer.from(packTree(files)) }),
  );
  await page.goto("/bench/index.html?isolated");
  await page.waitForFunction(() => "bench" in window);
  for (const [workload, entrant, metrics] of METRICS) {
    const samples = await page.evaluate(([id, name, sizes]) => window.bench.run(id, name, sizes), [
      workload,
      entrant,
      SIZES,
    ] as const);
    expect(
      samples.map(({ metric }) => metric),
      `${workload} ${entrant}`,
    ).toEqual(metrics);
    for (const { metric, value } of samples.filter(({ unit }) => unit !== "%"))
      expect(value, `${workload} ${entrant} ${metric}`).toBeGreaterThan(0);
  }
});

test("the curves of the bench tell time, slots and size for each step", async ({ page }) => {
  await page.goto("/bench/index.html?isolated");
  await page.waitForFunction(() => "bench" in window);
  const metrics = (points: { metric: string; unit: string }[]): string[] =>
    points.map(({ metric, unit }) => `${metric} ${unit}`);
  const files = await page.evaluate(() =>
    window.bench.scale({ kind: "files", layout: "spread", files: 300 }),
  );
  expect(metrics(files)).toEqual(
    expect.arrayContaining(["open ms", "open slots", "stat, random ms", "readdir page ms"]),
  );
  const size = await page.evaluate(([bytes]) => window.bench.scale({ kind: "size", bytes }), [
    64 * MIB,
  ] as const);
  expect(metrics(size)).toEqual(
    expect.arrayContaining(["read 4 KiB, random ms", "read 4 KiB of a hole ms"]),
  );
  await page.evaluate(() => window.bench.scale({ kind: "end" }));
});
