/**
 * Marks: what this browser remembers of the containers at one address, in its other storage (docs/FORMAT.md §9.1).
 * Nothing here rejects: a mark that cannot be read or written is one that is not there.
 */
import { ByteReader, ByteWriter, MalformedBytes } from "../codec/bytes.js";
import { concatBytes } from "../codec/unshared.js";
import type { MarkStore } from "../backends/mark-store.js";
import { openAnchor, sealAnchor, type AnchorPoint, type OpenedAnchor } from "../crypto/anchor.js";
import type { Subkeys } from "../crypto/subkeys.js";
import { hexOf } from "./hex.js";

const GENERATION_BYTES = 8;

export class Marks {
  readonly #store: MarkStore;
  readonly #location: string;
  readonly #prefix: Promise<string>;

  constructor(store: MarkStore, location: string) {
    this.#store = store;
    this.#location = location;
    this.#prefix = prefixOf(location);
  }

  /**
   * What is remembered of the container of these keys; undefined if nothing is. `chosen` are those that the record
   * is to be verified with.
   */
  async read(
    subkeys: Subkeys,
    chosen: (anchor: Uint8Array) => Subkeys = () => subkeys,
  ): Promise<OpenedAnchor | undefined> {
    const record = await this.#key(subkeys)
      .then((key) => this.#store.read(key))
      .catch(() => undefined);
    if (record === undefined) return undefined;
    const generation = generationOf(record);
    if (generation === undefined) return { trust: "foreign" };
    const anchor = record.subarray(GENERATION_BYTES);
    return openAnchor(anchor, generation, this.#scope, chosen(anchor));
  }

  /** The record that remembers `point`. */
  async seal(point: AnchorPoint, subkeys: Subkeys): Promise<Uint8Array> {
    const generation = new ByteWriter(new Uint8Array(GENERATION_BYTES));
    generation.u64(point.generation);
    return concatBytes(generation.bytes, await sealAnchor(point, this.#scope, subkeys));
  }

  async write(record: Uint8Array, subkeys: Subkeys): Promise<void> {
    await this.#key(subkeys)
      .then((key) => this.#store.write(key, record))
      .catch(() => undefined);
  }

  /** The generations of all containers that are remembered here; unverified, 0 where a record is no mark. */
  async generations(): Promise<number[]> {
    const found: number[] = [];
    for (const key of await this.#keys()) {
      const record = await this.#store.read(key).catch(() => undefined);
      found.push((record && generationOf(record)) ?? 0);
    }
    return found;
  }

  /** Remembers no container here any more. */
  async forget(): Promise<void> {
    for (const key of await this.#keys()) await this.#store.remove(key).catch(() => undefined);
  }

  get #scope(): { readonly location: string } {
    return { location: this.#location };
  }

  async #key({ identity }: Subkeys): Promise<string> {
    return `${await this.#prefix}${hexOf(identity.containerId)}`;
  }

  async #keys(): Promise<readonly string[]> {
    return this.#store.keys(await this.#prefix).catch(() => []);
  }
}

/** Names in an origin's storage have limits and rules; a hash has neither. */
async function prefixOf(location: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(location));
  return `${hexOf(new Uint8Array(hash, 0, 16))}-`;
}

function generationOf(record: Uint8Array): number | undefined {
  try {
    return new ByteReader(record).u64();
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}
