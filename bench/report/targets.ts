/**
 * The targets, row by row: what is measured, against what, and how many times as fast it is to be. `npm run bench`
 * writes the table from its results.
 */
import type { Entrant, WorkloadId } from "../messages.js";
import { ratio, type Result, type Results } from "./statistics.js";

export interface Target {
  readonly workload: "W1" | "W2" | "W3" | "W4" | "W5" | "W6" | "W7";
  readonly what: string;
  /** As people read it, such as `0.7 × raw pipeline`. */
  readonly reference: string;
  readonly atLeast: number;
  /** Undefined if the run has not got what it needs. */
  measure(results: Results): { readonly value: string; readonly ratio: number } | undefined;
}

export interface Verdict extends Target {
  readonly measured: { readonly value: string; readonly ratio: number } | undefined;
  readonly isMet: boolean | undefined;
}

export function judge(targets: readonly Target[], results: Results): Verdict[] {
  return targets.map((target) => {
    const measured = target.measure(results);
    // What is shown as 1.00 counts as 1.
    const isMet =
      measured === undefined ? undefined : Math.round(measured.ratio * 100) / 100 >= target.atLeast;
    return { ...target, measured, isMet };
  });
}

const COFFERFS = "cofferfs opfs aes";
const PLAIN_PAGE = "cofferfs opfs aes, plain page";
const STRICT = "cofferfs opfs aes strict";
const IDB = "cofferfs idb aes";
const LIGHTNING = "lightning-fs";
/** W5: what is opened is ready for the eye. */
const OPEN_MS = 100;

const isPeer = ({ kind }: Entrant): boolean => kind === "peer";
const isPlainPeer = ({ kind, isEncrypted }: Entrant): boolean => kind === "peer" && !isEncrypted;
const isEncryptedPeer = ({ kind, isEncrypted }: Entrant): boolean => kind === "peer" && isEncrypted;
const isIdbPeer = ({ kind, store }: Entrant): boolean => kind === "peer" && store === "idb";

type Find = (results: Results) => Result | undefined;

const named =
  (workload: WorkloadId, metric: string, entrant: string): Find =>
  (results) =>
    results.find(workload, metric, entrant);

const fastest =
  (workload: WorkloadId, metric: string, among: (entrant: Entrant) => boolean): Find =>
  (results) =>
    results.fastest(workload, metric, among);

/** `mine` is to be at least so many times as fast as `other`. */
function faster(
  workload: Target["workload"],
  what: string,
  mine: Find,
  atLeast: number,
  reference: string,
  other: Find,
): Target {
  return {
    workload,
    what,
    reference,
    atLeast,
    measure(results) {
      const [result, base] = [mine(results), other(results)];
      if (result === undefined || base === undefined) return undefined;
      const value = `${text(result)} : ${text(base)} (${base.entrant})`;
      return { value, ratio: ratio(result, base) };
    },
  };
}

function text({ median, unit }: Result): string {
  return `${median >= 100 ? Math.round(median) : median.toPrecision(3)} ${unit}`;
}

const W1: readonly Target[] = [
  ...(["write+sync", "read"] as const).flatMap((metric) => [
    faster(
      "W1",
      metric,
      named("W1", metric, COFFERFS),
      0.7,
      "raw pipeline AES 64K",
      named("W1", metric, "raw pipeline aes 64K"),
    ),
    faster(
      "W1",
      `${metric}, XChaCha`,
      named("W1", metric, "cofferfs opfs xchacha"),
      0.85,
      "raw pipeline XChaCha 64K",
      named("W1", metric, "raw pipeline xchacha 64K"),
    ),
  ]),
  faster(
    "W1",
    "write+sync",
    named("W1", "write+sync", COFFERFS),
    0.85,
    "fastest plain peer",
    fastest("W1", "write+sync", isPlainPeer),
  ),
  faster(
    "W1",
    "read",
    named("W1", "read", COFFERFS),
    1.5,
    "fastest encrypted peer",
    fastest("W1", "read", isEncryptedPeer),
  ),
];

function small(metric: string, atLeast: number, entrant = COFFERFS, note = ""): Target {
  return faster(
    "W2",
    metric + note,
    named("W2", metric, entrant),
    atLeast,
    "fastest peer",
    fastest("W2", metric, isPeer),
  );
}

const W2: readonly Target[] = [
  small("write", 4),
  small("read", 1.5, PLAIN_PAGE, ", page not isolated"),
  small("read", 3, COFFERFS, ", page isolated"),
  small("read ×16", 2),
  small("unlink", 4),
  faster(
    "W2",
    "stat, page not isolated",
    named("W2", "stat", PLAIN_PAGE),
    0.8,
    "Comlink's round trips",
    named("W2", "round trip", "comlink, plain page"),
  ),
  faster(
    "W2",
    "stat, page isolated",
    named("W2", "stat", COFFERFS),
    3,
    "Comlink's round trips",
    named("W2", "round trip", "comlink"),
  ),
  faster(
    "W2",
    "write, strict",
    named("W2", "write", STRICT),
    1.5,
    "OPFS file creation",
    named("W2", "write", "opfs file creation"),
  ),
  faster(
    "W2",
    "write ×16, strict",
    named("W2", "write ×16", STRICT),
    2,
    "LightningFS's write",
    named("W2", "write", LIGHTNING),
  ),
];

const W3: readonly Target[] = [
  faster(
    "W3",
    "random read, page not isolated",
    named("W3", "random read", PLAIN_PAGE),
    0.85,
    "fastest plain peer",
    fastest("W3", "random read", isPlainPeer),
  ),
  faster(
    "W3",
    "random read, page isolated",
    named("W3", "random read", COFFERFS),
    1.5,
    "fastest plain peer",
    fastest("W3", "random read", isPlainPeer),
  ),
  faster(
    "W3",
    "random write",
    named("W3", "random write", COFFERFS),
    1.5,
    "fastest plain peer",
    fastest("W3", "random write", isPlainPeer),
  ),
  faster(
    "W3",
    "random write, strict",
    named("W3", "random write", STRICT),
    0.5,
    "two flushes",
    named("W3", "random write", "opfs two flushes"),
  ),
];

const W4: readonly Target[] = [
  faster(
    "W4",
    "import, 8 in flight",
    named("W4", "import", COFFERFS),
    4,
    "LightningFS",
    named("W4", "import", LIGHTNING),
  ),
  faster(
    "W4",
    "bulk import",
    named("W4", "bulk import", COFFERFS),
    1.2,
    "SQLite's bulk import",
    named("W4", "bulk import", "sqlite opfs-sahpool"),
  ),
  faster(
    "W4",
    "cold read",
    named("W4", "cold read", COFFERFS),
    1.5,
    "fastest peer",
    fastest("W4", "cold read", isPeer),
  ),
];

const W5: readonly Target[] = [
  faster(
    "W5",
    "open, 10 000 files",
    named("W5", "open, many files", COFFERFS),
    1 / 1.5,
    "an empty repo (at most 1.5 ×)",
    named("W5", "open, one file", COFFERFS),
  ),
  {
    workload: "W5",
    what: "open, 10 000 files",
    reference: `${OPEN_MS} ms`,
    atLeast: 1,
    measure(results) {
      const found = results.find("W5", "open, many files", COFFERFS);
      return found && { value: text(found), ratio: OPEN_MS / found.median };
    },
  },
];

const DEDUP = "cofferfs opfs aes dedup";
const GROWTH_PERCENT = 3;

const W6: readonly Target[] = [
  faster(
    "W6",
    "second import",
    named("W6", "second import", DEDUP),
    1,
    "first import",
    named("W6", "first import", DEDUP),
  ),
  {
    workload: "W6",
    what: "growth by the second import",
    reference: `at most ${GROWTH_PERCENT} %`,
    atLeast: 1,
    measure(results) {
      const found = results.find("W6", "growth of content", DEDUP);
      return found && { value: text(found), ratio: GROWTH_PERCENT / Math.max(found.median, 0.01) };
    },
  },
  ...(["lz4", "zstd"] as const).flatMap((codec) =>
    (["import", "bulk import", "cold read"] as const).map((metric) =>
      faster(
        "W6",
        `W4 ${metric}, ${codec}`,
        named("W4", metric, `${COFFERFS} ${codec}`),
        1,
        "not compressed",
        named("W4", metric, COFFERFS),
      ),
    ),
  ),
];

const W7: readonly Target[] = [
  ...(["write+sync", "read"] as const).map((metric) =>
    faster(
      "W7",
      `W1 ${metric}`,
      named("W1", metric, IDB),
      0.8,
      "the same rows, raw",
      named("W1", metric, "raw indexeddb rows"),
    ),
  ),
  ...(
    [
      ["W2", "write"],
      ["W2", "read"],
      ["W2", "read ×16"],
      ["W2", "write ×16"],
      ["W2", "unlink"],
      ["W4", "import"],
      ["W4", "cold read"],
    ] as const
  ).map(([workload, metric]) =>
    faster(
      "W7",
      `${workload} ${metric}`,
      named(workload, metric, IDB),
      2,
      "fastest IndexedDB peer",
      fastest(workload, metric, isIdbPeer),
    ),
  ),
  faster(
    "W7",
    "W3 random read",
    named("W3", "random read", IDB),
    0.5,
    "raw gets of one row",
    named("W3", "random read", "raw indexeddb rows"),
  ),
];

/** W8 has a report of its own: scale.md. */
export const TARGETS: readonly Target[] = [...W1, ...W2, ...W3, ...W4, ...W5, ...W6, ...W7];
