import { describe, expect, test } from "vitest";
import type { Entrant, Sample, Unit } from "../../../bench/messages.js";
import { median, ratio, Results, show, summarize } from "../../../bench/report/statistics.js";
import { judge, TARGETS, type Target } from "../../../bench/report/targets.js";

const sample = (entrant: string, metric: string, value: number, unit: Unit = "/s"): Sample => ({
  workload: "W2",
  entrant,
  metric,
  value,
  unit,
});

const entrant = (name: string, kind: Entrant["kind"], isEncrypted = false): Entrant => ({
  name,
  kind,
  store: "opfs",
  isEncrypted,
  workloads: ["W2"],
  page: "isolated",
});

describe("figures", () => {
  test("a median is the middle value, or the mean of the two", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow("no values");
  });

  test("the turns of one entrant become one result with its range", () => {
    const results = summarize([
      sample("a", "read", 30),
      sample("b", "read", 7),
      sample("a", "read", 10),
      sample("a", "write", 1),
      sample("a", "read", 20),
    ]);
    expect(results.map(({ entrant: name, metric }) => `${name} ${metric}`)).toEqual([
      "a read",
      "b read",
      "a write",
    ]);
    expect(results[0]).toMatchObject({ median: 20, least: 10, most: 30, values: [30, 10, 20] });
  });

  test("a ratio above one is faster, for rates and for durations", () => {
    const [rate, slower, short, long] = summarize([
      sample("a", "read", 200),
      sample("b", "read", 100),
      sample("a", "import", 50, "ms"),
      sample("b", "import", 200, "ms"),
    ]);
    if (!rate || !slower || !short || !long) throw new Error("four results were expected");
    expect(ratio(rate, slower)).toBe(2);
    expect(ratio(short, long)).toBe(4);
  });

  test("the fastest of some is the one of the highest rate, or of the shortest time", () => {
    const entrants = [entrant("own", "cofferfs"), entrant("p", "peer"), entrant("q", "peer", true)];
    const results = new Results(
      summarize([
        sample("own", "read", 900),
        sample("p", "read", 100),
        sample("q", "read", 300),
        sample("p", "import", 20, "ms"),
        sample("q", "import", 60, "ms"),
      ]),
      entrants,
    );
    const isPeer = ({ kind }: Entrant): boolean => kind === "peer";
    expect(results.fastest("W2", "read", isPeer)?.entrant).toBe("q");
    expect(results.fastest("W2", "import", isPeer)?.entrant).toBe("p");
    expect(results.fastest("W2", "read", ({ store }) => store === "idb")).toBeUndefined();
  });

  test("numbers are shown with three digits at most", () => {
    expect([0.0123, 1.25, 12.34, 123.4, 12345].map(show)).toEqual([
      "0.012",
      "1.3",
      "12.3",
      "123",
      "12\u202f345",
    ]);
  });
});

describe("targets", () => {
  const results = (value: number): Results =>
    new Results(
      summarize([
        sample("cofferfs opfs aes", "write", value),
        sample("lightning-fs", "write", 100),
        sample("slow", "write", 10),
      ]),
      [
        entrant("cofferfs opfs aes", "cofferfs", true),
        entrant("lightning-fs", "peer"),
        entrant("slow", "peer"),
      ],
    );
  const write = TARGETS.filter(
    ({ workload, what }) => workload === "W2" && what === "write",
  ) satisfies Target[];

  test("a target is met from its ratio to the fastest on", () => {
    const verdict = (value: number): unknown =>
      judge(write, results(value)).map(({ measured, isMet }) => [measured?.ratio, isMet]);
    expect(verdict(400)).toEqual([[4, true]]);
    expect(verdict(396)).toEqual([[3.96, false]]);
  });

  test("what a run has not measured is neither met nor missed", () => {
    const judged = judge(TARGETS, results(400));
    const unknown = judged.filter(({ measured }) => measured === undefined);
    expect(unknown).toHaveLength(TARGETS.length - 1);
    expect(unknown.every(({ isMet }) => isMet === undefined)).toBe(true);
  });

  test("every workload has its targets", () => {
    expect(new Set(TARGETS.map(({ workload }) => workload))).toEqual(
      new Set(["W1", "W2", "W3", "W4", "W5", "W6", "W7"]),
    );
  });
});
