import { describe, expect, it } from "vitest";
import { AesGcmSealer, EPOCH_SEALS } from "../../../src/crypto/aes-gcm-sealer.js";
import type { CryptoEnvironment } from "../../../src/crypto/environment.js";
import {
  CELL_PAYLOAD_BYTES,
  SEAL_KIND,
  type Sealer,
  type SlotKind,
} from "../../../src/crypto/sealer.js";
import { Subkeys } from "../../../src/crypto/subkeys.js";
import { XChaChaSealer } from "../../../src/crypto/xchacha-sealer.js";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import type { XChaCha } from "../../../src/crypto/xchacha.js";
import { environment, hex, IDENTITY, MASTER, openTestKeys, subtle } from "./support.js";

/** Every (key, nonce) that an AEAD was called with; a key is known by what it was derived from. */
class Audit {
  readonly seen = new Set<string>();
  readonly keys = new Set<string>();
  repeats = 0;

  record(key: string, nonce: Uint8Array): void {
    const pair = key + hex(nonce);
    if (this.seen.has(pair)) this.repeats++;
    this.seen.add(pair);
    this.keys.add(key);
  }

  /** WebCrypto that tells this audit of each encryption and does not encrypt. */
  subtle(): SubtleCrypto {
    const names = new WeakMap<CryptoKey, string>();
    const deriveKey = async (...call: Parameters<SubtleCrypto["deriveKey"]>) => {
      const key = await subtle.deriveKey(...call);
      const { salt, info } = call[0] as HkdfParams;
      names.set(key, `${hex(salt as Uint8Array)}/${hex(info as Uint8Array)}/`);
      return key;
    };
    const encrypt = (params: AesGcmParams, key: CryptoKey, data: Uint8Array) => {
      this.record(names.get(key) ?? "unknown", params.iv as Uint8Array);
      return Promise.resolve(new ArrayBuffer(data.length + 16));
    };
    return new Proxy(subtle, {
      get: (target, name) => {
        if (name === "deriveKey") return deriveKey;
        if (name === "encrypt") return encrypt;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  xchacha(): XChaCha {
    return {
      seal: (key, nonce, _aad, plaintext) => {
        this.record(hex(key.bytes), nonce);
        return Promise.resolve({ ciphertext: plaintext, tag: new Uint8Array(16) });
      },
      open: () => Promise.resolve(undefined),
      close: () => undefined,
    };
  }
}

const OPENERS: [string, (audit: Audit) => Promise<Sealer>][] = [
  [
    "aes-256-gcm",
    async (audit) => {
      const through: CryptoEnvironment = { ...environment, subtle: audit.subtle() };
      return (await openTestKeys("aes-256-gcm", IDENTITY, through)).sealer;
    },
  ],
  [
    "xchacha20-poly1305",
    async (audit) => {
      const master = new KeyBytes(MASTER.slice());
      const usages = ["deriveKey", "deriveBits"] as const;
      const subkeys = await Subkeys.fromMaster(master, IDENTITY, usages, subtle);
      return XChaChaSealer.create(subkeys, audit.xchacha(), environment);
    },
  ],
];

describe.each(OPENERS)("a container of %s", (cipher, open) => {
  it("never seals twice under one key and nonce: 10^5 seals, reopened and cloned (attack 37)", async () => {
    const audit = new Audit();
    const kinds: SlotKind[] = [SEAL_KIND.fileNode, SEAL_KIND.poolNode, SEAL_KIND.data];
    const payload = new Uint8Array(1);
    let seals = 0;
    while (seals < 100_000) {
      // Two sealers of one stored state at the same time: a clone, or a rollback.
      const sealers = await Promise.all([open(audit), open(audit)]);
      for (let i = 0; i < 500; i++)
        for (const sealer of sealers) {
          await sealer.seal(kinds[i % 3] ?? 3, payload);
          if (i % 100 === 0) await sealer.sealCell(i % 4, new Uint8Array(CELL_PAYLOAD_BYTES));
          if (i === 250) await sealer.renewEpoch();
          seals++;
        }
    }
    expect(audit.seen.size).toBeGreaterThanOrEqual(100_000);
    expect(audit.keys.has("unknown")).toBe(false);
    // AES: 200 sealers × 2 epochs × 3 purposes; XChaCha: 3 purposes.
    expect(audit.keys.size).toBe(cipher === "aes-256-gcm" ? 1200 : 3);
    expect(audit.repeats).toBe(0);
  });
});

describe("a nonce epoch of AES-GCM", () => {
  const epochOf = (nonce: Uint8Array) => hex(nonce.subarray(0, 12));

  it("begins with the sealer and with renewEpoch", async () => {
    const epochs = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { sealer } = await openTestKeys("aes-256-gcm");
      for (let k = 0; k < 3; k++) {
        epochs.add(epochOf((await sealer.seal(3, new Uint8Array(1))).nonce));
        epochs.add(epochOf((await sealer.seal(1, new Uint8Array(1))).nonce));
        await sealer.renewEpoch();
      }
    }
    expect(epochs.size).toBe(9);
  });

  it("ends by itself after 2^20 seals, cells and nodes counted together", async () => {
    expect(EPOCH_SEALS).toBe(2 ** 20);
    const { subkeys } = await openTestKeys("aes-256-gcm");
    const sealed = Promise.resolve(new ArrayBuffer(17));
    const quick = new Proxy(subtle, { get: () => () => sealed });
    let drawn = 0;
    const random = (bytes: number) => {
      const out = new Uint8Array(bytes);
      new DataView(out.buffer).setUint32(0, drawn++);
      return out;
    };
    const sealer = new AesGcmSealer(subkeys, { subtle: quick, random });
    const payload = new Uint8Array(1);
    const first = epochOf((await sealer.seal(3, payload)).nonce);
    await sealer.sealCell(0, new Uint8Array(CELL_PAYLOAD_BYTES));
    for (let i = 2; i < EPOCH_SEALS - 1; i++) await sealer.seal(i % 2 === 0 ? 1 : 3, payload);
    expect(epochOf((await sealer.seal(3, payload)).nonce)).toBe(first);
    expect(epochOf((await sealer.seal(3, payload)).nonce)).not.toBe(first);
  }, 120_000);

  it("opens slots of more epochs than the key cache holds", async () => {
    const { sealer } = await openTestKeys("aes-256-gcm");
    const sealed = [];
    for (let i = 0; i < 1500; i++) {
      sealed.push(await sealer.seal(3, new Uint8Array([i & 255])));
      await sealer.renewEpoch();
    }
    for (const [i, { nonce, tag, ciphertext }] of sealed.entries())
      expect(await sealer.open(3, 1, nonce, tag, ciphertext)).toEqual(new Uint8Array([i & 255]));
  });
});
