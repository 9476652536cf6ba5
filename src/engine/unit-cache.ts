/** UnitCache: units that were used lately, least recently used out first, bounded in bytes. */
import type { Compressor } from "../codec/compressor.js";
import type { SlotRef } from "./slot-ref.js";
import { OpenUnit } from "./unit.js";

interface Entry {
  readonly birth: number;
  readonly unit: OpenUnit;
  /** What it was counted with; it grows as frames are decompressed. */
  bytes: number;
}

export class UnitCache {
  readonly #limitBytes: number;
  readonly #compressor: Compressor | undefined;
  readonly #units = new Map<number, Entry>();
  #bytes = 0;

  constructor(limitBytes: number, compressor: Compressor | undefined) {
    this.#limitBytes = limitBytes;
    this.#compressor = compressor;
  }

  get(ref: SlotRef): OpenUnit | undefined {
    const entry = this.#units.get(ref.slot);
    // A slot may have been freed and written again since: slot and birth together name one unit.
    if (entry?.birth !== ref.birth) return undefined;
    this.#units.delete(ref.slot);
    this.#units.set(ref.slot, entry);
    this.#recount(entry);
    return entry.unit;
  }

  /** A unit for `plaintext`, which belongs to it from now on; not kept. */
  opened(plaintext: Uint8Array): OpenUnit {
    return new OpenUnit(plaintext, this.#compressor);
  }

  keep(ref: SlotRef, unit: OpenUnit): void {
    if (unit.bytes > this.#limitBytes) return;
    this.#remove(ref.slot);
    const entry = { birth: ref.birth, unit, bytes: 0 };
    this.#units.set(ref.slot, entry);
    this.#recount(entry);
  }

  #recount(entry: Entry): void {
    this.#bytes += entry.unit.bytes - entry.bytes;
    entry.bytes = entry.unit.bytes;
    for (const [slot, other] of this.#units) {
      if (this.#bytes <= this.#limitBytes || other === entry) break;
      this.#remove(slot);
    }
  }

  #remove(slot: number): void {
    const entry = this.#units.get(slot);
    if (entry === undefined) return;
    this.#units.delete(slot);
    this.#bytes -= entry.bytes;
  }
}
