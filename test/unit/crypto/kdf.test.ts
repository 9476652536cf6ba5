import { describe, expect, it } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import {
  checkKdfCost,
  deriveKey,
  KDF_PRESETS,
  kdfCost,
  passwordBytes,
} from "../../../src/crypto/kdf.js";
import type { KdfCost } from "../../../src/crypto/kdf.js";
import { codeOf, hex, readVectors, unhex } from "./support.js";

interface KdfVector extends KdfCost {
  readonly password: string;
  readonly salt: string;
  readonly key: string;
}
const vectors = readVectors("kdf") as {
  published: KdfVector[];
  own: (KdfVector & { normalized: string })[];
  refused: (KdfCost & { code: string })[];
  accepted: KdfCost[];
};

describe("deriveKey", () => {
  it.each(vectors.published)(
    "gives the reference implementation's key for $password at $memoryKiB KiB and $passes passes",
    async (vector) => {
      expect(hex(await deriveKey(vector.password, unhex(vector.salt), vector))).toBe(vector.key);
    },
  );

  it.each(vectors.own)("derives from the NFKC form in UTF-8", async (vector) => {
    expect(hex(passwordBytes(vector.password))).toBe(vector.normalized);
    const salt = unhex(vector.salt);
    expect(hex(await deriveKey(vector.password, salt, vector))).toBe(vector.key);
    expect(hex(await deriveKey(unhex(vector.normalized), salt, vector))).toBe(vector.key);
  });

  it("refuses a cost before it looks at anything else", async () => {
    expect(await codeOf(deriveKey("", new Uint8Array(0), { memoryKiB: 7, passes: 3 }))).toBe(
      "KDF_TOO_WEAK",
    );
  });
});

describe("checkKdfCost", () => {
  it.each(vectors.refused)("refuses $memoryKiB KiB × $passes with $code", (vector) => {
    expect(() => {
      checkKdfCost(vector);
    }).toThrow(expect.objectContaining({ code: vector.code }));
  });

  it.each(vectors.accepted)("allows $memoryKiB KiB × $passes", (cost) => {
    checkKdfCost(cost);
  });

  it.each([NaN, Infinity, -1, 1.5])("refuses %d in either place", (bad) => {
    for (const cost of [
      { memoryKiB: bad, passes: 3 },
      { memoryKiB: 65536, passes: bad },
    ])
      expect(() => {
        checkKdfCost(cost);
      }).toThrow(/^KDF_/);
  });
});

describe("kdfCost", () => {
  it("knows the presets, each within the limits", () => {
    expect(kdfCost("interactive")).toEqual({ memoryKiB: 65536, passes: 3 });
    expect(kdfCost("moderate")).toEqual({ memoryKiB: 262144, passes: 3 });
    expect(kdfCost("sensitive")).toEqual({ memoryKiB: 1048576, passes: 4 });
    for (const cost of Object.values(KDF_PRESETS)) checkKdfCost(cost);
  });

  it("takes libsodium's opsLimit and memLimit in bytes", () => {
    expect(kdfCost({ opsLimit: 4, memLimit: 134217728 })).toEqual({ memoryKiB: 131072, passes: 4 });
  });

  it.each([
    [0, 0, "KDF_TOO_WEAK"],
    [3, 7, "KDF_TOO_WEAK"],
    [3, 3.9 * 2 ** 30, "KDF_LIMIT"],
    [3, 100 * 2 ** 30, "KDF_LIMIT"],
    [2 ** 32 - 1, 2 ** 26, "KDF_LIMIT"],
    [2 ** 60, 2 ** 26, "KDF_LIMIT"],
  ])("refuses opsLimit %d with memLimit %d: %s", (opsLimit, memLimit, code) => {
    expect(() => kdfCost({ opsLimit, memLimit })).toThrow(expect.objectContaining({ code }));
  });
});

describe("passwordBytes", () => {
  it("takes 1 to 1024 bytes", () => {
    expect(passwordBytes("x")).toHaveLength(1);
    expect(passwordBytes("x".repeat(1024))).toHaveLength(1024);
    for (const bad of ["", "x".repeat(1025), "é".repeat(513), new Uint8Array(0)])
      expect(() => passwordBytes(bad)).toThrow(RangeError);
  });

  it("counts bytes after normalization", () => {
    expect(passwordBytes("\uFB01".repeat(512))).toHaveLength(1024);
    expect(() => passwordBytes("\uFDFA".repeat(200))).toThrow(RangeError);
  });

  it("refuses a lone surrogate, which UTF-8 would merge with every other", () => {
    expect(() => passwordBytes("a\ud800b")).toThrow(TypeError);
    expect(passwordBytes("\u{1F511}")).toHaveLength(4);
  });

  it("copies, so that wiping the copy leaves the caller's bytes", () => {
    const mine = new Uint8Array([1, 2, 3]);
    passwordBytes(mine).fill(0);
    expect(mine).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("never puts the password into an error", () => {
    try {
      passwordBytes("secret".repeat(200));
    } catch (error) {
      expect(String(error)).not.toContain("secret");
      expect(isRepoError(error)).toBe(false);
    }
    expect.assertions(2);
  });
});
