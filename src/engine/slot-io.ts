/**
 * SlotIo: turns references into plaintext and plaintext into sealed slots. `open` is the one function
 * of the engine by which stored bytes become plaintext.
 */
import { assert } from "../assert.js";
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
/** Adjacent units are read into one buffer up to this size: the call, not the byte, is what costs. */
const RUN_BYTES = 1024 * 1024;

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
    const run = this.#room([ref]);
    await this.store.read([run]);
    return this.#openRead(kind, ref, run.into);
  }

  /** Opens many units with few store calls and hands each to `use` as soon as it is open. */
  async openAll(
    kind: SlotKind,
    refs: readonly SlotRef[],
    use: (ref: SlotRef, plaintext: Uint8Array) => void,
  ): Promise<void> {
    const runs = adjacentRefs(refs, RUN_BYTES / this.slotBytes);
    for (let from = 0; from < runs.length;) {
      const batch: { refs: readonly SlotRef[]; run: ReadRun }[] = [];
      for (let bytes = 0; from < runs.length && bytes < BATCH_BYTES; from++) {
        const adjacent = runs[from] ?? [];
        const run = this.#room(adjacent);
        batch.push({ refs: adjacent, run });
        bytes += run.into.length;
      }
      await this.store.read(batch.map(({ run }) => run));
      await Promise.all(batch.map(({ refs: read, run }) => this.#openRun(kind, read, run, use)));
    }
  }

  async #openRun(
    kind: SlotKind,
    refs: readonly SlotRef[],
    { into }: ReadRun,
    use: (ref: SlotRef, plaintext: Uint8Array) => void,
  ): Promise<void> {
    let at = 0;
    const opening = refs.map(async (ref) => {
      const ciphertext = into.subarray(at, (at += ref.count * this.slotBytes));
      use(ref, await this.#openRead(kind, ref, ciphertext));
    });
    await Promise.all(opening);
  }

  /** A buffer for the slots of adjacent units, with room for a tag behind it (Sealer.open saves copies by it). */
  #room(refs: readonly SlotRef[]): ReadRun {
    const [first] = refs;
    assert(first !== undefined, "a run has a first unit");
    const bytes = refs.reduce((sum, { count }) => sum + count, 0) * this.slotBytes;
    return { start: first.slot, into: new Uint8Array(bytes + TAG_BYTES).subarray(0, bytes) };
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

/** The units in the order of their slots, those that follow one another together, up to so many slots. */
function adjacentRefs(refs: readonly SlotRef[], mostSlots: number): SlotRef[][] {
  const runs: SlotRef[][] = [];
  let run: SlotRef[] = [];
  let [end, slots] = [-1, 0];
  for (const ref of refs.toSorted((a, b) => a.slot - b.slot)) {
    if (ref.slot !== end || slots + ref.count > mostSlots) {
      run = [];
      runs.push(run);
      slots = 0;
    }
    run.push(ref);
    slots += ref.count;
    end = ref.slot + ref.count;
  }
  return runs;
}
