import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadCompressor } from "../../../src/codec/compression.js";
import { MAX_RAW_BYTES } from "../../../src/codec/compressor.js";
import { LZ4_SOURCE_SHA256 } from "../../../src/codec/lz4-wasm.js";
import { Prng } from "../../simulated-disk/prng.js";
import { lz4ByDefinition } from "./lz4-by-definition.js";
import { mixedContent, readVectors, unhex } from "./vectors.js";

const { blocks } = readVectors("lz4") as { blocks: { name: string; raw: string; block: string }[] };
const lz4 = await loadCompressor("lz4");

/** A block of one sequence: literals, then a match, then the five last literals. */
function sequence(literals: number, offset: number, matchNibble: number, more: number[] = []) {
  const token = (literals << 4) | matchNibble;
  const offsetBytes = [offset & 255, offset >> 8];
  return Uint8Array.of(
    token,
    ...Array<number>(literals).fill(7),
    ...offsetBytes,
    ...more,
    0x50,
    1,
    2,
    3,
    4,
    5,
  );
}

/** As toEqual, which takes seconds for large arrays. */
function expectSame(bytes: Uint8Array | undefined, wanted: Uint8Array): void {
  expect(Buffer.compare(bytes ?? new Uint8Array(), wanted)).toBe(0);
}

describe("Lz4", () => {
  it("was compiled from the source as it is", () => {
    const source = readFileSync(new URL("../../../wasm/lz4.ts", import.meta.url));
    expect(createHash("sha256").update(source).digest("hex")).toBe(LZ4_SOURCE_SHA256);
  });

  it.each(blocks)("reads what the C library made of $name", ({ raw, block }) => {
    expect(lz4.decompress(unhex(block), raw.length / 2)).toEqual(unhex(raw));
  });

  it("writes blocks that mean the same to a plain reader of the format", () => {
    const random = new Prng(3);
    for (let round = 0; round < 300; round++) {
      const raw = mixedContent(random, 1 + random.below(random.chance(0.1) ? 200_000 : 3000));
      const block = lz4.compress(raw);
      if (block !== undefined) expectSame(lz4ByDefinition(block), raw);
    }
  });

  it("ends blocks as the format wants: five literals, no match that begins in the last twelve bytes", () => {
    const block = lz4.compress(new Uint8Array(1000)) ?? new Uint8Array();
    expect(block.subarray(-6)).toEqual(Uint8Array.of(0x50, 0, 0, 0, 0, 0));
  });

  it("finds matches up to 65 535 bytes back, and writes none further", () => {
    const random = new Prng(5);
    for (const gap of [65_534, 65_535, 65_536, 70_000]) {
      const piece = random.bytes(300);
      const raw = new Uint8Array(gap + 300);
      raw.set(piece);
      raw.set(piece, gap);
      const block = lz4.compress(raw) ?? new Uint8Array();
      expectSame(lz4ByDefinition(block), raw);
      expectSame(lz4.decompress(block, raw.length), raw);
    }
  });

  it("agrees with a plain reader of the format on damaged blocks", () => {
    const random = new Prng(7);
    let bad = 0;
    for (let round = 0; round < 4000; round++) {
      const raw = mixedContent(random, 100 + random.below(400));
      const block = lz4.compress(raw);
      if (block === undefined) continue;
      for (let i = random.below(3); i >= 0; i--)
        block[random.below(block.length)] = random.below(256);
      const meant = lz4ByDefinition(block);
      if (meant?.length === raw.length) {
        expectSame(lz4.decompress(block, raw.length), meant);
      } else {
        bad++;
        expect(() => lz4.decompress(block, raw.length)).toThrow("bad LZ4 block");
      }
    }
    expect(bad).toBeGreaterThan(1000);
  });

  it("takes the block that the refused ones below are variations of", () => {
    expect(lz4.decompress(sequence(4, 1, 15, [100]), 4 + 119 + 5)).toHaveLength(128);
  });

  it.each([
    ["a match before the beginning", sequence(4, 5, 15, [100])],
    ["an offset of zero", sequence(4, 0, 15, [100])],
    ["a match longer than the content", sequence(4, 1, 15, [101])],
    ["a match that fills the content and leaves no end", sequence(4, 1, 15, [105]).subarray(0, 8)],
    ["a match length that never ends", sequence(4, 1, 15, [255, 255, 255]).subarray(0, 10)],
    ["a literal length that never ends", Uint8Array.of(0xf0, 255, 255, 255)],
    ["more literals than there are", Uint8Array.of(0xf0, 60, 1, 2, 3)],
    ["half an offset", Uint8Array.of(0x10, 7, 1)],
    ["nothing behind a match", sequence(4, 1, 15, [105]).subarray(0, 7)],
    ["lengths of a gigabyte", new Uint8Array(110).fill(255)],
  ])("refuses %s", (_, block) => {
    expect(() => lz4.decompress(block, 128)).toThrow("bad LZ4 block");
  });

  it("never writes beyond the memory for its output, whatever the lengths say", () => {
    // A match that fills all but a thousand bytes, then more literals, or a longer match, than there is memory.
    const fill = Uint8Array.of(0x1f, 7, 1, 0, ...Array<number>(4107).fill(255), 0);
    const literals = Uint8Array.of(...fill, 0xf0, ...Array<number>(1500).fill(255), 0);
    const hostile = new Uint8Array(literals.length + 390_000);
    hostile.set(literals);
    const match = Uint8Array.of(...fill, 0x1f, 7, 1, 0, ...new Uint8Array(100_000).fill(255), 0);
    for (const block of [hostile, match])
      expect(() => lz4.decompress(block, MAX_RAW_BYTES)).toThrow("bad LZ4 block");
  });

  it("gives nothing away of an earlier chunk", () => {
    const secret = new Uint8Array(1000).fill(0x5e);
    lz4.decompress(lz4.compress(secret) ?? new Uint8Array(), secret.length);
    const raw = lz4.decompress(sequence(4, 4, 15, [100]), 128);
    expect(raw.includes(0x5e)).toBe(false);
  });
});
