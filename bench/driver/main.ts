/** Runs what the command line asks for. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Entrant } from "../messages.js";
import { chartsOf } from "../report/charts.js";
import { reportJson, reportMarkdown } from "../report/report.js";
import { packTree } from "../source-tree.js";
import { isWanted, parseChoices, USAGE, type Choices } from "./choices.js";
import { installPeers } from "./peers.js";
import { isSpent, planJobs, type Job } from "./plan.js";
import { BenchRecord } from "./record.js";
import { runScale } from "./scale.js";
import { BenchSession } from "./session.js";
import { readSources, TREE_WORDS } from "./sources.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RESULTS = join(ROOT, "docs/bench");
const RECORD = join(ROOT, "bench/.record/turns.jsonl");
/** No turn takes as long; what does hangs. */
const TURN_MS = 240_000;

export async function main(words: readonly string[]): Promise<void> {
  const choices = parseChoices(words);
  if (choices === undefined) {
    console.log(USAGE);
    return;
  }
  if (choices.reportOnly) {
    writeReport(new BenchRecord(RECORD, true));
    return;
  }
  installPeers(join(ROOT, "bench"));
  const tree = packTree(readSources(ROOT, choices.sizes.treeFiles));
  const session = await BenchSession.start(ROOT, tree);
  try {
    if (choices.scale) await runScale(session, choices, RESULTS);
    else await runWorkloads(session, choices);
  } finally {
    await session.close();
  }
}

async function runWorkloads(session: BenchSession, choices: Choices): Promise<void> {
  const { isQuick, resume, sizes, repetitions } = choices;
  const record = new BenchRecord(isQuick ? undefined : RECORD, resume);
  const page = await session.page("isolated");
  const entrants = await page.evaluate(() => window.bench.entrants);
  record.begin({
    date: new Date().toISOString().slice(0, 10),
    browser: await session.browserVersion(),
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    tree: TREE_WORDS,
    sizes,
    entrants,
  });
  const all = planJobs(entrants, repetitions);
  await runJobs(session, record, choices, all, entrants);
  const isWhole = all.every((job) => record.has(job) || isLeftOut(record, job));
  if (isWhole && !isQuick) writeReport(record);
  else console.log(markdownOf(record));
}

async function runJobs(
  session: BenchSession,
  record: BenchRecord,
  choices: Choices,
  jobs: readonly Job[],
  entrants: readonly Entrant[],
): Promise<void> {
  const byName = new Map(entrants.map((entrant) => [entrant.name, entrant]));
  let repetition = 0;
  for (const [index, job] of jobs.entries()) {
    const entrant = byName.get(job.entrant);
    if (entrant === undefined || !isWanted(choices, job.workload, entrant)) continue;
    if (record.has(job) || isLeftOut(record, job)) continue;
    if (job.repetition !== repetition) await session.reload();
    ({ repetition } = job);
    await takeTurn(session, record, choices, job, entrant);
    const share = Math.round(((index + 1) * 100) / jobs.length);
    console.error(`${share} % ${job.repetition + 1} ${job.workload} ${job.entrant}`);
  }
}

function isLeftOut(record: BenchRecord, job: Job): boolean {
  return isSpent(job, record.spentMs(job), record.hasFailed(job));
}

/** One that fails gets no more turns in this workload, and the report says so. */
async function takeTurn(
  session: BenchSession,
  record: BenchRecord,
  { sizes }: Choices,
  job: Job,
  entrant: Entrant,
): Promise<void> {
  const page = await session.page(entrant.page);
  const start = performance.now();
  const ms = (): number => Math.round(performance.now() - start);
  let timer: NodeJS.Timeout | undefined;
  try {
    const hanging = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`not done after ${TURN_MS / 1000} s`));
      }, TURN_MS);
    });
    const turn = page.evaluate(
      ([workload, name, amounts]) => window.bench.run(workload, name, amounts),
      [job.workload, job.entrant, sizes] as const,
    );
    const samples = await Promise.race([turn, hanging]);
    record.add({ ...job, ms: ms(), samples });
  } catch (error) {
    const reason = String(error).split("\n")[0] ?? "";
    console.error(`${job.workload} ${job.entrant}: ${reason}`);
    record.add({ ...job, ms: ms(), samples: [], reason });
    await session.reload();
  } finally {
    clearTimeout(timer);
  }
}

function markdownOf(record: BenchRecord): string {
  return reportMarkdown(record.circumstances, record.samples, record.failures);
}

function writeReport(record: BenchRecord): void {
  const { circumstances, samples, failures } = record;
  mkdirSync(RESULTS, { recursive: true });
  const write = (name: string, text: string): void => {
    writeFileSync(join(RESULTS, name), text);
  };
  write("results.md", markdownOf(record));
  write("results.json", reportJson(circumstances, samples, failures));
  for (const [name, svg] of chartsOf(circumstances, samples)) write(name, svg);
  console.log(markdownOf(record));
}
