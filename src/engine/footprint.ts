/**
 * Footprint: which keys of the file tree a transaction has read and written. Two transactions that ran side
 * by side may both count if neither has read or written what the other wrote.
 */
interface KeyInterval {
  readonly from: string;
  /** Inclusive; undefined means the end of the tree. */
  readonly to: string | undefined;
}

export class Footprint {
  readonly written = new Set<string>();
  readonly #keys = new Set<string>();
  readonly #intervals: KeyInterval[] = [];

  read(key: string): void {
    this.#keys.add(key);
  }

  /** All keys from `from` to `to` were looked at, whether there is anything or not. */
  readInterval(from: string, to: string | undefined): void {
    this.#intervals.push({ from, to });
  }

  write(key: string): void {
    this.written.add(key);
  }

  /** Whether it matters here that somebody else has written `key`. */
  concerns(key: string): boolean {
    return (
      this.written.has(key) ||
      this.#keys.has(key) ||
      this.#intervals.some(({ from, to }) => key >= from && (to === undefined || key <= to))
    );
  }
}
