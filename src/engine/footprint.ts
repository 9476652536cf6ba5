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

  /** Whether it matters here that somebody else has written `keys`. */
  concerns(keys: ReadonlySet<string>): boolean {
    const intervals = joined(this.#intervals);
    for (const key of keys)
      if (this.written.has(key) || this.#keys.has(key) || isWithin(intervals, key)) return true;
    return false;
  }
}

/** The same keys as few intervals, in order: a large transaction has looked at very many. */
function joined(intervals: readonly KeyInterval[]): KeyInterval[] {
  const sorted = intervals.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const apart: KeyInterval[] = [];
  for (const { from, to } of sorted) {
    const last = apart.at(-1);
    if (last === undefined || (last.to !== undefined && last.to < from)) apart.push({ from, to });
    else if (last.to !== undefined && (to === undefined || to > last.to))
      apart[apart.length - 1] = { from: last.from, to };
  }
  return apart;
}

function isWithin(intervals: readonly KeyInterval[], key: string): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.from ?? "") <= key) low = middle + 1;
    else high = middle;
  }
  const nearest = intervals[low - 1];
  return nearest !== undefined && (nearest.to === undefined || key <= nearest.to);
}
