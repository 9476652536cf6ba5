/**
 * AesGcmSealer: the Sealer of suite 1, AES-256-GCM by WebCrypto (docs/FORMAT.md §3). GCM's 12-byte
 * nonce is too short to be drawn at random for ever, so a nonce is epochId 12 ‖ random 12: each epoch
 * has its own keys, and no epoch seals more than 2^20 times (chance of a repeat below 2^-56). No counter
 * is stored, because one would repeat after a restore or in a clone.
 */
import { associatedData } from "./associated-data.js";
import { concatBytes, unshared } from "../codec/unshared.js";
import { isRepoError, RepoError } from "../errors.js";
import type { CryptoEnvironment } from "./environment.js";
import { fingerprintOf } from "./fingerprint.js";
import { deriveGearTable } from "./gear-table.js";
import { EPOCH_ID_BYTES, EpochKeys } from "./epoch-keys.js";
import { checkCellPayload, checkSealSizes, joinCell, partCell, purposeOf } from "./sealing.js";
import { NONCE_BYTES, SEAL_KIND } from "./sealer.js";
import type { Sealed, Sealer, SlotKind } from "./sealer.js";
import type { Subkeys } from "./subkeys.js";
import { partTag, withTagBehind } from "./tag-room.js";

/** Seals after which an epoch ends by itself. */
export const EPOCH_SEALS = 2 ** 20;

interface Epoch {
  readonly id: Uint8Array;
  seals: number;
}

export class AesGcmSealer implements Sealer {
  readonly keyGeneration: number;
  readonly #subkeys: Subkeys;
  readonly #keys: EpochKeys;
  readonly #environment: CryptoEnvironment;
  #epoch: Epoch;
  #closed = false;

  /** Takes over `subkeys`: they are closed with the sealer. */
  constructor(subkeys: Subkeys, environment: CryptoEnvironment) {
    this.keyGeneration = subkeys.identity.keyGeneration;
    this.#subkeys = subkeys;
    this.#keys = new EpochKeys(subkeys);
    this.#environment = environment;
    this.#epoch = this.#newEpoch();
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
    return this.#open(kind, 0, { nonce, tag, ciphertext });
  }

  async sealCell(index: number, payload: Uint8Array): Promise<Uint8Array> {
    checkCellPayload(index, payload);
    return joinCell(await this.#seal(SEAL_KIND.cell, index, payload));
  }

  async openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    const sealed = partCell(cell);
    if (sealed === undefined) return undefined;
    return this.#open(SEAL_KIND.cell, index, sealed).catch((error: unknown) => {
      if (isRepoError(error, "INTEGRITY")) return undefined;
      throw error;
    });
  }

  fingerprint(content: Uint8Array): Promise<string> {
    return fingerprintOf(this.#subkeys, content);
  }

  gearTable(): Promise<Uint32Array> {
    return deriveGearTable(this.#subkeys);
  }

  async renewEpoch(): Promise<void> {
    this.#assertOpen();
    this.#epoch = this.#newEpoch();
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#keys.clear();
    this.#subkeys.close();
  }

  async #seal(kind: number, index: number, plaintext: Uint8Array): Promise<Sealed> {
    this.#assertOpen();
    const nonce = this.#nextNonce();
    const key = await this.#keys.get(purposeOf(kind), nonce);
    const joined = await this.#environment.subtle.encrypt(
      this.#params(nonce, kind, index),
      key,
      unshared(plaintext),
    );
    return { nonce, ...partTag(joined) };
  }

  async #open(kind: number, index: number, sealed: Sealed): Promise<Uint8Array> {
    this.#assertOpen();
    checkSealSizes(sealed.nonce, sealed.tag);
    const key = await this.#keys.get(purposeOf(kind), sealed.nonce);
    const params = this.#params(sealed.nonce, kind, index);
    try {
      return new Uint8Array(
        await withTagBehind(sealed.ciphertext, sealed.tag, (joined) =>
          this.#environment.subtle.decrypt(params, key, joined),
        ),
      );
    } catch {
      // Whatever WebCrypto says, the caller learns one thing only.
      throw new RepoError("INTEGRITY");
    }
  }

  #params(nonce: Uint8Array, kind: number, index: number): AesGcmParams {
    const { containerId } = this.#subkeys.identity;
    return {
      name: "AES-GCM",
      iv: unshared(nonce).subarray(EPOCH_ID_BYTES),
      additionalData: associatedData(containerId, kind, this.keyGeneration, index),
    };
  }

  #nextNonce(): Uint8Array<ArrayBuffer> {
    if (this.#epoch.seals >= EPOCH_SEALS) this.#epoch = this.#newEpoch();
    this.#epoch.seals++;
    return concatBytes(this.#epoch.id, this.#environment.random(NONCE_BYTES - EPOCH_ID_BYTES));
  }

  #newEpoch(): Epoch {
    return { id: this.#environment.random(EPOCH_ID_BYTES), seals: 0 };
  }

  #assertOpen(): void {
    if (this.#closed) throw new RepoError("REPO_LOCKED");
  }
}
