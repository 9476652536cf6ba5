/** Which superblock cells of a container do not authenticate though a commit wrote them. */
import { CELL_BYTES, type Sealer } from "../crypto/sealer.js";
import { cellOffset } from "../engine/ring.js";
import { RING_CELLS } from "../engine/superblock.js";

/** `generation` is the newest commit's; before the fourth some cells were never written and are random. */
export async function damagedCells(
  area: Uint8Array,
  sealer: Sealer,
  generation: number,
): Promise<number[]> {
  const damaged: number[] = [];
  for (let index = 0; index < RING_CELLS; index++) {
    const written = generation >= RING_CELLS || (index > 0 && index <= generation);
    const at = cellOffset(index);
    if (written && (await sealer.openCell(index, area.slice(at, at + CELL_BYTES))) === undefined)
      damaged.push(index);
  }
  return damaged;
}
