/**
 * Runs cases of the block store suite, and those of one backend only, inside a browser's worker, where the real stores live. A
 * message names a backend and a case; the answer tells how it went.
 */
import { IdbStoreProvider } from "../../src/backends/indexeddb/idb-store.js";
import { MemoryStoreProvider } from "../../src/backends/memory/memory-store.js";
import { OpfsStoreProvider } from "../../src/backends/opfs/opfs-store.js";
import { blockStoreCases } from "./block-store-suite.js";
import type { BlockStoreSubject } from "./block-store-suite.js";
import type { BrowserCase } from "./browser-case.js";
import { idbCases } from "./idb-cases.js";
import { opfsCases } from "./opfs-cases.js";

export type BrowserBackend = "memory" | "opfs" | "indexeddb";

export interface CaseRequest {
  readonly backend: BrowserBackend;
  readonly name: string;
}

export interface CaseResult {
  readonly status: "passed" | "failed" | "skipped";
  readonly error?: string;
}

const BUSY_WAIT_MS = 300;

const subjects: Record<BrowserBackend, BlockStoreSubject> = {
  memory: { provider: new MemoryStoreProvider(), writers: "takeover", unwritten: "bytes" },
  opfs: {
    provider: new OpfsStoreProvider({ directory: ".suite", busyWaitMs: BUSY_WAIT_MS }),
    writers: "exclusive",
    unwritten: "bytes",
  },
  indexeddb: {
    provider: new IdbStoreProvider({ busyWaitMs: BUSY_WAIT_MS }),
    writers: "takeover",
    unwritten: "integrity",
  },
};

const ownCases: Record<BrowserBackend, readonly BrowserCase[]> = {
  memory: [],
  opfs: opfsCases,
  indexeddb: idbCases,
};

let unhandled: unknown;
self.addEventListener("unhandledrejection", (event) => {
  unhandled = event.reason;
});

async function run({ backend, name }: CaseRequest): Promise<CaseResult> {
  const subject = subjects[backend];
  const shared = blockStoreCases.find((candidate) => candidate.name === name);
  if (shared?.appliesTo(subject) === false) return { status: "skipped" };
  const own = ownCases[backend].find((candidate) => candidate.name === name);
  unhandled = undefined;
  try {
    if (shared !== undefined) await shared.run(subject);
    else if (own !== undefined) await own.run();
    else throw new Error(`there is no case ${name}`);
    // Rejections that nobody handles are reported in a task of their own.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (unhandled !== undefined)
      throw new Error("a promise was left to reject", { cause: unhandled });
    return { status: "passed" };
  } catch (error) {
    return { status: "failed", error: describeError(error) };
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${describeError(error.cause)}`;
  return `${error.stack ?? String(error)}${cause}`;
}

self.addEventListener("message", (event: MessageEvent<CaseRequest>) => {
  void run(event.data).then((result) => {
    self.postMessage(result);
  });
});
