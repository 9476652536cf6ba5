/** The command line: which part of the bench is wanted. */
import { parseArgs } from "node:util";
import {
  FULL_SIZES,
  QUICK_SIZES,
  type BenchSizes,
  type Entrant,
  type WorkloadId,
} from "../messages.js";

export const USAGE = `npm run bench -- [W1 W2 … W7] [options]

  W1 … W7           these workloads only; W7 is W1 to W4 of what keeps its files in IndexedDB
  --only TEXT       only entrants whose name has TEXT in it; can be given more than once
  --repetitions N   how often each takes its turn (5)
  --resume          go on where the last run was broken off, or add to what it has
  --report          no measuring: write the report of what the record has
  --quick           a trial: tiny, once, nothing is written
  --scale           W8 instead: how time and memory grow with 10^3 … 10^6 files and 1 MiB … 64 GiB
  --largest N       with --scale: at most so many files

The report goes to docs/bench when every part of it has been measured.`;

export interface Choices {
  readonly workloads: readonly string[];
  readonly only: readonly string[];
  readonly repetitions: number;
  readonly sizes: BenchSizes;
  readonly isQuick: boolean;
  readonly resume: boolean;
  readonly reportOnly: boolean;
  readonly scale: boolean;
  readonly largest: number;
}

/** Undefined if help is wanted. */
export function parseChoices(words: readonly string[]): Choices | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true, default: [] },
      repetitions: { type: "string" },
      resume: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      scale: { type: "boolean", default: false },
      largest: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.find((word) => !/^W[1-7]$/.test(word));
  if (unknown !== undefined) throw new Error(`${unknown} is no workload\n\n${USAGE}`);
  return {
    workloads: positionals,
    only: values.only,
    repetitions: count("repetitions", values.repetitions, values.quick ? 1 : 5),
    sizes: values.quick ? QUICK_SIZES : FULL_SIZES,
    isQuick: values.quick,
    resume: values.resume,
    reportOnly: values.report,
    scale: values.scale,
    largest: count("largest", values.largest, values.quick ? 2000 : 1_000_000),
  };
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} ${text}: a number`);
  return value;
}

export function isWanted(
  { workloads, only }: Choices,
  workload: WorkloadId,
  { name, store }: Pick<Entrant, "name" | "store">,
): boolean {
  if (only.length > 0 && !only.some((text) => name.includes(text))) return false;
  if (workloads.length === 0 || workloads.includes(workload)) return true;
  return workloads.includes("W7") && store === "idb" && workload <= "W4";
}
