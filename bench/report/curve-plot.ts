/** Curves over a logarithmic axis, both ways; each is named at its right end. */
import { show } from "./statistics.js";
import { line, round, svg, text } from "./svg.js";

export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 880;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 200;
const TOP = 62;
const BOTTOM = 44;
const COLOURS = 8;
const LABEL_HEIGHT = 15;

export function curvePlot(
  title: string,
  note: string,
  nameX: (x: number) => string,
  curves: readonly Curve[],
): string {
  const points = curves.flatMap((curve) => curve.points);
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b);
  const [low, high] = decades(points.map(([, y]) => y));
  const scaleX = logarithmic(xs[0] ?? 1, xs.at(-1) ?? 10, LEFT, WIDTH - RIGHT);
  const scaleY = logarithmic(low, high, HEIGHT - BOTTOM, TOP);
  const parts = [text(20, 28, title, "title"), text(20, 46, note, "note")];
  for (let tick = low; tick <= high * 1.001; tick *= 10) {
    parts.push(line(LEFT, scaleY(tick), WIDTH - RIGHT, scaleY(tick), "grid"));
    parts.push(
      text(LEFT - 8, scaleY(tick) + 4, tick < 1 ? String(round6(tick)) : show(tick), "note", "end"),
    );
  }
  for (const x of xs) parts.push(text(scaleX(x), HEIGHT - BOTTOM + 20, nameX(x), "note", "middle"));
  for (const [i, curve] of curves.entries()) parts.push(drawCurve(curve, i, scaleX, scaleY));
  return svg(WIDTH, HEIGHT, title, [...parts, ...endLabels(curves, scaleY)]);
}

function drawCurve(
  { points }: Curve,
  index: number,
  scaleX: (x: number) => number,
  scaleY: (y: number) => number,
): string {
  const at = points.map(([x, y]) => `${round(scaleX(x))},${round(scaleY(y))}`);
  const dots = points.map(
    ([x, y]) =>
      `<circle cx="${round(scaleX(x))}" cy="${round(scaleY(y))}" r="3" class="f${index % COLOURS}"/>`,
  );
  return `<polyline points="${at.join(" ")}" class="line c${index % COLOURS}"/>${dots.join("")}`;
}

/** From the top down, pushed apart where they would overlap. */
function endLabels(curves: readonly Curve[], scaleY: (y: number) => number): string[] {
  const ends = curves
    .map(({ label, points }, index) => ({ label, index, y: scaleY(points.at(-1)?.[1] ?? 1) }))
    .toSorted((a, b) => a.y - b.y);
  let lowest = -Infinity;
  return ends.map(({ label, index, y }) => {
    lowest = Math.max(y, lowest + LABEL_HEIGHT);
    return text(WIDTH - RIGHT + 12, lowest + 4, label, `f${index % COLOURS}`);
  });
}

function logarithmic(
  low: number,
  high: number,
  from: number,
  to: number,
): (value: number) => number {
  const span = Math.log(high) - Math.log(low) || 1;
  return (value) => from + ((Math.log(value) - Math.log(low)) / span) * (to - from);
}

/** The powers of ten around all values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const positive = values.filter((value) => value > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...positive, 1)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...positive, low * 10)));
  return [low, Math.max(high, low * 10)];
}

function round6(value: number): number {
  return Number(value.toPrecision(1));
}
