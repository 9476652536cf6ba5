/**
 * The BlockStore port: numbered opaque slots of one size behind a small header area
 * (docs/FORMAT.md §1). A store knows nothing of keys or trees; it moves ciphertext. Every store
 * passes the one suite in test/suites/block-store-suite.ts, also under injected faults.
 */

declare const slotAddressBrand: unique symbol;
/** Index of a slot, from 0; an integer below 2^47. */
export type SlotAddress = number & { readonly [slotAddressBrand]: true };

/** Size of the header area that precedes slot 0, in bytes (docs/FORMAT.md §1). */
export const HEADER_AREA_BYTES = 192 * 1024;

/** The address space of slots; every decoder refuses addresses from here on. */
export const MAX_SLOTS = 2 ** 40;

export interface ReadRun {
  readonly start: SlotAddress;
  /** Filled with adjacent slots; its length is a positive multiple of `slotBytes`. */
  readonly into: Uint8Array;
}

export interface WriteRun {
  readonly start: SlotAddress;
  /** Adjacent slots; the length is a positive multiple of `slotBytes`. Not kept after the call settles. */
  readonly bytes: Uint8Array;
}

/**
 * One open container. Calls may overlap; a `flush` covers every write that had resolved before it
 * was called. A store opened for writing is *fenced*: once another writer has opened the same
 * container, each write of this one rejects with STALE_WRITER and changes nothing.
 *
 * Errors: BACKEND_IO (outcome unknown), ENOSPC (quota or disk; nothing beyond what resolved before
 * is promised), STALE_WRITER, EROFS on a store opened read-only, INTEGRITY for a read that reaches
 * beyond the stored slots. Reads never return bytes that were not stored.
 */
export interface BlockStore {
  /** True if writes become durable in the order in which they were issued, so that a commit needs only its last flush. */
  readonly orderedWrites: boolean;
  /** Slots that the storage has room for now; at most what the last `resize` asked for. */
  readonly slotCount: number;
  /** Fixes the slot size, once, before any call that names slots. A power of two, 4–64 KiB. */
  setSlotBytes(slotBytes: number): void;
  /** The whole header area, {@link HEADER_AREA_BYTES} long; never-written parts are zero. */
  readHeader(): Promise<Uint8Array>;
  /** Overwrites part of the header area. */
  writeHeader(at: number, bytes: Uint8Array): Promise<void>;
  /** Fills every run. All or error. */
  read(runs: readonly ReadRun[]): Promise<void>;
  /** Writes every run; runs do not overlap and lie below `slotCount`. */
  write(runs: readonly WriteRun[]): Promise<void>;
  /** Durability barrier for slots and header. */
  flush(): Promise<void>;
  /** Grows (new slots hold unspecified bytes) or truncates to `slots`. Rejects with ENOSPC if the storage cannot hold them. */
  resize(slots: number): Promise<void>;
  /** Releases the storage. Does not flush. Idempotent; later calls reject with REPO_CLOSED. */
  close(): Promise<void>;
}

/** `create`: must not exist; `open`: must exist; `read`: must exist, and every write rejects with EROFS. */
export type StoreMode = "create" | "open" | "read";

/** Opens containers of one kind by name. */
export interface StoreProvider {
  /** Whether a container of that name was created and finished (creation.ts). */
  exists(name: string): Promise<boolean>;
  /** REPO_NOT_FOUND, REPO_EXISTS, REPO_BUSY, BACKEND_UNAVAILABLE. `create` replaces the debris of an unfinished creation. */
  open(name: string, mode: StoreMode): Promise<BlockStore>;
  /** Removes the container; REPO_NOT_FOUND if there is none, REPO_BUSY if it is open. */
  destroy(name: string): Promise<void>;
}
