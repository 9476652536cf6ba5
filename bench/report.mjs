/** Turns the samples of a bench run into a table: median (range) by metric and subject, and ratios. */

/**
 * @typedef {import("./messages.js").Sample} Sample
 * @typedef {{ date: string, browser: string, cpu: string, cores: number, options: import("./messages.js").BenchOptions, samples: Sample[] }} Run
 * @typedef {Omit<Sample, "value"> & { values: number[] }} Group
 */

/**
 * The subject that a ratio is taken against, by workload.
 * @type {Record<string, (subject: string) => string>}
 */
const REFERENCES = {
  W1: (subject) =>
    subject.includes("xchacha") ? "raw pipeline xchacha 64K" : "raw pipeline aes 64K",
  W2: () => "plain opfs",
  W3: () => "plain opfs",
};

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** @param {number} value */
function show(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * Samples by workload, metric and subject, in the order in which they came.
 * @param {readonly Sample[]} samples
 */
function grouped(samples) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const { workload, metric, subject, value, unit } of samples) {
    const key = `${workload}|${metric}|${subject}`;
    const group = groups.get(key) ?? { workload, metric, subject, unit, values: [] };
    group.values.push(value);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** @param {Run} run */
export function toMarkdown({ date, browser, cpu, cores, options, samples }) {
  const groups = grouped(samples);
  const rows = groups.map((group) => {
    const { workload, metric, subject, unit, values } = group;
    const reference = REFERENCES[workload]?.(subject);
    const base = groups.find(
      (other) =>
        other.workload === workload && other.metric === metric && other.subject === reference,
    );
    const ratio =
      base === undefined || base === group
        ? ""
        : `${(median(values) / median(base.values)).toFixed(2)} × ${reference}`;
    const range = `${show(Math.min(...values))}–${show(Math.max(...values))}`;
    return `| ${workload} | ${metric} | ${subject} | ${show(median(values))} ${unit} | ${range} | ${ratio} |`;
  });
  return [
    `${browser}, ${cpu}, ${cores} cores, ${date}; ${options.repetitions} repetitions, interleaved.`,
    "MB/s are 10⁶ bytes. Calls are awaited one after the other unless the metric says ×16.",
    "",
    "| | metric | subject | median | range | ratio |",
    "|---|---|---|---:|---:|---|",
    ...rows,
    "",
  ].join("\n");
}
