/**
 * What both sealers share: which key a kind uses, how a superblock cell is laid out, and what counts
 * as malformed before any key is touched.
 */
import { assert } from "../assert.js";
import { concatBytes } from "../codec/unshared.js";
import { RepoError } from "../errors.js";
import { CELL_BYTES, CELL_PAYLOAD_BYTES, NONCE_BYTES, SEAL_KIND, TAG_BYTES } from "./sealer.js";
import type { Sealed } from "./sealer.js";
import type { SealPurpose } from "./subkeys.js";

export function purposeOf(kind: number): SealPurpose {
  if (kind === SEAL_KIND.cell) return "superblock";
  return kind === SEAL_KIND.data ? "data" : "metadata";
}

/**
 * A shorter or longer tag would move the border between ciphertext and tag in the joined form that
 * WebCrypto takes, so sizes are checked here and not left to it.
 */
export function checkSealSizes(nonce: Uint8Array, tag: Uint8Array): void {
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw new RepoError("INTEGRITY");
}

/** nonce ‖ ciphertext ‖ tag. */
export function joinCell(sealed: Sealed): Uint8Array<ArrayBuffer> {
  return concatBytes(sealed.nonce, sealed.ciphertext, sealed.tag);
}

/** Views of a stored cell, or undefined if it cannot be one. */
export function partCell(cell: Uint8Array): Sealed | undefined {
  if (cell.length !== CELL_BYTES) return undefined;
  return {
    nonce: cell.subarray(0, NONCE_BYTES),
    ciphertext: cell.subarray(NONCE_BYTES, NONCE_BYTES + CELL_PAYLOAD_BYTES),
    tag: cell.subarray(NONCE_BYTES + CELL_PAYLOAD_BYTES),
  };
}

export function checkCellPayload(index: number, payload: Uint8Array): void {
  assert(payload.length === CELL_PAYLOAD_BYTES, "a cell's payload has one size");
  assert(index >= 0 && index < 256, "a cell's index is one byte");
}
