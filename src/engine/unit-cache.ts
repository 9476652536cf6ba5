/** UnitCache: plaintext of units that were used lately, least recently used out first, bounded in bytes. */
import type { SlotRef } from "./slot-ref.js";

interface Entry {
  readonly birth: number;
  readonly plaintext: Uint8Array;
}

export class UnitCache {
  readonly #limitBytes: number;
  readonly #units = new Map<number, Entry>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(ref: SlotRef): Uint8Array | undefined {
    const entry = this.#units.get(ref.slot);
    // A slot may have been freed and written again since: slot and birth together name one unit.
    if (entry?.birth !== ref.birth) return undefined;
    this.#units.delete(ref.slot);
    this.#units.set(ref.slot, entry);
    return entry.plaintext;
  }

  /** `plaintext` belongs to the cache from now on. */
  keep(ref: SlotRef, plaintext: Uint8Array): void {
    if (plaintext.length > this.#limitBytes) return;
    this.#remove(ref.slot);
    this.#units.set(ref.slot, { birth: ref.birth, plaintext });
    this.#bytes += plaintext.length;
    for (const slot of this.#units.keys()) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#remove(slot);
    }
  }

  #remove(slot: number): void {
    const entry = this.#units.get(slot);
    if (entry === undefined) return;
    this.#units.delete(slot);
    this.#bytes -= entry.plaintext.length;
  }
}
