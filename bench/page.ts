/**
 * The page of the bench: runs one repetition of a workload on one subject at a time, as the driver
 * (run.mjs) asks, so that repetitions of all subjects interleave.
 */
import type { BenchOptions, Cipher, RawRequest, RawResult, Sample } from "./messages.js";
import { cofferfsSubject } from "./subjects/cofferfs.js";
import { plainOpfsSubject } from "./subjects/plain-opfs.js";
import type { Subject } from "./subjects/subject.js";
import { largeFile } from "./workloads/large-file.js";
import { manyFiles } from "./workloads/many-files.js";
import { opening } from "./workloads/opening.js";
import { randomAccess } from "./workloads/random-access.js";

const subjects: readonly Subject[] = [
  cofferfsSubject("cofferfs opfs aes", "opfs", { cipher: "aes-256-gcm" }),
  cofferfsSubject("cofferfs opfs xchacha", "opfs", { cipher: "xchacha20-poly1305" }),
  cofferfsSubject("cofferfs opfs aes strict", "opfs", {
    cipher: "aes-256-gcm",
    durability: "strict",
  }),
  cofferfsSubject("cofferfs idb aes", "idb", { cipher: "aes-256-gcm" }),
  plainOpfsSubject(),
];

const workloads = { W1: largeFile, W2: manyFiles, W3: randomAccess, W5: opening } as const;

function rawPipeline(request: RawRequest): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./raw-pipeline.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<{ result: RawResult } | { error: string }>): void => {
      worker.terminate();
      if ("result" in event.data) resolve(event.data.result);
      else reject(new Error(event.data.error));
    };
    worker.onerror = (event): void => {
      reject(new Error(event.message));
    };
    worker.postMessage(request);
  });
}

const bench = {
  subjects: subjects.map(({ name }) => name),

  async run(
    workload: keyof typeof workloads,
    subject: string,
    options: BenchOptions,
  ): Promise<Sample[]> {
    const found = subjects.find(({ name }) => name === subject);
    if (found === undefined) throw new Error(`no subject ${subject}`);
    const figures = await workloads[workload](found, options);
    return figures.map((figure) => ({ workload, subject, ...figure }));
  },

  async raw(cipher: Cipher, unitBytes: number, options: BenchOptions): Promise<Sample[]> {
    const totalBytes = options.largeBytes;
    const { writeMs, readMs } = await rawPipeline({ cipher, unitBytes, totalBytes });
    const subject = `raw pipeline ${cipher === "aes-256-gcm" ? "aes" : "xchacha"} ${String(unitBytes / 1024)}K`;
    const speed = (ms: number): number => totalBytes / 1000 / ms;
    return [
      { workload: "W1", subject, metric: "write+sync", value: speed(writeMs), unit: "MB/s" },
      { workload: "W1", subject, metric: "read", value: speed(readMs), unit: "MB/s" },
    ];
  },
};

declare global {
  interface Window {
    bench: typeof bench;
  }
}
window.bench = bench;
