/** Shannon entropy of bytes, and what random bytes of the same number would show. */

/** Bits per byte, 0 to 8. */
export function entropy(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts) {
    if (count === 0) continue;
    const share = count / bytes.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}

/**
 * Mean and standard deviation of {@link entropy} over random bytes: a finite sample falls short of 8 by
 * 255/(2n ln 2) on average (Miller and Madow), and spreads as a χ² of 255 degrees does.
 */
export function randomEntropy(bytes: number): {
  readonly mean: number;
  readonly deviation: number;
} {
  const scale = 2 * bytes * Math.LN2;
  return { mean: 8 - 255 / scale, deviation: Math.sqrt(2 * 255) / scale };
}
