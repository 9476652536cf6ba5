/**
 * withTagBehind: WebCrypto wants ciphertext ‖ tag in one piece, our tags live in references. Where the
 * buffer has room behind the ciphertext, the tag is lent that room for the length of a call.
 */
import { concatBytes, unshared } from "../codec/unshared.js";
import { TAG_BYTES } from "./sealer.js";

/**
 * Calls `use` with ciphertext ‖ tag. `use` must take its copy before it returns, as every method of
 * SubtleCrypto does ("get a copy of the bytes held by", W3C Web Cryptography §14.3): the room behind
 * the ciphertext, which may be the next slot of the same read, is put back as soon as `use` returns.
 */
export function withTagBehind<T>(
  ciphertext: Uint8Array,
  tag: Uint8Array,
  use: (joined: Uint8Array<ArrayBuffer>) => T,
): T {
  const { buffer, byteOffset, byteLength } = unshared(ciphertext);
  if (buffer.byteLength - byteOffset - byteLength < TAG_BYTES)
    return use(concatBytes(ciphertext, tag));
  const joined = new Uint8Array(buffer, byteOffset, byteLength + TAG_BYTES);
  const lent = joined.slice(byteLength);
  joined.set(tag, byteLength);
  try {
    return use(joined);
  } finally {
    joined.set(lent, byteLength);
  }
}

/** Parts WebCrypto's ciphertext ‖ tag. The tag is a copy: it outlives the ciphertext in a reference. */
export function partTag(joined: ArrayBuffer): { ciphertext: Uint8Array; tag: Uint8Array } {
  const at = joined.byteLength - TAG_BYTES;
  return { ciphertext: new Uint8Array(joined, 0, at), tag: new Uint8Array(joined.slice(at)) };
}
