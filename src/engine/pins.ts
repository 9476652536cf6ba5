/** Pins: which generations running readers may still see; their slots are not written again meanwhile. */
import type { Generation } from "./slot-ref.js";

export class Pins {
  readonly #counts = new Map<Generation, number>();

  /** The oldest pinned generation, Infinity if there is none. */
  get oldest(): Generation {
    let oldest = Infinity;
    for (const generation of this.#counts.keys()) oldest = Math.min(oldest, generation);
    return oldest;
  }

  /** How many pins there are. */
  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Pins `generation`; call the result once to let it go. */
  pin(generation: Generation): () => void {
    this.#counts.set(generation, (this.#counts.get(generation) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(generation) ?? 0) - 1;
      if (left > 0) this.#counts.set(generation, left);
      else this.#counts.delete(generation);
    };
  }
}
