import { describe, expect, it } from "vitest";
import { hchacha20 } from "../../../src/crypto/hchacha20.js";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import { LibsodiumXChaCha } from "../../../src/crypto/libsodium.js";
import { NativeXChaCha } from "../../../src/crypto/native-xchacha.js";
import { hkdf } from "../../../src/crypto/subkeys.js";
import { openXChaCha } from "../../../src/crypto/suites.js";
import { partTag, withTagBehind } from "../../../src/crypto/tag-room.js";
import type { XChaCha } from "../../../src/crypto/xchacha.js";
import { nodeChaCha } from "./node-chacha.js";
import { flipped, hex, readVectors, seededRandom, subtle, unhex } from "./support.js";

interface AeadVector {
  readonly source: string;
  readonly key: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}
const vectors = readVectors("primitives") as {
  hkdfSha256: { source: string; ikm: string; salt: string; info: string; okm: string }[];
  aes256gcm: (AeadVector & { iv: string })[];
  hchacha20: { source: string; key: string; nonce: string; subkey: string }[];
  xchacha20poly1305: (AeadVector & { nonce: string })[];
};

const keyOf = (text: string) => new KeyBytes(unhex(text));

describe("published vectors", () => {
  it.each(vectors.hkdfSha256)("HKDF-SHA256: $source", async (vector) => {
    const ikm = await subtle.importKey("raw", unhex(vector.ikm), "HKDF", false, ["deriveBits"]);
    const params = hkdf(unhex(vector.salt), unhex(vector.info));
    const okm = await subtle.deriveBits(params, ikm, vector.okm.length * 4);
    expect(hex(new Uint8Array(okm))).toBe(vector.okm);
  });

  it.each(vectors.aes256gcm)("AES-256-GCM with the tag apart: $source", async (vector) => {
    const key = await subtle.importKey("raw", unhex(vector.key), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    const params = {
      name: "AES-GCM",
      iv: unhex(vector.iv),
      additionalData: unhex(vector.aad),
    };
    const sealed = partTag(await subtle.encrypt(params, key, unhex(vector.plaintext)));
    expect(hex(sealed.ciphertext)).toBe(vector.ciphertext);
    expect(hex(sealed.tag)).toBe(vector.tag);
    const opened = await withTagBehind(sealed.ciphertext, sealed.tag, (joined) =>
      subtle.decrypt(params, key, joined),
    );
    expect(hex(new Uint8Array(opened))).toBe(vector.plaintext);
  });

  it.each(vectors.hchacha20)("HChaCha20: $source", (vector) => {
    expect(hex(hchacha20(unhex(vector.key), unhex(vector.nonce)).bytes)).toBe(vector.subkey);
  });
});

describe.each<[string, () => Promise<XChaCha>]>([
  ["libsodium", () => LibsodiumXChaCha.load()],
  ["a native ChaCha20-Poly1305", () => Promise.resolve(new NativeXChaCha(nodeChaCha))],
])("XChaCha20-Poly1305 by %s", (_, open) => {
  it.each(vectors.xchacha20poly1305)("gives the published bytes: $source", async (vector) => {
    const aead = await open();
    const [key, nonce, aad] = [keyOf(vector.key), unhex(vector.nonce), unhex(vector.aad)];
    const sealed = await aead.seal(key, nonce, aad, unhex(vector.plaintext));
    expect(hex(sealed.ciphertext)).toBe(vector.ciphertext);
    expect(hex(sealed.tag)).toBe(vector.tag);
    const opened = await aead.open(key, nonce, aad, sealed);
    expect(opened && hex(opened)).toBe(vector.plaintext);
    expect(await aead.open(key, nonce, aad, { ...sealed, tag: flipped(sealed.tag, 15, 7) })).toBe(
      undefined,
    );
  });

  it("leaves its arguments as they were", async () => {
    const aead = await open();
    const random = seededRandom("arguments");
    const key = new KeyBytes(random(32));
    const [nonce, aad, plaintext] = [random(24), random(23), random(1000)];
    const before = [key.bytes, nonce, aad, plaintext].map(hex);
    await aead.open(key, nonce, aad, await aead.seal(key, nonce, aad, plaintext));
    expect([key.bytes, nonce, aad, plaintext].map(hex)).toEqual(before);
  });
});

describe("the two implementations of XChaCha20-Poly1305", () => {
  it("make the same bytes at every size, and open each other's", async () => {
    const sodium = await LibsodiumXChaCha.load();
    const native = new NativeXChaCha(nodeChaCha);
    const random = seededRandom("two implementations");
    for (const size of [1, 15, 16, 17, 63, 64, 65, 4096, 32768, 65536, 65537, 1048576]) {
      const key = new KeyBytes(random(32));
      const [nonce, aad, plaintext] = [random(24), random(size % 40), random(size)];
      const one = await sodium.seal(key, nonce, aad, plaintext);
      const other = await native.seal(key, nonce, aad, plaintext);
      expect(Buffer.compare(one.ciphertext, other.ciphertext)).toBe(0);
      expect(hex(one.tag)).toBe(hex(other.tag));
      const opened = await native.open(key, nonce, aad, one);
      expect(opened && Buffer.compare(opened, plaintext)).toBe(0);
      const again = await sodium.open(key, nonce, aad, other);
      expect(again && Buffer.compare(again, plaintext)).toBe(0);
    }
    sodium.close();
  });

  it("are chosen by a known answer: the native one where it gives it", async () => {
    expect(await openXChaCha(nodeChaCha)).toBeInstanceOf(NativeXChaCha);
  });

  it("are chosen by a known answer: libsodium where there is no native one", async () => {
    expect(await openXChaCha(subtle)).toBeInstanceOf(LibsodiumXChaCha);
  });

  it("are chosen by a known answer: libsodium where the native one errs", async () => {
    const wrong = {
      ...nodeChaCha,
      encrypt: async (...call: Parameters<typeof nodeChaCha.encrypt>) =>
        flipped(new Uint8Array(await nodeChaCha.encrypt(...call)), 3).buffer,
    };
    expect(await openXChaCha(wrong)).toBeInstanceOf(LibsodiumXChaCha);
  });
});

describe("withTagBehind", () => {
  it("lends the room behind the ciphertext and puts it back, even if the call throws", () => {
    const buffer = new Uint8Array(64).fill(7);
    const tag = new Uint8Array(16).fill(9);
    const use = (joined: Uint8Array) => {
      expect(joined.buffer).toBe(buffer.buffer);
      expect(joined).toHaveLength(36);
      expect(joined.subarray(20)).toEqual(tag);
      throw new Error("no");
    };
    expect(() => withTagBehind(buffer.subarray(10, 30), tag, use)).toThrow("no");
    expect(buffer).toEqual(new Uint8Array(64).fill(7));
  });

  it("copies where there are fewer than 16 bytes of room", () => {
    const buffer = new Uint8Array(45);
    withTagBehind(buffer.subarray(10, 30), new Uint8Array(16), (joined) => {
      expect(joined.buffer).not.toBe(buffer.buffer);
    });
  });
});
