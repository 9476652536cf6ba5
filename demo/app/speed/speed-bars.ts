/** Bars for one figure, as a table, so that they can be read without being seen. */
import type { Result } from "../../../bench/report/statistics.js";
import { show } from "../../../bench/report/statistics.js";
import { h } from "../shared/dom.js";

export interface FigureWish {
  readonly workload: string;
  readonly metric: string;
  readonly title: string;
}

/** What is drawn; the copied JSON has all of it. */
export const DRAWN: readonly FigureWish[] = [
  { workload: "W1", metric: "write+sync", title: "One large file: write and sync" },
  { workload: "W1", metric: "read", title: "One large file: read" },
  { workload: "W2", metric: "write", title: "Small files: write" },
  { workload: "W2", metric: "read", title: "Small files: read" },
  { workload: "W2", metric: "read ×16", title: "Small files: read, 16 at once" },
  { workload: "W2", metric: "stat", title: "Small files: stat" },
  { workload: "W2", metric: "unlink", title: "Small files: delete" },
  { workload: "W3", metric: "random read", title: "Random 4 KiB: read" },
  { workload: "W3", metric: "random write", title: "Random 4 KiB: write" },
  { workload: "W5", metric: "open, many files", title: "Opening a store of many files" },
];

/** In the order of the list; nothing for what has not been measured. */
export function figureTables(results: readonly Result[]): HTMLElement[] {
  return DRAWN.flatMap(({ workload, metric, title }) => {
    const found = results.filter(
      (result) => result.workload === workload && result.metric === metric,
    );
    return found.length === 0 ? [] : [figureTable(title, found)];
  });
}

function figureTable(title: string, results: readonly Result[]): HTMLElement {
  const unit = results[0]?.unit ?? "";
  const isDuration = unit === "ms";
  const most = Math.max(...results.map(({ median }) => median));
  const ordered = results.toSorted((a, b) => (isDuration ? 1 : -1) * (a.median - b.median));
  return h(
    "table",
    { class: "speed-figure", testId: "speed-figure" },
    h(
      "caption",
      {},
      title,
      h("span", { class: "speed-unit" }, isDuration ? "ms, shorter is better" : unit),
    ),
    h("tbody", {}, ...ordered.map((result) => barRow(result, most))),
  );
}

function barRow({ entrant, median, unit }: Result, most: number): HTMLElement {
  const kind = entrant.startsWith("cofferfs") ? "own" : "other";
  return h(
    "tr",
    { class: `speed-${kind}` },
    h("th", { attributes: { scope: "row" } }, entrant),
    h("td", { class: "speed-bar-cell" }, bar(median / most)),
    h("td", { class: "speed-value" }, `${show(median)} ${unit}`),
  );
}

/** An attribute, not a style: the page's policy allows no styles in elements. */
function bar(share: number): Node {
  const namespace = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(namespace, "svg");
  drawing.setAttribute("class", "speed-bar");
  drawing.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(namespace, "rect");
  rect.setAttribute("width", `${Math.max(share * 100, 0.5).toFixed(1)}%`);
  rect.setAttribute("height", "100%");
  rect.setAttribute("rx", "2");
  drawing.append(rect);
  return drawing;
}
