/**
 * Seeded randomness for tests: xoshiro128** fed by splitmix32. The same seed gives the same stream
 * on every machine, so a failure replays from the seed it prints. Never for keys or nonces.
 */

export class Prng {
  readonly seed: number;
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = splitmix32(this.seed, 4);
  }

  /** A generator of its own for `label`, unmoved by how much of this one was drawn. */
  fork(label: string): Prng {
    let hash = this.seed ^ 0x811c9dc5;
    for (const char of label) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    return new Prng(hash);
  }

  u32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const [e, f] = [c ^ a, d ^ b];
    this.#state.set([a ^ f, b ^ e, e ^ (b << 9), rotateLeft(f, 11)]);
    return result;
  }

  /** An integer in [0, limit); limit up to 2^53. */
  below(limit: number): number {
    const high = this.u32() >>> 6;
    const low = this.u32() >>> 5;
    return Math.floor(((high * 0x8000000 + low) / 2 ** 53) * limit);
  }

  chance(probability: number): boolean {
    return this.u32() < probability * 2 ** 32;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** `count` distinct items in their order; all of them if there are no more. */
  sample<T>(items: readonly T[], count: number): T[] {
    let wanted = Math.min(count, items.length);
    return items.filter((_, index) => {
      const taken = this.below(items.length - index) < wanted;
      if (taken) wanted -= 1;
      return taken;
    });
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let index = 0; index < words.length; index += 1) words[index] = this.u32();
    return new Uint8Array(words.buffer, 0, length);
  }
}

/** One of `items`, as often as its weight says. */
export function weighted<T>(prng: Prng, items: readonly (readonly [weight: number, item: T])[]): T {
  let left = prng.below(items.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, item] of items) if ((left -= weight) < 0) return item;
  throw new RangeError("nothing to choose from");
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix32(seed: number, words: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length: words }, () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  });
}
