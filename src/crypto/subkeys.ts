/**
 * Subkeys: everything that is derived from a master key (docs/FORMAT.md §2.1). One HKDF-SHA256 step
 * each, salt = containerId [‖ epochId], info = "v1/" ‖ purpose ‖ keyGeneration u32; WebCrypto refuses a
 * second HKDF step, so there is no tree of keys. Invariant: the master is a non-extractable CryptoKey,
 * and a purpose is used by one algorithm only, which the two types below see to.
 */
import { ByteWriter } from "../codec/bytes.js";
import { concatBytes, unshared } from "../codec/unshared.js";
import { RepoError } from "../errors.js";
import { KEY_BYTES, KeyBytes } from "./key-bytes.js";

/** What content keys are for. Data and metadata never share one. */
export type SealPurpose = "superblock" | "data" | "metadata";
/** What HMAC keys are for. They decrypt nothing, so bytes they make may leave for WASM. */
export type MacPurpose = "header" | "chunk-hash" | "gear-table" | "remote-names" | "anchor";

/** Which keys these are: mixed into every derivation. */
export interface KeyIdentity {
  readonly containerId: Uint8Array;
  readonly keyGeneration: number;
}

/**
 * `deriveKey` alone cannot give raw bytes, not even to script in our worker; libsodium needs raw keys,
 * so its profile has `deriveBits` too.
 */
export type MasterUsages = readonly ["deriveKey"] | readonly ["deriveKey", "deriveBits"];

const HMAC: HmacKeyGenParams = { name: "HMAC", hash: "SHA-256", length: 256 };
const AES: AesKeyGenParams = { name: "AES-GCM", length: 256 };

export class Subkeys {
  readonly identity: KeyIdentity;
  readonly #subtle: SubtleCrypto;
  readonly #macKeys = new Map<MacPurpose, Promise<CryptoKey>>();
  #master: CryptoKey | undefined;

  private constructor(master: CryptoKey, identity: KeyIdentity, subtle: SubtleCrypto) {
    this.#master = master;
    this.identity = identity;
    this.#subtle = subtle;
  }

  /** Imports `master`, which the caller wipes afterwards. */
  static async fromMaster(
    master: KeyBytes,
    identity: KeyIdentity,
    usages: MasterUsages,
    subtle: SubtleCrypto,
  ): Promise<Subkeys> {
    const key = await subtle.importKey("raw", master.bytes, "HKDF", false, usages);
    return new Subkeys(key, identity, subtle);
  }

  /** A non-extractable AES-GCM key for one epoch. */
  async aesKey(purpose: SealPurpose, epochId: Uint8Array): Promise<CryptoKey> {
    const params = this.#params(purpose, epochId);
    return this.#subtle.deriveKey(params, this.#live(), AES, false, ["encrypt", "decrypt"]);
  }

  /** A raw key; only with the usage `deriveBits`. */
  async rawKey(purpose: SealPurpose): Promise<KeyBytes> {
    const params = this.#params(purpose);
    return new KeyBytes(
      new Uint8Array(await this.#subtle.deriveBits(params, this.#live(), KEY_BYTES * 8)),
    );
  }

  /** HMAC-SHA256 of `message`; with a label as message, raw bytes for what WASM computes. */
  async mac(purpose: MacPurpose, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const key = await this.#macKey(purpose);
    return new Uint8Array(await this.#subtle.sign("HMAC", key, unshared(message)));
  }

  /** Whether `mac` is the HMAC of `message`, in constant time. */
  async verify(purpose: MacPurpose, message: Uint8Array, mac: Uint8Array): Promise<boolean> {
    const key = await this.#macKey(purpose);
    return this.#subtle.verify("HMAC", key, unshared(mac), unshared(message));
  }

  /**
   * What wraps the master key of an older generation (docs/format-header.md §2.5): this master with the parameters
   * of a key that seals nothing else, so that a nonce of zeros is safe.
   */
  keyringKek(generation: number): { readonly ikm: CryptoKey; readonly params: HkdfParams } {
    const { containerId, keyGeneration } = this.identity;
    const info = subkeyInfo("keyring", keyGeneration, generation);
    return { ikm: this.#live(), params: hkdf(unshared(containerId), info) };
  }

  /** Drops every key; later calls reject with REPO_LOCKED. Idempotent. */
  close(): void {
    this.#master = undefined;
    this.#macKeys.clear();
  }

  async #macKey(purpose: MacPurpose): Promise<CryptoKey> {
    const master = this.#live();
    let key = this.#macKeys.get(purpose);
    if (key === undefined) {
      key = this.#subtle.deriveKey(this.#params(purpose), master, HMAC, false, ["sign", "verify"]);
      this.#macKeys.set(purpose, key);
    }
    return key;
  }

  #live(): CryptoKey {
    if (this.#master === undefined) throw new RepoError("REPO_LOCKED");
    return this.#master;
  }

  #params(purpose: SealPurpose | MacPurpose, epochId: Uint8Array = NO_EPOCH): HkdfParams {
    return hkdf(
      concatBytes(this.identity.containerId, epochId),
      subkeyInfo(purpose, this.identity.keyGeneration),
    );
  }
}

const NO_EPOCH = new Uint8Array(0);

/** "v1/" ‖ purpose ‖ keyGeneration u32 [‖ older generation u32]. */
function subkeyInfo(purpose: string, ...generations: number[]): Uint8Array<ArrayBuffer> {
  const label = new TextEncoder().encode(`v1/${purpose}`);
  const to = new ByteWriter(new Uint8Array(label.length + 4 * generations.length));
  to.raw(label);
  for (const generation of generations) to.u32(generation);
  return unshared(to.bytes);
}

/** HKDF-SHA256 in WebCrypto's words. */
export function hkdf(salt: Uint8Array<ArrayBuffer>, info: Uint8Array<ArrayBuffer>): HkdfParams {
  return { name: "HKDF", hash: "SHA-256", salt, info };
}
