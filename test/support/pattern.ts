/** Content of files: made, changed and compared. */
import { expect } from "vitest";

/** Bytes that differ from those of another seed, and from themselves at another offset. */
export function pattern(length: number, seed = 1): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

/** Vitest's own comparison of long arrays takes seconds. */
export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected), "the bytes are the same").toBe(0);
}

/** The first bytes, or all of them and zeros. */
export function resized(content: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(content.subarray(0, size));
  return result;
}

/** The content after writing `bytes` at `at`. */
export function overlaid(content: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const result = resized(content, Math.max(content.length, at + bytes.length));
  result.set(bytes, at);
  return result;
}
