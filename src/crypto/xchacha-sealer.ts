/**
 * XChaChaSealer: the Sealer of suite 2, XChaCha20-Poly1305 (docs/FORMAT.md §3). Its 24-byte nonce is
 * drawn at random for every seal, so there are no epochs. Its keys are raw bytes in our memory, which
 * is the price of libsodium; they are zeroed on close.
 */
import { associatedData } from "./associated-data.js";
import { RepoError } from "../errors.js";
import type { CryptoEnvironment } from "./environment.js";
import { fingerprintOf } from "./fingerprint.js";
import { deriveGearTable } from "./gear-table.js";
import type { KeyBytes } from "./key-bytes.js";
import { checkCellPayload, checkSealSizes, joinCell, partCell, purposeOf } from "./sealing.js";
import { NONCE_BYTES, SEAL_KIND } from "./sealer.js";
import type { Sealed, Sealer, SlotKind } from "./sealer.js";
import type { SealPurpose, Subkeys } from "./subkeys.js";
import type { XChaCha } from "./xchacha.js";

type SealKeys = Readonly<Record<SealPurpose, KeyBytes>>;

export class XChaChaSealer implements Sealer {
  readonly keyGeneration: number;
  readonly #subkeys: Subkeys;
  readonly #keys: SealKeys;
  readonly #aead: XChaCha;
  readonly #environment: CryptoEnvironment;
  #closed = false;

  private constructor(
    subkeys: Subkeys,
    keys: SealKeys,
    aead: XChaCha,
    environment: CryptoEnvironment,
  ) {
    this.keyGeneration = subkeys.identity.keyGeneration;
    this.#subkeys = subkeys;
    this.#keys = keys;
    this.#aead = aead;
    this.#environment = environment;
  }

  /** Takes over `subkeys` and `aead`: they are closed with the sealer. */
  static async create(
    subkeys: Subkeys,
    aead: XChaCha,
    environment: CryptoEnvironment,
  ): Promise<XChaChaSealer> {
    const [superblock, data, metadata] = await Promise.all([
      subkeys.rawKey("superblock"),
      subkeys.rawKey("data"),
      subkeys.rawKey("metadata"),
    ]);
    return new XChaChaSealer(subkeys, { superblock, data, metadata }, aead, environment);
  }

  get generations(): readonly number[] {
    return [this.keyGeneration];
  }

  async seal(kind: SlotKind, plaintext: Uint8Array): Promise<Sealed> {
    return this.#seal(kind, 0, plaintext);
  }

  async open(
    kind: SlotKind,
    keyGeneration: number,
    nonce: Uint8Array,
    tag: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array> {
    this.#assertOpen();
    if (keyGeneration !== this.keyGeneration) throw new RepoError("INTEGRITY");
    checkSealSizes(nonce, tag);
    const plaintext = await this.#open(kind, 0, { nonce, tag, ciphertext });
    if (plaintext === undefined) throw new RepoError("INTEGRITY");
    return plaintext;
  }

  async sealCell(index: number, payload: Uint8Array): Promise<Uint8Array> {
    checkCellPayload(index, payload);
    return joinCell(await this.#seal(SEAL_KIND.cell, index, payload));
  }

  async openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    const sealed = partCell(cell);
    return sealed && this.#open(SEAL_KIND.cell, index, sealed);
  }

  fingerprint(content: Uint8Array): Promise<string> {
    return fingerprintOf(this.#subkeys, content);
  }

  gearTable(): Promise<Uint32Array> {
    return deriveGearTable(this.#subkeys);
  }

  /** Nothing to renew: no nonce depends on an earlier one. */
  async renewEpoch(): Promise<void> {
    this.#assertOpen();
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    for (const key of Object.values(this.#keys)) key.wipe();
    this.#aead.close();
    this.#subkeys.close();
  }

  async #seal(kind: number, index: number, plaintext: Uint8Array): Promise<Sealed> {
    this.#assertOpen();
    const nonce = this.#environment.random(NONCE_BYTES);
    const key = this.#keys[purposeOf(kind)];
    return { nonce, ...(await this.#aead.seal(key, nonce, this.#aad(kind, index), plaintext)) };
  }

  #open(kind: number, index: number, sealed: Sealed): Promise<Uint8Array | undefined> {
    const key = this.#keys[purposeOf(kind)];
    return this.#aead.open(key, sealed.nonce, this.#aad(kind, index), sealed);
  }

  #aad(kind: number, index: number): Uint8Array {
    return associatedData(this.#subkeys.identity.containerId, kind, this.keyGeneration, index);
  }

  #assertOpen(): void {
    if (this.#closed) throw new RepoError("REPO_LOCKED");
  }
}
