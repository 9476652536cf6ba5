/**
 * SharedKeys: the keys of one container, unlocked once for thousands of crash states. Its sealer is the
 * product's own, but closing it keeps the keys, its nonces are seeded so that a run replays byte for
 * byte, and bytes that have been opened before are not decrypted again.
 */
import type { Sealed, Sealer, SlotKind } from "../../src/crypto/sealer.js";
import { createHeader } from "../../src/crypto/unlock.js";
import { Prng } from "../simulated-disk/prng.js";
import type { TestKeys } from "../support/repo.js";

const SLOT_BYTES = 4096;
/** Opened payloads that are remembered; a workload has far fewer. */
const MOST_REMEMBERED = 4096;

export interface SharedKeys extends TestKeys {
  /** Starts the stream of nonces anew; the first thing that a workload does. */
  reseed(seed: number): void;
}

export async function sharedKeys(): Promise<SharedKeys> {
  let prng = new Prng(1);
  const environment = {
    subtle: globalThis.crypto.subtle,
    random: (bytes: number): Uint8Array => prng.bytes(bytes),
  };
  const { sealer } = await createHeader({
    cipher: "xchacha20-poly1305",
    slotBytes: SLOT_BYTES,
    credential: { rawKey: new Uint8Array(32).fill(7) },
    derive: () => Promise.reject(new Error("no password is used here")),
    environment,
  });
  const shared = new SharedSealer(sealer);
  return {
    slotBytes: SLOT_BYTES,
    sealer: () => Promise.resolve(shared),
    reseed: (seed) => {
      prng = new Prng(seed).fork("nonces");
    },
  };
}

interface Opened {
  readonly stored: Uint8Array;
  readonly plaintext: Uint8Array | undefined;
}

class SharedSealer implements Sealer {
  readonly #sealer: Sealer;
  readonly #opened = new Map<string, Opened>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  get keyGeneration(): number {
    return this.#sealer.keyGeneration;
  }

  get generations(): readonly number[] {
    return this.#sealer.generations;
  }

  seal(kind: SlotKind, plaintext: Uint8Array): Promise<Sealed> {
    return this.#sealer.seal(kind, plaintext);
  }

  async open(
    kind: SlotKind,
    keyGeneration: number,
    nonce: Uint8Array,
    tag: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array> {
    const key = `${kind} ${keyGeneration} ${text(nonce)}${text(tag)}`;
    const known = this.#recall(key, ciphertext);
    if (known?.plaintext !== undefined) return known.plaintext.slice();
    const stored = ciphertext.slice();
    const plaintext = await this.#sealer.open(kind, keyGeneration, nonce, tag, ciphertext);
    this.#remember(key, { stored, plaintext: plaintext.slice() });
    return plaintext;
  }

  sealCell(index: number, payload: Uint8Array): Promise<Uint8Array> {
    return this.#sealer.sealCell(index, payload);
  }

  async openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined> {
    const key = `cell ${index} ${text(cell.subarray(0, 24))}${text(cell.subarray(-16))}`;
    const known = this.#recall(key, cell);
    if (known !== undefined) return known.plaintext?.slice();
    const stored = cell.slice();
    const plaintext = await this.#sealer.openCell(index, cell);
    this.#remember(key, { stored, plaintext: plaintext?.slice() });
    return plaintext;
  }

  fingerprint(content: Uint8Array): Promise<string> {
    return this.#sealer.fingerprint(content);
  }

  gearTable(): Promise<Uint32Array> {
    return this.#sealer.gearTable();
  }

  renewEpoch(): Promise<void> {
    return this.#sealer.renewEpoch();
  }

  close(): void {
    // The next crash state needs the keys.
  }

  #recall(key: string, stored: Uint8Array): Opened | undefined {
    const known = this.#opened.get(key);
    return known !== undefined && Buffer.compare(known.stored, stored) === 0 ? known : undefined;
  }

  #remember(key: string, opened: Opened): void {
    if (this.#opened.size >= MOST_REMEMBERED) this.#opened.clear();
    this.#opened.set(key, opened);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
