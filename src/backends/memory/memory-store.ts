/**
 * Containers in memory (`mem://`): named, shared by every store that one provider opens, gone with
 * the provider. The plainest reading of the port, and what tests and the overlay's upper layer run
 * on. Nothing is ever unflushed, so `flush` only checks that the writer is still the current one.
 */
import { RepoError } from "../../errors.js";
import { HEADER_AREA_BYTES } from "../block-store.js";
import type { BlockStore, ReadRun, StoreMode, StoreProvider, WriteRun } from "../block-store.js";
import { isFinished } from "../creation.js";
import { StoreGate } from "../store-gate.js";

export interface MemoryStoreOptions {
  /** `resize` beyond this rejects with ENOSPC. */
  readonly maxSlots?: number;
}

export class MemoryStoreProvider implements StoreProvider {
  readonly #containers = new Map<string, MemoryContainer>();
  readonly #maxSlots: number;

  constructor(options: MemoryStoreOptions = {}) {
    this.#maxSlots = options.maxSlots ?? Infinity;
  }

  exists(name: string): Promise<boolean> {
    const container = this.#containers.get(name);
    return Promise.resolve(container !== undefined && isFinished(container.header));
  }

  async open(name: string, mode: StoreMode): Promise<BlockStore> {
    const exists = await this.exists(name);
    if (mode === "create") {
      if (exists) throw new RepoError("REPO_EXISTS");
      return this.#replace(name).open(mode);
    }
    const container = this.#containers.get(name);
    if (!exists || container === undefined) throw new RepoError("REPO_NOT_FOUND");
    return container.open(mode);
  }

  async destroy(name: string): Promise<void> {
    const container = this.#containers.get(name);
    if (container === undefined) throw new RepoError("REPO_NOT_FOUND");
    if (container.users.size > 0) throw new RepoError("REPO_BUSY");
    this.#containers.delete(name);
  }

  /** A fresh container; whoever still creates the one it replaces is fenced. */
  #replace(name: string): MemoryContainer {
    this.#containers.get(name)?.fenceWriter();
    const container = new MemoryContainer(this.#maxSlots);
    this.#containers.set(name, container);
    return container;
  }
}

class MemoryContainer {
  readonly header = new Uint8Array(HEADER_AREA_BYTES);
  readonly slots: Uint8Array[] = [];
  /** Open stores; a fenced writer is no longer one of them. */
  readonly users = new Set<MemoryStore>();
  readonly maxSlots: number;
  writer: MemoryStore | undefined;

  constructor(maxSlots: number) {
    this.maxSlots = maxSlots;
  }

  open(mode: StoreMode): MemoryStore {
    const store = new MemoryStore(this, mode !== "read");
    if (mode !== "read") {
      this.fenceWriter();
      this.writer = store;
    }
    this.users.add(store);
    return store;
  }

  fenceWriter(): void {
    if (this.writer !== undefined) this.users.delete(this.writer);
    this.writer = undefined;
  }

  release(store: MemoryStore): void {
    this.users.delete(store);
    if (this.writer === store) this.writer = undefined;
  }
}

class MemoryStore implements BlockStore {
  readonly orderedWrites = true;
  readonly #container: MemoryContainer;
  readonly #gate: StoreGate;

  constructor(container: MemoryContainer, writable: boolean) {
    this.#container = container;
    this.#gate = new StoreGate(writable);
  }

  get slotCount(): number {
    this.#gate.requireSlotBytes();
    return this.#container.slots.length;
  }

  setSlotBytes(slotBytes: number): void {
    this.#gate.setSlotBytes(slotBytes);
  }

  async readHeader(): Promise<Uint8Array> {
    this.#gate.admit();
    return this.#container.header.slice();
  }

  async writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    this.#gate.admitHeaderWrite(at, bytes);
    this.#checkFence();
    this.#container.header.set(bytes, at);
  }

  async read(runs: readonly ReadRun[]): Promise<void> {
    this.#gate.admitRead(runs, this.slotCount);
    for (const run of runs) this.#readRun(run);
  }

  async write(runs: readonly WriteRun[]): Promise<void> {
    this.#gate.admitWrite(runs, this.slotCount);
    this.#checkFence();
    for (const run of runs) this.#writeRun(run);
  }

  async flush(): Promise<void> {
    this.#gate.admit();
    if (this.#gate.writable) this.#checkFence();
  }

  async resize(slots: number): Promise<void> {
    this.#gate.admitResize(slots);
    this.#checkFence();
    const stored = this.#container.slots;
    if (slots > stored.length && slots > this.#container.maxSlots) throw new RepoError("ENOSPC");
    while (stored.length < slots) stored.push(new Uint8Array(this.#gate.slotBytes));
    stored.length = slots;
  }

  async close(): Promise<void> {
    this.#gate.close();
    this.#container.release(this);
  }

  #checkFence(): void {
    if (this.#container.writer !== this) throw new RepoError("STALE_WRITER");
  }

  #readRun({ start, into }: ReadRun): void {
    const { slotBytes } = this.#gate;
    for (let at = 0; at < into.length; at += slotBytes) {
      const stored = this.#container.slots[start + at / slotBytes];
      if (stored?.length !== slotBytes) throw new RepoError("INTEGRITY");
      into.set(stored, at);
    }
  }

  #writeRun({ start, bytes }: WriteRun): void {
    const { slotBytes } = this.#gate;
    for (let at = 0; at < bytes.length; at += slotBytes) {
      this.#container.slots[start + at / slotBytes] = bytes.slice(at, at + slotBytes);
    }
  }
}
