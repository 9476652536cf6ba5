import { describe, expect, it } from "vitest";
import type { Credential } from "../../../src/crypto/credential.js";
import { deriveKey, type KdfCost } from "../../../src/crypto/kdf.js";
import { encodeRecoveryKey } from "../../../src/crypto/recovery-key.js";
import type { Cipher } from "../../../src/crypto/suites.js";
import { editKeySlots } from "../../../src/crypto/edit-header.js";
import type { KeySlotEdit } from "../../../src/crypto/edit-header.js";
import { createHeader, unlock, type Unlocked } from "../../../src/crypto/unlock.js";
import { headerByHand, rehashByHand } from "./by-hand.js";
import { CIPHERS, codeOf, hex, neverDerive, parse, readVectors, subtle, unhex } from "./support.js";

const RAW_KEY = { rawKey: new Uint8Array(32).fill(7) };
const OTHER_KEY = { rawKey: new Uint8Array(32).fill(8) };
const CHEAPEST = { opsLimit: 2, memLimit: 19 * 2 ** 20 };

/** A derivation that costs nothing and counts; the real one has its own tests. */
function countingDerive() {
  const runs: KdfCost[] = [];
  const derive = async (password: Uint8Array, salt: Uint8Array, cost: KdfCost) => {
    runs.push(cost);
    const text = new TextEncoder().encode(`${hex(password)}/${hex(salt)}/${String(cost.passes)}`);
    return new Uint8Array(await subtle.digest("SHA-256", text));
  };
  return { runs, derive };
}

async function newHeader(credential: Credential, cipher: Cipher = "aes-256-gcm") {
  const { derive } = countingDerive();
  return createHeader({ cipher, slotBytes: 32768, credential, kdf: CHEAPEST, derive });
}

/** Changes the key slots and opens what comes of it. */
async function edited(made: Unlocked, current: Credential, edit: KeySlotEdit) {
  const [candidate] = await parse(made.bytes);
  if (candidate === undefined) throw new Error("no candidate");
  return editKeySlots(candidate, current, () => edit, countingDerive());
}

async function opens(bytes: Uint8Array, credential: Credential): Promise<string> {
  return codeOf(unlock(await parse(bytes, bytes), credential, countingDerive()));
}

interface HeaderVector {
  readonly bytes: string;
  readonly containerId: string;
  readonly credentials: {
    readonly keySlot: number;
    readonly password?: string;
    readonly rawKey?: string;
    readonly recoveryKey?: string;
  }[];
  readonly sealed: Record<"nonce" | "ciphertext" | "tag" | "plaintext", string>;
}

describe("the header vector", () => {
  const vector = readVectors("header") as HeaderVector;

  it.each(vector.credentials)("opens with the credential of slot $keySlot", async (given) => {
    const credential: Credential =
      given.password !== undefined
        ? { password: given.password }
        : given.rawKey !== undefined
          ? { rawKey: unhex(given.rawKey) }
          : { recoveryKey: given.recoveryKey ?? "" };
    const candidates = await parse(unhex(vector.bytes));
    const opened = await unlock(candidates, credential, { derive: deriveKey });
    expect(opened.keySlot).toBe(given.keySlot);
    expect(hex(opened.header.containerId)).toBe(vector.containerId);
    const [nonce, tag, ciphertext] = [
      vector.sealed.nonce,
      vector.sealed.tag,
      vector.sealed.ciphertext,
    ];
    const plaintext = opened.sealer.open(3, 1, unhex(nonce), unhex(tag), unhex(ciphertext));
    expect(hex(await plaintext)).toBe(vector.sealed.plaintext);
  });
});

describe.each(CIPHERS)("unlock of %s", (cipher) => {
  it("opens with a password through real Argon2id, and with no other", async () => {
    const made = await createHeader({
      cipher,
      slotBytes: 32768,
      credential: { password: "correct horse" },
      kdf: CHEAPEST,
      derive: deriveKey,
    });
    const candidates = await parse(made.bytes, made.bytes);
    const context = { derive: deriveKey };
    await unlock(candidates, { password: "correct horse" }, context);
    const wrong = unlock(candidates, { password: "correct hors" }, context);
    expect(await codeOf(wrong)).toBe("UNLOCK_FAILED");
  });

  it("rejects with UNLOCK_FAILED for every wrong credential, whatever its type", async () => {
    const { bytes } = await newHeader({ password: "right" }, cipher);
    const recoveryKey = await encodeRecoveryKey(new Uint8Array(32), subtle);
    for (const wrong of [{ password: "wrong" }, RAW_KEY, { recoveryKey }, { recoveryKey: "typo" }])
      expect(await opens(bytes, wrong)).toBe("UNLOCK_FAILED");
    expect(await opens(bytes, { password: "right" })).toBe("resolved");
  });

  it("does not take a raw key for a recovery key of the same bytes", async () => {
    const { bytes } = await newHeader(RAW_KEY, cipher);
    const recoveryKey = await encodeRecoveryKey(RAW_KEY.rawKey, subtle);
    expect(await opens(bytes, { recoveryKey })).toBe("UNLOCK_FAILED");
  });

  it("opens with a recovery key", async () => {
    const recoveryKey = await encodeRecoveryKey(new Uint8Array(32).fill(3), subtle);
    const { bytes } = await newHeader({ recoveryKey }, cipher);
    expect(await opens(bytes, { recoveryKey })).toBe("resolved");
  });

  it("leaves the credential's bytes as they were", async () => {
    const password = new Uint8Array([1, 2, 3]);
    const { bytes } = await newHeader({ password }, cipher);
    expect(await opens(bytes, { password })).toBe("resolved");
    expect(password).toEqual(new Uint8Array([1, 2, 3]));
    const rawKey = new Uint8Array(32).fill(9);
    await newHeader({ rawKey }, cipher);
    expect(rawKey).toEqual(new Uint8Array(32).fill(9));
  });
});

describe("unlock", () => {
  it("does not say whether the password is wrong or the slot damaged", async () => {
    const made = await newHeader({ password: "right" });
    const damaged = Buffer.from(made.bytes);
    damaged.writeUInt8((damaged[1024 + 390] ?? 0) ^ 1, 1024 + 390);
    const bytes = new Uint8Array(rehashByHand(damaged));
    expect(await opens(bytes, { password: "right" })).toBe("UNLOCK_FAILED");
  });

  it("refuses a raw key of a wrong size with RangeError", async () => {
    const { bytes } = await newHeader(RAW_KEY);
    for (const size of [0, 31, 33, 64])
      await expect(opens(bytes, { rawKey: new Uint8Array(size) })).rejects.toThrow(RangeError);
  });

  it("derives once for eight password slots of one cost (attack 14)", async () => {
    const made = await newHeader({ password: "0" });
    const add = Array.from({ length: 7 }, (_, i) => ({ password: String(i + 1) }));
    const { bytes } = await edited(made, { password: "0" }, { add });
    for (const password of ["0", "7"]) {
      const { runs, derive } = countingDerive();
      const opened = await unlock(await parse(bytes), { password }, { derive });
      expect(opened.keySlot).toBe(Number(password));
      expect(runs).toHaveLength(1);
    }
  });

  it("derives twice at most, also for a hostile header with different copies (attack 14)", async () => {
    const slots = (salt: number) =>
      Array.from({ length: 8 }, (_, i) => ({
        type: 1,
        kdf: i % 2,
        ikm: Buffer.alloc(32),
        slotSalt: Buffer.alloc(32, salt + i),
      }));
    const hostile = (fill: number) => {
      const cost = { memoryKiB: 1048576, passes: 4 };
      const kdf = [fill, fill + 1].map((salt) => ({ salt: Buffer.alloc(16, salt), ...cost }));
      const common = { containerId: Buffer.alloc(16, 1), master: Buffer.alloc(32), slotLog2: 12 };
      return new Uint8Array(
        headerByHand({ ...common, headerGeneration: fill, kdf, slots: slots(fill), filler: 0 }),
      );
    };
    const { runs, derive } = countingDerive();
    const candidates = await parse(hostile(1), hostile(10));
    expect(candidates).toHaveLength(2);
    expect(await codeOf(unlock(candidates, { password: "x" }, { derive }))).toBe("UNLOCK_FAILED");
    expect(runs).toHaveLength(2);
  });

  it("derives once for two copies of one salt, though the first turns out forged", async () => {
    const made = await newHeader({ password: "right" });
    const forged = Buffer.from(made.bytes);
    forged.writeUInt8(9, 32);
    const { runs, derive } = countingDerive();
    const candidates = await parse(new Uint8Array(rehashByHand(forged)), made.bytes);
    const opened = await unlock(candidates, { password: "right" }, { derive });
    expect(opened.copies).toEqual([1]);
    expect(runs).toHaveLength(1);
  });

  it("passes over a copy whose key slot was damaged and its hash made good", async () => {
    const made = await newHeader({ password: "right" });
    for (const at of [32, 1024 + 360, 1024 + 390, 1024 + 440]) {
      const damaged = Buffer.from(made.bytes);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 2, at);
      const candidates = await parse(new Uint8Array(rehashByHand(damaged)), made.bytes);
      const opened = await unlock(candidates, { password: "right" }, countingDerive());
      expect(opened.copies).toEqual([1]);
    }
  });

  it("does not open an older copy with a credential that a newer header has dropped", async () => {
    const made = await newHeader(RAW_KEY);
    const both = await edited(made, RAW_KEY, { add: [OTHER_KEY] });
    const [candidate] = await parse(both.bytes);
    if (candidate === undefined) throw new Error("no candidate");
    const edit = () => ({ remove: [1] });
    const newer = await editKeySlots(candidate, RAW_KEY, edit, countingDerive());
    const candidates = await parse(both.bytes, newer.bytes);
    expect(await codeOf(unlock(candidates, OTHER_KEY, countingDerive()))).toBe("UNLOCK_FAILED");
    expect((await unlock(candidates, RAW_KEY, countingDerive())).copies).toEqual([1]);
  });

  it("runs no derivation where no slot takes a password", async () => {
    const { bytes } = await newHeader(RAW_KEY);
    const failed = unlock(await parse(bytes), { password: "x" }, { derive: neverDerive });
    expect(await codeOf(failed)).toBe("UNLOCK_FAILED");
  });

  it("passes on why a derivation failed", async () => {
    const { bytes } = await newHeader({ password: "x" });
    const derive = () => Promise.reject(new Error("worker died"));
    await expect(unlock(await parse(bytes), { password: "x" }, { derive })).rejects.toThrow(
      "worker died",
    );
  });
});

describe("createHeader", () => {
  it("refuses a cost outside the limits before deriving", async () => {
    const options = { cipher: "aes-256-gcm", slotBytes: 4096, derive: neverDerive } as const;
    const credential = { password: "x" };
    const weak = { opsLimit: 1, memLimit: 2 ** 26 };
    expect(await codeOf(createHeader({ ...options, credential, kdf: weak }))).toBe("KDF_TOO_WEAK");
    const dear = { opsLimit: 3, memLimit: 2 ** 31 };
    expect(await codeOf(createHeader({ ...options, credential, kdf: dear }))).toBe("KDF_LIMIT");
  });

  it("stores neither salt nor cost where there is no password", async () => {
    const { bytes } = await newHeader(RAW_KEY);
    expect(hex(bytes.subarray(40, 88))).toBe("00".repeat(48));
  });

  it("takes interactive where nothing is said", async () => {
    const { runs, derive } = countingDerive();
    const options = { cipher: "aes-256-gcm", slotBytes: 4096, derive } as const;
    await createHeader({ ...options, credential: { password: "x" } });
    expect(runs).toEqual([{ memoryKiB: 65536, passes: 3 }]);
  });
});

describe.each(CIPHERS)("changing key slots of %s", (cipher) => {
  it("opens with the added credential and with the old one, and the keys stay", async () => {
    const made = await newHeader(RAW_KEY, cipher);
    const sealed = await made.sealer.seal(3, unhex("c0ffee"));
    const update = await edited(made, RAW_KEY, { add: [{ password: "new" }], kdf: CHEAPEST });
    expect(update.header.headerGeneration).toBe(2);
    expect(await opens(update.bytes, RAW_KEY)).toBe("resolved");
    const context = countingDerive();
    const opened = await unlock(await parse(update.bytes), { password: "new" }, context);
    const { nonce, tag, ciphertext } = sealed;
    expect(await opened.sealer.open(3, 1, nonce, tag, ciphertext)).toEqual(unhex("c0ffee"));
  });

  it("replaces a password: the old fails, the new works (attack 39)", async () => {
    const made = await newHeader({ password: "old" }, cipher);
    const [candidate] = await parse(made.bytes);
    if (candidate === undefined) throw new Error("no candidate");
    const [current, next] = [{ password: "old" }, { password: "new" }];
    const edit = (slot: number) => ({ remove: [slot], add: [next] });
    const update = await editKeySlots(candidate, current, edit, countingDerive());
    expect(await opens(update.bytes, current)).toBe("UNLOCK_FAILED");
    expect(await opens(update.bytes, next)).toBe("resolved");
    const wrong = editKeySlots(candidate, next, edit, countingDerive());
    expect(await codeOf(wrong)).toBe("UNLOCK_FAILED");
  });
});

describe("changing key slots", () => {
  it("empties a removed slot and fills it with new random bytes", async () => {
    const made = await newHeader(RAW_KEY);
    const two = await edited(made, RAW_KEY, { add: [OTHER_KEY] });
    const [candidate] = await parse(two.bytes);
    if (candidate === undefined) throw new Error("no candidate");
    const one = await editKeySlots(candidate, OTHER_KEY, () => ({ remove: [0] }), countingDerive());
    expect(await opens(one.bytes, RAW_KEY)).toBe("UNLOCK_FAILED");
    expect(await opens(one.bytes, OTHER_KEY)).toBe("resolved");
    expect(one.header.keySlots[0]?.type).toBe(0);
    expect(hex(one.bytes.subarray(1025, 1536))).not.toBe(hex(two.bytes.subarray(1025, 1536)));
  });

  it("refuses to remove the last credential, a slot that holds none, and a ninth", async () => {
    const made = await newHeader(RAW_KEY);
    const eight = Array.from({ length: 8 }, (_, i) => ({
      rawKey: new Uint8Array(32).fill(200 + i),
    }));
    for (const edit of [{ remove: [0] }, { remove: [1] }, { remove: [9] }, { add: eight }])
      expect(await codeOf(edited(made, RAW_KEY, edit))).toBe("EINVAL");
  });

  it("refuses a credential that opens the header already: who removes it would leave it working", async () => {
    const password = { password: "twice" };
    const made = await newHeader(password);
    for (const add of [[password], [OTHER_KEY, OTHER_KEY]])
      expect(await codeOf(edited(made, password, { add }))).toBe("EEXIST");
    const context = countingDerive();
    const [candidate] = await parse(made.bytes);
    if (candidate === undefined) throw new Error("no candidate");
    const again = () => ({ remove: [0], add: [password] });
    await editKeySlots(candidate, password, again, context);
    expect(context.runs).toHaveLength(2);
  });

  it("raises the cost with a second salt and drops the first when it is no longer used", async () => {
    const made = await newHeader({ password: "a" });
    const dearer = { opsLimit: 3, memLimit: 2 ** 26 };
    const add = [{ password: "b" }];
    const both = await edited(made, { password: "a" }, { add, kdf: dearer });
    expect(both.header.kdf.map((kdf) => kdf?.cost.passes)).toEqual([2, 3]);
    const [candidate] = await parse(both.bytes);
    if (candidate === undefined) throw new Error("no candidate");
    const third = { add: [{ password: "c" }], kdf: { opsLimit: 4, memLimit: 2 ** 26 } };
    const current = { password: "b" };
    const context = countingDerive();
    const refused = editKeySlots(candidate, current, () => third, context);
    expect(await codeOf(refused)).toBe("EINVAL");
    const after = await editKeySlots(candidate, current, () => ({ remove: [0] }), context);
    expect(after.header.kdf.map((kdf) => kdf?.cost.passes)).toEqual([undefined, 3]);
    expect(await opens(after.bytes, current)).toBe("resolved");
    expect(await opens(after.bytes, { password: "a" })).toBe("UNLOCK_FAILED");
  });

  it("does not touch a header that is not genuine", async () => {
    const made = await newHeader(RAW_KEY);
    const bytes = Buffer.from(made.bytes);
    bytes.writeUInt8(14, 11);
    const [candidate] = await parse(new Uint8Array(rehashByHand(bytes)));
    if (candidate === undefined) throw new Error("no candidate");
    const refused = editKeySlots(
      candidate,
      RAW_KEY,
      () => ({ add: [OTHER_KEY] }),
      countingDerive(),
    );
    expect(await codeOf(refused)).toBe("INTEGRITY");
  });
});
