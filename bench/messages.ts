/** What the bench's page, its workers and its driver say to each other. */

export const MIB = 1024 * 1024;

export type Cipher = "aes-256-gcm" | "xchacha20-poly1305";

export interface RawRequest {
  readonly cipher: Cipher;
  readonly unitBytes: number;
  readonly totalBytes: number;
}

export interface RawResult {
  readonly writeMs: number;
  readonly readMs: number;
}

/** One figure of one repetition. */
export interface Sample {
  /** W1, W2, … of docs/PERFORMANCE.md. */
  readonly workload: string;
  readonly subject: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: "MB/s" | "/s" | "ms";
}

/** How much of each workload to do; smaller for a trial run. */
export interface BenchOptions {
  readonly repetitions: number;
  /** Bytes of the one large file of W1. */
  readonly largeBytes: number;
  /** Files of W2. */
  readonly files: number;
  /** Bytes of the file of W3, and accesses to it. */
  readonly randomBytes: number;
  readonly accesses: number;
  /** Files of the repo that W5 opens. */
  readonly openFiles: number;
}
