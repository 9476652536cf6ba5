/**
 * SlotIo: turns references into plaintext and plaintext into sealed slots. `open` is the one function
 * of the engine by which stored bytes become plaintext.
 */
import type { BlockStore, ReadRun, SlotAddress, WriteRun } from "../backends/block-store.js";
import { fromByteString, toByteString } from "../codec/bytes.js";
import { NONCE_BYTES, TAG_BYTES, type Sealer, type SlotKind } from "../crypto/sealer.js";
import type { Generation, SlotRef } from "./slot-ref.js";

/** A payload that waits to be sealed into adjacent slots; as long as they are. */
export interface Unsealed {
  readonly kind: SlotKind;
  readonly slot: number;
  readonly plaintext: Uint8Array;
}

/** Slots read in one store call; bounds the memory of a batch. */
const BATCH_BYTES = 4 * 1024 * 1024;

export class SlotIo {
  readonly store: BlockStore;
  readonly sealer: Sealer;
  readonly slotBytes: number;

  constructor(store: BlockStore, sealer: Sealer, slotBytes: number) {
    this.store = store;
    this.sealer = sealer;
    this.slotBytes = slotBytes;
  }

  /** The plaintext behind a reference; rejects with INTEGRITY or BACKEND_IO. */
  async open(kind: SlotKind, ref: SlotRef): Promise<Uint8Array> {
    const run = this.#room(ref);
    await this.store.read([run]);
    return this.#openRead(kind, ref, run.into);
  }

  /** Opens many units with few store calls and hands each to `use` as soon as it is open. */
  async openAll(
    kind: SlotKind,
    refs: readonly SlotRef[],
    use: (ref: SlotRef, plaintext: Uint8Array) => void,
  ): Promise<void> {
    for (let from = 0; from < refs.length;) {
      let bytes = 0;
      let to = from;
      while (to < refs.length && bytes < BATCH_BYTES)
        bytes += (refs[to++]?.count ?? 0) * this.slotBytes;
      const batch = refs.slice(from, to).map((ref) => ({ ref, run: this.#room(ref) }));
      await this.store.read(batch.map(({ run }) => run));
      await Promise.all(
        batch.map(async ({ ref, run }) => {
          use(ref, await this.#openRead(kind, ref, run.into));
        }),
      );
      from = to;
    }
  }

  /** A buffer for the slots of `ref`, with room for the tag behind it (Sealer.open saves a copy by it). */
  #room(ref: SlotRef): ReadRun {
    const bytes = ref.count * this.slotBytes;
    return { start: ref.slot, into: new Uint8Array(bytes + TAG_BYTES).subarray(0, bytes) };
  }

  #openRead(kind: SlotKind, ref: SlotRef, ciphertext: Uint8Array): Promise<Uint8Array> {
    const authenticator = fromByteString(ref.authenticator);
    return this.sealer.open(
      kind,
      ref.keyGeneration,
      authenticator.subarray(0, NONCE_BYTES),
      authenticator.subarray(NONCE_BYTES),
      ciphertext,
    );
  }

  /** Seals all payloads, concurrently; the result carries the ciphertext to write. */
  async seal(
    units: readonly Unsealed[],
    birth: Generation,
  ): Promise<{ ref: SlotRef; run: WriteRun }[]> {
    return Promise.all(
      units.map(async ({ kind, slot, plaintext }) => {
        const keyGeneration = this.sealer.keyGeneration;
        const { nonce, tag, ciphertext } = await this.sealer.seal(kind, plaintext);
        const start = slot as SlotAddress;
        const ref = {
          slot: start,
          count: plaintext.length / this.slotBytes,
          keyGeneration,
          birth,
          authenticator: toByteString(nonce) + toByteString(tag),
        };
        return { ref, run: { start, bytes: ciphertext } };
      }),
    );
  }
}
