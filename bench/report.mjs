/** Turns the samples of a bench run into a table: median (range) by metric and subject, and ratios. */

/** The subject that a ratio is taken against, by workload and metric. */
const REFERENCES = {
  W1: (subject) => (subject.includes("xchacha") ? "raw pipeline xchacha 64K" : "raw pipeline aes 64K"),
  W2: () => "plain opfs",
  W3: () => "plain opfs",
};

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function show(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Samples by workload, metric and subject, in the order in which they came. */
function grouped(samples) {
  const groups = new Map();
  for (const { workload, metric, subject, value, unit } of samples) {
    const key = `${workload}|${metric}|${subject}`;
    const group = groups.get(key) ?? { workload, metric, subject, unit, values: [] };
    group.values.push(value);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export function toMarkdown({ date, browser, cpu, cores, options, samples }) {
  const groups = grouped(samples);
  const find = (workload, metric, subject) =>
    groups.find((g) => g.workload === workload && g.metric === metric && g.subject === subject);
  const rows = groups.map((group) => {
    const { workload, metric, subject, unit, values } = group;
    const reference = REFERENCES[workload]?.(subject);
    const base = reference === undefined ? undefined : find(workload, metric, reference);
    const ratio =
      base === undefined || base === group ? "" : `${(median(values) / median(base.values)).toFixed(2)} × ${reference}`;
    const range = `${show(Math.min(...values))}–${show(Math.max(...values))}`;
    return `| ${workload} | ${metric} | ${subject} | ${show(median(values))} ${unit} | ${range} | ${ratio} |`;
  });
  return [
    `Chromium ${browser}, ${cpu}, ${cores} cores, ${date}; ${options.repetitions} repetitions, interleaved.`,
    "MB/s are 10⁶ bytes. Calls are awaited one after the other unless the metric says ×16.",
    "",
    "| | metric | subject | median | range | ratio |",
    "|---|---|---|---:|---:|---|",
    ...rows,
    "",
  ].join("\n");
}
