import { describe, expect, it } from "vitest";
import { MalformedBytes } from "../../../src/codec/bytes.js";
import { loadCompressor } from "../../../src/codec/compression.js";
import { MAX_RAW_BYTES, payingBytes } from "../../../src/codec/compressor.js";
import { Prng } from "../../simulated-disk/prng.js";
import { mixedContent } from "./vectors.js";

/** Sizes around every boundary: of lengths in a token, blocks, slots, windows. */
const SIZES = [1, 2, 12, 13, 14, 64, 255, 256, 257, 270, 4096, 16_384, 65_535, 65_536, 65_537]
  .concat([131_071, 131_072, 131_073, 262_145, 524_288, 524_289])
  .concat([MAX_RAW_BYTES - 1, MAX_RAW_BYTES]);

describe.each(["lz4", "zstd"] as const)("%s", async (name) => {
  const compressor = await loadCompressor(name);

  it("gives back what it was given, at every size", () => {
    const random = new Prng(11);
    for (const size of SIZES)
      for (const raw of [mixedContent(random, size), new Uint8Array(size)]) {
        const compressed = compressor.compress(raw);
        if (compressed === undefined) continue;
        expect(compressed.length).toBeLessThanOrEqual(payingBytes(size));
        expect(Buffer.compare(compressor.decompress(compressed, size), raw)).toBe(0);
      }
  });

  it("makes less of a mebibyte of zeros than of any other", () => {
    const compressed = compressor.compress(new Uint8Array(MAX_RAW_BYTES));
    expect(compressed?.length).toBeLessThan(5000);
  });

  it("leaves alone what does not pay", () => {
    const random = new Prng(13);
    for (const size of SIZES) expect(compressor.compress(random.bytes(size))).toBeUndefined();
    expect(compressor.compress(new Uint8Array())).toBeUndefined();
    const almost = new Uint8Array(10_000);
    almost.set(random.bytes(9500));
    expect(compressor.compress(almost)).toBeUndefined();
  });

  it("is the codec that extents name", () => {
    expect(compressor.codec).toBe(name === "lz4" ? 1 : 2);
  });

  it("is loaded once", async () => {
    expect(await loadCompressor(name)).toBe(compressor);
  });

  it("stops at a chunk larger than there are", () => {
    expect(() => compressor.compress(new Uint8Array(MAX_RAW_BYTES + 1))).toThrow("BUG:");
  });

  it("keeps no hold on the arrays it is given or gives", () => {
    const raw = new Uint8Array(5000).fill(1);
    const compressed = compressor.compress(raw) ?? new Uint8Array();
    const again = compressed.slice();
    const first = compressor.decompress(compressed, 5000);
    compressor.compress(new Uint8Array(5000).fill(2));
    expect(compressed).toEqual(again);
    expect(first).toEqual(raw);
    expect(first.buffer.byteLength).toBe(5000);
  });

  it("reads views into larger buffers", () => {
    const raw = new Uint8Array(6000).fill(3).subarray(500, 5500);
    const compressed = compressor.compress(raw) ?? new Uint8Array();
    const framed = Uint8Array.of(9, 9, 9, ...compressed, 9).subarray(3, 3 + compressed.length);
    expect(compressor.decompress(framed, 5000)).toEqual(raw);
  });

  it("refuses every other raw length than the true one", () => {
    const compressed = compressor.compress(new Uint8Array(5000)) ?? new Uint8Array();
    const lengths = [
      4999,
      5001,
      0,
      -1,
      2.5,
      Number.NaN,
      Infinity,
      MAX_RAW_BYTES,
      MAX_RAW_BYTES + 1,
    ];
    for (const length of [...lengths, 2 ** 31, 2 ** 32 + 5000, 2 ** 53])
      expect(() => compressor.decompress(compressed, length)).toThrow(MalformedBytes);
  });

  it("refuses what is as long as the content: compress would not have made it", () => {
    expect(() => compressor.decompress(new Uint8Array(5000), 5000)).toThrow("without gain");
    expect(() => compressor.decompress(new Uint8Array(0), 5000)).toThrow("without gain");
    expect(() => compressor.decompress(new Uint8Array(MAX_RAW_BYTES * 8), 5000)).toThrow(
      "without gain",
    );
  });

  it("refuses each beginning of a compressed chunk", () => {
    const noise = new Prng(17).bytes(500);
    const raw = Uint8Array.of(...noise, ...noise, ...new Uint8Array(2000));
    const compressed = compressor.compress(raw) ?? new Uint8Array();
    expect(compressed.length).toBeGreaterThan(500);
    for (let end = 0; end < compressed.length; end++)
      expect(() => compressor.decompress(compressed.subarray(0, end), 3000)).toThrow(
        MalformedBytes,
      );
  });

  it("answers damaged chunks with the right length or MalformedBytes, and works on afterwards", () => {
    const random = new Prng(19);
    const rounds = process.env["SLOW"] === "1" ? 200_000 : 10_000;
    const refused = damageMany(compressor, random, rounds);
    expect(refused).toBeGreaterThan(rounds / 10);
    const raw = mixedContent(random, 50_000);
    const compressed = compressor.compress(raw) ?? new Uint8Array();
    expect(Buffer.compare(compressor.decompress(compressed, raw.length), raw)).toBe(0);
  });

  it("answers noise likewise", () => {
    const random = new Prng(23);
    for (let round = 0; round < 3000; round++) {
      const noise = random.bytes(1 + random.below(2000));
      if (name === "zstd") noise.set([0x28, 0xb5, 0x2f, 0xfd, 0x60].slice(0, noise.length));
      expect(() => compressor.decompress(noise, 4000)).toThrow(MalformedBytes);
    }
  });
});

/** Decompresses `rounds` damaged chunks; returns how many were refused. */
function damageMany(
  compressor: Awaited<ReturnType<typeof loadCompressor>>,
  random: Prng,
  rounds: number,
): number {
  let refused = 0;
  let seeds: { compressed: Uint8Array; rawBytes: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 500 === 0)
      seeds = [30, 300, 3000, 30_000].flatMap((size) => {
        const compressed = compressor.compress(mixedContent(random, size));
        return compressed === undefined ? [] : [{ compressed, rawBytes: size }];
      });
    const { compressed, rawBytes } = random.pick(seeds);
    try {
      const raw = compressor.decompress(damaged(random, compressed), rawBytes);
      expect(raw.length).toBe(rawBytes);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      refused++;
    }
  }
  return refused;
}

/** `bytes` with some changed, cut out, doubled or moved. */
function damaged(random: Prng, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const at = random.below(copy.length);
  const end = at + random.below(Math.min(20, copy.length - at) + 1);
  switch (random.below(5)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      copy.set(random.bytes(end - at), at);
      return copy;
    case 2:
      return Uint8Array.of(...copy.subarray(0, at), ...copy.subarray(end));
    case 3:
      copy.copyWithin(random.below(copy.length), at, end);
      return copy;
    default:
      copy.fill(random.chance(0.5) ? 255 : 0, at, end);
      return copy;
  }
}
