/**
 * DiskLog: everything that one run did to a disk, in order, so that its crash states can be
 * enumerated afterwards without running it again (crash-images.ts). Journal: the media model behind
 * both; it knows which writes a power cut may still take back.
 */
import type { DiskImage } from "./disk-image.js";
import type { DiskChange } from "./disk-image.js";

export type DiskEvent =
  | { readonly kind: "write"; readonly id: number; readonly pieces: readonly DiskChange[] }
  /** `uncovered`: writes issued before the flush settled but not resolved when it was called. */
  | { readonly kind: "flush"; readonly uncovered: ReadonlySet<number> }
  /** The workload asked for its state number `state`, or was told that it is safe. */
  | { readonly kind: "submitted" | "acknowledged"; readonly state: number };

export class DiskLog {
  readonly base: DiskImage;
  /** Writes become durable in the order of issue; then a crash keeps a prefix, and nothing tears. */
  readonly orderedWrites: boolean;
  readonly events: DiskEvent[] = [];

  constructor(base: DiskImage, orderedWrites: boolean) {
    this.base = base;
    this.orderedWrites = orderedWrites;
  }

  /** From here on a crash may show state `state` of the workload. */
  submitted(state: number): void {
    this.events.push({ kind: "submitted", state });
  }

  /** From here on a crash must show state `state` or a later one. */
  acknowledged(state: number): void {
    this.events.push({ kind: "acknowledged", state });
  }
}

interface PendingWrite {
  readonly id: number;
  readonly pieces: readonly DiskChange[];
  flushes: number;
}

/** What is durable, and what is only on its way: lost, kept or torn by a crash, piece by piece. */
export class Journal {
  /** Flushes that a write must have behind it before it counts as durable, beyond the first. */
  readonly #weakFlushes: number;
  #durable: DiskImage;
  #pending: PendingWrite[] = [];

  constructor(base: DiskImage, weakFlushes: number) {
    this.#durable = base;
    this.#weakFlushes = weakFlushes;
  }

  get durable(): DiskImage {
    return this.#durable;
  }

  /** Pieces that a crash now may lose, in the order of issue. */
  get unflushed(): DiskChange[] {
    return this.#pending.flatMap((write) => [...write.pieces]);
  }

  write(id: number, pieces: readonly DiskChange[]): void {
    if (pieces.length > 0) this.#pending.push({ id, pieces, flushes: 0 });
  }

  flush(uncovered: ReadonlySet<number>): void {
    const settled: DiskChange[] = [];
    const pending: PendingWrite[] = [];
    // From the last to the first, so that what is settled supersedes what came before it.
    for (const write of this.#pending.toReversed()) {
      if (!uncovered.has(write.id)) write.flushes += 1;
      if (write.flushes > this.#weakFlushes) {
        settled.unshift(...write.pieces);
      } else {
        const pieces = write.pieces.filter((piece) => !settled.some((s) => supersedes(s, piece)));
        if (pieces.length > 0) pending.unshift({ ...write, pieces });
      }
    }
    this.#pending = pending;
    if (settled.length > 0) this.#durable = this.#durable.with(settled).compact();
  }
}

/** Whether `earlier` can no longer reach the storage once `later` has. */
function supersedes(later: DiskChange, earlier: DiskChange): boolean {
  if (later.kind === "resize") {
    return earlier.kind === "resize" || (earlier.kind === "slot" && earlier.slot >= later.slots);
  }
  if (later.kind === "slot") return earlier.kind === "slot" && earlier.slot === later.slot;
  if (earlier.kind !== "header" || earlier.at < later.at) return false;
  return earlier.at + earlier.bytes.length <= later.at + later.bytes.length;
}
