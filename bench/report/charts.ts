/** Which bars are drawn from a run: one drawing for the README, and one for each workload. */
import type { Circumstances } from "../driver/record.js";
import type { Entrant, Sample, WorkloadId } from "../messages.js";
import { barChart, type Bar, type Panel } from "./bar-chart.js";
import { Results, summarize, type Result } from "./statistics.js";

interface PanelWish {
  readonly title: string;
  readonly workload: WorkloadId;
  readonly metric: string;
  /** Of a duration: how many files it is for, so that it becomes a rate. */
  readonly files?: number;
}

/** Beside the peers: of cofferfs what people choose by default, and of the limits what is the same work. */
const OWN_IN_OVERVIEW = new Set(["cofferfs opfs aes", "cofferfs idb aes", "raw pipeline aes 64K"]);
/** In the overview the slowest are left out, as long as they are not cofferfs. */
const MOST_BARS = 9;

export function chartsOf(
  { entrants, sizes, browser, cpu, cores }: Circumstances,
  samples: readonly Sample[],
): Map<string, string> {
  const results = new Results(summarize(samples), entrants);
  const where = `${browser}, ${cpu}, ${cores} cores. Medians; the thin lines are ranges. Longer is better.`;
  const wishes = wishesFor(sizes.treeFiles);
  const draw = (
    title: string,
    list: readonly PanelWish[],
    isOverview: boolean,
  ): string | undefined => {
    const panels = list
      .map((wish) => panelOf(results, wish, isOverview))
      .filter(({ bars }) => bars.length > 0);
    return panels.length === 0 ? undefined : barChart(title, where, panels);
  };
  const charts = new Map<string, string>();
  const add = (name: string, drawing: string | undefined): void => {
    if (drawing !== undefined) charts.set(name, drawing);
  };
  add("overview.svg", draw("cofferfs beside the others", wishes.overview, true));
  for (const [name, { title, panels }] of Object.entries(wishes.workloads))
    add(`${name}.svg`, draw(title, panels, false));
  return charts;
}

function wishesFor(files: number): {
  overview: PanelWish[];
  workloads: Record<string, { title: string; panels: PanelWish[] }>;
} {
  const w1: PanelWish[] = [
    { title: "W1 one large file: write and sync", workload: "W1", metric: "write+sync" },
    { title: "W1 one large file: read", workload: "W1", metric: "read" },
  ];
  const w2 = (
    [
      ["write", "write"],
      ["read", "read"],
      ["read, 16 at once", "read ×16"],
      ["write over, 16 at once", "write ×16"],
      ["stat", "stat"],
      ["readdir", "readdir"],
      ["unlink", "unlink"],
    ] as const
  ).map(([words, metric]): PanelWish => ({
    title: `W2 files of 4 KiB: ${words}`,
    workload: "W2",
    metric,
  }));
  const w3: PanelWish[] = [
    { title: "W3 random 4 KiB: read", workload: "W3", metric: "random read" },
    { title: "W3 random 4 KiB: write", workload: "W3", metric: "random write" },
  ];
  const w4: PanelWish[] = [
    { title: "W4 a source tree: import by file", workload: "W4", metric: "import", files },
    { title: "W4 a source tree: bulk import", workload: "W4", metric: "bulk import", files },
    { title: "W4 a source tree: cold read", workload: "W4", metric: "cold read", files },
  ];
  const w5: PanelWish[] = [
    { title: "W5 opening 10 000 files", workload: "W5", metric: "open, many files", files: 1 },
    { title: "W5 opening one file", workload: "W5", metric: "open, one file", files: 1 },
  ];
  return {
    overview: [
      ...w1,
      ...w2.slice(0, 2),
      ...w3,
      ...[w4[0], w4[2]].filter((wish) => wish !== undefined),
    ],
    workloads: {
      w1: { title: "W1: one file of 128 MiB in pieces of 1 MiB", panels: w1 },
      w2: { title: "W2: 1 000 files of 4 KiB", panels: w2 },
      w3: { title: "W3: random access in a file of 64 MiB", panels: w3 },
      w4: { title: "W4: a tree of 2 000 sources", panels: w4 },
      w5: { title: "W5: opening, to the first byte", panels: w5 },
    },
  };
}

function panelOf(results: Results, wish: PanelWish, isOverview: boolean): Panel {
  const { title, workload, metric, files } = wish;
  const found = results.all.filter(
    (result) => result.workload === workload && result.metric === metric,
  );
  const bars = found.flatMap((result) => {
    const entrant = results.entrants.find(({ name }) => name === result.entrant);
    if (entrant === undefined || (isOverview && isDetail(entrant))) return [];
    return barOf(result, entrant, files);
  });
  const [first] = found;
  const unit = files === undefined ? (first?.unit ?? "") : files === 1 ? "per s" : "files/s";
  const ordered = bars.toSorted((a, b) => b.value - a.value);
  return { title, unit, bars: isOverview ? shortened(ordered) : ordered };
}

function isDetail({ kind, name }: Entrant): boolean {
  return kind !== "peer" && !OWN_IN_OVERVIEW.has(name);
}

function shortened(bars: readonly Bar[]): Bar[] {
  const own = bars.filter(({ role }) => role === "own").length;
  let others = 0;
  return bars.filter(({ role }) => role === "own" || ++others <= MOST_BARS - own);
}

function barOf({ entrant, median, least, most }: Result, about: Entrant, files?: number): Bar {
  const rate = (value: number): number => (files === undefined ? value : (files * 1000) / value);
  const ends = [rate(least), rate(most)].toSorted((a, b) => a - b);
  return {
    label: entrant.replace("sqlite opfs-sahpool", "sqlite sahpool"),
    value: rate(median),
    range: [ends[0] ?? 0, ends[1] ?? 0],
    role: roleOf(about),
  };
}

function roleOf({ kind, isEncrypted }: Entrant): Bar["role"] {
  if (kind === "cofferfs") return "own";
  if (kind === "limit") return "limit";
  return isEncrypted ? "encrypted" : "plain";
}
