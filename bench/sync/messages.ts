/** What page and worker of the bench of synchronous calls say to each other. */
import type { PostedSyncChannel } from "cofferfs/sync";

export interface SyncBenchRequest {
  readonly channel: PostedSyncChannel;
  /** Calls of each kind. */
  readonly calls: number;
  /** How long the caller computes between two calls, in microseconds. */
  readonly pauseUs: number;
}

/** Microseconds, or MB/s. */
export interface SyncFigure {
  readonly name: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}
