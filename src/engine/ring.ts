/** Where the superblock cells lie in the header area (docs/FORMAT.md §1). */
import { CELL_BYTES } from "../crypto/sealer.js";

const FIRST_CELL_OFFSET = 128 * 1024;

/** Offset of cell `index` (0–3) in the header area. */
export function cellOffset(index: number): number {
  return FIRST_CELL_OFFSET + index * CELL_BYTES;
}
