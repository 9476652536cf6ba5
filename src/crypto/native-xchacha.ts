/**
 * NativeXChaCha: XChaCha20-Poly1305 from WebCrypto's ChaCha20-Poly1305 and an HChaCha20 subkey, byte for
 * byte what libsodium makes. Chromium 156 has it ("Modern Algorithms in the Web Cryptography
 * API", https://wicg.github.io/webcrypto-modern-algos/); others will.
 */
import { equalBytes } from "../codec/bytes.js";
import { unshared } from "../codec/unshared.js";
import { hchacha20, HCHACHA_NONCE_BYTES } from "./hchacha20.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { NONCE_BYTES } from "./sealer.js";
import { partTag, withTagBehind } from "./tag-room.js";
import type { Detached, XChaCha } from "./xchacha.js";

/** SubtleCrypto where it knows the format of the new algorithms, which TypeScript's types do not yet. */
export interface ModernSubtle {
  importKey(
    format: string,
    key: Uint8Array<ArrayBuffer>,
    algorithm: { name: "ChaCha20-Poly1305" },
    extractable: false,
    usages: KeyUsage[],
  ): Promise<CryptoKey>;
  encrypt(
    params: ChaChaParams,
    key: CryptoKey,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer>;
  decrypt(
    params: ChaChaParams,
    key: CryptoKey,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer>;
}

interface ChaChaParams {
  readonly name: "ChaCha20-Poly1305";
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly additionalData: Uint8Array<ArrayBuffer>;
}

export class NativeXChaCha implements XChaCha {
  readonly #subtle: ModernSubtle;

  constructor(subtle: ModernSubtle) {
    this.#subtle = subtle;
  }

  /** A working one, or undefined where the platform has none: asked by a known answer, not by its name. */
  static async detect(subtle: ModernSubtle): Promise<NativeXChaCha | undefined> {
    const candidate = new NativeXChaCha(subtle);
    try {
      const key = new KeyBytes(new Uint8Array(KEY_BYTES));
      const none = new Uint8Array(0);
      const { tag } = await candidate.seal(key, new Uint8Array(NONCE_BYTES), none, none);
      return equalBytes(tag, TAG_OF_NOTHING) ? candidate : undefined;
    } catch {
      return undefined;
    }
  }

  async seal(
    key: KeyBytes,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Detached> {
    const subkey = await this.#subkey(key, nonce, "encrypt");
    return partTag(await this.#subtle.encrypt(params(nonce, aad), subkey, unshared(plaintext)));
  }

  async open(
    key: KeyBytes,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Detached,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const subkey = await this.#subkey(key, nonce, "decrypt");
    try {
      return new Uint8Array(
        await withTagBehind(sealed.ciphertext, sealed.tag, (joined) =>
          this.#subtle.decrypt(params(nonce, aad), subkey, joined),
        ),
      );
    } catch {
      return undefined;
    }
  }

  close(): void {
    // Nothing is kept between calls.
  }

  #subkey(key: KeyBytes, nonce: Uint8Array, usage: KeyUsage): Promise<CryptoKey> {
    const algorithm = { name: "ChaCha20-Poly1305" } as const;
    return wiping(hchacha20(key.bytes, nonce), (subkey) =>
      this.#subtle.importKey("raw-secret", subkey.bytes, algorithm, false, [usage]),
    );
  }
}

/** XChaCha20's ChaCha20 nonce: four zeros and the last 8 bytes. */
function params(nonce: Uint8Array, aad: Uint8Array): ChaChaParams {
  const iv = new Uint8Array(12);
  iv.set(nonce.subarray(HCHACHA_NONCE_BYTES), 4);
  return { name: "ChaCha20-Poly1305", iv, additionalData: unshared(aad) };
}

/** The tag of the empty message under zero key and zero nonce, by libsodium. */
const TAG_OF_NOTHING = new Uint8Array([
  0x8f, 0x3b, 0x94, 0x5a, 0x51, 0x90, 0x6d, 0xc8, 0x60, 0x0d, 0xe9, 0xf8, 0x96, 0x2d, 0x00, 0xe6,
]);
