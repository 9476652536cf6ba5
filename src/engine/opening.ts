/**
 * Opening: which superblock cell is the newest whole commit (docs/FORMAT.md §7). The newest cell that
 * authenticates wins, unless its manifest shows that the storage lost part of what it had confirmed.
 */
import { equalBytes, MalformedBytes } from "../codec/bytes.js";
import { CELL_BYTES, TAG_BYTES, type Sealer } from "../crypto/sealer.js";
import { RepoError } from "../errors.js";
import type { SlotIo } from "./slot-io.js";
import { lineOf, type CommitPoint, type OpenedCell } from "./line.js";
import { cellOffset } from "./ring.js";
import { opens, recentOpens } from "./recent.js";
import type { Generation } from "./slot-ref.js";
import { decodeSuperblock, RING_CELLS, type Superblock } from "./superblock.js";

export interface FoundSuperblock {
  readonly block: Superblock;
  readonly tag: Uint8Array;
  /** This commit and what it descends from. */
  readonly line: readonly CommitPoint[];
  /** Newer commits that are incomplete, newest first; empty after any honest crash. */
  readonly skipped: readonly Superblock[];
  /** Cells that do not open though a commit wrote them and no crash explains it. */
  readonly damagedCells: readonly number[];
  /** The generation of the next commit. */
  readonly next: Generation;
}

/** Rejects with INTEGRITY if there is no usable superblock, ROLLBACK if the header is older than it. */
export async function findSuperblock(
  io: SlotIo,
  headerArea: Uint8Array,
  headerGeneration: number,
): Promise<FoundSuperblock> {
  const cells = await openCells(io.sealer, headerArea);
  const known = new Map<OpenedCell, Promise<boolean>>();
  const arrived = (cell: OpenedCell): Promise<boolean> => {
    const answer = known.get(cell) ?? manifestOpens(io, cell.block);
    known.set(cell, answer);
    return answer;
  };
  const skipped: Superblock[] = [];
  for (const cell of cells) {
    const { block, tag } = cell;
    if (!(await isWhole(io, cell, cells, arrived))) {
      skipped.push(block);
      continue;
    }
    if (headerGeneration < block.headerGeneration)
      throw new RepoError("ROLLBACK", { message: "the header is older than the repo" });
    const next = nextGeneration(block.generation, cells[0]?.block.generation ?? 0);
    const line = lineOf(cell, cells);
    return { block, tag, line, skipped, damagedCells: damagedCells(block, cells), next };
  }
  throw new RepoError("INTEGRITY", { message: "no superblock cell is whole" });
}

/** The commits before the newest whose cells no crash can have torn. */
const EARLIER_COMMITS = 2;

/**
 * Whether everything is there that the commit wrote, and what it still uses of the commits just before it:
 * a flush that lied may have lost slots of a commit while those of the next one arrived. A settled commit
 * vouches for what was before it. Where a manifest before it is missing, or lists slots that are (which may
 * have been freed since), everything recent that the state uses is opened.
 */
async function isWhole(
  io: SlotIo,
  cell: OpenedCell,
  cells: readonly OpenedCell[],
  arrived: (cell: OpenedCell) => Promise<boolean>,
): Promise<boolean> {
  if (cell.block.settled) return true;
  if (!(await arrived(cell))) return false;
  const { generation } = cell.block;
  let later = cell.block;
  for (
    let back = 0;
    back < EARLIER_COMMITS && later.previousTag.some((byte) => byte !== 0);
    back++
  ) {
    const { previousTag } = later;
    const earlier = cells.find(({ tag }) => equalBytes(tag, previousTag));
    if (earlier?.block.settled) return true;
    if (earlier === undefined || !(await arrived(earlier)))
      return recentOpens(io, cell.block, generation - RING_CELLS);
    later = earlier.block;
  }
  return true;
}

/**
 * The number after all that are on storage, so that commits that were passed over never count as newest
 * again; and not one whose cell would take the place of the only good one.
 */
function nextGeneration(chosen: Generation, newest: Generation): Generation {
  const next = newest + 1;
  return next % RING_CELLS === chosen % RING_CELLS ? next + 1 : next;
}

/**
 * The cells that do not open, if one of them may have held a newer commit. That needs the cell after the
 * chosen one not to open; but if it alone does not, a crash tore it. Before the fourth commit some cells were
 * never written.
 */
function damagedCells(block: Superblock, cells: readonly OpenedCell[]): readonly number[] {
  const { generation } = block;
  const opened = new Set(cells.map((cell) => cell.block.generation % RING_CELLS));
  const torn = (generation + 1) % RING_CELLS;
  if (opened.has(torn)) return [];
  const damaged = [0, 1, 2, 3].filter((index) => {
    const written = generation >= RING_CELLS || (index > 0 && index <= generation);
    return written && !opened.has(index) && index !== torn;
  });
  return damaged.length === 0 ? [] : [torn, ...damaged];
}

/** The cells that authenticate, newest first. */
async function openCells(sealer: Sealer, headerArea: Uint8Array): Promise<OpenedCell[]> {
  const found: OpenedCell[] = [];
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

/** Whether the storage has everything that the commit lists. */
async function manifestOpens(io: SlotIo, { manifest }: Superblock): Promise<boolean> {
  for (const { kind, ref } of manifest) if (!(await opens(() => io.open(kind, ref)))) return false;
  return true;
}
