/**
 * ContainerImport: the bytes of docs/FORMAT.md §8, in pieces of any size, become a container. It exists once
 * `finish` has resolved and not before; whoever gives up calls `abandon`, and nothing is left.
 */
import type { BlockStore, SlotAddress, StoreProvider } from "../backends/block-store.js";
import { HEADER_AREA_BYTES, MAX_SLOTS } from "../backends/block-store.js";
import { finishCreation, hasMagic } from "../backends/creation.js";
import { isRepoError, RepoError } from "../errors.js";
import { readPublicHeader, type PublicHeader } from "./container-header.js";

/** Slots are gathered up to so many bytes and written in one call. */
const STAGING_BYTES = 1024 * 1024;
/** The container grows in steps of this, so that a store asks for its room seldom. */
const GROWTH_BYTES = 16 * 1024 * 1024;
/** Superblock cells begin here (docs/FORMAT.md §1). */
const CELLS_OFFSET = 128 * 1024;

export interface ImportTarget {
  readonly provider: StoreProvider;
  readonly name: string;
  /** What exists is removed as soon as the header of what comes is known to be readable. */
  readonly overwrite: boolean;
  /** EFBIG for more than this. */
  readonly maxBytes: number;
  /** Called when the old container is to go, or nothing was there, and before the new one comes. */
  readonly beforeCreation?: () => Promise<void>;
  /** Called at the end, however it ends. */
  readonly unlock: () => Promise<void> | void;
}

export class ContainerImport {
  readonly #target: ImportTarget;
  readonly #area = new Uint8Array(HEADER_AREA_BYTES);
  readonly #staging = new Uint8Array(STAGING_BYTES);
  #received = 0;
  #staged = 0;
  #written = 0;
  #header: PublicHeader | undefined;
  #store: BlockStore | undefined;
  #ended = false;
  /** Calls run one after the other, so that an abandonment finds all that was begun. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(target: ImportTarget) {
    this.#target = target;
  }

  /** @throws REPO_EXISTS unless it is to be overwritten */
  static async begin(target: ImportTarget): Promise<ContainerImport> {
    const { provider, name, overwrite, unlock } = target;
    try {
      if (!overwrite && (await provider.exists(name))) throw new RepoError("REPO_EXISTS");
      return new ContainerImport(target);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Takes the next bytes; resolves when it is ready for more. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#write(bytes));
  }

  /** Makes the container exist, durably. @throws INTEGRITY if the bytes were not a whole one */
  finish(): Promise<void> {
    return this.#inTurn(() => this.#finish());
  }

  /** Removes what was written. Does nothing after `finish`. */
  abandon(): Promise<void> {
    return this.#inTurn(() => this.#abandon());
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const work = this.#turn.then(action);
    this.#turn = work.catch(() => undefined);
    return work;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#limit - this.#received)
      throw new RepoError("EFBIG", { syscall: "import" });
    let rest = bytes;
    if (this.#received < HEADER_AREA_BYTES) {
      const part = rest.subarray(0, HEADER_AREA_BYTES - this.#received);
      this.#area.set(part, this.#received);
      this.#received += part.length;
      rest = rest.subarray(part.length);
      if (this.#received === HEADER_AREA_BYTES) await this.#create();
    }
    this.#received += rest.length;
    while (rest.length > 0) {
      const part = rest.subarray(0, STAGING_BYTES - this.#staged);
      this.#staging.set(part, this.#staged);
      this.#staged += part.length;
      rest = rest.subarray(part.length);
      if (this.#staged === STAGING_BYTES) await this.#writeStaged();
    }
  }

  async #finish(): Promise<void> {
    const [header, store] = [this.#header, this.#store];
    if (this.#received > 0 && !hasMagic(this.#area)) throw new RepoError("FORMAT_UNSUPPORTED");
    if (header === undefined || store === undefined || this.#received === HEADER_AREA_BYTES)
      throw cutShort();
    if (this.#staged % header.header.slotBytes !== 0) throw cutShort();
    await this.#writeStaged();
    await store.resize(this.#written);
    await store.writeHeader(CELLS_OFFSET, this.#area.subarray(CELLS_OFFSET));
    await store.flush();
    await finishCreation(store, header.copies);
    this.#ended = true;
    try {
      await store.close();
    } finally {
      await this.#target.unlock();
    }
  }

  async #abandon(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { provider, name, unlock } = this.#target;
    try {
      if (this.#store === undefined) return;
      await this.#store.close();
      await provider.destroy(name);
    } finally {
      await unlock();
    }
  }

  get #limit(): number {
    const slotBytes = this.#header?.header.slotBytes ?? 0;
    const largest = slotBytes === 0 ? Infinity : HEADER_AREA_BYTES + MAX_SLOTS * slotBytes;
    return Math.min(this.#target.maxBytes, largest);
  }

  async #create(): Promise<void> {
    const { provider, name, overwrite, beforeCreation } = this.#target;
    const header = await readPublicHeader(this.#area).catch((error: unknown) => {
      // Where a place would be empty, a stream is just something else.
      throw isRepoError(error, "REPO_NOT_FOUND") ? new RepoError("FORMAT_UNSUPPORTED") : error;
    });
    await beforeCreation?.();
    if (overwrite && (await provider.exists(name))) await provider.destroy(name);
    this.#store = await provider.open(name, "create");
    this.#store.setSlotBytes(header.header.slotBytes);
    this.#header = header;
  }

  async #writeStaged(): Promise<void> {
    const [store, slotBytes] = [this.#store, this.#header?.header.slotBytes];
    if (store === undefined || slotBytes === undefined || this.#staged === 0) return;
    const end = this.#written + this.#staged / slotBytes;
    if (end > store.slotCount) await this.#grow(store, end, slotBytes);
    const bytes = this.#staging.subarray(0, this.#staged);
    await store.write([{ start: this.#written as SlotAddress, bytes }]);
    this.#written = end;
    this.#staged = 0;
  }

  /** Generously, or where there is not so much, as far as is needed. */
  async #grow(store: BlockStore, needed: number, slotBytes: number): Promise<void> {
    try {
      await store.resize(needed + GROWTH_BYTES / slotBytes);
    } catch (error) {
      if (!isRepoError(error, "ENOSPC")) throw error;
      await store.resize(needed);
    }
  }
}

function cutShort(): RepoError {
  return new RepoError("INTEGRITY", { message: "the container is cut short" });
}
