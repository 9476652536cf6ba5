/**
 * SlotRef: the reference by which a parent pins its child (docs/FORMAT.md §5.1). It carries the nonce
 * and tag that authenticate the child, so a slot that is swapped, stale, truncated or zeroed cannot
 * match. open-slots.ts is the only code that turns one into plaintext.
 */
import type { SlotAddress } from "../backends/block-store.js";
import { MAX_SLOTS } from "../backends/block-store.js";
import { MalformedBytes, type ByteReader, type ByteWriter } from "../codec/bytes.js";
import { NONCE_BYTES, TAG_BYTES } from "../crypto/sealer.js";

/** Counter of commits; the first is 1. */
export type Generation = number;

export interface SlotRef {
  readonly slot: SlotAddress;
  /** Adjacent slots sealed as one; 1 for tree nodes. */
  readonly count: number;
  readonly keyGeneration: number;
  /** The commit that wrote it. */
  readonly birth: Generation;
  /** Nonce ‖ tag, as a byte string: trees hold many references, and a string is their most compact form. */
  readonly authenticator: string;
}

export const AUTHENTICATOR_BYTES = NONCE_BYTES + TAG_BYTES;

/** Adjacent slots. */
export interface Run {
  readonly start: number;
  readonly count: number;
}

/** The largest seal unit, in slots. */
export const MAX_UNIT_SLOTS = 64;

export const SLOT_REF_BYTES = 6 + 2 + 4 + 6 + AUTHENTICATOR_BYTES;

export function writeSlotRef(to: ByteWriter, ref: SlotRef): void {
  to.u48(ref.slot);
  to.u16(ref.count);
  to.u32(ref.keyGeneration);
  to.u48(ref.birth);
  to.byteString(ref.authenticator);
}

export function readSlotRef(from: ByteReader): SlotRef {
  const slot = from.u48();
  const count = from.u16();
  if (count < 1 || count > MAX_UNIT_SLOTS || slot + count > MAX_SLOTS)
    throw new MalformedBytes("bad slot reference");
  return {
    slot: slot as SlotAddress,
    count,
    keyGeneration: from.u32(),
    birth: from.u48(),
    authenticator: from.byteString(AUTHENTICATOR_BYTES),
  };
}
