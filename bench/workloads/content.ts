/** Content to write: bytes that do not compress, the same in every run, in buffers that may be given away. */

/** Pseudo-random bytes (xorshift). */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Copies of a piece, made before the clock runs. */
export function copies(piece: Uint8Array, count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, () => new Uint8Array(piece));
}
