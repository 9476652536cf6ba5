/**
 * MemoryDisk: one container in memory, for tests of many operations or much content. It loses and tears
 * nothing (SimulatedDisk does that) and is quick instead: a call takes a few microtasks, a copy shares
 * the slots, and slots of zeros take no memory, so that a test may write more than it could hold.
 */
import { createHash } from "node:crypto";
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type { BlockStore, ReadRun, StoreMode, WriteRun } from "../../src/backends/block-store.js";
import { StoreGate } from "../../src/backends/store-gate.js";
import { RepoError } from "../../src/errors.js";

/**
 * Far more calls than any test makes. Work without an end would keep the test's own timeout from firing,
 * since it never leaves the microtasks; this makes it fail instead.
 */
const MOST_CALLS = 100_000;

/** A write that does not return until it is told to. */
export interface HeldWrite {
  /** Resolves when the write has been asked for. */
  readonly reached: Promise<void>;
  readonly release: () => void;
}

interface MemoryContainer {
  readonly header: Uint8Array;
  /** By slot; one that is missing holds zeros. The arrays are never changed, so copies share them. */
  readonly slots: (Uint8Array | undefined)[];
  slotCount: number;
}

export class MemoryDisk {
  readonly container: MemoryContainer;
  /** `resize` beyond this rejects with ENOSPC; settable, so that space can run out or be found. */
  maxSlots = Infinity;
  #callsLeft = MOST_CALLS;
  #hold: (() => Promise<void>) | undefined;

  constructor(
    container: MemoryContainer = {
      header: new Uint8Array(HEADER_AREA_BYTES),
      slots: [],
      slotCount: 0,
    },
  ) {
    this.container = container;
  }

  get slotCount(): number {
    return this.container.slotCount;
  }

  /** What would be found if everything ended now: the same bytes and limit on a disk of its own. */
  copy(): MemoryDisk {
    const { header, slots, slotCount } = this.container;
    const copy = new MemoryDisk({ header: header.slice(), slots: slots.slice(), slotCount });
    copy.maxSlots = this.maxSlots;
    return copy;
  }

  open(mode: StoreMode = "open"): BlockStore {
    return new MemoryDiskStore(this, mode !== "read");
  }

  /** Tells one content from another. */
  get digest(): string {
    const { header, slots, slotCount } = this.container;
    const hash = createHash("sha256").update(header).update(String(slotCount));
    slots.forEach((slot, i) => hash.update(String(i)).update(slot ?? "zeros"));
    return hash.digest("hex");
  }

  /** Makes the next write of slots wait after they have landed. */
  holdNextWrite(): HeldWrite {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<void>((resolve) => {
      this.#hold = () => {
        resolve();
        return released;
      };
    });
    return { reached, release };
  }

  /** From now on only so many calls succeed: what takes more repeats itself. */
  allow(calls: number): void {
    this.#callsLeft = calls;
  }

  // What follows is for MemoryDiskStore.

  count(): void {
    if (this.#callsLeft-- <= 0)
      throw new RepoError("BACKEND_IO", { message: "more calls of the disk than are allowed" });
  }

  async passHold(): Promise<void> {
    const hold = this.#hold;
    this.#hold = undefined;
    await hold?.();
  }
}

class MemoryDiskStore implements BlockStore {
  readonly orderedWrites = false;
  readonly #disk: MemoryDisk;
  readonly #container: MemoryContainer;
  readonly #gate: StoreGate;
  #zeros = new Uint8Array(0);

  constructor(disk: MemoryDisk, writable: boolean) {
    this.#disk = disk;
    this.#container = disk.container;
    this.#gate = new StoreGate(writable);
  }

  get slotCount(): number {
    this.#gate.requireSlotBytes();
    return this.#container.slotCount;
  }

  setSlotBytes(slotBytes: number): void {
    this.#gate.setSlotBytes(slotBytes);
    this.#zeros = new Uint8Array(slotBytes);
  }

  async readHeader(): Promise<Uint8Array> {
    this.#disk.count();
    this.#gate.admit();
    return this.#container.header.slice();
  }

  async writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    this.#disk.count();
    this.#gate.admitHeaderWrite(at, bytes);
    this.#container.header.set(bytes, at);
  }

  async read(runs: readonly ReadRun[]): Promise<void> {
    this.#disk.count();
    this.#gate.admitRead(runs, this.slotCount);
    const { slotBytes } = this.#gate;
    for (const { start, into } of runs)
      for (let at = 0; at < into.length; at += slotBytes)
        into.set(this.#container.slots[start + at / slotBytes] ?? this.#zeros, at);
  }

  async write(runs: readonly WriteRun[]): Promise<void> {
    this.#disk.count();
    this.#gate.admitWrite(runs, this.slotCount);
    const { slotBytes } = this.#gate;
    for (const { start, bytes } of runs)
      for (let at = 0; at < bytes.length; at += slotBytes) {
        const slot = bytes.subarray(at, at + slotBytes);
        const isZero = Buffer.compare(slot, this.#zeros) === 0;
        this.#container.slots[start + at / slotBytes] = isZero ? undefined : slot.slice();
      }
    await this.#disk.passHold();
  }

  async flush(): Promise<void> {
    this.#disk.count();
    this.#gate.admit();
  }

  async resize(slots: number): Promise<void> {
    this.#disk.count();
    this.#gate.admitResize(slots);
    const container = this.#container;
    if (slots > container.slotCount && slots > this.#disk.maxSlots) throw new RepoError("ENOSPC");
    container.slots.length = Math.min(container.slots.length, slots);
    container.slotCount = slots;
  }

  async close(): Promise<void> {
    this.#gate.close();
  }
}
