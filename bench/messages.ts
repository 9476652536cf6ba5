/** What the bench's page, its workers and its driver say to each other. All of it is plain data. */

export const MIB = 1024 * 1024;

export type Cipher = "aes-256-gcm" | "xchacha20-poly1305";

/** As in docs/PERFORMANCE.md. W7 is W1 to W4 of what keeps its files in IndexedDB; W8 is a run of its own. */
export type WorkloadId = "W1" | "W2" | "W3" | "W4" | "W5" | "W6";

/** Whether the page is cross-origin isolated, and so has SharedArrayBuffer. */
export type PageKind = "isolated" | "plain";

export type Unit = "MB/s" | "/s" | "ms" | "%" | "files";

/** One figure of one repetition. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit: Unit;
}

export interface Sample extends Figure {
  readonly workload: WorkloadId;
  readonly entrant: string;
}

/** Who takes part: cofferfs, a peer, or a limit: what the browser does at best with the same work. */
export interface Entrant {
  readonly name: string;
  readonly kind: "cofferfs" | "peer" | "limit";
  readonly store: "opfs" | "idb" | "none";
  readonly isEncrypted: boolean;
  readonly workloads: readonly WorkloadId[];
  readonly page: PageKind;
}

/** How much of each workload to do. */
export interface BenchSizes {
  /** Bytes of the one large file of W1. */
  readonly largeBytes: number;
  /** Files of W2. */
  readonly files: number;
  /** Bytes of the file of W3, and accesses to it. */
  readonly randomBytes: number;
  readonly accesses: number;
  /** Files of W4's tree: the first so many. */
  readonly treeFiles: number;
  /** Files of the store that W5 opens, and how often it does so. */
  readonly openFiles: number;
  readonly openings: number;
  /** A rate is taken over what was done in this time; whoever is quick is done with all of it earlier. */
  readonly limitMs: number;
}

export const FULL_SIZES: BenchSizes = {
  largeBytes: 128 * MIB,
  files: 1000,
  randomBytes: 64 * MIB,
  accesses: 2000,
  treeFiles: 2000,
  openFiles: 10_000,
  openings: 3,
  limitMs: 5000,
};

/** A trial run: whether all of it works. */
export const QUICK_SIZES: BenchSizes = {
  largeBytes: 8 * MIB,
  files: 50,
  randomBytes: 4 * MIB,
  accesses: 50,
  treeFiles: 60,
  openFiles: 200,
  openings: 2,
  limitMs: 1000,
};
