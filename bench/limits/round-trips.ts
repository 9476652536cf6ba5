/** How many calls to a worker, each awaited, a page gets done in a second if they do nothing. */
import { wrap } from "comlink";
import type { Figure } from "../messages.js";
import { callRate, timeCalls, type BenchRun } from "../workloads/figure.js";
import type { RoundTrip } from "./round-trip-worker.js";

const CALLS = 5000;

export async function roundTrips(
  channel: "comlink" | "messages",
  run: BenchRun,
): Promise<Figure[]> {
  const worker = new Worker(new URL("./round-trip-worker.ts", import.meta.url), {
    type: "module",
    name: channel,
  });
  try {
    const call = channel === "comlink" ? wrap<RoundTrip>(worker) : bareCall(worker);
    // The first answer comes when the worker is up.
    await call(0);
    return [callRate("round trip", await timeCalls(run, CALLS, async (i) => call(i)))];
  } finally {
    worker.terminate();
  }
}

function bareCall(worker: Worker): (value: number) => Promise<number> {
  let resolve: (value: number) => void = () => undefined;
  worker.onmessage = ({ data }: MessageEvent<number>) => {
    resolve(data);
  };
  return (value) =>
    new Promise((answered) => {
      resolve = answered;
      worker.postMessage(value);
    });
}
