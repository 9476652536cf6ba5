/** The report of W8: a table of every operation over the steps, the ratio of its ends, and the curves. */
import type { ScalePoint } from "../scale/scale-step.js";
import { curvePlot, type Curve } from "./curve-plot.js";
import { show } from "./statistics.js";

export interface ScaleSeries {
  readonly name: string;
  readonly axis: "files" | "bytes";
  readonly steps: readonly { readonly at: number; readonly points: readonly ScalePoint[] }[];
}

const MIB = 1024 * 1024;
/** What the worker may hold: 16 MiB of nodes, 4 MiB of units, and 64 MiB besides. */
const MEMORY_BYTES = (16 + 4 + 64) * MIB;
const MOST_CACHED = 1.5;
const MOST_RANDOM = 2;

interface Row {
  readonly metric: string;
  readonly unit: ScalePoint["unit"];
  readonly values: readonly (readonly [at: number, value: number])[];
}

export function scaleMarkdown(all: readonly ScaleSeries[]): string {
  return ["# W8: scale", "", ...all.flatMap(seriesMarkdown)].join("\n");
}

function seriesMarkdown(series: ScaleSeries): string[] {
  const { name, axis, steps } = series;
  const columns = steps.map(({ at }) => nameOf(axis, at));
  return [
    `## ${name}`,
    "",
    `| | ${columns.join(" | ")} | last : first | at most | |`,
    `|---|${columns.map(() => "---:|").join("")}---:|---:|---|`,
    ...rowsOf(series).map((row) => {
      const cells = row.values.map(([, value]) => showIn(row.unit, value));
      const { grown, most, isMet } = judgeGrowth(row);
      const mark = isMet === undefined ? "" : isMet ? "met" : "**not met**";
      return `| ${row.metric} | ${cells.join(" | ")} | ${grown.toFixed(2)} | ${most} | ${mark} |`;
    }),
    "",
  ];
}

/** Every metric over the steps. */
export function rowsOf({ steps }: ScaleSeries): Row[] {
  const rows = new Map<
    string,
    { metric: string; unit: ScalePoint["unit"]; values: [number, number][] }
  >();
  for (const { at, points } of steps)
    for (const { metric, value, unit } of points) {
      const key = `${metric} ${unit}`;
      const row = rows.get(key) ?? { metric, unit, values: [] };
      row.values.push([at, value]);
      rows.set(key, row);
    }
  return [...rows.values()];
}

/** Whether a metric grew by no more than its target allows. */
export function judgeGrowth({ metric, unit, values }: Row): {
  readonly grown: number;
  readonly most: string;
  readonly isMet: boolean | undefined;
} {
  const [first, last] = [values[0]?.[1] ?? NaN, values.at(-1)?.[1] ?? NaN];
  const grown = last / first;
  if (unit === "bytes")
    return {
      grown,
      most: showIn("bytes", MEMORY_BYTES),
      isMet: values.every(([, bytes]) => bytes <= MEMORY_BYTES),
    };
  if (unit === "slots") return { grown, most: "", isMet: undefined };
  const most = metric.endsWith("cached") ? MOST_CACHED : MOST_RANDOM;
  return { grown, most: `${most} ×`, isMet: grown <= most };
}

export function scaleJson(series: readonly ScaleSeries[]): string {
  return `${JSON.stringify(series, undefined, 1)}\n`;
}

export function scalePlots(all: readonly ScaleSeries[]): Map<string, string> {
  return new Map(
    all.map((series) => {
      const { name, axis } = series;
      const curves = rowsOf(series)
        .filter(({ unit }) => unit === "ms")
        .map(({ metric, values }): Curve => ({ label: metric, points: values }));
      const title =
        axis === "files"
          ? `Time per call by number of files, ${name}`
          : "Time per call by size of a sparse file";
      const drawing = curvePlot(
        title,
        "Milliseconds; both axes are logarithmic",
        (x) => nameOf(axis, x),
        curves,
      );
      return [`scale-${name.replaceAll(" ", "-")}.svg`, drawing];
    }),
  );
}

function nameOf(axis: ScaleSeries["axis"], at: number): string {
  if (axis === "files") return at.toLocaleString("en").replaceAll(",", "\u202f");
  return at >= 1024 * MIB ? `${at / MIB / 1024} GiB` : `${at / MIB} MiB`;
}

function showIn(unit: ScalePoint["unit"], value: number): string {
  switch (unit) {
    case "ms":
      return `${value >= 10 ? value.toFixed(0) : value.toPrecision(2)} ms`;
    case "bytes":
      return `${(value / MIB).toFixed(1)} MiB`;
    case "slots":
      return show(value) + " slots";
  }
}
