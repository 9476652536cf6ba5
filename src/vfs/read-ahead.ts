/**
 * ReadAhead: the piece that a sequential reader of a file will ask for next, read while he takes the last one. It is given out
 * only if nothing of the file has changed since, so nobody can tell that it was there before he asked.
 */
import type { InodeWatch } from "../engine/file-tree.js";

/** Less is not worth it, and more is too much to keep for somebody who may not come back. */
const LEAST_BYTES = 32 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;

export interface ReadAheadSource {
  readonly read: (length: number, at: number) => Promise<Uint8Array>;
  readonly watch: () => InodeWatch;
}

interface Piece {
  readonly at: number;
  readonly length: number;
  /** Undefined where reading has failed: whoever asks for it learns why. */
  readonly bytes: Promise<Uint8Array | undefined>;
  readonly watch: InodeWatch;
}

export class ReadAhead {
  readonly #source: ReadAheadSource;
  /** Where the read that began last ends. */
  #end = -1;
  #piece: Piece | undefined;

  constructor(source: ReadAheadSource) {
    this.#source = source;
  }

  /** Notes that a read begins; true if it goes on where the one before it ends. */
  begins(length: number, at: number): boolean {
    const follows = at === this.#end;
    this.#end = at + length;
    return follows;
  }

  /** What was read ahead, if it is just that and still true at this moment; it is gone here in any case. */
  take(length: number, at: number): Promise<Uint8Array | undefined> | undefined {
    const piece = this.#piece;
    this.drop();
    const fits = piece?.at === at && piece.length === length && !piece.watch.changed;
    return fits ? piece.bytes : undefined;
  }

  /** Reads the piece after one that was read in full, unless somebody has begun another read. */
  goOn(length: number, at: number): void {
    const next = at + length;
    if (this.#end !== next || length < LEAST_BYTES || length > MOST_BYTES) return;
    this.drop();
    // What changes from here on is noticed, before the read has seen anything.
    const watch = this.#source.watch();
    const bytes = this.#source.read(length, next).catch(() => undefined);
    this.#piece = { at: next, length, bytes, watch };
  }

  drop(): void {
    this.#piece?.watch.stop();
    this.#piece = undefined;
  }
}
