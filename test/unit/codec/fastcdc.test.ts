import { describe, expect, it } from "vitest";
import { chunking, chunks, cutPoint, DEFAULT_SIZES } from "../../../src/codec/fastcdc.js";
import type { Chunking, ChunkSizes } from "../../../src/codec/fastcdc.js";
import { Prng } from "../../simulated-disk/prng.js";
import { cutsByDefinition, gearByDefinition, hashedContent } from "./cuts-by-definition.js";
import { mixedContent, readVectors, unhex } from "./vectors.js";

interface CutVector extends ChunkSizes {
  readonly name: string;
  readonly key: string;
  readonly seed: string;
  readonly bytes: number;
  readonly ends: number[];
}
const { cases } = readVectors("fastcdc") as { cases: CutVector[] };
const MIB = 1024 * 1024;
const SMALL: ChunkSizes = { minBytes: 64, averageBytes: 256, maxBytes: 1024 };

function randomGear(seed: number): Uint32Array {
  const random = new Prng(seed);
  return Uint32Array.from({ length: 256 }, () => random.u32());
}

function cuts(content: Uint8Array, how: Chunking): number[] {
  let end = 0;
  return Array.from(chunks(content, how), (chunk) => (end += chunk.length));
}

/** How many chunks of `one` are not, byte for byte, in `other`. */
function newChunks(one: Uint8Array, other: Uint8Array, how: Chunking): number {
  const asText = (chunk: Uint8Array) => Buffer.from(chunk).toString("latin1");
  const known = new Set(Array.from(chunks(other, how), asText));
  return Array.from(chunks(one, how), asText).filter((text) => !known.has(text)).length;
}

describe("FastCDC", () => {
  it.each(cases)("cuts $name as the vector says", (vector) => {
    const gear = gearByDefinition(unhex(vector.key));
    const content = hashedContent(vector.seed, vector.bytes);
    expect(cutsByDefinition(content, gear, vector)).toEqual(vector.ends);
    expect(cuts(content, chunking(gear, vector))).toEqual(vector.ends);
  });

  it("cuts any content as the definition says", () => {
    const random = new Prng(41);
    for (let round = 0; round < 200; round++) {
      const gear = randomGear(round);
      const content = mixedContent(random, random.below(8000));
      const minBytes = 32 + random.below(200);
      const sizes = { minBytes, averageBytes: 256, maxBytes: 257 + random.below(900) };
      expect(cuts(content, chunking(gear, sizes))).toEqual(cutsByDefinition(content, gear, sizes));
    }
  });

  it("gives chunks that are the content again, none empty, none above the maximum", () => {
    const content = mixedContent(new Prng(43), 5 * MIB);
    const pieces = [...chunks(content, chunking(randomGear(1)))];
    expect(Buffer.compare(Buffer.concat(pieces), content)).toBe(0);
    const lengths = pieces.map((piece) => piece.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(DEFAULT_SIZES.maxBytes);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThan(DEFAULT_SIZES.minBytes);
    expect([...chunks(new Uint8Array(), chunking(randomGear(1)))]).toEqual([]);
  });

  it("has the sizes on random content that its probabilities give", () => {
    const content = new Prng(47).bytes(48 * MIB);
    const lengths = Array.from(chunks(content, chunking(randomGear(2))), (chunk) => chunk.length);
    expect(content.length / lengths.length / 1024).toBeCloseTo(73, -1);
    const share = (kib: number) =>
      lengths.filter((size) => size <= kib * 1024).length / lengths.length;
    // After the minimum each byte ends a chunk by chance 2^-18, after the average by 2^-14; three
    // deviations for so many chunks are 0.03 to 0.05.
    const hard = (kib: number) => 1 - Math.exp(-(kib - 16) / 256);
    const easy = (kib: number) => 1 - (1 - hard(64)) * Math.exp(-(kib - 64) / 16);
    for (const kib of [24, 32, 48, 64]) expect(Math.abs(share(kib) - hard(kib))).toBeLessThan(0.05);
    for (const kib of [72, 80, 96, 128])
      expect(Math.abs(share(kib) - easy(kib))).toBeLessThan(0.05);
  });

  it("cuts on after an insertion in the middle as before it: at most three chunks are new", () => {
    const random = new Prng(53);
    const how = chunking(randomGear(3));
    for (let round = 0; round < 20; round++) {
      const content = random.bytes(2 * MIB);
      const at = random.below(content.length);
      const before = content.subarray(0, at);
      const inserted = Buffer.concat([before, random.bytes(1), content.subarray(at)]);
      const removed = Buffer.concat([before, content.subarray(at + 1)]);
      expect(newChunks(inserted, content, how)).toBeLessThanOrEqual(3);
      expect(newChunks(removed, content, how)).toBeLessThanOrEqual(3);
    }
  });

  it("finds a file again inside another one", () => {
    const random = new Prng(59);
    const file = random.bytes(2 * MIB);
    const archive = Buffer.concat([random.bytes(100_001), file, random.bytes(50_000)]);
    const how = chunking(randomGear(4));
    const count = [...chunks(file, how)].length;
    expect(newChunks(file, archive, how)).toBeLessThan(count / 5);
  });

  it("cuts differently under another key", () => {
    const content = new Prng(61).bytes(4 * MIB);
    const one = new Set(cuts(content, chunking(randomGear(5))));
    const common = cuts(content, chunking(randomGear(6))).filter((end) => one.has(end));
    expect(one.size).toBeGreaterThan(40);
    expect(common).toEqual([content.length]);
  });

  it("gives the same cuts to a stream that holds a maximum ahead", () => {
    const content = mixedContent(new Prng(67), 100_000);
    const how = chunking(randomGear(7), SMALL);
    const ends: number[] = [];
    for (let from = 0; from < content.length; from = ends.at(-1) ?? 0) {
      const held = content.subarray(from, from + SMALL.maxBytes);
      ends.push(from + cutPoint(held, 0, held.length, how));
    }
    expect(ends).toEqual(cuts(content, how));
  });

  it("looks at nothing before or behind the range", () => {
    const how = chunking(randomGear(8), SMALL);
    const content = new Prng(71).bytes(5000);
    const wrapped = Buffer.concat([new Uint8Array(100).fill(1), content, new Uint8Array(999)]);
    expect(cutPoint(wrapped, 100, 5100, how)).toBe(100 + cutPoint(content, 0, 5000, how));
    expect(cutPoint(content, 10, 10, how)).toBe(10);
  });

  it("cuts a run of one byte, the worst there is, at the maximum or just above the minimum", () => {
    const how = chunking(randomGear(9));
    const lengths = Array.from(chunks(new Uint8Array(MIB), how), (chunk) => chunk.length);
    expect(lengths).toEqual([262_144, 262_144, 262_144, 262_144]);
  });

  it.each<[string, Partial<ChunkSizes>]>([
    ["an average that is no power of two", { averageBytes: 65_537 }],
    ["a minimum above the average", { minBytes: 65_536 }],
    ["a maximum below the average", { maxBytes: 65_536 }],
    ["a minimum below the window", { minBytes: 31 }],
  ])("stops at %s", (_, sizes) => {
    expect(() => chunking(randomGear(1), { ...DEFAULT_SIZES, ...sizes })).toThrow("BUG:");
  });

  it("stops at a gear table of another length and at a range outside of the bytes", () => {
    expect(() => chunking(new Uint32Array(255))).toThrow("BUG:");
    const how = chunking(randomGear(1));
    expect(() => cutPoint(new Uint8Array(9), 0, 10, how)).toThrow("BUG:");
    expect(() => cutPoint(new Uint8Array(9), 5, 4, how)).toThrow("BUG:");
    expect(() => cutPoint(new Uint8Array(9), -1, 4, how)).toThrow("BUG:");
  });
});
