/**
 * The associated data of everything that is sealed (docs/FORMAT.md §3.2):
 * format u16 ‖ containerId 16 ‖ kind u8 ‖ keyGeneration u32, and for cells and key slots ‖ index u8.
 * It binds a ciphertext to its container, its purpose and its place.
 */
import { ByteWriter } from "../codec/bytes.js";
import { SEAL_KIND } from "./sealer.js";

export const FORMAT = 1;
export const CONTAINER_ID_BYTES = 16;

/** Continues SEAL_KIND with what is sealed outside of slots. */
export const KEY_SLOT_KIND = 5;
export const KEYRING_KIND = 6;
/** Kinds whose place is part of the associated data. */
const PLACED_KINDS: readonly number[] = [SEAL_KIND.cell, KEY_SLOT_KIND];

const UNPLACED_BYTES = 2 + CONTAINER_ID_BYTES + 1 + 4;

export function associatedData(
  containerId: Uint8Array,
  kind: number,
  keyGeneration: number,
  index = 0,
): Uint8Array<ArrayBuffer> {
  const placed = PLACED_KINDS.includes(kind);
  const bytes = new Uint8Array(UNPLACED_BYTES + (placed ? 1 : 0));
  const to = new ByteWriter(bytes);
  to.u16(FORMAT);
  to.raw(containerId);
  to.u8(kind);
  to.u32(keyGeneration);
  if (placed) to.u8(index);
  return bytes;
}
