/**
 * DiskImage: the bytes of one container at one moment, immutable and layered. A layer holds what
 * changed over the one below, so a crash state costs as much as the writes it differs by. Space
 * that nobody wrote since it was allocated holds seeded garbage, as on a disk.
 */
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import { Prng } from "./prng.js";

/** Chains longer than this are flattened by `compact`, so that a lookup stays cheap. */
const MAX_DEPTH = 12;

/** One thing that reached, or may not have reached, the storage. */
export type DiskChange =
  | { readonly kind: "slot"; readonly slot: number; readonly bytes: Uint8Array }
  | { readonly kind: "header"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "resize"; readonly slots: number };

interface Layer {
  readonly slots: ReadonlyMap<number, Uint8Array>;
  readonly header: Uint8Array;
  /** Slots from here on in lower layers were cut off in between. */
  readonly cut: number;
  readonly below: Layer | undefined;
  readonly depth: number;
}

export class DiskImage {
  readonly slotCount: number;
  readonly seed: number;
  readonly #top: Layer;

  private constructor(top: Layer, slotCount: number, seed: number) {
    this.#top = top;
    this.slotCount = slotCount;
    this.seed = seed;
  }

  /** A container of no slots whose header area is all zero. */
  static empty(seed: number): DiskImage {
    const header = new Uint8Array(HEADER_AREA_BYTES);
    const layer = { slots: new Map(), header, cut: 0, below: undefined, depth: 1 };
    return new DiskImage(layer, 0, seed);
  }

  /** Shared: not to be modified. */
  get header(): Uint8Array {
    return this.#top.header;
  }

  /** Shared: not to be modified. A slot that was never written is garbage of `slotBytes`. */
  slot(slot: number, slotBytes: number): Uint8Array {
    const stored = this.stored(slot);
    return stored ?? new Prng(this.seed).fork(`slot ${slot}`).bytes(slotBytes);
  }

  /** What was written to the slot since it was last allocated. */
  stored(slot: number): Uint8Array | undefined {
    if (slot >= this.slotCount) return undefined;
    for (let layer: Layer | undefined = this.#top; layer !== undefined; layer = layer.below) {
      const bytes = layer.slots.get(slot);
      if (bytes !== undefined || slot >= layer.cut) return bytes;
    }
    return undefined;
  }

  /** This image and then the changes, in order; a write beyond the end is dropped. */
  with(changes: Iterable<DiskChange>): DiskImage {
    const slots = new Map<number, Uint8Array>();
    let header: Uint8Array | undefined;
    let { slotCount } = this;
    let cut = Infinity;
    for (const change of changes) {
      if (change.kind === "header") {
        header ??= this.header.slice();
        header.set(change.bytes, change.at);
      } else if (change.kind === "slot") {
        if (change.slot < slotCount) slots.set(change.slot, change.bytes);
      } else {
        for (const slot of slots.keys()) if (slot >= change.slots) slots.delete(slot);
        cut = Math.min(cut, change.slots);
        slotCount = change.slots;
      }
    }
    const below = this.#top;
    const top = { slots, header: header ?? this.header, cut, below, depth: below.depth + 1 };
    return new DiskImage(top, slotCount, this.seed);
  }

  /** The same bytes with few layers: what a chain that keeps growing passes through. */
  compact(): DiskImage {
    if (this.#top.depth <= MAX_DEPTH) return this;
    return new DiskImage(flatten(this.#top), this.slotCount, this.seed);
  }

  /** Whether the two hold the same bytes; garbage counts as itself. */
  equals(other: DiskImage, slotBytes: number): boolean {
    if (this.slotCount !== other.slotCount || !sameBytes(this.header, other.header)) return false;
    for (let slot = 0; slot < this.slotCount; slot += 1) {
      if (!sameBytes(this.slot(slot, slotBytes), other.slot(slot, slotBytes))) return false;
    }
    return true;
  }
}

function flatten(top: Layer): Layer {
  const slots = new Map<number, Uint8Array>();
  let cut = Infinity;
  for (let layer: Layer | undefined = top; layer !== undefined; layer = layer.below) {
    for (const [slot, bytes] of layer.slots) {
      if (slot < cut && !slots.has(slot)) slots.set(slot, bytes);
    }
    cut = Math.min(cut, layer.cut);
  }
  return { slots, header: top.header, cut: 0, below: undefined, depth: 1 };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
