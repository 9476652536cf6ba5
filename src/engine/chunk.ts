/**
 * Chunk: a piece of file content, the unit to which extents point (docs/FORMAT.md §5.4). A new chunk
 * is *pending*: its bytes live in memory until a drain seals them into slots, alone or packed with
 * others. A stored chunk is a range inside a sealed unit, or inside a frame of one. Content of a chunk never
 * changes, but a pending chunk that has room may grow at its end, which no existing extent can see.
 */
import { assert } from "../assert.js";
import { MalformedBytes, varintBytes, type ByteReader, type ByteWriter } from "../codec/bytes.js";
import { MAX_RAW_BYTES, payingBytes } from "../codec/compressor.js";
import { readSlotRef, SLOT_REF_BYTES, writeSlotRef, type Run, type SlotRef } from "./slot-ref.js";

/** How the bytes of a chunk lie in their unit; 1 and 2 are the compressors' own numbers. */
export const CHUNK_CODEC = { unframed: 0, lz4: 1, zstd: 2, frame: 3 } as const;

/** The longest chunk, before and after decompression. */
export const MAX_CHUNK_BYTES = 1024 * 1024;

/** A stretch of a unit's payload that holds the content of one chunk or of several, compressed or as it is. */
export interface Frame {
  readonly codec: 1 | 2 | 3;
  /** Where it begins in the payload. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
}

/** Where in the file tree the extents of a pending chunk are. */
export interface ChunkOrigin {
  readonly ino: number;
  /** File offset of the chunk's first byte. */
  readonly at: number;
}

/** What a new chunk is for. */
export interface ChunkUse {
  /** Whether the repo keeps content in frames. */
  readonly framed: boolean;
  /** Whether equal content that is stored already is to be found. */
  readonly dedup: boolean;
}

/** Where a stored chunk is. */
export interface ChunkPlace {
  readonly unit: SlotRef;
  readonly frame: Frame | undefined;
  /** Where it begins in the frame's content, or in the unit's payload if there is no frame. */
  readonly base: number;
}

/** A sealed unit in which a chunk was looked for by its content. */
export interface Recognised {
  /** What it was found by, and how long it was then: it may have grown. */
  readonly fingerprint: string;
  readonly used: number;
  /** Equal content as the pool tree of a commit has it. */
  readonly twin: Chunk | undefined;
  readonly at: number;
}

export class Chunk {
  /** Content while pending, `used` bytes of it valid; undefined once stored. */
  bytes: Uint8Array | undefined;
  /** Length of the content. */
  used: number;
  /** The sealed unit that holds the chunk; undefined while pending. */
  unit: SlotRef | undefined;
  frame: Frame | undefined;
  base: number;
  readonly framed: boolean;
  readonly dedup: boolean;
  readonly origin: ChunkOrigin | undefined;
  /** What is known of equal content; of a pending chunk. */
  recognised: Recognised | undefined;
  /** Extents of the published state that point here; counted until the chunk has a home. */
  references = 0;
  /** The slots chosen for the unit; from then on the content is fixed. */
  #placed: Run | undefined;
  /** Chunks of equal content that are where this one is. */
  #followers: Chunk[] = [];

  private constructor(
    bytes: Uint8Array | undefined,
    used: number,
    place: ChunkPlace | undefined,
    use: ChunkUse,
    origin: ChunkOrigin | undefined,
  ) {
    this.bytes = bytes;
    this.used = used;
    this.unit = place?.unit;
    this.frame = place?.frame;
    this.base = place?.base ?? 0;
    this.framed = use.framed;
    this.dedup = use.dedup;
    this.origin = origin;
  }

  /** A chunk of `bytes`, which belong to it from now on. */
  static pending(bytes: Uint8Array, use: ChunkUse, origin: ChunkOrigin): Chunk {
    return new Chunk(bytes, bytes.length, undefined, use, origin);
  }

  static stored(place: ChunkPlace, length: number): Chunk {
    const use = { framed: place.frame !== undefined, dedup: false };
    return new Chunk(undefined, length, place, use, undefined);
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

  place(home: Run, frame: Frame | undefined, base: number): void {
    assert(!this.frozen, "a chunk is placed once");
    assert((frame !== undefined) === this.framed, "frames are everywhere or nowhere");
    this.#placed = home;
    this.frame = frame;
    this.base = base;
  }

  /** Shares the home of a chunk of equal content that is placed and not yet stored. */
  follow(leader: Chunk): void {
    assert(
      leader.home !== undefined && leader.unit === undefined,
      "a leader is about to be stored",
    );
    this.place(leader.home, leader.frame, leader.base);
    leader.#followers.push(this);
  }

  /** Turns a placed chunk, and those that follow it, into stored ones. */
  settle(unit: SlotRef): void {
    assert(this.unit === undefined && unit.slot === this.#placed?.start, "a chunk is stored once");
    this.unit = unit;
    this.bytes = undefined;
    this.recognised = undefined;
    for (const follower of this.#followers.splice(0)) follower.settle(unit);
  }
}

/** codec, unit, base, used; fixed widths, since base and used change while the chunk is pending. */
const PLACE_BYTES = 1 + SLOT_REF_BYTES + 4 + 4;
const FRAME_BYTES = 3 * 4;

/** Encoded size of where a chunk is; the same before it is stored and afterwards. */
export function placeBytes(chunk: Chunk): number {
  return PLACE_BYTES + (chunk.framed ? FRAME_BYTES : 0);
}

/** Where a stored chunk is, and how long. */
export function writePlace(chunk: Chunk, to: ByteWriter): void {
  const { unit, frame } = chunk;
  assert(unit !== undefined, "what refers to a chunk is sealed after it");
  to.u8(frame?.codec ?? CHUNK_CODEC.unframed);
  writeSlotRef(to, unit);
  if (frame !== undefined) {
    to.u32(frame.offset);
    to.u32(frame.storedBytes);
    to.u32(frame.rawBytes);
  }
  to.u32(chunk.base);
  to.u32(chunk.used);
}

export function readPlace(from: ByteReader): Chunk {
  const codec = from.u8();
  const unit = readSlotRef(from);
  const frame = codec === CHUNK_CODEC.unframed ? undefined : readFrame(codec, from);
  const [base, used] = [from.u32(), from.u32()];
  const within = frame === undefined ? used <= MAX_CHUNK_BYTES : base + used <= frame.rawBytes;
  if (used < 1 || !within) throw new MalformedBytes("bad chunk");
  return Chunk.stored({ unit, frame, base }, used);
}

function readFrame(codec: number, from: ByteReader): Frame {
  if (codec !== 1 && codec !== 2 && codec !== 3) throw new MalformedBytes("unknown chunk codec");
  const [offset, storedBytes, rawBytes] = [from.u32(), from.u32(), from.u32()];
  const most = codec === CHUNK_CODEC.frame ? rawBytes : payingBytes(rawBytes);
  const least = codec === CHUNK_CODEC.frame ? rawBytes : 1;
  if (rawBytes > MAX_RAW_BYTES || storedBytes < least || storedBytes > most)
    throw new MalformedBytes("bad frame");
  return { codec, offset, storedBytes, rawBytes };
}

/** Where a range of a file's content is: `length` bytes from `offset` of `chunk`. */
export interface Extent {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly length: number;
}

export function extentBytes({ chunk, offset, length }: Extent): number {
  return placeBytes(chunk) + varintBytes(offset) + varintBytes(length);
}

export function writeExtent({ chunk, offset, length }: Extent, to: ByteWriter): void {
  writePlace(chunk, to);
  to.varint(offset);
  to.varint(length);
}

export function readExtent(from: ByteReader): Extent {
  const chunk = readPlace(from);
  const [offset, length] = [from.varint(), from.varint()];
  if (length < 1 || offset + length > chunk.used)
    throw new MalformedBytes("extent beyond its chunk");
  return { chunk, offset, length };
}
