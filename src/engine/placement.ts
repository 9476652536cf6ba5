/**
 * Placement: which slots pending chunks get (docs/FORMAT.md §5.4). It is synchronous, and fixes the slots;
 * sealing and writing follow (unit-writer.ts). Without frames a large chunk is a unit of its own and small ones
 * share a slot; frames, and chunks that were cut by their content, share units of several slots, so that
 * little of the last one is empty.
 */
import { assert } from "../assert.js";
import type { Compressor } from "../codec/compressor.js";
import type { Allocator } from "./allocator.js";
import { CHUNK_CODEC, type Chunk, type Frame } from "./chunk.js";
import type { Layout } from "./layout.js";
import type { Generation } from "./slot-ref.js";
import type { Window } from "./window.js";

/** A stretch of a unit's payload. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface PlacedUnit {
  readonly slot: number;
  readonly slots: number;
  readonly chunks: Chunk[];
  readonly pieces: readonly Piece[];
}

export interface Placed {
  readonly units: readonly PlacedUnit[];
  /** Chunks for which there is no run that is long enough; single slots are there for all. */
  readonly homeless: readonly Chunk[];
}

/** Small chunks are joined up to this size before they are compressed. */
const FRAME_BYTES = 32 * 1024;
/** Frames and chunks of odd lengths share units up to this size. */
const SHARED_UNIT_BYTES = 128 * 1024;

/** Units that are filled at a time. */
const MOST_OPEN_UNITS = 8;

/** Chunks that stay together, and what they become in a unit. */
interface Parcel {
  readonly chunks: readonly Chunk[];
  readonly bytes: Uint8Array;
  /** Undefined in a repo without frames. */
  readonly frame: Omit<Frame, "offset"> | undefined;
}

/**
 * Chooses slots for the pending chunks of `window`, oldest first, up to `limitBytes`. `committed` is the commit that
 * what was recognised must be of.
 */
export function placePending(
  window: Window,
  allocator: Allocator,
  layout: Layout,
  committed: Generation,
  limitBytes: number,
): Placed {
  return new Placement(window, allocator, layout).run(committed, limitBytes);
}

class Placement {
  readonly #window: Window;
  readonly #allocator: Allocator;
  readonly #slotBytes: number;
  readonly #compressor: Compressor | undefined;
  readonly #units: PlacedUnit[] = [];
  readonly #homeless: Chunk[] = [];

  constructor(window: Window, allocator: Allocator, { slotBytes, compressor }: Layout) {
    this.#window = window;
    this.#allocator = allocator;
    this.#slotBytes = slotBytes;
    this.#compressor = compressor;
  }

  run(committed: Generation, limitBytes: number): Placed {
    const chosen: Chunk[] = [];
    const equal: Chunk[] = [];
    const first = new Map<string, Chunk>();
    let bytes = 0;
    for (const chunk of [...this.#window.pending]) {
      if (bytes >= limitBytes) break;
      bytes += chunk.used;
      const fingerprint = this.#fingerprint(chunk, committed);
      if (fingerprint === undefined) chosen.push(chunk);
      else if (first.has(fingerprint) || this.#window.indexed.has(fingerprint)) equal.push(chunk);
      else if (chunk.recognised?.twin !== undefined) this.#adopt(chunk, chunk.recognised.twin);
      else {
        first.set(fingerprint, chunk);
        chosen.push(chunk);
      }
    }
    this.#fit(this.#parcels(chosen));
    for (const [fingerprint, chunk] of first)
      if (chunk.frozen) this.#window.indexed.set(fingerprint, chunk);
    for (const chunk of equal) this.#follow(chunk);
    return { units: this.#units, homeless: this.#homeless };
  }

  /** What the chunk may be found by, unless it has changed since. */
  #fingerprint({ recognised, used }: Chunk, committed: Generation): string | undefined {
    if (recognised?.used !== used || recognised.at !== committed) return undefined;
    return recognised.fingerprint;
  }

  /** Makes the chunk's extents those of equal content that is stored. */
  #adopt(chunk: Chunk, { unit, frame, base }: Chunk): void {
    assert(unit !== undefined, "a twin is stored");
    this.#count(chunk, unit.slot, unit.count, false);
    chunk.place({ start: unit.slot, count: unit.count }, frame, base);
    chunk.settle(unit);
  }

  /** The same with content that this very window has placed, and perhaps not yet written. */
  #follow(chunk: Chunk): void {
    const leader = this.#window.indexed.get(chunk.recognised?.fingerprint ?? "");
    if (leader?.home === undefined) this.#homeless.push(chunk);
    else if (leader.unit !== undefined) this.#adopt(chunk, leader);
    else {
      this.#count(chunk, leader.home.start, leader.home.count, true);
      chunk.follow(leader);
    }
  }

  #count(chunk: Chunk, slot: number, slots: number, fresh: boolean): void {
    this.#window.use(slot, slots, fresh).delta += chunk.references;
    this.#window.drop(chunk);
  }

  /** Frames of several small chunks or of one, or else each chunk as it is. */
  #parcels(chunks: readonly Chunk[]): Parcel[] {
    const parcels: Parcel[] = [];
    let small: Chunk[] = [];
    let joined = 0;
    const close = (): void => {
      if (small.length > 0) parcels.push(this.#parcel(small));
      [small, joined] = [[], 0];
    };
    for (const chunk of chunks) {
      if (!chunk.framed || chunk.used >= FRAME_BYTES) {
        parcels.push(this.#parcel([chunk]));
        continue;
      }
      if (joined + chunk.used > FRAME_BYTES) close();
      small.push(chunk);
      joined += chunk.used;
    }
    close();
    return parcels;
  }

  #parcel(chunks: readonly Chunk[]): Parcel {
    const raw = joinedBytes(chunks);
    if (chunks[0]?.framed !== true) return { chunks, bytes: raw, frame: undefined };
    const compressed = this.#compressor?.compress(raw);
    const bytes = compressed ?? raw;
    const codec =
      compressed === undefined ? CHUNK_CODEC.frame : (this.#compressor?.codec ?? CHUNK_CODEC.frame);
    return { chunks, bytes, frame: { codec, storedBytes: bytes.length, rawBytes: raw.length } };
  }

  /** Gives every parcel a home: of its own, or in a unit that it shares with its neighbours. */
  #fit(parcels: readonly Parcel[]): void {
    const large = new Sharing(SHARED_UNIT_BYTES, (together) => {
      this.#place(together);
    });
    const small = new Sharing(this.#slotBytes, (together) => {
      this.#place(together);
    });
    for (const parcel of parcels) {
      const { length } = parcel.bytes;
      const shares = parcel.frame !== undefined || parcel.chunks[0]?.dedup === true;
      if (length % this.#slotBytes === 0 || length >= SHARED_UNIT_BYTES) this.#place([parcel]);
      else if (shares) large.add(parcel);
      else if (length < this.#slotBytes) small.add(parcel);
      else this.#place([parcel]);
    }
    large.close();
    small.close();
  }

  /** Makes one unit of the parcels, or several smaller ones where no run of free slots is long enough. */
  #place(parcels: readonly Parcel[]): void {
    const bytes = parcels.reduce((sum, parcel) => sum + parcel.bytes.length, 0);
    const slots = Math.ceil(bytes / this.#slotBytes);
    const slot = this.#allocator.take(slots);
    if (slot !== undefined) this.#make(slot, slots, parcels);
    else if (slots === 1) for (const { chunks } of parcels) this.#homeless.push(...chunks);
    else if (parcels.length > 1) this.#placeApart(parcels);
    else this.#placePart(parcels[0]?.chunks ?? []);
  }

  #placeApart(parcels: readonly Parcel[]): void {
    const slot = new Sharing(this.#slotBytes, (together) => {
      this.#place(together);
    });
    for (const parcel of parcels)
      if (parcel.bytes.length > this.#slotBytes) this.#place([parcel]);
      else slot.add(parcel);
    slot.close();
  }

  /** What was joined in one frame becomes a frame each; a chunk by itself has to be split by the caller. */
  #placePart(chunks: readonly Chunk[]): void {
    if (chunks.length > 1) this.#placeApart(chunks.map((chunk) => this.#parcel([chunk])));
    else this.#homeless.push(...chunks);
  }

  #make(slot: number, slots: number, parcels: readonly Parcel[]): void {
    const use = this.#window.use(slot, slots, true);
    const pieces: Piece[] = [];
    const placed: Chunk[] = [];
    let at = 0;
    for (const { chunks, bytes, frame } of parcels) {
      let base = frame === undefined ? at : 0;
      for (const chunk of chunks) {
        use.delta += chunk.references;
        this.#window.drop(chunk);
        chunk.place({ start: slot, count: slots }, frame && { ...frame, offset: at }, base);
        base += chunk.used;
        placed.push(chunk);
      }
      pieces.push({ at, bytes });
      at += bytes.length;
    }
    this.#units.push({ slot, slots, chunks: placed, pieces });
  }
}

/** Collects parcels for units of at most `limitBytes`, some at a time, so that odd lengths fill them well. */
class Sharing {
  readonly #limitBytes: number;
  readonly #place: (parcels: readonly Parcel[]) => void;
  #open: { bytes: number; readonly parcels: Parcel[] }[] = [];

  constructor(limitBytes: number, place: (parcels: readonly Parcel[]) => void) {
    this.#limitBytes = limitBytes;
    this.#place = place;
  }

  add(parcel: Parcel): void {
    const { length } = parcel.bytes;
    const fitting = this.#open.find(({ bytes }) => bytes + length <= this.#limitBytes);
    if (fitting !== undefined) {
      fitting.parcels.push(parcel);
      fitting.bytes += length;
      return;
    }
    this.#open.push({ bytes: length, parcels: [parcel] });
    if (this.#open.length <= MOST_OPEN_UNITS) return;
    const [fullest] = this.#open.toSorted((a, b) => b.bytes - a.bytes);
    this.#open = this.#open.filter((unit) => unit !== fullest);
    this.#place(fullest?.parcels ?? []);
  }

  close(): void {
    for (const { parcels } of this.#open.splice(0)) this.#place(parcels);
  }
}

/** The content of the chunks, one after the other; that of a single one is not copied. */
function joinedBytes(chunks: readonly Chunk[]): Uint8Array {
  const contents = chunks.map(({ bytes, used }) => {
    assert(bytes !== undefined, "a pending chunk has its bytes");
    return bytes.subarray(0, used);
  });
  if (contents.length === 1 && contents[0] !== undefined) return contents[0];
  const joined = new Uint8Array(contents.reduce((sum, content) => sum + content.length, 0));
  let at = 0;
  for (const content of contents) {
    joined.set(content, at);
    at += content.length;
  }
  return joined;
}
