/**
 * StoreGate: what every block store checks before it touches its storage. Closed and read-only
 * stores reject with their codes, a read beyond the stored slots is INTEGRITY, and a malformed call
 * is a bug of the caller, hence an assertion. Stores differ only in what lies behind the gate.
 */
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import { HEADER_AREA_BYTES, MAX_SLOTS } from "./block-store.js";
import type { ReadRun, WriteRun } from "./block-store.js";

const MIN_SLOT_BYTES = 4 * 1024;
const MAX_SLOT_BYTES = 64 * 1024;

export class StoreGate {
  readonly #writable: boolean;
  #slotBytes: number | undefined;
  #closed = false;

  constructor(writable: boolean) {
    this.#writable = writable;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get writable(): boolean {
    return this.#writable;
  }

  get slotBytes(): number {
    assert(this.#slotBytes !== undefined, "setSlotBytes comes before any call that names slots");
    return this.#slotBytes;
  }

  setSlotBytes(slotBytes: number): void {
    assert(this.#slotBytes === undefined, "the slot size is fixed once");
    const inRange = slotBytes >= MIN_SLOT_BYTES && slotBytes <= MAX_SLOT_BYTES;
    assert(
      inRange && Number.isInteger(Math.log2(slotBytes)),
      "a slot size is a power of two, 4-64 KiB",
    );
    this.#slotBytes = slotBytes;
  }

  /** `slotCount` is a count of slots, so it too waits for their size. */
  requireSlotBytes(): void {
    assert(this.slotBytes > 0, "the slot size is known");
  }

  close(): void {
    this.#closed = true;
  }

  admit(): void {
    if (this.#closed) throw new RepoError("REPO_CLOSED");
  }

  admitChange(): void {
    this.admit();
    if (!this.#writable) throw new RepoError("EROFS");
  }

  admitHeaderWrite(at: number, bytes: Uint8Array): void {
    this.admitChange();
    const inside = Number.isInteger(at) && at >= 0 && at + bytes.length <= HEADER_AREA_BYTES;
    assert(inside, "a header write lies within the header area");
  }

  admitRead(runs: readonly ReadRun[], slotCount: number): void {
    this.admit();
    for (const run of runs) {
      if (this.#end(run.start, run.into) > slotCount) {
        throw new RepoError("INTEGRITY", { message: "a read reaches beyond the stored slots" });
      }
    }
  }

  admitWrite(runs: readonly WriteRun[], slotCount: number): void {
    this.admitChange();
    for (const run of runs) {
      assert(this.#end(run.start, run.bytes) <= slotCount, "a write lies below slotCount");
    }
    if (runs.length > 1) this.#assertDisjoint(runs);
  }

  admitResize(slots: number): void {
    this.admitChange();
    this.requireSlotBytes();
    assert(Number.isInteger(slots) && slots >= 0 && slots <= MAX_SLOTS, "a slot count is sane");
  }

  #end(start: number, bytes: Uint8Array): number {
    assert(Number.isInteger(start) && start >= 0, "a run starts at a slot");
    const slots = bytes.length / this.slotBytes;
    assert(slots > 0 && Number.isInteger(slots), "a run holds whole slots, at least one");
    return start + slots;
  }

  #assertDisjoint(runs: readonly WriteRun[]): void {
    const sorted = runs.toSorted((a, b) => a.start - b.start);
    let end = 0;
    for (const run of sorted) {
      assert(run.start >= end, "the runs of a write do not overlap");
      end = this.#end(run.start, run.bytes);
    }
  }
}
