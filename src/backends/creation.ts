/**
 * When a container counts as created (docs/FORMAT.md §1): once the first byte of a header copy is there. A
 * creator writes that byte alone and last, since a single byte cannot be torn; a container in which both
 * first bytes are zero is the debris of an unfinished creation. Every provider answers `exists` by this
 * one rule.
 */
import type { BlockStore } from "./block-store.js";

/** Offsets of the two header copies in the header area, in bytes. */
export const HEADER_COPY_OFFSETS = [0, 64 * 1024] as const;

/** Whether a header area, or at least its part up to the second copy's first byte, was finished. */
export function isFinished(headerArea: Uint8Array): boolean {
  return HEADER_COPY_OFFSETS.some((offset) => (headerArea[offset] ?? 0) !== 0);
}

/** What a header copy begins with, behind the byte that is written last. */
const MAGIC_REST = Array.from("OFFERFS", (char) => char.charCodeAt(0));
const HEADER_COPY_BYTES = 8 * 1024;
const CELLS_OFFSET = 128 * 1024;

/** Whether a header copy has, or is about to get, the magic of a container. */
export function hasMagic(headerArea: Uint8Array): boolean {
  return HEADER_COPY_OFFSETS.some((offset) => copyHasMagic(headerArea, offset));
}

/**
 * Whether this may be what is left of an unfinished creation. Where containers lie among other files, a
 * file that is somebody's and happens to begin with a zero is not ours to replace.
 */
export function isDebris(headerArea: Uint8Array): boolean {
  if (isFinished(headerArea)) return false;
  const beside = headerArea.slice(0, CELLS_OFFSET);
  for (const offset of HEADER_COPY_OFFSETS)
    if (copyHasMagic(headerArea, offset)) beside.fill(0, offset, offset + HEADER_COPY_BYTES);
  return beside.every((byte) => byte === 0);
}

function copyHasMagic(headerArea: Uint8Array, offset: number): boolean {
  return MAGIC_REST.every((byte, i) => headerArea[offset + 1 + i] === byte);
}

/**
 * Makes the container exist, with its two header copies: everything else of it is durable by now. Copy B goes
 * first, as in every later change.
 */
export async function finishCreation(
  store: BlockStore,
  [copyA, copyB]: readonly [Uint8Array, Uint8Array],
): Promise<void> {
  const [offsetA, offsetB] = HEADER_COPY_OFFSETS;
  await finishCopy(store, offsetB, copyB);
  await finishCopy(store, offsetA, copyA);
}

async function finishCopy(store: BlockStore, offset: number, bytes: Uint8Array): Promise<void> {
  await store.writeHeader(offset + 1, bytes.subarray(1));
  await store.flush();
  await store.writeHeader(offset, bytes.subarray(0, 1));
  await store.flush();
}
