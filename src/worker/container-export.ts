/**
 * ContainerExport: a container as the bytes of docs/FORMAT.md §8, header area first and then the slots, one
 * piece for each call, so that never more than a piece is in memory. No key is needed and nothing is changed.
 */
import type { BlockStore, SlotAddress, StoreProvider } from "../backends/block-store.js";
import { HEADER_AREA_BYTES } from "../backends/block-store.js";
import { platformRandom } from "../crypto/environment.js";
import type { Engine } from "../engine/engine.js";
import { isRepoError } from "../errors.js";
import { readPublicHeader } from "./container-header.js";

/** What one call gives at most, the header area aside. */
const PIECE_BYTES = 1024 * 1024;

interface Source {
  readonly store: BlockStore;
  readonly header: Uint8Array;
  readonly slots: number;
  readonly slotBytes: number;
  /** Lets go of everything that the export holds. */
  readonly release: () => Promise<void> | void;
}

export class ContainerExport {
  readonly #source: Source;
  /** The next slot; undefined before the header area. */
  #next: number | undefined;
  #ended: Promise<void> | undefined;

  private constructor(source: Source) {
    this.#source = source;
  }

  /** Of a repo that is not open; `unlock` is called at the end, or if this throws. */
  static async ofClosed(
    { provider, name }: { readonly provider: StoreProvider; readonly name: string },
    unlock: () => Promise<void> | void,
  ): Promise<ContainerExport> {
    let store: BlockStore | undefined;
    const release = async (): Promise<void> => {
      try {
        await store?.close();
      } finally {
        await unlock();
      }
    };
    try {
      store = await provider.open(name, "read");
      const area = await store.readHeader();
      const { slotBytes } = (await readPublicHeader(area)).header;
      store.setSlotBytes(slotBytes);
      const slots = store.slotCount;
      return new ContainerExport({ store, header: area, slots, slotBytes, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Of an open repo, as it is now. */
  static async ofOpen(engine: Engine): Promise<ContainerExport> {
    const { slotBytes } = engine.layout;
    return new ContainerExport({ ...(await engine.hold()), slotBytes });
  }

  get totalBytes(): number {
    const { slots, slotBytes } = this.#source;
    return HEADER_AREA_BYTES + slots * slotBytes;
  }

  /** The next piece, undefined at the end. @throws BACKEND_IO, REPO_CLOSED */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { header, slots, slotBytes } = this.#source;
    if (this.#next === undefined) {
      this.#next = 0;
      return new Uint8Array(header);
    }
    const start = this.#next;
    const count = Math.min(slots - start, PIECE_BYTES / slotBytes);
    if (count <= 0) return undefined;
    this.#next = start + count;
    const piece = new Uint8Array(count * slotBytes);
    await this.#read(start, piece);
    return piece;
  }

  /** Lets the container go. Idempotent. */
  end(): Promise<void> {
    this.#ended ??= Promise.resolve(this.#source.release());
    return this.#ended;
  }

  /** A slot that the storage does not have becomes random bytes, which open in the copy no more than here. */
  async #read(start: number, into: Uint8Array): Promise<void> {
    const { store, slotBytes } = this.#source;
    try {
      await store.read([{ start: start as SlotAddress, into }]);
    } catch (error) {
      if (!isRepoError(error, "INTEGRITY")) throw error;
      if (into.length === slotBytes) {
        into.set(platformRandom(slotBytes));
        return;
      }
      for (let at = 0; at < into.length; at += slotBytes)
        await this.#read(start + at / slotBytes, into.subarray(at, at + slotBytes));
    }
  }
}
