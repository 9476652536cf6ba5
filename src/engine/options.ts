/** What an engine is opened with, and what it tells about itself. */
import type { BlockStore } from "../backends/block-store.js";
import type { ChunkSizes } from "../codec/fastcdc.js";
import type { Sealer } from "../crypto/sealer.js";
import type { Environment } from "./environment.js";
import type { RepoSettings } from "./superblock.js";
import type { CommitPoint, CommittedState } from "./line.js";

export type Durability = "strict" | "relaxed";

/** What happens beside calls. */
export type EngineEvent =
  /**
   * Opening found that the storage has lost what it had confirmed: newer commits that are incomplete, or
   * superblock cells that do not open, which may have been newer ones too.
   */
  | {
      readonly type: "recovered";
      readonly generation: number;
      readonly lostGenerations: readonly number[];
      readonly damagedCells: readonly number[];
    }
  /** A commit failed; every later call rejects with REPO_POISONED. */
  | { readonly type: "poisoned"; readonly cause: unknown };

export interface EngineOptions {
  /** Default `relaxed`. */
  readonly durability?: Durability;
  /** Memory for decoded tree nodes, in bytes. Default 16 MiB. */
  readonly cacheBytes?: number;
  readonly readOnly?: boolean;
  /** Goes on with an older state where acknowledged commits were lost. */
  readonly acceptRollback?: boolean;
  readonly onEvent?: (event: EngineEvent) => void;
  /** Told of every commit that is on storage. What it does costs the commit nothing, and it does not throw. */
  readonly onCommit?: (state: CommittedState) => void;
  /** How long a relaxed write may wait for its commit. Default 100. */
  readonly commitDelayMs?: number;
  /** The container's length is published in multiples of this. Default 64. */
  readonly stepSlots?: number;
  /** Largest seal unit for file content. Default 64 KiB, or 32 KiB in a repo that compresses; at least a slot. */
  readonly unitBytes?: number;
  /** How long the chunks of files are that share equal content. */
  readonly chunkSizes?: ChunkSizes;
}

/** What is decided when a repo is made, and holds for its life. */
export type NewRepo = Partial<Omit<RepoSettings, "createdMs">>;
/** What opening has found, before anything is written. */
export interface FoundState {
  /** The newest whole commit, and those that it descends from. */
  readonly line: readonly CommitPoint[];
  /** Newer commits that authenticate and are not whole. */
  readonly lostGenerations: readonly number[];
}

export interface OpenEngine {
  readonly store: BlockStore;
  readonly sealer: Sealer;
  readonly slotBytes: number;
  /** Generation of the container's header. */
  readonly headerGeneration: number;
  readonly environment: Environment;
  /** Judges what was found; if it rejects, so does the opening. */
  readonly vet?: (found: FoundState) => Promise<void>;
  readonly options?: EngineOptions;
}

export interface EngineStats {
  readonly generation: number;
  readonly slots: number;
  readonly freeSlots: number;
  readonly slotBytes: number;
  /** Since the repo was opened. */
  readonly commits: number;
  readonly nodeSlotsRead: number;
  readonly cachedNodes: number;
  readonly pendingBytes: number;
}
