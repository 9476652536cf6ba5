/**
 * Suites: which AEAD a container uses, for its slots, its cells and its key slots alike. A suite is
 * fixed at creation and stands in the header (docs/FORMAT.md §2.2).
 */
import { AesGcmSealer } from "./aes-gcm-sealer.js";
import { unshared } from "../codec/unshared.js";
import type { CryptoEnvironment } from "./environment.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { LibsodiumXChaCha } from "./libsodium.js";
import { NativeXChaCha, type ModernSubtle } from "./native-xchacha.js";
import { NONCE_BYTES, type Sealer } from "./sealer.js";
import { Subkeys, type KeyIdentity } from "./subkeys.js";
import { partTag, withTagBehind } from "./tag-room.js";
import type { Detached, XChaCha } from "./xchacha.js";
import { XChaChaSealer } from "./xchacha-sealer.js";

/** Names of the suites, as the public API has them, and their bytes in the header. */
export const SUITE_IDS = { "aes-256-gcm": 1, "xchacha20-poly1305": 2 } as const;
export type Cipher = keyof typeof SUITE_IDS;

/** A key for wrapping, not yet derived. Each is used for one wrap only. */
export interface Kek {
  readonly ikm: CryptoKey;
  readonly params: HkdfParams;
}

export interface OpenKeys {
  readonly sealer: Sealer;
  /** Closed with the sealer. */
  readonly subkeys: Subkeys;
}

export interface Suite {
  readonly cipher: Cipher;
  wrap(kek: Kek, aad: Uint8Array, master: KeyBytes): Promise<Detached>;
  /** The master key, or undefined if it does not authenticate. */
  unwrap(kek: Kek, aad: Uint8Array, wrapped: Detached): Promise<KeyBytes | undefined>;
  /** The keys behind `master`, which the caller wipes afterwards. */
  openKeys(master: KeyBytes, identity: KeyIdentity): Promise<OpenKeys>;
}

/** The cipher behind a suite byte, or undefined if this version knows none. */
export function cipherOf(suiteId: number): Cipher | undefined {
  if (suiteId === SUITE_IDS["aes-256-gcm"]) return "aes-256-gcm";
  return suiteId === SUITE_IDS["xchacha20-poly1305"] ? "xchacha20-poly1305" : undefined;
}

export async function openSuite(cipher: Cipher, environment: CryptoEnvironment): Promise<Suite> {
  if (cipher === "aes-256-gcm") return new AesSuite(environment);
  return new XChaChaSuite(await openXChaCha(environment.subtle), environment);
}

/** The platform's XChaCha20-Poly1305 if it has one, else libsodium's. */
export async function openXChaCha(subtle: ModernSubtle): Promise<XChaCha> {
  return (await NativeXChaCha.detect(subtle)) ?? (await LibsodiumXChaCha.load());
}

class AesSuite implements Suite {
  readonly cipher = "aes-256-gcm";
  readonly #environment: CryptoEnvironment;

  constructor(environment: CryptoEnvironment) {
    this.#environment = environment;
  }

  async wrap(kek: Kek, aad: Uint8Array, master: KeyBytes): Promise<Detached> {
    const key = await this.#kek(kek, "encrypt");
    const { subtle } = this.#environment;
    return partTag(await subtle.encrypt(wrapParams(aad), key, master.bytes));
  }

  async unwrap(kek: Kek, aad: Uint8Array, wrapped: Detached): Promise<KeyBytes | undefined> {
    const key = await this.#kek(kek, "decrypt");
    try {
      const master = await withTagBehind(wrapped.ciphertext, wrapped.tag, (joined) =>
        this.#environment.subtle.decrypt(wrapParams(aad), key, joined),
      );
      return new KeyBytes(new Uint8Array(master));
    } catch {
      return undefined;
    }
  }

  async openKeys(master: KeyBytes, identity: KeyIdentity): Promise<OpenKeys> {
    const { subtle } = this.#environment;
    const subkeys = await Subkeys.fromMaster(master, identity, ["deriveKey"], subtle);
    return { sealer: new AesGcmSealer(subkeys, this.#environment), subkeys };
  }

  #kek({ ikm, params }: Kek, usage: KeyUsage): Promise<CryptoKey> {
    const { subtle } = this.#environment;
    return subtle.deriveKey(params, ikm, { name: "AES-GCM", length: 256 }, false, [usage]);
  }
}

/** A nonce of zeros is safe here and nowhere else: a KEK comes from a fresh salt and wraps once. */
const ZERO_NONCE = new Uint8Array(NONCE_BYTES);

function wrapParams(aad: Uint8Array): AesGcmParams {
  return { name: "AES-GCM", iv: ZERO_NONCE.subarray(0, 12), additionalData: unshared(aad) };
}

class XChaChaSuite implements Suite {
  readonly cipher = "xchacha20-poly1305";
  readonly #aead: XChaCha;
  readonly #environment: CryptoEnvironment;

  constructor(aead: XChaCha, environment: CryptoEnvironment) {
    this.#aead = aead;
    this.#environment = environment;
  }

  async wrap(kek: Kek, aad: Uint8Array, master: KeyBytes): Promise<Detached> {
    const key = await this.#kek(kek);
    return this.#once(key, () => this.#aead.seal(key, ZERO_NONCE, aad, master.bytes));
  }

  async unwrap(kek: Kek, aad: Uint8Array, wrapped: Detached): Promise<KeyBytes | undefined> {
    const key = await this.#kek(kek);
    const master = await this.#once(key, () => this.#aead.open(key, ZERO_NONCE, aad, wrapped));
    return master && new KeyBytes(master);
  }

  async openKeys(master: KeyBytes, identity: KeyIdentity): Promise<OpenKeys> {
    const usages = ["deriveKey", "deriveBits"] as const;
    const subkeys = await Subkeys.fromMaster(master, identity, usages, this.#environment.subtle);
    const sealer = await XChaChaSealer.create(subkeys, this.#aead, this.#environment);
    return { sealer, subkeys };
  }

  /** Leaves neither KEK nor master key behind. */
  async #once<T>(key: KeyBytes, use: () => Promise<T>): Promise<T> {
    try {
      return await wiping(key, use);
    } finally {
      this.#aead.close();
    }
  }

  async #kek({ ikm, params }: Kek): Promise<KeyBytes> {
    const { subtle } = this.#environment;
    return new KeyBytes(new Uint8Array(await subtle.deriveBits(params, ikm, KEY_BYTES * 8)));
  }
}
