/** Bars side by side in panels, two in a row; each panel has a scale of its own, and longer is better. */
import { show } from "./statistics.js";
import { line, rect, svg, text } from "./svg.js";

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly range: readonly [least: number, most: number];
  readonly role: "own" | "encrypted" | "plain" | "limit";
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 880;
const MARGIN = 20;
const GAP = 30;
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2;
const LABEL_WIDTH = 178;
const VALUE_WIDTH = 52;
const ROW = 20;
const BAR = 13;
const HEADING = 24;
const TOP = 88;

export function barChart(title: string, note: string, panels: readonly Panel[]): string {
  const rows = Array.from({ length: Math.ceil(panels.length / 2) }, (_, i) =>
    panels.slice(2 * i, 2 * i + 2),
  );
  const parts = [text(MARGIN, 28, title, "title"), text(MARGIN, 46, note, "note"), ...legend()];
  let y = TOP;
  for (const row of rows) {
    for (const [column, panel] of row.entries())
      parts.push(...drawPanel(panel, MARGIN + column * (PANEL_WIDTH + GAP), y));
    y += HEADING + Math.max(...row.map(({ bars }) => bars.length)) * ROW + 18;
  }
  return svg(WIDTH, y, title, parts);
}

function legend(): string[] {
  const entries = [
    ["own", "cofferfs, encrypted"],
    ["encrypted", "others, encrypted"],
    ["plain", "others, not encrypted"],
    ["limit", "the browser's limit"],
  ] as const;
  return entries.flatMap(([kind, words], i) => {
    const x = MARGIN + i * 168;
    return [rect(x, 59, 11, 11, kind), text(x + 17, 68.5, words, "note")];
  });
}

function drawPanel({ title, unit, bars }: Panel, x: number, y: number): string[] {
  const most = Math.max(...bars.map(({ range }) => range[1]), Number.MIN_VALUE);
  const left = x + LABEL_WIDTH;
  const width = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const at = (value: number): number => left + (value / most) * width;
  const parts = [
    text(x, y + 14, title, "heading"),
    text(x + PANEL_WIDTH, y + 14, unit, "note", "end"),
  ];
  for (const [i, { label, value, range, role }] of bars.entries()) {
    const top = y + HEADING + i * ROW;
    const middle = top + BAR / 2;
    const emphasis = role === "own" ? "own-text" : "";
    parts.push(text(left - 8, middle + 4, label, emphasis, "end"));
    parts.push(rect(left, top, Math.max(at(value) - left, 1.5), BAR, role));
    if (range[1] > range[0]) parts.push(line(at(range[0]), middle, at(range[1]), middle, "range"));
    parts.push(text(x + PANEL_WIDTH, middle + 4, show(value), emphasis, "end"));
  }
  return parts;
}
