/**
 * EpochKeys: the content keys of nonce epochs, derived when first asked for. Old slots carry old
 * epochs, so reading derives; the cache is bounded because a container may hold any number of them.
 */
import type { SealPurpose, Subkeys } from "./subkeys.js";

export const EPOCH_ID_BYTES = 12;

/** A non-extractable CryptoKey is a few hundred bytes; a miss costs 10–100 µs. */
const CACHED_KEYS = 1024;

export class EpochKeys {
  readonly #subkeys: Subkeys;
  /** In order of last use; a Map keeps the order of insertion. */
  readonly #cache = new Map<string, Promise<CryptoKey>>();

  constructor(subkeys: Subkeys) {
    this.#subkeys = subkeys;
  }

  /** The key of `purpose` in the epoch that the first bytes of `nonce` name. */
  get(purpose: SealPurpose, nonce: Uint8Array): Promise<CryptoKey> {
    const epochId = nonce.subarray(0, EPOCH_ID_BYTES);
    const name = purpose + String.fromCharCode(...epochId);
    const key = this.#cache.get(name) ?? this.#derive(name, purpose, epochId);
    this.#cache.delete(name);
    this.#cache.set(name, key);
    return key;
  }

  clear(): void {
    this.#cache.clear();
  }

  #derive(name: string, purpose: SealPurpose, epochId: Uint8Array): Promise<CryptoKey> {
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined && this.#cache.size >= CACHED_KEYS) this.#cache.delete(oldest);
    const key = this.#subkeys.aesKey(purpose, epochId);
    // A failed derivation must not stay; whoever asked for it gets the rejection itself.
    key.catch(() => this.#cache.delete(name));
    return key;
  }
}
