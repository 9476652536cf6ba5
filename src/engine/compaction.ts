/**
 * Compaction: gives free space back to the storage (docs/ARCHITECTURE.md "Compacting moves what lies high"). What
 * lives above the length that would do is moved below it; when nobody can reach the end any more it is cut off.
 */
import type { Committer } from "./committer.js";
import type { Relocation, RelocationOptions } from "./relocation.js";
import type { SlotRef } from "./slot-ref.js";
import { RING_CELLS } from "./superblock.js";

export interface CompactionPort {
  readonly committer: Committer;
  readonly stepSlots: number;
  readonly relocation: (moves: (ref: SlotRef) => boolean) => Relocation;
  /** Frees what was given up of files and snapshots. */
  readonly reclaim: () => Promise<void>;
  /** A commit that need not change anything; settled ones end every doubt about those before. */
  readonly commit: (settled: boolean) => Promise<void>;
  /** Runs a task that no commit overlaps. */
  readonly exclusively: (task: () => Promise<void>) => Promise<void>;
  /** Whether somebody reads the container as it was some commits ago. */
  readonly isPinned: () => boolean;
}

/** Passes after which what is still in the way is left there: somebody goes on writing, or a unit is damaged. */
const MOST_PASSES = 4;
/** Of what is live, so much is left free, and so many slots, since moving replaces nodes all the time. */
const SLACK = 1 / 16;
const WORKING_SLOTS = 80;

/** Resolves when the container is as short as can be; what happens meanwhile goes on as ever. */
export async function compact(port: CompactionPort, options: RelocationOptions): Promise<void> {
  const { committer, exclusively } = port;
  const { allocator } = committer;
  await port.reclaim();
  await age(port);
  const ceiling = ceilingOf(port);
  try {
    allocator.ceiling = ceiling;
    const relocation = port.relocation(({ slot, count }) => slot + count > ceiling);
    for (let pass = 0; pass < MOST_PASSES && allocator.ceiling === ceiling; pass++)
      if (!(await relocation.pass(options))) break;
    await age(port);
    await exclusively(() => committer.cutFreeEnd());
  } finally {
    allocator.ceiling = Infinity;
  }
  // The storage is cut when every superblock of the ring has the new length, and no doubt is left about that.
  await port.commit(true);
  await age(port);
  if (!port.isPinned()) await exclusively(() => committer.cutTail());
}

/** The length that would do. */
function ceilingOf({ committer, stepSlots }: CompactionPort): number {
  const { slots, free } = committer.allocator;
  const live = slots - free;
  const enough = live * (1 + SLACK) + committer.reserve + WORKING_SLOTS;
  return Math.ceil(enough / stepSlots) * stepSlots;
}

/** Lets everything that was freed so far become usable. */
async function age(port: CompactionPort): Promise<void> {
  const { allocator } = port.committer;
  for (let commit = 0; commit <= RING_CELLS; commit++) await port.commit(false);
  // Records of what was freed are moved some at a time.
  for (let before = Infinity; allocator.deferredInTree < before;) {
    before = allocator.deferredInTree;
    await port.commit(false);
  }
}
