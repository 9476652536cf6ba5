/** The report of a run, as Markdown and as JSON: the targets, row by row, then every figure. */
import type { Circumstances } from "../driver/record.js";
import type { Sample } from "../messages.js";
import { ratio, Results, show, summarize, type Failure, type Result } from "./statistics.js";
import { judge, TARGETS, type Verdict } from "./targets.js";

/** What a figure's ratio is to, by workload, apart from the targets. */
const REFERENCES: Readonly<Record<string, string>> = {
  W1: "raw pipeline aes 64K",
  W2: "plain opfs",
  W3: "plain opfs",
  W4: "plain opfs",
};

export function reportMarkdown(
  circumstances: Circumstances,
  samples: readonly Sample[],
  failures: readonly Failure[],
): string {
  const { browser, cpu, cores, date, entrants, sizes, tree } = circumstances;
  const results = new Results(summarize(samples), entrants);
  return [
    `${browser}, ${cpu}, ${cores} cores, ${date}. Medians of turns that interleave; ${sizes.files} files in W2, ${sizes.treeFiles} in W4: ${tree}.`,
    "MB/s are 10⁶ bytes. Calls are awaited one after the other unless the metric says ×16. A ratio above 1 is faster, whatever the unit.",
    "",
    "## Targets",
    "",
    "| | what | at least | measured | ratio | |",
    "|---|---|---|---|---:|---|",
    ...judge(TARGETS, results).map(targetRow),
    "",
    "## Figures",
    "",
    "| | metric | entrant | median | range | turns | ratio |",
    "|---|---|---|---:|---:|---:|---|",
    ...results.all.map((result) => figureRow(result, results)),
    "",
    ...(failures.length === 0
      ? []
      : [
          "## Failures",
          "",
          ...failures.map(
            ({ workload, entrant, reason }) => `- ${workload}, ${entrant}: ${oneLine(reason)}`,
          ),
          "",
        ]),
  ].join("\n");
}

function targetRow({ workload, what, reference, atLeast, measured, isMet }: Verdict): string {
  const bound = `${show(atLeast)} × ${reference}`;
  const [value, times] =
    measured === undefined ? ["not measured", ""] : [measured.value, measured.ratio.toFixed(2)];
  const mark = isMet === undefined ? "" : isMet ? "met" : "**not met**";
  return `| ${workload} | ${what} | ${bound} | ${value} | ${times} | ${mark} |`;
}

function figureRow(result: Result, results: Results): string {
  const { workload, metric, entrant, unit, median, least, most, values } = result;
  const reference = REFERENCES[workload];
  const base = reference === undefined ? undefined : results.find(workload, metric, reference);
  const times =
    base === undefined || base === result
      ? ""
      : `${ratio(result, base).toFixed(2)} × ${base.entrant}`;
  const range = `${show(least)}–${show(most)}`;
  return `| ${workload} | ${metric} | ${entrant} | ${show(median)} ${unit} | ${range} | ${values.length} | ${times} |`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}

export function reportJson(
  circumstances: Circumstances,
  samples: readonly Sample[],
  failures: readonly Failure[],
): string {
  const results = new Results(summarize(samples), circumstances.entrants);
  const targets = judge(TARGETS, results).map(
    ({ workload, what, reference, atLeast, measured, isMet }) => ({
      workload,
      what,
      reference,
      atLeast,
      ...measured,
      isMet,
    }),
  );
  const rounded = results.all.map(({ values, median, workload, metric, entrant, unit }) => ({
    workload,
    metric,
    entrant,
    unit,
    median: round(median),
    values: values.map(round),
  }));
  const lines = (items: readonly object[]): string =>
    items.map((item) => `  ${JSON.stringify(item)}`).join(",\n");
  // One line a figure, so that a change of the results can be read.
  return `{
"circumstances": ${JSON.stringify(circumstances)},
"targets": [
${lines(targets)}
],
"results": [
${lines(rounded)}
],
"failures": ${JSON.stringify(failures)}
}
`;
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
