/**
 * Opening: which superblock cell is the newest whole commit (docs/FORMAT.md §7). The newest cell that
 * authenticates wins, unless its manifest shows that the storage lost part of what it had confirmed.
 */
import { MalformedBytes } from "../codec/bytes.js";
import { CELL_BYTES, TAG_BYTES, type Sealer } from "../crypto/sealer.js";
import { isRepoError, RepoError } from "../errors.js";
import type { SlotIo } from "./slot-io.js";
import { cellOffset } from "./ring.js";
import { decodeSuperblock, RING_CELLS, type Superblock } from "./superblock.js";

export interface FoundSuperblock {
  readonly block: Superblock;
  readonly tag: Uint8Array;
  /** Generations that were newer but incomplete, newest first; empty after any honest crash. */
  readonly skipped: readonly Superblock[];
}

interface Candidate {
  readonly block: Superblock;
  readonly tag: Uint8Array;
}

/** Rejects with INTEGRITY if there is no usable superblock, ROLLBACK if the header is older than it. */
export async function findSuperblock(
  io: SlotIo,
  headerArea: Uint8Array,
  headerGeneration: number,
): Promise<FoundSuperblock> {
  const candidates = await openCells(io.sealer, headerArea);
  const skipped: Superblock[] = [];
  for (const { block, tag } of candidates) {
    if (!block.settled && !(await isComplete(io, block))) {
      skipped.push(block);
      continue;
    }
    if (headerGeneration < block.headerGeneration)
      throw new RepoError("ROLLBACK", { message: "the header is older than the repo" });
    return { block, tag, skipped };
  }
  throw new RepoError("INTEGRITY", { message: "no superblock cell is whole" });
}

/** The cells that authenticate, newest first. */
async function openCells(sealer: Sealer, headerArea: Uint8Array): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (let index = 0; index < RING_CELLS; index++) {
    const at = cellOffset(index);
    const cell = headerArea.subarray(at, at + CELL_BYTES);
    const payload = await sealer.openCell(index, cell);
    const block = payload === undefined ? undefined : decodeOrSkip(payload);
    if (block === undefined || block.generation % RING_CELLS !== index) continue;
    found.push({ block, tag: cell.slice(-TAG_BYTES) });
  }
  return found.toSorted((a, b) => b.block.generation - a.block.generation);
}

function decodeOrSkip(payload: Uint8Array): Superblock | undefined {
  try {
    return decodeSuperblock(payload);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

/** Whether everything that the commit lists is on storage. */
async function isComplete(io: SlotIo, block: Superblock): Promise<boolean> {
  try {
    for (const kind of [1, 2, 3] as const) {
      const refs = block.manifest.filter((entry) => entry.kind === kind).map(({ ref }) => ref);
      await io.openAll(kind, refs, () => undefined);
    }
    return true;
  } catch (error) {
    if (isRepoError(error, "INTEGRITY")) return false;
    throw error;
  }
}
