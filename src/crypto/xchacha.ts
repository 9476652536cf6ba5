/**
 * XChaCha: the AEAD of suite 2, XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), however the platform
 * comes by it: native-xchacha.ts or libsodium.ts, which make the same bytes.
 */
import type { KeyBytes } from "./key-bytes.js";

export interface Detached {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export interface XChaCha {
  seal(key: KeyBytes, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Detached>;
  /** The plaintext, or undefined if it does not authenticate. */
  open(
    key: KeyBytes,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Detached,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Zeroes what is kept between calls; a later call starts afresh. */
  close(): void;
}
