/** A store that counts what is asked of it; everything else is the store behind it. */
import type { BlockStore, ReadRun, WriteRun } from "../../src/backends/block-store.js";

export class CountingStore implements BlockStore {
  readonly #store: BlockStore;
  #slotBytes = 1;
  slotsRead = 0;
  slotsWritten = 0;
  flushes = 0;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  get orderedWrites(): boolean {
    return this.#store.orderedWrites;
  }

  get slotCount(): number {
    return this.#store.slotCount;
  }

  setSlotBytes(slotBytes: number): void {
    this.#slotBytes = slotBytes;
    this.#store.setSlotBytes(slotBytes);
  }

  readHeader(): Promise<Uint8Array> {
    return this.#store.readHeader();
  }

  writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    return this.#store.writeHeader(at, bytes);
  }

  read(runs: readonly ReadRun[]): Promise<void> {
    for (const run of runs) this.slotsRead += run.into.length / this.#slotBytes;
    return this.#store.read(runs);
  }

  write(runs: readonly WriteRun[]): Promise<void> {
    for (const run of runs) this.slotsWritten += run.bytes.length / this.#slotBytes;
    return this.#store.write(runs);
  }

  flush(): Promise<void> {
    this.flushes++;
    return this.#store.flush();
  }

  resize(slots: number): Promise<void> {
    return this.#store.resize(slots);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
