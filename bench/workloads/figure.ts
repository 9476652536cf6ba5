/** Timing of one figure, and how it becomes a rate. */
import type { Sample } from "../messages.js";

export type Figure = Omit<Sample, "workload" | "subject">;

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export async function bytesPerSecond(
  metric: string,
  bytes: number,
  work: () => Promise<void>,
): Promise<Figure> {
  return { metric, value: bytes / 1000 / (await timed(work)), unit: "MB/s" };
}

export async function callsPerSecond(
  metric: string,
  calls: number,
  work: () => Promise<void>,
): Promise<Figure> {
  return { metric, value: (calls * 1000) / (await timed(work)), unit: "/s" };
}
