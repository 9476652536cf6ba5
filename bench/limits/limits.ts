/** The limits by workload, asked for from the page. */
import type { Cipher, Figure, WorkloadId } from "../messages.js";
import type { BenchRun } from "../workloads/figure.js";
import type { LimitAnswer, LimitRequest } from "./messages.js";
import { roundTrips } from "./round-trips.js";

/** Measures what one workload is held against. */
export type Limit = (workload: WorkloadId, run: BenchRun) => Promise<Figure[]>;

export function pipelineLimit(cipher: Cipher, unitBytes: number): Limit {
  return (_, { sizes: { largeBytes }, signal }) =>
    ask({ kind: "pipeline", cipher, unitBytes, totalBytes: largeBytes }, signal);
}

export const fileCreationLimit: Limit = (_, { sizes: { files, limitMs }, signal }) =>
  ask({ kind: "file creation", files, limitMs }, signal);

export const flushLimit: Limit = (_, { sizes: { accesses, limitMs }, signal }) =>
  ask({ kind: "flush pairs", pairs: accesses, limitMs }, signal);

export const rowLimit: Limit = (workload, { sizes, signal }) =>
  workload === "W1"
    ? ask({ kind: "rows", totalBytes: sizes.largeBytes }, signal)
    : ask(
        {
          kind: "random rows",
          totalBytes: sizes.randomBytes,
          gets: sizes.accesses,
          limitMs: sizes.limitMs,
        },
        signal,
      );

export function roundTripLimit(channel: "comlink" | "messages"): Limit {
  return (_, run) => roundTrips(channel, run);
}

/** Not broken off when it is aborted: it is over soon, and leaves no file behind only when it ends. */
async function ask(request: LimitRequest, signal: AbortSignal | undefined): Promise<Figure[]> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const answered = new Promise<Figure[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<LimitAnswer>) => {
      if ("figures" in data) resolve(data.figures);
      else reject(new Error(data.error));
    };
    worker.onerror = ({ message }) => {
      reject(new Error(message));
    };
  });
  worker.postMessage(request);
  const figures = await answered.finally(() => {
    worker.terminate();
  });
  signal?.throwIfAborted();
  return figures;
}
