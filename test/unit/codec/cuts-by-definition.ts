/**
 * Content-defined chunks by the definition in docs/ARCHITECTURE.md, every hash summed up anew: slow, plain, and
 * without a line in common with src/codec/fastcdc.ts.
 */
import { createHash, createHmac } from "node:crypto";

export interface Sizes {
  readonly minBytes: number;
  readonly averageBytes: number;
  readonly maxBytes: number;
}

/** The ends of the chunks of `content`. */
export function cutsByDefinition(content: Uint8Array, gear: Uint32Array, sizes: Sizes): number[] {
  const bits = Math.log2(sizes.averageBytes);
  const ends: number[] = [];
  for (let begin = 0; begin < content.length; begin = ends.at(-1) ?? 0) {
    let length = Math.min(sizes.maxBytes, content.length - begin);
    for (let size = sizes.minBytes + 1; size < length; size++) {
      const zeros = size <= sizes.averageBytes ? bits + 2 : bits - 2;
      if (hashBefore(content, begin + size, gear) < 2 ** (32 - zeros)) length = size;
    }
    ends.push(begin + length);
  }
  return ends;
}

function hashBefore(content: Uint8Array, end: number, gear: Uint32Array): number {
  let sum = 0;
  for (let back = 0; back < 32; back++)
    sum += ((gear[content[end - 1 - back] ?? 0] ?? 0) * 2 ** back) % 2 ** 32;
  return sum % 2 ** 32;
}

/** A gear table by HMAC-SHA256 in counter mode. */
export function gearByDefinition(key: Uint8Array): Uint32Array {
  const macs = Array.from({ length: 32 }, (_, i) =>
    createHmac("sha256", key).update(Uint8Array.of(i)).digest(),
  );
  const bytes = Buffer.concat(macs);
  return Uint32Array.from({ length: 256 }, (_, i) => bytes.readUInt32LE(i * 4));
}

/** Content that anybody can make again: SHA-256 of "`seed`/0", "`seed`/1", … in a row. */
export function hashedContent(seed: string, bytes: number): Uint8Array {
  const digests = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
    createHash("sha256").update(`${seed}/${i}`).digest(),
  );
  return new Uint8Array(Buffer.concat(digests).subarray(0, bytes));
}
