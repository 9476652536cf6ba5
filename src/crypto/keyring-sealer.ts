/**
 * KeyringSealer: the Sealer of a container whose master key may have been exchanged. It opens what any generation
 * that is still in the keyring has sealed, and seals under one of them: the newest, but for the one commit that
 * tells the older generation of a new header (docs/format-header.md §2.5, "Rotating").
 */
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import type { Sealed, Sealer, SlotKind } from "./sealer.js";
import type { Subkeys } from "./subkeys.js";
import type { OpenKeys } from "./suites.js";

export class KeyringSealer implements Sealer {
  readonly #keys = new Map<number, OpenKeys>();
  #newest: OpenKeys;
  #sealing: Sealer;
  #cellGeneration = 0;
  #closed = false;

  /** Takes over `newest`: it is closed with the keyring. */
  constructor(newest: OpenKeys) {
    this.#newest = newest;
    this.#sealing = newest.sealer;
    this.#keys.set(newest.sealer.keyGeneration, newest);
  }

  /** The generation that seals. */
  get keyGeneration(): number {
    return this.#sealing.keyGeneration;
  }

  get newestGeneration(): number {
    return this.#newest.sealer.keyGeneration;
  }

  /** Every generation that can be opened, newest first. */
  get generations(): readonly number[] {
    return [...this.#keys.keys()].sort((a, b) => b - a);
  }

  /** The newest generation of the cells that were opened; 0 before any was. */
  get cellGeneration(): number {
    return this.#cellGeneration;
  }

  /** What authenticates headers: the subkeys of the newest generation. */
  get subkeys(): Subkeys {
    return this.#newest.subkeys;
  }

  /** The subkeys of a generation that can be opened. */
  subkeysOf(generation: number): Subkeys | undefined {
    return this.#keys.get(generation)?.subkeys;
  }

  /** Takes over the keys of another generation. It seals nothing until {@link sealUnder} says so. */
  add(keys: OpenKeys): void {
    if (this.#closed) {
      keys.sealer.close();
      throw new RepoError("REPO_LOCKED");
    }
    this.#keys.set(keys.sealer.keyGeneration, keys);
    if (keys.sealer.keyGeneration > this.newestGeneration) this.#newest = keys;
  }

  sealUnder(generation: number): void {
    const keys = this.#keys.get(generation);
    assert(keys !== undefined, "only a generation in the keyring can seal");
    this.#sealing = keys.sealer;
  }

  /** Drops the keys of an older generation; what it has sealed opens no more. */
  drop(generation: number): void {
    assert(generation !== this.keyGeneration, "the generation that seals is in use");
    this.#keys.get(generation)?.sealer.close();
    this.#keys.delete(generation);
  }

  seal(kind: SlotKind, plaintext: Uint8Array): Promise<Sealed> {
    return this.#sealing.seal(kind, plaintext);
  }

  async open(
    kind: SlotKind,
    keyGeneration: number,
    nonce: Uint8Array,
    tag: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array> {
    const keys = this.#keys.get(keyGeneration);
    if (keys === undefined) throw new RepoError(this.#closed ? "REPO_LOCKED" : "INTEGRITY");
    return keys.sealer.open(kind, keyGeneration, nonce, tag, ciphertext);
  }

  sealCell(index: number, payload: Uint8Array): Promise<Uint8Array> {
    return this.#sealing.sealCell(index, payload);
  }

  /** A cell does not tell its generation; it is tried under each, newest first. */
  async openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#closed) throw new RepoError("REPO_LOCKED");
    for (const generation of this.generations) {
      const payload = await this.#keys.get(generation)?.sealer.openCell(index, cell);
      if (payload === undefined) continue;
      this.#cellGeneration = Math.max(this.#cellGeneration, generation);
      return payload;
    }
    return undefined;
  }

  fingerprint(content: Uint8Array): Promise<string> {
    return this.#sealing.fingerprint(content);
  }

  gearTable(): Promise<Uint32Array> {
    return this.#sealing.gearTable();
  }

  renewEpoch(): Promise<void> {
    return this.#sealing.renewEpoch();
  }

  close(): void {
    this.#closed = true;
    for (const { sealer } of this.#keys.values()) sealer.close();
    this.#keys.clear();
  }
}
