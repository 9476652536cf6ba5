/**
 * SimulatedDisk: one container on a medium that can lose power, lie, fail and fill up; a BlockStore
 * for tests, never part of the product. Changes take effect when they are issued and count as
 * unflushed until a flush covers them. Everything is seeded: the same calls give the same bytes.
 */
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type {
  BlockStore,
  ReadRun,
  StoreMode,
  StoreProvider,
  WriteRun,
} from "../../src/backends/block-store.js";
import { isFinished } from "../../src/backends/creation.js";
import { StoreGate } from "../../src/backends/store-gate.js";
import { RepoError } from "../../src/errors.js";
import { DiskImage } from "./disk-image.js";
import type { DiskChange } from "./disk-image.js";
import { DiskLog, Journal } from "./disk-log.js";
import { Prng } from "./prng.js";

export type DiskCall =
  "readHeader" | "writeHeader" | "read" | "write" | "flush" | "resize" | "close";

/** One planned failure. */
export interface Fault {
  /** The calls that count; all by default. */
  readonly on?: readonly DiskCall[];
  /** 1 is the next such call. */
  readonly nth: number;
  /** `forever`: that call and every later one that counts. */
  readonly times?: "once" | "forever";
  /** What became of the change that is reported as failed: nothing landed, a random part, all of it. */
  readonly outcome?: "lost" | "partial" | "landed";
  readonly code?: "BACKEND_IO" | "ENOSPC";
}

export interface SimulatedDiskOptions {
  readonly seed?: number;
  /** What the disk holds at first; an empty container by default. */
  readonly image?: DiskImage;
  /** `resize` beyond this rejects with ENOSPC. */
  readonly maxSlots?: number;
  /** A flush lies: what it covers is durable only after so many more flushes. */
  readonly weakFlushes?: number;
  readonly orderedWrites?: boolean;
  /** Calls take a random number of microtask turns up to this many; 1 by default. */
  readonly maxTurns?: number;
  /** Keep a {@link DiskLog} of the run. */
  readonly record?: boolean;
}

interface ArmedFault extends Fault {
  left: number;
}

export class SimulatedDisk {
  readonly orderedWrites: boolean;
  /** Settable, so that space can run out or be found during a run. */
  maxSlots: number;
  readonly #log: DiskLog | undefined;
  readonly #journal: Journal;
  readonly #prng: Prng;
  readonly #maxTurns: number;
  readonly #stores = new Set<SimulatedStore>();
  readonly #unresolved = new Set<number>();
  #faults: ArmedFault[] = [];
  #live: DiskImage;
  #writer: SimulatedStore | undefined;
  #writes = 0;
  #calls = 0;

  constructor(options: SimulatedDiskOptions = {}) {
    const seed = options.seed ?? 0;
    this.#live = options.image ?? DiskImage.empty(seed);
    this.orderedWrites = options.orderedWrites ?? false;
    this.maxSlots = options.maxSlots ?? Infinity;
    this.#maxTurns = options.maxTurns ?? 1;
    this.#prng = new Prng(seed).fork("disk");
    this.#journal = new Journal(this.#live, options.weakFlushes ?? 0);
    if (options.record === true) this.#log = new DiskLog(this.#live, this.orderedWrites);
  }

  static fromImage(image: DiskImage, options: SimulatedDiskOptions = {}): SimulatedDisk {
    return new SimulatedDisk({ seed: image.seed, ...options, image });
  }

  /** What a reader sees now. */
  get live(): DiskImage {
    return this.#live;
  }

  /** What even the worst crash leaves. */
  get durable(): DiskImage {
    return this.#journal.durable;
  }

  get log(): DiskLog {
    if (this.#log === undefined) throw new RangeError("the disk was made without `record`");
    return this.#log;
  }

  /** Calls so far on all stores of this disk that a fault could have hit. */
  get calls(): number {
    return this.#calls;
  }

  get inUse(): boolean {
    return this.#stores.size > 0;
  }

  /** Opens without asking whether creation was finished; a writer fences the one before it. */
  open(mode: StoreMode = "open"): BlockStore {
    const store = new SimulatedStore(this, mode !== "read");
    if (mode !== "read") this.fence();
    if (mode !== "read") this.#writer = store;
    this.#stores.add(store);
    return store;
  }

  /** From now on the present writer is stale, and no longer counts as a user. */
  fence(): void {
    if (this.#writer !== undefined) this.#stores.delete(this.#writer);
    this.#writer = undefined;
  }

  /** Back to an empty container, durably: what `create` does with the debris that it finds. */
  async erase(): Promise<void> {
    this.fence();
    if (this.#live.slotCount === 0 && this.#live.header.every((byte) => byte === 0)) return;
    const zeros = new Uint8Array(HEADER_AREA_BYTES);
    await this.change("resize", [
      { kind: "resize", slots: 0 },
      { kind: "header", at: 0, bytes: zeros },
    ]);
    await this.flush();
  }

  inject(fault: Fault): void {
    this.#faults.push({ ...fault, left: fault.nth });
  }

  /** Forgets every fault, also those that hold for ever. */
  heal(): void {
    this.#faults = [];
  }

  /** One random crash state of this moment; crash-images.ts enumerates them all. */
  crash(seed: number): DiskImage {
    const prng = new Prng(seed);
    const { unflushed, durable } = this.#journal;
    if (this.orderedWrites)
      return durable.with(unflushed.slice(0, prng.below(unflushed.length + 1)));
    const share = prng.below(1001) / 1000;
    return durable.with(unflushed.filter(() => prng.chance(share)));
  }

  // What follows is for SimulatedStore.

  isWriter(store: SimulatedStore): boolean {
    return this.#writer === store;
  }

  release(store: SimulatedStore): void {
    this.#stores.delete(store);
    if (this.#writer === store) this.#writer = undefined;
  }

  /** Runs one call that changes nothing; `action` after the turns that it takes. */
  async observe<T>(call: DiskCall, action: () => T): Promise<T> {
    const fault = this.#nextFault(call);
    await this.#turns();
    if (fault !== undefined) throw failure(call, fault);
    return action();
  }

  async change(call: DiskCall, pieces: readonly DiskChange[]): Promise<void> {
    const fault = this.#nextFault(call);
    const landed = fault === undefined ? pieces : this.#landed(pieces, fault);
    const id = this.#writes++;
    this.#live = this.#live.with(landed).compact();
    this.#journal.write(id, landed);
    this.#log?.events.push({ kind: "write", id, pieces: landed });
    this.#unresolved.add(id);
    await this.#turns();
    // A failed write stays unresolved: no flush vouches for it.
    if (fault !== undefined) throw failure(call, fault);
    this.#unresolved.delete(id);
  }

  async flush(): Promise<void> {
    const fault = this.#nextFault("flush");
    const covered = this.#writes;
    const uncovered = new Set(this.#unresolved);
    await this.#turns();
    for (let id = covered; id < this.#writes; id += 1) uncovered.add(id);
    if (fault === undefined || fault.outcome === "landed") {
      this.#journal.flush(uncovered);
      this.#log?.events.push({ kind: "flush", uncovered });
    }
    if (fault !== undefined) throw failure("flush", fault);
  }

  #landed(pieces: readonly DiskChange[], fault: Fault): readonly DiskChange[] {
    if (fault.outcome === "landed") return pieces;
    if (fault.outcome === "partial") return pieces.filter(() => this.#prng.chance(0.5));
    return [];
  }

  #nextFault(call: DiskCall): Fault | undefined {
    this.#calls += 1;
    let hit: Fault | undefined;
    for (const fault of this.#faults) {
      if (fault.on !== undefined && !fault.on.includes(call)) continue;
      fault.left -= 1;
      if (fault.left === 0 || (fault.left < 0 && fault.times === "forever")) hit ??= fault;
    }
    return hit;
  }

  async #turns(): Promise<void> {
    const turns = this.#maxTurns <= 1 ? 1 : 1 + this.#prng.below(this.#maxTurns);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  }
}

function failure(call: DiskCall, fault: Fault): RepoError {
  return new RepoError(fault.code ?? "BACKEND_IO", { message: `injected fault in ${call}` });
}

class SimulatedStore implements BlockStore {
  readonly orderedWrites: boolean;
  readonly #disk: SimulatedDisk;
  readonly #gate: StoreGate;

  constructor(disk: SimulatedDisk, writable: boolean) {
    this.#disk = disk;
    this.#gate = new StoreGate(writable);
    this.orderedWrites = disk.orderedWrites;
  }

  get slotCount(): number {
    this.#gate.requireSlotBytes();
    return this.#disk.live.slotCount;
  }

  setSlotBytes(slotBytes: number): void {
    this.#gate.setSlotBytes(slotBytes);
  }

  async readHeader(): Promise<Uint8Array> {
    this.#gate.admit();
    return this.#disk.observe("readHeader", () => this.#disk.live.header.slice());
  }

  async writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    this.#gate.admitHeaderWrite(at, bytes);
    this.#checkFence();
    await this.#disk.change("writeHeader", [{ kind: "header", at, bytes: bytes.slice() }]);
  }

  async read(runs: readonly ReadRun[]): Promise<void> {
    this.#gate.admitRead(runs, this.slotCount);
    await this.#disk.observe("read", () => {
      this.#gate.admitRead(runs, this.slotCount);
      for (const run of runs) this.#readRun(run);
    });
  }

  async write(runs: readonly WriteRun[]): Promise<void> {
    this.#gate.admitWrite(runs, this.slotCount);
    this.#checkFence();
    await this.#disk.change(
      "write",
      runs.flatMap((run) => this.#split(run)),
    );
  }

  async flush(): Promise<void> {
    this.#gate.admit();
    if (!this.#gate.writable) return;
    this.#checkFence();
    await this.#disk.flush();
  }

  async resize(slots: number): Promise<void> {
    this.#gate.admitResize(slots);
    this.#checkFence();
    const full = slots > this.slotCount && slots > this.#disk.maxSlots;
    if (full) throw new RepoError("ENOSPC");
    await this.#disk.change("resize", [{ kind: "resize", slots }]);
  }

  async close(): Promise<void> {
    if (this.#gate.closed) return;
    this.#gate.close();
    this.#disk.release(this);
    await this.#disk.observe("close", () => undefined);
  }

  #checkFence(): void {
    if (!this.#disk.isWriter(this)) throw new RepoError("STALE_WRITER");
  }

  #split({ start, bytes }: WriteRun): DiskChange[] {
    const { slotBytes } = this.#gate;
    return Array.from({ length: bytes.length / slotBytes }, (_, index) => ({
      kind: "slot",
      slot: start + index,
      bytes: bytes.slice(index * slotBytes, (index + 1) * slotBytes),
    }));
  }

  #readRun({ start, into }: ReadRun): void {
    const { slotBytes } = this.#gate;
    for (let at = 0; at < into.length; at += slotBytes) {
      const stored = this.#disk.live.slot(start + at / slotBytes, slotBytes);
      if (stored.length !== slotBytes) throw new RepoError("INTEGRITY");
      into.set(stored, at);
    }
  }
}

/** Simulated disks by name, made as containers are created. */
export class SimulatedDiskProvider implements StoreProvider {
  readonly #options: SimulatedDiskOptions;
  readonly #disks = new Map<string, SimulatedDisk>();

  constructor(options: SimulatedDiskOptions = {}) {
    this.#options = options;
  }

  /** Puts a disk, such as one made from a crash image, under a name. */
  insert(name: string, disk: SimulatedDisk): this {
    this.#disks.set(name, disk);
    return this;
  }

  disk(name: string): SimulatedDisk {
    const disk = this.#disks.get(name);
    if (disk === undefined) throw new RangeError(`no disk ${name}`);
    return disk;
  }

  exists(name: string): Promise<boolean> {
    const disk = this.#disks.get(name);
    return Promise.resolve(disk !== undefined && isFinished(disk.live.header));
  }

  async open(name: string, mode: StoreMode): Promise<BlockStore> {
    const exists = await this.exists(name);
    if (mode === "create" && exists) throw new RepoError("REPO_EXISTS");
    if (mode !== "create" && !exists) throw new RepoError("REPO_NOT_FOUND");
    if (mode !== "create") return this.disk(name).open(mode);
    const disk = this.#disks.get(name) ?? new SimulatedDisk(this.#options);
    await disk.erase();
    this.insert(name, disk);
    return disk.open(mode);
  }

  async destroy(name: string): Promise<void> {
    const disk = this.#disks.get(name);
    if (disk === undefined) throw new RepoError("REPO_NOT_FOUND");
    if (disk.inUse) throw new RepoError("REPO_BUSY");
    this.#disks.delete(name);
  }
}
