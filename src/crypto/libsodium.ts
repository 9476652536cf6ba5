/**
 * LibsodiumXChaCha: XChaCha20-Poly1305 by libsodium's functions on its own heap. The wrapper around
 * them would allocate and free on every call and leave keys behind in freed memory; here one
 * region is reused, the key in it is zeroed after every call and the rest on close.
 */
import sodium from "libsodium-wrappers";
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import { KEY_BYTES, type KeyBytes } from "./key-bytes.js";
import { NONCE_BYTES, TAG_BYTES } from "./sealer.js";
import type { Detached, XChaCha } from "./xchacha.js";

/** The part of libsodium's module that is used here; lengths are 64 bits in two halves, `0` is a null pointer. */
interface SodiumHeap {
  /** Replaced when the heap grows, so it is never kept. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
    ciphertext: number,
    tag: number,
    tagLength: 0,
    message: number,
    messageLow: number,
    messageHigh: 0,
    aad: number,
    aadLow: number,
    aadHigh: 0,
    unused: 0,
    nonce: number,
    key: number,
  ): number;
  _crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
    message: number,
    unused: 0,
    ciphertext: number,
    ciphertextLow: number,
    ciphertextHigh: 0,
    tag: number,
    aad: number,
    aadLow: number,
    aadHigh: 0,
    nonce: number,
    key: number,
  ): number;
}

function isSodiumHeap(module: unknown): module is SodiumHeap {
  if (typeof module !== "object" || module === null) return false;
  return (
    "HEAPU8" in module &&
    "_malloc" in module &&
    "_free" in module &&
    "_crypto_aead_xchacha20poly1305_ietf_encrypt_detached" in module &&
    "_crypto_aead_xchacha20poly1305_ietf_decrypt_detached" in module
  );
}

const AAD_BYTES = 64;
/** Offsets in the region; the message follows. */
const TAG_AT = KEY_BYTES;
const NONCE_AT = TAG_AT + TAG_BYTES;
const AAD_AT = NONCE_AT + NONCE_BYTES;
const MESSAGE_AT = AAD_AT + AAD_BYTES;
const SMALLEST_REGION_BYTES = 64 * 1024;

export class LibsodiumXChaCha implements XChaCha {
  readonly #heap: SodiumHeap;
  #region = 0;
  #regionBytes = 0;

  private constructor(heap: SodiumHeap) {
    this.#heap = heap;
  }

  static async load(): Promise<LibsodiumXChaCha> {
    await sodium.ready;
    const heap: unknown = Reflect.get(sodium, "libsodium");
    assert(isSodiumHeap(heap), "libsodium exports its heap");
    return new LibsodiumXChaCha(heap);
  }

  async seal(
    key: KeyBytes,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Detached> {
    const at = this.#load(key, nonce, aad, plaintext);
    const failed = this.#heap._crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
      at + MESSAGE_AT,
      at + TAG_AT,
      0,
      at + MESSAGE_AT,
      plaintext.length,
      0,
      at + AAD_AT,
      aad.length,
      0,
      0,
      at + NONCE_AT,
      at,
    );
    assert(failed === 0, "XChaCha20-Poly1305 seals what fits in memory");
    this.#forgetKey();
    const ciphertext = this.#slice(MESSAGE_AT, plaintext.length);
    return Promise.resolve({ ciphertext, tag: this.#slice(TAG_AT, TAG_BYTES) });
  }

  async open(
    key: KeyBytes,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Detached,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const at = this.#load(key, nonce, aad, sealed.ciphertext);
    this.#heap.HEAPU8.set(sealed.tag, at + TAG_AT);
    const failed = this.#heap._crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
      at + MESSAGE_AT,
      0,
      at + MESSAGE_AT,
      sealed.ciphertext.length,
      0,
      at + TAG_AT,
      at + AAD_AT,
      aad.length,
      0,
      at + NONCE_AT,
      at,
    );
    this.#forgetKey();
    if (failed !== 0) return Promise.resolve(undefined);
    return Promise.resolve(this.#slice(MESSAGE_AT, sealed.ciphertext.length));
  }

  close(): void {
    if (this.#region === 0) return;
    this.#heap.HEAPU8.fill(0, this.#region, this.#region + this.#regionBytes);
    this.#heap._free(this.#region);
    this.#region = 0;
    this.#regionBytes = 0;
  }

  /** Puts the arguments of one call into the region and returns its address. */
  #load(key: KeyBytes, nonce: Uint8Array, aad: Uint8Array, message: Uint8Array): number {
    assert(aad.length <= AAD_BYTES && nonce.length === NONCE_BYTES, "arguments fit the region");
    this.#reserve(MESSAGE_AT + message.length);
    const heap = this.#heap.HEAPU8;
    heap.set(key.bytes, this.#region);
    heap.set(nonce, this.#region + NONCE_AT);
    heap.set(aad, this.#region + AAD_AT);
    heap.set(message, this.#region + MESSAGE_AT);
    return this.#region;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#regionBytes) return;
    this.close();
    let size = SMALLEST_REGION_BYTES;
    while (size < bytes) size *= 2;
    this.#region = this.#heap._malloc(size);
    if (this.#region === 0)
      throw new RepoError("BACKEND_UNAVAILABLE", { message: "out of memory" });
    this.#regionBytes = size;
  }

  #forgetKey(): void {
    this.#heap.HEAPU8.fill(0, this.#region, this.#region + KEY_BYTES);
  }

  #slice(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(
      this.#heap.HEAPU8.subarray(this.#region + at, this.#region + at + length),
    );
  }
}
