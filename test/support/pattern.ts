/** Content of files, and its comparison. */
import { expect } from "vitest";

/** Bytes that differ from those of another seed, and from themselves at another offset. */
export function pattern(length: number, seed = 1): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

/** Vitest's own comparison of long arrays takes seconds. */
export function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected), "the bytes are the same").toBe(0);
}
