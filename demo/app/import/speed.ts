/** Speed over the last few seconds, which is what people take for the speed. */

const WINDOW_MS = 3000;

export class Speed {
  readonly #samples: { at: number; bytes: number }[] = [];

  /** `bytes` done in all so far. */
  note(at: number, bytes: number): void {
    this.#samples.push({ at, bytes });
    while ((this.#samples[0]?.at ?? at) < at - WINDOW_MS && this.#samples.length > 2)
      this.#samples.shift();
  }

  /** Bytes per second; 0 until there is something to compare. */
  get perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
