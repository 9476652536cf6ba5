/**
 * FastCDC: content-defined chunking (Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking
 * Approach for Data Deduplication", USENIX ATC 2016; "The Design of Fast Content-Defined Chunking for Data
 * Deduplication Based Storage Systems", IEEE TPDS 31(9), 2020). A gear hash rolls over the bytes and a chunk ends
 * where some of its bits are zero, so equal content is cut alike wherever it stands. With normalised chunking of
 * level 2: four times less often before the average size and four times more often after it than
 * plainly. docs/ARCHITECTURE.md "Content-defined chunks" gives the definition.
 *
 * The gear table is secret and different in each repo (crypto/gear-table.ts), so cuts tell an onlooker nothing that
 * he could compare with known files. Invariant: where a chunk ends depends on its own bytes and the parameters only.
 */
import { assert } from "../assert.js";
import { ByteReader } from "./bytes.js";

/** Entries of a gear table: one for each value of a byte. */
export const GEAR_ENTRIES = 256;
/** By how many bits the masks are harder before the average size and easier after it. */
const NORMALIZATION = 2;
/** The hash has 32 bits and moves by one with each byte, so it depends on as many bytes. */
const WINDOW_BYTES = 32;

export interface ChunkSizes {
  readonly minBytes: number;
  /** A power of two from 64 to 16 MiB. */
  readonly averageBytes: number;
  readonly maxBytes: number;
}

export const DEFAULT_SIZES: ChunkSizes = {
  minBytes: 16 * 1024,
  averageBytes: 64 * 1024,
  maxBytes: 256 * 1024,
};

/** How one repo cuts; made by {@link chunking}. */
export interface Chunking extends ChunkSizes {
  readonly gear: Uint32Array;
  /** Bits that are zero where a chunk shorter than the average ends. */
  readonly hardMask: number;
  /** The same for a chunk longer than the average. */
  readonly easyMask: number;
}

/** A gear table from {@link GEAR_ENTRIES} little-endian integers of 32 bits. */
export function readGearTable(bytes: Uint8Array): Uint32Array {
  const reader = new ByteReader(bytes);
  return Uint32Array.from({ length: GEAR_ENTRIES }, () => reader.u32());
}

/** The parameters for a repo with this gear table of {@link GEAR_ENTRIES} random numbers. */
export function chunking(gear: Uint32Array, sizes: ChunkSizes = DEFAULT_SIZES): Chunking {
  const { minBytes, averageBytes, maxBytes } = sizes;
  const bits = Math.log2(averageBytes);
  assert(gear.length === GEAR_ENTRIES, "a gear table has an entry for each value of a byte");
  assert(Number.isInteger(bits) && bits >= 6 && bits <= 24, "the average is a power of two");
  assert(minBytes >= WINDOW_BYTES, "a chunk is no shorter than the window");
  assert(minBytes < averageBytes && averageBytes < maxBytes, "sizes ascend");
  return {
    gear,
    minBytes,
    averageBytes,
    maxBytes,
    hardMask: highBits(bits + NORMALIZATION),
    easyMask: highBits(bits - NORMALIZATION),
  };
}

/** Bit k depends on the last k + 1 bytes: the highest know most. */
function highBits(count: number): number {
  return -1 << (WINDOW_BYTES - count);
}

/**
 * The end of the chunk that begins at `from`; `to` ends what is there of the content. While more may follow, `to` must
 * be at least `maxBytes` after `from`: only at the end of the content is a rest a chunk.
 */
export function cutPoint(bytes: Uint8Array, from: number, to: number, how: Chunking): number {
  assert(0 <= from && from <= to && to <= bytes.length, "a range of the bytes");
  if (to - from <= how.minBytes) return to;
  const end = Math.min(to, from + how.maxBytes);
  const middle = Math.min(end, from + how.averageBytes);
  return (
    findCut(bytes, from + how.minBytes, middle, how.gear, how.hardMask) ??
    findCut(bytes, middle, end, how.gear, how.easyMask) ??
    end
  );
}

/** Whether `chunk` ends where it does whatever may follow, and not just because nothing followed when it was cut. */
export function endsAtCut(chunk: Uint8Array, how: Chunking): boolean {
  const { length } = chunk;
  if (length <= how.minBytes) return false;
  if (length >= how.maxBytes) return true;
  const after = length <= how.averageBytes ? how.hardMask : how.easyMask;
  return findCut(chunk, length - 1, length, how.gear, after) !== undefined;
}

/** Cuts `bytes`, a whole content, into chunks: views, in order, none empty. */
export function* chunks(bytes: Uint8Array, how: Chunking): Generator<Uint8Array, void> {
  for (let from = 0; from < bytes.length;) {
    const end = cutPoint(bytes, from, bytes.length, how);
    yield bytes.subarray(from, end);
    from = end;
  }
}

/**
 * The first position above `after` and up to `end` where the hash of the window before it has zeros under the
 * mask. Four bytes a step: the hash then stays in a register from one to the next, which is twice as fast. The checks in
 * cutPoint make the indices certain, a `?? 0` on each would cost a third.
 */
function findCut(
  bytes: Uint8Array,
  after: number,
  end: number,
  gear: Uint32Array,
  mask: number,
): number | undefined {
  let hash = 0;
  let at = after - WINDOW_BYTES;
  while (at < after) hash = ((hash << 1) + (gear[bytes[at++] as number] as number)) | 0;
  for (; at + 3 < end; at += 4) {
    const first = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
    const second = ((first << 1) + (gear[bytes[at + 1] as number] as number)) | 0;
    const third = ((second << 1) + (gear[bytes[at + 2] as number] as number)) | 0;
    hash = ((third << 1) + (gear[bytes[at + 3] as number] as number)) | 0;
    if ((first & mask) === 0) return at + 1;
    if ((second & mask) === 0) return at + 2;
    if ((third & mask) === 0) return at + 3;
    if ((hash & mask) === 0) return at + 4;
  }
  while (at < end) {
    hash = ((hash << 1) + (gear[bytes[at++] as number] as number)) | 0;
    if ((hash & mask) === 0) return at;
  }
  return undefined;
}
