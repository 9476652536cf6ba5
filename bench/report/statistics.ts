/** Medians, ranges and ratios of a run. A ratio says how many times as fast: above one is better, whatever the unit. */
import type { Entrant, Sample, Unit, WorkloadId } from "../messages.js";

/** What one entrant has shown of one metric. */
export interface Result {
  readonly workload: WorkloadId;
  readonly metric: string;
  readonly entrant: string;
  readonly unit: Unit;
  readonly values: readonly number[];
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Failure {
  readonly workload: WorkloadId;
  readonly entrant: string;
  readonly reason: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error("no values");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** In the order in which they came first. */
export function summarize(samples: readonly Sample[]): Result[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.workload, sample.metric, sample.entrant]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { workload, metric, entrant, unit } = first;
    const values = group.map(({ value }) => value);
    return {
      workload,
      metric,
      entrant,
      unit,
      values,
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
    };
  });
}

/** Looks results up by name. */
export class Results {
  readonly all: readonly Result[];
  readonly entrants: readonly Entrant[];

  constructor(all: readonly Result[], entrants: readonly Entrant[]) {
    this.all = all;
    this.entrants = entrants;
  }

  find(workload: WorkloadId, metric: string, entrant: string): Result | undefined {
    return this.all.find(
      (result) =>
        result.workload === workload && result.metric === metric && result.entrant === entrant,
    );
  }

  /** The best of those entrants that have it. */
  fastest(
    workload: WorkloadId,
    metric: string,
    among: (entrant: Entrant) => boolean,
  ): Result | undefined {
    const names = new Set(this.entrants.filter(among).map(({ name }) => name));
    const candidates = this.all.filter(
      (result) =>
        result.workload === workload && result.metric === metric && names.has(result.entrant),
    );
    return candidates.toSorted((a, b) => speed(b) - speed(a))[0];
  }
}

/** How many times as fast `result` is as `reference`. */
export function ratio(result: Result, reference: Result): number {
  return speed(result) / speed(reference);
}

/** What grows as somebody gets quicker. */
function speed({ unit, median: value }: Result): number {
  return unit === "ms" ? 1 / value : value;
}

/** Three digits, as people write numbers. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
  return value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}
