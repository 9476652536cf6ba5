import { describe, expect, it } from "vitest";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import { Subkeys, type MacPurpose, type SealPurpose } from "../../../src/crypto/subkeys.js";
import { codeOf, environment, hex, openTestKeys, readVectors, subtle, unhex } from "./support.js";

interface SubkeyVector {
  readonly purpose: string;
  readonly keyGeneration: number;
  readonly epochId: string;
  readonly key: string;
  readonly message?: string;
  readonly mac?: string;
}
const vectors = readVectors("subkeys") as {
  master: string;
  containerId: string;
  subkeys: SubkeyVector[];
};
const macs = vectors.subkeys.filter((vector) => vector.mac !== undefined);
const seals = vectors.subkeys.filter((vector) => vector.mac === undefined);

function subkeysOf(keyGeneration: number): Promise<Subkeys> {
  const master = new KeyBytes(unhex(vectors.master));
  const identity = { containerId: unhex(vectors.containerId), keyGeneration };
  return Subkeys.fromMaster(master, identity, ["deriveKey", "deriveBits"], subtle);
}

describe("Subkeys", () => {
  it.each(macs)("has the vector's $purpose key of generation $keyGeneration", async (vector) => {
    const subkeys = await subkeysOf(vector.keyGeneration);
    const message = unhex(vector.message ?? "");
    expect(hex(await subkeys.mac(vector.purpose as MacPurpose, message))).toBe(vector.mac);
    const mac = unhex(vector.mac ?? "");
    expect(await subkeys.verify(vector.purpose as MacPurpose, message, mac)).toBe(true);
    expect(await subkeys.verify(vector.purpose as MacPurpose, mac, mac)).toBe(false);
  });

  it.each(seals)("has the vector's $purpose key of epoch «$epochId»", async (vector) => {
    const subkeys = await subkeysOf(vector.keyGeneration);
    const purpose = vector.purpose as SealPurpose;
    if (vector.epochId === "") {
      expect(hex((await subkeys.rawKey(purpose)).bytes)).toBe(vector.key);
      return;
    }
    const key = await subkeys.aesKey(purpose, unhex(vector.epochId));
    const params = { name: "AES-GCM", iv: new Uint8Array(12) };
    const same = await subtle.importKey("raw", unhex(vector.key), "AES-GCM", false, ["decrypt"]);
    const sealed = await subtle.encrypt(params, key, unhex("c0ffee"));
    expect(hex(new Uint8Array(await subtle.decrypt(params, same, sealed)))).toBe("c0ffee");
  });

  it("gives every purpose a key of its own", () => {
    const keys = vectors.subkeys.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("hands out no AES key that script could extract, and none for another use", async () => {
    const key = await (await subkeysOf(1)).aesKey("data", new Uint8Array(12));
    expect(key.extractable).toBe(false);
    expect([...key.usages].sort()).toEqual(["decrypt", "encrypt"]);
    await expect(subtle.exportKey("raw", key)).rejects.toThrow();
  });

  it("cannot give raw keys in the AES profile", async () => {
    const { subkeys } = await openTestKeys("aes-256-gcm");
    await expect(subkeys.rawKey("data")).rejects.toThrow(/usage|deriveBits|key/i);
  });

  it("imports the master as a non-extractable key with the usage deriveKey only", async () => {
    const imported: CryptoKey[] = [];
    const watching = new Proxy(subtle, {
      get: (target, name) =>
        name === "importKey"
          ? async (...call: Parameters<SubtleCrypto["importKey"]>) => {
              const key = await target.importKey(...call);
              imported.push(key);
              return key;
            }
          : bound(target, name),
    });
    await openTestKeys("aes-256-gcm", undefined, { ...environment, subtle: watching });
    expect(imported.map(({ extractable, usages }) => ({ extractable, usages }))).toEqual([
      { extractable: false, usages: ["deriveKey"] },
    ]);
  });

  it("rejects with REPO_LOCKED once closed", async () => {
    const subkeys = await subkeysOf(1);
    await subkeys.mac("anchor", new Uint8Array(1));
    subkeys.close();
    subkeys.close();
    expect(await codeOf(subkeys.mac("anchor", new Uint8Array(1)))).toBe("REPO_LOCKED");
    expect(await codeOf(subkeys.aesKey("data", new Uint8Array(12)))).toBe("REPO_LOCKED");
    expect(await codeOf(subkeys.rawKey("data"))).toBe("REPO_LOCKED");
  });
});

describe("KeyBytes", () => {
  it("is zeroed by wipe and refuses to be used afterwards", () => {
    const bytes = new Uint8Array(32).fill(1);
    const key = new KeyBytes(bytes);
    key[Symbol.dispose]();
    expect(bytes).toEqual(new Uint8Array(32));
    expect(() => key.bytes).toThrow("REPO_LOCKED");
  });
});

function bound(target: SubtleCrypto, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? value.bind(target) : value;
}
