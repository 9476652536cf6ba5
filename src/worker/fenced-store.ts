/**
 * FencedStore: a store that can be taken from its user at once. After `fence` every call rejects with
 * STALE_WRITER and reaches no storage, whatever its backend knows of other writers.
 */
import type { BlockStore, ReadRun, WriteRun } from "../backends/block-store.js";
import { RepoError } from "../errors.js";

export class FencedStore implements BlockStore {
  readonly #store: BlockStore;
  readonly #fence = new AbortController();

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** Nothing goes through any more, and the storage is let go. */
  fence(): void {
    if (this.#isFenced()) return;
    this.#fence.abort();
    this.#store.close().catch(() => undefined);
  }

  get orderedWrites(): boolean {
    return this.#store.orderedWrites;
  }

  get slotCount(): number {
    return this.#store.slotCount;
  }

  setSlotBytes(slotBytes: number): void {
    this.#store.setSlotBytes(slotBytes);
  }

  readHeader(): Promise<Uint8Array> {
    return this.#through((store) => store.readHeader());
  }

  writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    return this.#through((store) => store.writeHeader(at, bytes));
  }

  read(runs: readonly ReadRun[]): Promise<void> {
    return this.#through((store) => store.read(runs));
  }

  write(runs: readonly WriteRun[]): Promise<void> {
    return this.#through((store) => store.write(runs));
  }

  flush(): Promise<void> {
    return this.#through((store) => store.flush());
  }

  resize(slots: number): Promise<void> {
    return this.#through((store) => store.resize(slots));
  }

  async close(): Promise<void> {
    if (!this.#isFenced()) await this.#store.close();
  }

  #isFenced(): boolean {
    return this.#fence.signal.aborted;
  }

  /** A call that was under way may have had its effect, or part of it; its caller is told of none. */
  async #through<T>(call: (store: BlockStore) => Promise<T>): Promise<T> {
    if (this.#isFenced()) throw new RepoError("STALE_WRITER");
    try {
      return await call(this.#store);
    } catch (error) {
      throw this.#isFenced() ? new RepoError("STALE_WRITER", { cause: error }) : error;
    }
  }
}
