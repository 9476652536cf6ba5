import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openKeySlots, readKeySlot, type KeySlot } from "../../../src/crypto/key-slots.js";
import { openSuite } from "../../../src/crypto/suites.js";
import { unlock } from "../../../src/crypto/unlock.js";
import { aadByHand, headerByHand, rehashByHand, slotKeysByHand } from "./by-hand.js";
import {
  codeOf,
  environment,
  hex,
  neverDerive,
  parse,
  readVectors,
  subtle,
  unhex,
} from "./support.js";
import { opensUnderBoth } from "./two-keys.js";

interface SlotVector {
  readonly index: number;
  readonly type: number;
  readonly kdf: number;
  readonly ikm: string;
  readonly commitment: string;
  readonly bytes: string;
}
const vectors = readVectors("key-slots") as {
  containerId: string;
  master: string;
  keyGeneration: number;
  slots: SlotVector[];
};
const IDENTITY = { containerId: unhex(vectors.containerId), keyGeneration: 1 };

function ikmKey(ikm: string): Promise<CryptoKey> {
  return subtle.importKey("raw", unhex(ikm), "HKDF", false, ["deriveKey", "deriveBits"]);
}

async function openWith(slots: readonly KeySlot[], ikm: string, identity = IDENTITY) {
  const suite = await openSuite("aes-256-gcm", environment);
  const key = await ikmKey(ikm);
  return openKeySlots(slots, () => key, identity, suite, environment);
}

describe("key slot vectors", () => {
  it.each(vectors.slots)("slot $index, type $type", async (vector) => {
    const slot = readKeySlot(unhex(vector.bytes), vector.index);
    expect(slot).toMatchObject({ type: vector.type, kdf: vector.kdf, index: vector.index });
    expect(hex(slot.commitment)).toBe(vector.commitment);
    const opened = await openWith([slot], vector.ikm);
    expect(opened && hex(opened.master.bytes)).toBe(vectors.master);
  });
});

describe("a key slot", () => {
  const [vector] = vectors.slots;
  const bytes = unhex(vector?.bytes ?? "");
  const ikm = vector?.ikm ?? "";

  it("does not open after any flipped bit of what is bound in it", async () => {
    for (let at = 1; at < 468; at++) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const opened = await openWithTyped(damaged, ikm);
      expect(opened, `byte ${String(at)}`).toBe(undefined);
    }
  });

  it("does not open in another place, container or key generation", async () => {
    expect(await openWith([readKeySlot(bytes, 0)], ikm)).not.toBe(undefined);
    expect(await openWith([readKeySlot(bytes, 1)], ikm)).toBe(undefined);
    const elsewhere = { ...IDENTITY, containerId: new Uint8Array(16) };
    expect(await openWith([readKeySlot(bytes, 0)], ikm, elsewhere)).toBe(undefined);
    const later = { ...IDENTITY, keyGeneration: 2 };
    expect(await openWith([readKeySlot(bytes, 0)], ikm, later)).toBe(undefined);
  });

  it("does not open as a slot of another type", async () => {
    for (const type of [0, 2, 3, 4]) {
      const changed = bytes.slice();
      changed[0] = type;
      expect(await openWith([readKeySlot(changed, 0)], ikm)).toBe(undefined);
    }
  });

  async function openWithTyped(damaged: Uint8Array, key: string) {
    try {
      return await openWith([readKeySlot(damaged, 0)], key);
    } catch (error) {
      expect(error).toHaveProperty("code", "FORMAT_UNSUPPORTED");
      return undefined;
    }
  }
});

describe("a slot that opens under two keys (attack 15)", () => {
  const containerId = Buffer.alloc(16, 0xc1);
  const mine = Buffer.alloc(32, 1);
  const theirs = Buffer.alloc(32, 2);

  function trap() {
    const header = {
      containerId,
      master: Buffer.alloc(32, 9),
      slotLog2: 15,
      headerGeneration: 1,
      kdf: [],
      filler: 0x66,
      slots: [{ type: 2, ikm: mine, slotSalt: Buffer.alloc(32, 5) }],
    };
    const bytes = headerByHand(header);
    const slot = bytes.subarray(1024, 1536);
    const [one, other] = [slotKeysByHand(slot, mine), slotKeysByHand(slot, theirs)];
    const aad = aadByHand(containerId, 5, 1, 0);
    const { ciphertext, tag } = opensUnderBoth(one.kek, aad, other.kek, aad);
    Buffer.concat([ciphertext, tag, one.commitment]).copy(slot, 388);
    return { bytes: rehashByHand(bytes), slot, aad, ciphertext, tag, one, other };
  }

  it("is real: AES-GCM itself accepts it under both", () => {
    const { aad, ciphertext, tag, one, other } = trap();
    const opened = [one.kek, other.kek].map((kek) => {
      const decipher = createDecipheriv("aes-256-gcm", kek, Buffer.alloc(12));
      decipher.setAAD(aad).setAuthTag(tag);
      return hex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
    });
    expect(opened[0]).not.toBe(opened[1]);
  });

  it("is refused by the commitment for every key but the one it commits to", async () => {
    const candidates = await parse(new Uint8Array(trap().bytes));
    const context = { derive: neverDerive };
    expect(await codeOf(unlock(candidates, { rawKey: theirs }, context))).toBe("UNLOCK_FAILED");
    // The committed key opens the slot; what comes out is no master key of this header.
    expect(await codeOf(unlock(candidates, { rawKey: mine }, context))).toBe("INTEGRITY");
  });

  it("cannot win by committing to both in two slots: the first match alone is opened", async () => {
    const { slot } = trap();
    const slots = [readKeySlot(slot, 0), readKeySlot(slot, 1)];
    expect((await openWith(slots, hex(mine), { containerId, keyGeneration: 1 }))?.index).toBe(0);
  });
});
