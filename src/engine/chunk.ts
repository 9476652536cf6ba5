/**
 * Chunk: a piece of file content, the unit to which extents point (docs/FORMAT.md §5.4). A new chunk
 * is *pending*: its bytes live in memory until a drain seals them into slots, alone or packed with
 * other small ones. A stored chunk is a range inside a sealed unit. Content of a chunk never changes,
 * but a pending chunk that has room may grow at its end, which no existing extent can see.
 */
import { assert } from "../assert.js";
import { MalformedBytes, varintBytes, type ByteReader, type ByteWriter } from "../codec/bytes.js";
import { readSlotRef, SLOT_REF_BYTES, writeSlotRef, type Run, type SlotRef } from "./slot-ref.js";

/** How the bytes of a chunk lie in their unit. Compression comes with format version 1 but a later release. */
export const CHUNK_CODEC = { raw: 0 } as const;

/** The longest chunk, before and after decompression. */
export const MAX_CHUNK_BYTES = 1024 * 1024;

/** Where in the file tree the extents of a pending chunk are. */
export interface ChunkOrigin {
  readonly ino: number;
  /** File offset of the chunk's first byte. */
  readonly at: number;
}

export class Chunk {
  /** Content while pending, `used` bytes of it valid; undefined once stored. */
  bytes: Uint8Array | undefined;
  /** Length of the content. */
  used: number;
  /** The sealed unit that holds the chunk; undefined while pending. */
  unit: SlotRef | undefined;
  /** Where the content begins inside the unit's plaintext. */
  base: number;
  readonly origin: ChunkOrigin | undefined;
  /** Extents of the published state that point here; counted until the chunk has a home. */
  references = 0;
  /** The slots chosen for the unit; from then on the content is fixed. */
  #placed: Run | undefined;

  private constructor(
    bytes: Uint8Array | undefined,
    used: number,
    unit: SlotRef | undefined,
    base: number,
    origin: ChunkOrigin | undefined,
  ) {
    this.bytes = bytes;
    this.used = used;
    this.unit = unit;
    this.base = base;
    this.origin = origin;
  }

  /** A chunk of `bytes`, which belong to it from now on. */
  static pending(bytes: Uint8Array, origin: ChunkOrigin): Chunk {
    return new Chunk(bytes, bytes.length, undefined, 0, origin);
  }

  static stored(unit: SlotRef, base: number, length: number): Chunk {
    return new Chunk(undefined, length, unit, base, undefined);
  }

  /** The slots of the unit, once they are chosen. */
  get home(): Run | undefined {
    return this.unit === undefined
      ? this.#placed
      : { start: this.unit.slot, count: this.unit.count };
  }

  get frozen(): boolean {
    return this.home !== undefined;
  }

  place(home: Run, base: number): void {
    assert(!this.frozen, "a chunk is placed once");
    this.#placed = home;
    this.base = base;
  }

  /** Turns a placed chunk into a stored one. */
  settle(unit: SlotRef): void {
    assert(this.unit === undefined && unit.slot === this.#placed?.start, "a chunk is stored once");
    this.unit = unit;
    this.bytes = undefined;
  }
}

/** Where a range of a file's content is: `length` bytes from `offset` of `chunk`. */
export interface Extent {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly length: number;
}

/** codec, unit, base, used; fixed widths, since base and used change while the chunk is pending. */
const EXTENT_FIXED_BYTES = 1 + SLOT_REF_BYTES + 4 + 4;

export function extentBytes(extent: Extent): number {
  return EXTENT_FIXED_BYTES + varintBytes(extent.offset) + varintBytes(extent.length);
}

export function writeExtent(extent: Extent, to: ByteWriter): void {
  const { chunk, offset, length } = extent;
  assert(chunk.unit !== undefined, "an extent is sealed after its chunk");
  to.u8(CHUNK_CODEC.raw);
  writeSlotRef(to, chunk.unit);
  to.u32(chunk.base);
  to.u32(chunk.used);
  to.varint(offset);
  to.varint(length);
}

export function readExtent(from: ByteReader): Extent {
  if (from.u8() !== CHUNK_CODEC.raw) throw new MalformedBytes("unknown chunk codec");
  const unit = readSlotRef(from);
  const base = from.u32();
  const used = from.u32();
  const offset = from.varint();
  const length = from.varint();
  if (used > MAX_CHUNK_BYTES || length < 1 || offset + length > used)
    throw new MalformedBytes("extent beyond its chunk");
  return { chunk: Chunk.stored(unit, base, used), offset, length };
}
