/**
 * Unsealed: a Sealer that hides nothing, for tests in which sealing would take most of the time. What it
 * opens must still be what was sealed there: nonces count up, and a tag is a checksum of the nonce, the
 * kind and the payload.
 */
import { createHash } from "node:crypto";
import {
  CELL_BYTES,
  FINGERPRINT_BYTES,
  NONCE_BYTES,
  SEAL_KIND,
  TAG_BYTES,
  type Sealed,
  type Sealer,
  type SlotKind,
} from "../../src/crypto/sealer.js";
import { equalBytes, toByteString } from "../../src/codec/bytes.js";
import { GEAR_ENTRIES, readGearTable } from "../../src/codec/fastcdc.js";
import { RepoError } from "../../src/errors.js";
import { Prng } from "../simulated-disk/prng.js";
import type { TestKeys } from "./repo.js";

export interface UnsealedKeys extends TestKeys {
  /** What is sealed from now on is of another key generation; all older ones still open. */
  readonly rotate: () => void;
}

/** Keys of a container whose slots can be read by anybody; no two seals share a nonce. */
export function unsealedKeys(slotBytes = 4096): UnsealedKeys {
  let sealed = 0;
  const rotation = { generation: 1 };
  const nextNonce = (): Uint8Array => {
    const nonce = new Uint8Array(NONCE_BYTES);
    new DataView(nonce.buffer).setFloat64(0, ++sealed);
    return nonce;
  };
  return {
    slotBytes,
    sealer: () => Promise.resolve(new UnsealedSealer(nextNonce, rotation)),
    rotate: () => {
      rotation.generation++;
    },
  };
}

class UnsealedSealer implements Sealer {
  readonly #nextNonce: () => Uint8Array;
  readonly #rotation: { readonly generation: number };

  constructor(nextNonce: () => Uint8Array, rotation: { readonly generation: number }) {
    this.#nextNonce = nextNonce;
    this.#rotation = rotation;
  }

  get keyGeneration(): number {
    return this.#rotation.generation;
  }

  get generations(): readonly number[] {
    return Array.from({ length: this.keyGeneration }, (_, i) => this.keyGeneration - i);
  }

  async seal(kind: SlotKind, plaintext: Uint8Array): Promise<Sealed> {
    const nonce = this.#nextNonce();
    return { nonce, tag: tagOf(nonce, kind, plaintext), ciphertext: plaintext.slice() };
  }

  async open(
    kind: SlotKind,
    keyGeneration: number,
    nonce: Uint8Array,
    tag: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array> {
    const authentic =
      keyGeneration <= this.keyGeneration && equalBytes(tag, tagOf(nonce, kind, ciphertext));
    if (!authentic) throw new RepoError("INTEGRITY");
    return ciphertext;
  }

  async sealCell(index: number, payload: Uint8Array): Promise<Uint8Array> {
    const cell = new Uint8Array(CELL_BYTES);
    const nonce = this.#nextNonce();
    cell.set(nonce);
    cell.set(payload, NONCE_BYTES);
    cell.set(tagOf(nonce, cellKind(index), payload), CELL_BYTES - TAG_BYTES);
    return cell;
  }

  async openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined> {
    const payload = cell.slice(NONCE_BYTES, -TAG_BYTES);
    const tag = tagOf(cell.subarray(0, NONCE_BYTES), cellKind(index), payload);
    return equalBytes(tag, cell.subarray(-TAG_BYTES)) ? payload : undefined;
  }

  /** No checksum: content that is equal by it takes the place of other content. */
  async fingerprint(content: Uint8Array): Promise<string> {
    const digest = createHash("sha256").update(content).digest();
    return toByteString(new Uint8Array(digest.subarray(0, FINGERPRINT_BYTES)));
  }

  async gearTable(): Promise<Uint32Array> {
    const prng = new Prng(1);
    return readGearTable(prng.bytes(4 * GEAR_ENTRIES));
  }

  async renewEpoch(): Promise<void> {
    // There are no keys to renew.
  }

  close(): void {
    // There are no keys to drop.
  }
}

/** A kind for each cell, so that none can take the place of another. */
function cellKind(index: number): number {
  return SEAL_KIND.cell + index;
}

/** The nonce's counter is part of the tag, so that tags differ even where the checksums do not. */
function tagOf(nonce: Uint8Array, kind: number, payload: Uint8Array): Uint8Array {
  const tag = new Uint8Array(TAG_BYTES);
  const view = new DataView(tag.buffer);
  view.setUint8(0, kind);
  view.setInt32(4, checksum(payload, checksum(nonce, kind)));
  tag.set(nonce.subarray(0, 8), 8);
  return tag;
}

/** FNV-1a over words of four bytes, then the bytes that are left. */
function checksum(bytes: Uint8Array, seed: number): number {
  const isAligned = bytes.byteOffset % 4 === 0;
  const { buffer, byteOffset, length } = isAligned ? bytes : new Uint8Array(bytes);
  let hash = seed ^ 0x811c9dc5;
  const words = new Int32Array(buffer, byteOffset, length >> 2);
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] ?? 0), 0x01000193);
  for (let i = words.length * 4; i < length; i++)
    hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}
