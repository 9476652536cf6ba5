import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isWanted, parseChoices } from "../../../bench/driver/choices.js";
import { isSpent, planJobs } from "../../../bench/driver/plan.js";
import { BenchRecord, type Circumstances } from "../../../bench/driver/record.js";
import { FULL_SIZES, QUICK_SIZES, type Entrant } from "../../../bench/messages.js";
import { barChart } from "../../../bench/report/bar-chart.js";
import { judgeGrowth, rowsOf } from "../../../bench/report/scale-report.js";
import { packTree, unpackTree } from "../../../bench/source-tree.js";
import { WholeFile } from "../../../bench/subjects/whole-file.js";
import { randomPlaces } from "../../../bench/workloads/random-access.js";

const entrant = (
  name: string,
  store: Entrant["store"],
  ...workloads: Entrant["workloads"]
): Entrant => ({
  name,
  kind: "peer",
  store,
  isEncrypted: false,
  workloads,
  page: "isolated",
});

describe("a run", () => {
  test("entrants take turns within each workload of each repetition", () => {
    const jobs = planJobs([entrant("a", "opfs", "W1", "W2"), entrant("b", "idb", "W1")], 2);
    expect(jobs.map((job) => `${job.repetition} ${job.workload} ${job.entrant}`)).toEqual([
      "0 W1 a",
      "0 W1 b",
      "0 W2 a",
      "1 W1 a",
      "1 W1 b",
      "1 W2 a",
    ]);
  });

  test("who has spent its share, or has failed, gets no more turns, but two to be slow", () => {
    const job = (repetition: number) => ({ repetition, workload: "W1", entrant: "a" }) as const;
    expect(isSpent(job(1), 1e9, false)).toBe(false);
    expect(isSpent(job(2), 1e9, false)).toBe(true);
    expect(isSpent(job(2), 10, false)).toBe(false);
    expect(isSpent(job(1), 10, true)).toBe(true);
  });

  test("W7 is W1 to W4 of what is in IndexedDB", () => {
    const choices = parseChoices(["W7", "W6"]);
    if (choices === undefined) throw new Error("no help was asked for");
    expect(isWanted(choices, "W1", entrant("a", "idb"))).toBe(true);
    expect(isWanted(choices, "W5", entrant("a", "idb"))).toBe(false);
    expect(isWanted(choices, "W1", entrant("a", "opfs"))).toBe(false);
    expect(isWanted(choices, "W6", entrant("a", "opfs"))).toBe(true);
    expect(() => parseChoices(["W9"])).toThrow("W9 is no workload");
  });
});

describe("a record", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cofferfs-record-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const circumstances: Circumstances = {
    date: "2026-01-01",
    browser: "Chrome/1",
    cpu: "",
    cores: 2,
    tree: "",
    sizes: FULL_SIZES,
    entrants: [],
  };
  const job = { repetition: 0, workload: "W1", entrant: "a" } as const;

  test("a run that was broken off goes on with what it had", () => {
    const path = join(folder, "deep", "turns.jsonl");
    const record = new BenchRecord(path, false);
    record.begin(circumstances);
    record.add({ ...job, ms: 70, samples: [{ ...job, metric: "read", value: 1, unit: "/s" }] });
    record.add({ ...job, entrant: "b", ms: 5, samples: [], reason: "it broke" });

    const again = new BenchRecord(path, true);
    again.begin(circumstances);
    expect(again.has(job)).toBe(true);
    expect(again.has({ ...job, repetition: 1 })).toBe(false);
    expect(again.spentMs(job)).toBe(70);
    expect(again.hasFailed({ ...job, entrant: "b" })).toBe(true);
    expect(again.failures).toEqual([{ workload: "W1", entrant: "b", reason: "it broke" }]);
    expect(again.samples).toHaveLength(1);

    expect(new BenchRecord(path, false).samples).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("turns of other sizes are not mixed", () => {
    const path = join(folder, "turns.jsonl");
    new BenchRecord(path, false).begin(circumstances);
    expect(() => {
      new BenchRecord(path, true).begin({ ...circumstances, sizes: QUICK_SIZES });
    }).toThrow("of other sizes");
  });
});

describe("what is measured with", () => {
  test("a tree arrives as it was packed, parents before their children", () => {
    const files = [
      { path: "/p/lib/deep/a.js", bytes: new Uint8Array([1, 2]) },
      { path: "/p/b.js", bytes: new Uint8Array() },
      { path: "/q/c.js", bytes: new Uint8Array([3]) },
    ];
    const packed = packTree(files);
    const tree = unpackTree(new Uint8Array(packed).buffer, 2);
    expect(tree.files).toEqual(files.slice(0, 2));
    expect(tree.folders).toEqual(["/p", "/p/lib", "/p/lib/deep"]);
  });

  test("random places are whole blocks of the file, spread over it, and the same every time", () => {
    const bytes = 64 * 1024 * 1024;
    const places = randomPlaces(bytes, 2000);
    expect(places.every((at) => at % 4096 === 0 && at < bytes)).toBe(true);
    expect(new Set(places).size).toBeGreaterThan(1800);
    expect(randomPlaces(bytes, 2000)).toEqual(places);
  });

  test("a file of who has whole files only is written once and read once from start to end", async () => {
    const calls: string[] = [];
    let stored: Uint8Array = new Uint8Array();
    const file = new WholeFile(
      {
        writeFile: async (_, bytes) => {
          calls.push(`write ${bytes.length}`);
          stored = bytes.slice();
        },
        readFile: async () => {
          calls.push("read");
          return stored.slice();
        },
      },
      "/a",
    );
    await file.write(new Uint8Array([1, 2]), 0);
    await file.write(new Uint8Array([3, 4]), 2);
    await file.sync();
    expect([...(await file.read(2, 0)), ...(await file.read(2, 2))]).toEqual([1, 2, 3, 4]);
    expect(calls).toEqual(["write 4", "read"]);
    await file.write(new Uint8Array([9]), 1);
    expect([...(await file.read(3, 0))]).toEqual([1, 9, 3]);
    expect(calls.slice(2)).toEqual(["read", "write 4", "read"]);
  });
});

describe("drawings and curves", () => {
  test("bars are as long as their values, and names are no markup", () => {
    const svg = barChart("t", "n", [
      {
        title: "<p> & more",
        unit: "/s",
        bars: [
          { label: "a", value: 100, range: [100, 100], role: "own" },
          { label: "b", value: 50, range: [50, 50], role: "plain" },
        ],
      },
    ]);
    const widths = [...svg.matchAll(/width="([\d.]+)" height="13"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths[0]).toBeCloseTo(2 * (widths[1] ?? 0), 0);
    expect(svg).toContain("&lt;p&gt; &amp; more");
  });

  test("growth is held against what is allowed for cached and for random calls", () => {
    const step = (at: number, cached: number, random: number, bytes: number) => ({
      at,
      points: [
        { metric: "stat, cached", value: cached, unit: "ms" },
        { metric: "stat, random", value: random, unit: "ms" },
        { metric: "worker memory", value: bytes, unit: "bytes" },
      ] as const,
    });
    const rows = rowsOf({
      name: "spread",
      axis: "files",
      steps: [step(1000, 1, 1, 10e6), step(1_000_000, 1.6, 1.6, 30e6)],
    });
    expect(rows.map(judgeGrowth).map(({ isMet }) => isMet)).toEqual([false, true, true]);
  });
});
