/** Rotation of the master key and the keyring of older ones (docs/format-header.md §2.5). */
import { describe, expect, it } from "vitest";
import { editKeySlots } from "../../../src/crypto/edit-header.js";
import type { Credential } from "../../../src/crypto/credential.js";
import type { HeaderCandidate } from "../../../src/crypto/header.js";
import { KEYRING_ENTRIES } from "../../../src/crypto/keyring.js";
import { retireFromKeyring, rotateMaster } from "../../../src/crypto/rotate.js";
import {
  CELL_PAYLOAD_BYTES,
  type Sealed,
  type Sealer,
  type SlotKind,
} from "../../../src/crypto/sealer.js";
import type { Cipher } from "../../../src/crypto/suites.js";
import { createHeader, unlock, type Unlocked } from "../../../src/crypto/unlock.js";
import { headerByHand, keyringEntryByHand, rehashByHand, resealByHand } from "./by-hand.js";
import {
  CIPHERS,
  codeOf,
  flipped,
  hex,
  neverDerive,
  parse,
  readVectors,
  unhex,
} from "./support.js";

const MINE = { rawKey: new Uint8Array(32).fill(7) };
const THEIRS = { rawKey: new Uint8Array(32).fill(8) };
const PASSKEY = {
  passkey: {
    credentialId: new Uint8Array(64).fill(5),
    prfSalt: new Uint8Array(32).fill(6),
    output: new Uint8Array(32).fill(9),
  },
};
const context = { derive: neverDerive };

interface SealedUnit extends Sealed {
  readonly keyGeneration: number;
}

async function candidateOf(bytes: Uint8Array): Promise<HeaderCandidate> {
  const [candidate] = await parse(bytes, bytes);
  if (candidate === undefined) throw new Error("no candidate");
  return candidate;
}

async function open(bytes: Uint8Array, credential: Credential = MINE): Promise<Unlocked> {
  return unlock([await candidateOf(bytes)], credential, context);
}

/** A header that two raw keys and a passkey open, and a unit sealed under it. */
async function newHeader(cipher: Cipher): Promise<{ bytes: Uint8Array; unit: SealedUnit }> {
  const made = await createHeader({
    cipher,
    slotBytes: 4096,
    credential: MINE,
    derive: neverDerive,
  });
  const unit = await seal(made.sealer, "first");
  const add = [THEIRS, PASSKEY];
  const { bytes } = await editKeySlots(
    await candidateOf(made.bytes),
    MINE,
    () => ({ add }),
    context,
  );
  return { bytes, unit };
}

async function seal(sealer: Sealer, text: string): Promise<SealedUnit> {
  const { keyGeneration } = sealer;
  return { keyGeneration, ...(await sealer.seal(3, new TextEncoder().encode(text))) };
}

async function reveal(sealer: Sealer, unit: SealedUnit, kind: SlotKind = 3): Promise<string> {
  const { keyGeneration, nonce, tag, ciphertext } = unit;
  const plaintext = await sealer.open(kind, keyGeneration, nonce, tag, ciphertext.slice());
  return new TextDecoder().decode(plaintext);
}

async function rotated(bytes: Uint8Array, keep: readonly Credential[] = [MINE]) {
  const rotation = await rotateMaster(await candidateOf(bytes), MINE, keep, context);
  rotation.keys.sealer.close();
  return rotation;
}

describe.each(CIPHERS)("rotating the master key of %s", (cipher) => {
  it("lets the credentials that are kept open what was sealed before and after", async () => {
    const { bytes, unit } = await newHeader(cipher);
    const next = await rotated(bytes, [MINE, PASSKEY]);
    expect(next.header).toMatchObject({ keyGeneration: 2, headerGeneration: 3 });
    for (const credential of [MINE, PASSKEY]) {
      const { sealer } = await open(next.bytes, credential);
      expect(sealer).toMatchObject({ keyGeneration: 2, generations: [2, 1] });
      expect(await reveal(sealer, unit)).toBe("first");
      const later = await seal(sealer, "second");
      expect(later.keyGeneration).toBe(2);
      expect(await reveal(sealer, later)).toBe("second");
    }
  });

  it("drops the others, tells which, and leaves nothing of their slots", async () => {
    const { bytes } = await newHeader(cipher);
    const next = await rotated(bytes, [PASSKEY]);
    expect(next.dropped.map(({ index, type }) => [index, type])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    for (const dropped of [MINE, THEIRS])
      expect(await codeOf(open(next.bytes, dropped))).toBe("UNLOCK_FAILED");
    for (const index of [0, 1]) {
      const at = 1024 + index * 512;
      expect(next.bytes[at]).toBe(0);
      const same = next.bytes.subarray(at, at + 512).filter((byte, i) => byte === bytes[at + i]);
      expect(same.length).toBeLessThan(30);
    }
  });

  it("opens nothing new with the old header, and nothing old without the keyring", async () => {
    const { bytes, unit } = await newHeader(cipher);
    const next = await rotated(bytes);
    const later = await seal((await open(next.bytes)).sealer, "second");
    const before = await open(bytes);
    expect(await codeOf(reveal(before.sealer, later))).toBe("INTEGRITY");
    const retired = await retireFromKeyring(next.header, [1], (await open(next.bytes)).subkeys);
    const { sealer } = await open(retired.bytes);
    expect(sealer.generations).toEqual([2]);
    expect(await codeOf(reveal(sealer, unit))).toBe("INTEGRITY");
  });

  it("does not open a unit that claims another generation than the one it was sealed under", async () => {
    const { bytes, unit } = await newHeader(cipher);
    const { sealer } = await open((await rotated(bytes)).bytes);
    const later = await seal(sealer, "second");
    expect(await codeOf(reveal(sealer, { ...unit, keyGeneration: 2 }))).toBe("INTEGRITY");
    expect(await codeOf(reveal(sealer, { ...later, keyGeneration: 1 }))).toBe("INTEGRITY");
    expect(await codeOf(reveal(sealer, { ...unit, keyGeneration: 3 }))).toBe("INTEGRITY");
  });

  it("opens cells of every generation in the keyring, and knows the newest that it saw", async () => {
    const { bytes } = await newHeader(cipher);
    const payload = new Uint8Array(CELL_PAYLOAD_BYTES).fill(3);
    const old = await (await open(bytes)).sealer.sealCell(2, payload);
    const { sealer } = await open((await rotated(bytes)).bytes);
    expect(sealer.cellGeneration).toBe(0);
    expect(await sealer.openCell(1, old)).toBe(undefined);
    expect(await sealer.openCell(2, old)).toEqual(payload);
    expect(sealer.cellGeneration).toBe(1);
    expect(await sealer.openCell(3, await sealer.sealCell(3, payload))).toEqual(payload);
    expect(sealer.cellGeneration).toBe(2);
  });

  it("seals under the generation that it is told, one that it knows", async () => {
    const { bytes } = await newHeader(cipher);
    const { sealer } = await open((await rotated(bytes)).bytes);
    sealer.sealUnder(1);
    const unit = await seal(sealer, "old");
    expect(unit.keyGeneration).toBe(1);
    expect(await reveal((await open(bytes)).sealer, unit)).toBe("old");
    expect(() => {
      sealer.sealUnder(3);
    }).toThrow("BUG");
    expect(() => {
      sealer.drop(1);
    }).toThrow("BUG");
    sealer.sealUnder(sealer.newestGeneration);
    sealer.drop(1);
    expect(await codeOf(reveal(sealer, unit))).toBe("INTEGRITY");
  });

  it("drops the keys of every generation when it is closed", async () => {
    const { bytes, unit } = await newHeader(cipher);
    const { sealer } = await open((await rotated(bytes)).bytes);
    sealer.close();
    expect(await codeOf(reveal(sealer, unit))).toBe("REPO_LOCKED");
    expect(await codeOf(seal(sealer, "x"))).toBe("REPO_LOCKED");
    expect(await codeOf(sealer.openCell(0, new Uint8Array(16384)))).toBe("REPO_LOCKED");
  });
});

describe("the keyring", () => {
  it("keeps 62 older generations; the next rotation is refused until the oldest is retired", async () => {
    const { bytes, unit } = await newHeader("aes-256-gcm");
    let current = bytes;
    for (let i = 0; i < KEYRING_ENTRIES; i++) current = (await rotated(current)).bytes;
    const full = await open(current);
    expect(full.sealer.generations).toHaveLength(63);
    expect(await reveal(full.sealer, unit)).toBe("first");
    expect(await codeOf(rotated(current))).toBe("EBUSY");
    const { bytes: retired } = await retireFromKeyring(full.header, [1], full.subkeys);
    const after = await open((await rotated(retired)).bytes);
    expect(after.sealer.generations).toHaveLength(63);
    expect(after.sealer.generations).not.toContain(1);
    expect(after.sealer.keyGeneration).toBe(64);
  });

  it("does not tell how many generations are in it", async () => {
    const { bytes } = await newHeader("aes-256-gcm");
    const next = await rotated(bytes);
    for (let at = 5120; at < 8096; at += 48)
      expect(new Set(next.bytes.subarray(at, at + 48)).size).toBeGreaterThan(25);
    expect(next.bytes.subarray(8096, 8128)).toEqual(new Uint8Array(32));
    expect(bytes.subarray(5120, 8128)).toEqual(new Uint8Array(3008));
  });

  it("is believed only in a header that is authenticated", async () => {
    const { bytes } = await newHeader("aes-256-gcm");
    const next = await rotated(bytes);
    const damaged = new Uint8Array(rehashByHand(Buffer.from(flipped(next.bytes, 5130))));
    expect(await codeOf(open(damaged))).toBe("INTEGRITY");
  });

  it("is zero in the first key generation, else the header is of a later format", async () => {
    const { bytes } = await newHeader("aes-256-gcm");
    const filled = new Uint8Array(rehashByHand(Buffer.from(flipped(bytes, 5130))));
    expect(await codeOf(parse(filled))).toBe("FORMAT_UNSUPPORTED");
  });

  it("refuses to keep none, what opens nothing, and a wrong current credential", async () => {
    const { bytes } = await newHeader("aes-256-gcm");
    const stranger = { rawKey: new Uint8Array(32).fill(99) };
    expect(await codeOf(rotated(bytes, []))).toBe("EINVAL");
    expect(await codeOf(rotated(bytes, [MINE, stranger]))).toBe("UNLOCK_FAILED");
    const candidate = await candidateOf(bytes);
    expect(await codeOf(rotateMaster(candidate, stranger, [MINE], context))).toBe("UNLOCK_FAILED");
  });
});

describe("the keyring vector", () => {
  interface Vector {
    readonly bytes: string;
    readonly rawKey: string;
    readonly containerId: string;
    readonly masters: readonly { readonly keyGeneration: number; readonly master: string }[];
    readonly sealed: readonly (Record<"nonce" | "tag" | "ciphertext" | "plaintext", string> & {
      readonly keyGeneration: number;
    })[];
  }
  const vector = readVectors("keyring") as Vector;
  const bytes = unhex(vector.bytes);

  it("opens what each generation in it has sealed", async () => {
    const { sealer } = await open(bytes, { rawKey: unhex(vector.rawKey) });
    expect(sealer.generations).toEqual([4, 3, 1]);
    for (const { keyGeneration, nonce, tag, ciphertext, plaintext } of vector.sealed) {
      const opened = sealer.open(3, keyGeneration, unhex(nonce), unhex(tag), unhex(ciphertext));
      expect(hex(await opened)).toBe(plaintext);
    }
    expect(vector.sealed).toHaveLength(3);
  });

  it("is what the document says, byte by byte", () => {
    const masters = new Map(
      vector.masters.map(({ keyGeneration, master }) => [
        keyGeneration,
        Buffer.from(master, "hex"),
      ]),
    );
    const master = masters.get(4) ?? Buffer.alloc(0);
    const header = {
      containerId: Buffer.from(vector.containerId, "hex"),
      master,
      slotLog2: 15,
      headerGeneration: 9,
      kdf: [],
      filler: 0x66,
      slots: [
        {
          type: 2,
          ikm: Buffer.from(vector.rawKey, "hex"),
          slotSalt: Buffer.from(bytes.subarray(1380, 1412)),
        },
      ],
      keyGeneration: 4,
      keyring: [1, 3].map((generation) => ({
        generation,
        master: masters.get(generation) ?? Buffer.alloc(0),
      })),
    };
    expect(hex(headerByHand(header))).toBe(vector.bytes);
    const [first] = header.keyring;
    if (first === undefined) throw new Error("no entry");
    expect(hex(bytes.subarray(5216, 5264))).toBe(hex(keyringEntryByHand(header, first)));
  });

  it("with a keyring made by somebody who has the key opens what was put there, or nothing", async () => {
    // An author who moves an entry to the place of another generation: its associated data says otherwise.
    const moved = Buffer.from(bytes);
    bytes.subarray(5120, 5168).forEach((byte, i) => (moved[5168 + i] = byte));
    const master = Buffer.from(vector.masters.at(-1)?.master ?? "", "hex");
    const containerId = Buffer.from(vector.containerId, "hex");
    const forged = resealByHand(moved, { master, containerId, keyGeneration: 4 });
    const { sealer } = await open(new Uint8Array(forged), { rawKey: unhex(vector.rawKey) });
    expect(sealer.generations).toEqual([4, 3, 1]);
  });
});

describe("a passkey's slot", () => {
  it.each(CIPHERS)("opens with the output for its salt and no other, %s", async (cipher) => {
    const { bytes } = await newHeader(cipher);
    const { header } = await open(bytes, PASSKEY);
    const slot = header.keySlots[2];
    expect(slot).toMatchObject({ type: 4, kdf: 0 });
    expect(slot?.credentialId).toEqual(PASSKEY.passkey.credentialId);
    expect(slot?.prfSalt).toEqual(PASSKEY.passkey.prfSalt);
    const other = { passkey: { ...PASSKEY.passkey, output: new Uint8Array(32).fill(10) } };
    expect(await codeOf(open(bytes, other))).toBe("UNLOCK_FAILED");
    const asRawKey = { rawKey: PASSKEY.passkey.output };
    expect(await codeOf(open(bytes, asRawKey))).toBe("UNLOCK_FAILED");
  });

  it("refuses an id or salt that has no room, and an output of another size", async () => {
    const { bytes } = await newHeader("aes-256-gcm");
    const { passkey } = PASSKEY;
    const add = async (changed: Partial<typeof passkey>) => {
      const edit = { add: [{ passkey: { ...passkey, ...changed } }] };
      return editKeySlots(await candidateOf(bytes), MINE, () => edit, context);
    };
    for (const size of [0, 321])
      expect(await codeOf(add({ credentialId: new Uint8Array(size) }))).toBe("EINVAL");
    expect(await codeOf(add({ prfSalt: new Uint8Array(31) }))).toBe("EINVAL");
    const output = new Uint8Array(32).fill(11);
    expect(await codeOf(add({ credentialId: new Uint8Array(320), output }))).toBe("resolved");
    await expect(add({ output: new Uint8Array(31) })).rejects.toThrow(RangeError);
  });
});
