/**
 * Compressor: one chunk in, one chunk out, both whole in memory (docs/FORMAT.md §5.4, docs/ARCHITECTURE.md
 * "Compression libraries"). The raw length is no part of the compressed bytes as far as we are concerned: it comes
 * from the extent, which is authenticated, and every allocation goes by it. What the compressed bytes claim
 * is compared with it and never believed.
 */
import { assert } from "../assert.js";
import { MalformedBytes } from "./bytes.js";

/** No chunk is larger, raw or compressed. */
export const MAX_RAW_BYTES = 1024 * 1024;

export interface Compressor {
  /** As stored in an extent. */
  readonly codec: 1 | 2;
  /** The compressed bytes, at most {@link payingBytes} of them, or undefined if it does not pay. */
  compress(bytes: Uint8Array): Uint8Array | undefined;
  /**
   * Exactly `rawBytes` bytes in a new array; throws {@link MalformedBytes} if `bytes` are anything but what some
   * correct `compress` could have made of so many. Memory and time are bounded by `rawBytes`.
   */
  decompress(bytes: Uint8Array, rawBytes: number): Uint8Array;
}

/**
 * The most bytes that are worth storing in place of `rawBytes`: opening has to decompress them every time, so a
 * sixteenth must be saved.
 */
export function payingBytes(rawBytes: number): number {
  return rawBytes - Math.ceil(rawBytes / 16);
}

/** What every compressor demands of its callers; a larger chunk is a bug of this package. */
export function assertRaw(rawBytes: number): void {
  assert(rawBytes <= MAX_RAW_BYTES, "a chunk is at most a mebibyte");
}

/** What holds for every compressed chunk before a byte of it is looked at. */
export function checkLengths(bytes: Uint8Array, rawBytes: number): void {
  if (!Number.isInteger(rawBytes) || rawBytes < 1 || rawBytes > MAX_RAW_BYTES)
    throw new MalformedBytes("raw length out of range");
  if (bytes.length === 0 || bytes.length > payingBytes(rawBytes))
    throw new MalformedBytes("compressed chunk without gain");
}
