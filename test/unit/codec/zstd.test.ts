import { Zstd as Library } from "@hpcc-js/wasm-zstd";
import { describe, expect, it } from "vitest";
import { MalformedBytes } from "../../../src/codec/bytes.js";
import { loadCompressor } from "../../../src/codec/compression.js";
import { MAX_RAW_BYTES } from "../../../src/codec/compressor.js";
import { Prng } from "../../simulated-disk/prng.js";
import { readVectors, unhex } from "./vectors.js";

interface FrameVector {
  readonly name: string;
  readonly raw: string;
  readonly frame: string;
}
const vectors = readVectors("zstd") as { frames: FrameVector[]; refused: FrameVector[] };
const zstd = await loadCompressor("zstd");

/** Where the fields of our frames are: magic, descriptor, content size of two bytes, blocks. */
const DESCRIPTOR_AT = 4;
const raw = new TextEncoder().encode("It is a truth universally acknowledged. ".repeat(50));
const frame = zstd.compress(raw) ?? new Uint8Array();

/** Our frame with other bytes at `at`. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = frame.slice();
  copy.set(bytes, at);
  return copy;
}

/** A frame with the content size in eight bytes, then `blocks`. */
function frameClaiming(size: bigint, ...blocks: number[]): Uint8Array {
  const bytes = new Uint8Array(13 + blocks.length);
  bytes.set([0x28, 0xb5, 0x2f, 0xfd, 0xe0]);
  new DataView(bytes.buffer).setBigInt64(5, size, true);
  bytes.set(blocks, 13);
  return bytes;
}

/** A frame of 1 000 bytes with this window. */
function frameWithWindow(window: number): Uint8Array {
  const { buffer } = frameClaiming(1000n, ...lastRun(1000, 0));
  const bytes = new Uint8Array(buffer);
  return Uint8Array.of(...bytes.subarray(0, 4), 0xc0, window, ...bytes.subarray(5));
}

/** The last block: `size` times one byte. */
function lastRun(size: number, byte: number): number[] {
  const header = 1 | (1 << 1) | (size << 3);
  return [header & 255, (header >> 8) & 255, header >> 16, byte];
}

describe("Zstd", () => {
  it.each(vectors.frames)("reads what the command zstd made of $name", (vector) => {
    expect(zstd.decompress(unhex(vector.frame), vector.raw.length / 2)).toEqual(unhex(vector.raw));
  });

  it.each(vectors.refused)(
    "refuses a frame with $name, though some tools would make it",
    (vector) => {
      expect(() => zstd.decompress(unhex(vector.frame), vector.raw.length / 2)).toThrow(
        /zstd|truncated|integer/,
      );
    },
  );

  it("takes the frame that the refused ones below are variations of", () => {
    expect(frame.subarray(0, 5)).toEqual(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x60));
    expect(zstd.decompress(frame, raw.length)).toEqual(raw);
    expect(zstd.decompress(frameClaiming(1000n, ...lastRun(1000, 9)), 1000)).toEqual(
      new Uint8Array(1000).fill(9),
    );
  });

  it("takes a window of a mebibyte, which large chunks need", () => {
    expect(zstd.decompress(frameWithWindow(0x50), 1000)).toHaveLength(1000);
  });

  it.each([
    [
      "a content size of a gigabyte",
      frameClaiming(1n << 30n, ...lastRun(2000, 0)),
      /of another size/,
    ],
    ["a content size of 2^63", frameClaiming(1n << 63n, ...lastRun(2000, 0)), /integer above/],
    ["the unknown content size", frameClaiming(-1n, ...lastRun(2000, 0)), /integer above/],
    ["a content size one too large", frameClaiming(2001n, ...lastRun(2001, 0)), /of another size/],
    ["more content than it claims", frameClaiming(2000n, ...lastRun(2001, 0)), /bad zstd frame/],
    ["less content than it claims", frameClaiming(2000n, ...lastRun(1999, 0)), /bad zstd frame/],
    ["a block above 128 KiB", frameClaiming(2000n, ...lastRun(131_073, 0)), /bad zstd block/],
    ["a reserved block type", frameClaiming(2000n, 7, 0, 0), /bad zstd block/],
    ["no last block", frameClaiming(2000n, 0, 0, 0), /truncated/],
    ["a dictionary's number", changed(DESCRIPTOR_AT, 0x61), /dictionary/],
    ["a checksum", changed(DESCRIPTOR_AT, 0x64), /checksum/],
    ["the reserved bit", changed(DESCRIPTOR_AT, 0x68), /dictionary or checksum/],
    ["the unused bit", changed(DESCRIPTOR_AT, 0x70), /dictionary or checksum/],
    ["a window just above a mebibyte", frameWithWindow(0x51), /large window/],
    ["a window of 3 TiB", frameWithWindow(0xff), /large window/],
    ["another magic number", changed(0, 0x27), /no zstd frame/],
    ["the magic number to skip it", changed(0, 0x50, 0x2a, 0x4d, 0x18), /no zstd frame/],
    ["a byte behind it", Uint8Array.of(...frame, 0), /behind/],
    ["a second frame behind it", Uint8Array.of(...frame, ...frame), /behind/],
  ])("refuses a frame with %s", (_, bytes, reason) => {
    expect(() => zstd.decompress(bytes, 2000)).toThrow(reason);
    expect(() => zstd.decompress(bytes, 2000)).toThrow(MalformedBytes);
  });

  it("takes no more memory for hostile frames than for honest ones", async () => {
    const largest = new Uint8Array(MAX_RAW_BYTES);
    zstd.decompress(zstd.compress(largest) ?? new Uint8Array(), largest.length);
    const before = await heapBytes();
    const random = new Prng(31);
    for (let round = 0; round < 5000; round++) {
      const bytes = changed(DESCRIPTOR_AT + random.below(frame.length - 4), random.below(256));
      expectLengthOrRefusal(bytes, raw.length);
      expectLengthOrRefusal(frameClaiming(BigInt(random.below(2 ** 40)), 1, 0, 0), raw.length);
      expectLengthOrRefusal(frameClaiming(BigInt(MAX_RAW_BYTES), 1, 0, 0), MAX_RAW_BYTES);
    }
    expect(await heapBytes()).toBe(before);
  });
});

function expectLengthOrRefusal(bytes: Uint8Array, rawBytes: number): void {
  try {
    expect(zstd.decompress(bytes, rawBytes).length).toBe(rawBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedBytes);
  }
}

/** How large the library's memory is. */
async function heapBytes(): Promise<number> {
  const main = Reflect.get(await Library.load(), "_mainModule") as {
    _module: { HEAPU8: Uint8Array };
  };
  return main._module.HEAPU8.length;
}
