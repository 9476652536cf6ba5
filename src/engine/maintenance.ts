/**
 * Maintenance: long work on a whole repo beside its readers and writers: compacting the container, sealing anew what is
 * under older keys, and telling which keys are still needed.
 */
import { RepoError } from "../errors.js";
import { QUIETLY, SETTLING } from "./commits.js";
import type { CommitIntent, TreeChange } from "./committer.js";
import { compact } from "./compaction.js";
import { addGenerations, addPoolGenerations } from "./generations.js";
import type { Pins } from "./pins.js";
import type { Reclaimer } from "./reclaimer.js";
import { Relocation, type RelocationOptions, type RelocationPort } from "./relocation.js";
import type { SlotRef } from "./slot-ref.js";
import type { Snapshots } from "./snapshots.js";

/** What maintenance needs of the engine. */
export interface MaintenancePort extends Omit<RelocationPort, "snapshots" | "absorb" | "commit"> {
  readonly stepSlots: number;
  readonly snapshots: Snapshots;
  readonly reclaimer: Reclaimer;
  readonly pins: Pins;
  /** Commits, within a task of the pipeline. */
  readonly commit: (intent: CommitIntent, change?: TreeChange) => Promise<void>;
  /** Keeps every slot that the present state needs from being written again, until the result is called. */
  readonly pin: () => () => void;
  readonly hasTransactions: () => boolean;
}

/** Passes after which what somebody goes on using is left under its old key. */
const MOST_PASSES = 4;

export class Maintenance {
  readonly #port: MaintenancePort;
  #isCompacting = false;

  constructor(port: MaintenancePort) {
    this.#port = port;
  }

  /**
   * Makes the container as short as it can be, in steps that readers and writers may come between. Rejects with EBUSY
   * if it is running already, with INTEGRITY if a node cannot be read, and as `signal` says; then what was moved so far stays.
   */
  async compact(options: RelocationOptions = {}): Promise<void> {
    const { committer, stepSlots, snapshots, reclaimer, pins, exclusively, commit } = this.#port;
    this.#port.assertWritable();
    if (this.#isCompacting) throw new RepoError("EBUSY");
    this.#isCompacting = true;
    try {
      await compact(
        {
          committer,
          stepSlots,
          relocation: (moves) => this.#relocation(moves),
          reclaim: async () => {
            await reclaimer.idle();
            await snapshots.freeAll();
          },
          commit: (settled) => exclusively(() => commit(settled ? SETTLING : QUIETLY)),
          exclusively,
          isPinned: () => pins.oldest !== Infinity,
        },
        options,
      );
    } finally {
      this.#isCompacting = false;
    }
  }

  /**
   * Seals anew what is under older keys than those that seal now, in steps that readers and writers may come between. Snapshots
   * that are open stay as they are. Rejects with INTEGRITY if a node cannot be read, ENOSPC, and as `signal` says.
   */
  async reseal(options: RelocationOptions = {}): Promise<void> {
    const { io, snapshots } = this.#port;
    const { keyGeneration } = io.sealer;
    const relocation = this.#relocation((ref) => ref.keyGeneration < keyGeneration);
    await snapshots.freeAll();
    for (let pass = 0; pass < MOST_PASSES; pass++) if (!(await relocation.pass(options))) return;
  }

  /** The key generations that anything is sealed under which the repo needs, or somebody who has begun to read. */
  async generationsInUse(): Promise<ReadonlySet<number>> {
    const { attempts, committer, fileSpec, io, liveRoot, pins, snapshots } = this.#port;
    const found = new Set<number>();
    const unpin = this.#port.pin();
    try {
      for (const root of [liveRoot(), ...(await snapshots.roots())]) {
        this.#port.assertWritable();
        await addGenerations(found, attempts, fileSpec, root);
      }
      await committer.readPool((pool) => {
        addPoolGenerations(found, pool);
      });
      // Who began earlier may read what is in no tree any more.
      if (this.#port.hasTransactions() || pins.count > 1)
        for (const generation of io.sealer.generations) found.add(generation);
    } finally {
      unpin();
    }
    return found;
  }

  #relocation(moves: (ref: SlotRef) => boolean): Relocation {
    const { committer, snapshots, window, commit } = this.#port;
    const port = {
      ...this.#port,
      snapshots: () => snapshots.unread(),
      absorb: (changes: Parameters<RelocationPort["absorb"]>[0]) => {
        window().absorb(changes, committer.sharedBirth);
      },
      commit: (change: TreeChange) => commit(QUIETLY, change),
    };
    return new Relocation(port, moves);
  }
}
