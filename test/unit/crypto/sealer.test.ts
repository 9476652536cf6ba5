import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import { CELL_BYTES, CELL_PAYLOAD_BYTES, SEAL_KIND } from "../../../src/crypto/sealer.js";
import type { Sealed, Sealer, SlotKind } from "../../../src/crypto/sealer.js";
import { openSuite, type Cipher } from "../../../src/crypto/suites.js";
import { CIPHERS, codeOf, environment, flipped, hex, IDENTITY } from "./support.js";
import { openTestKeys, readVectors, seededRandom, unhex } from "./support.js";

const KINDS: readonly SlotKind[] = [SEAL_KIND.fileNode, SEAL_KIND.poolNode, SEAL_KIND.data];

interface SealVector {
  readonly suite: Cipher;
  readonly keyGeneration: number;
  readonly kind: SlotKind;
  readonly nonce: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}
interface CellVector {
  readonly suite: Cipher;
  readonly keyGeneration: number;
  readonly index: number;
  readonly nonce: string;
  readonly payloadByte: string;
  readonly cellSha256: string;
}
const vectors = readVectors("seal") as {
  master: string;
  containerId: string;
  seals: SealVector[];
  cells: CellVector[];
};

/** A sealer that draws the vector's nonce. */
async function vectorSealer(vector: SealVector | CellVector): Promise<Sealer> {
  const nonce = unhex(vector.nonce);
  let at = 0;
  const random = (bytes: number) => new Uint8Array(nonce.subarray(at, (at += bytes)));
  const suite = await openSuite(vector.suite, { ...environment, random });
  const master = new KeyBytes(unhex(vectors.master));
  const containerId = unhex(vectors.containerId);
  const { sealer } = await suite.openKeys(master, {
    containerId,
    keyGeneration: vector.keyGeneration,
  });
  return sealer;
}

const open = (sealer: Sealer, kind: SlotKind, sealed: Sealed, keyGeneration = 1) =>
  sealer.open(kind, keyGeneration, sealed.nonce, sealed.tag, sealed.ciphertext);

describe("seal vectors", () => {
  it.each(vectors.seals)("$suite, kind $kind, key generation $keyGeneration", async (vector) => {
    const sealer = await vectorSealer(vector);
    const sealed = await sealer.seal(vector.kind, unhex(vector.plaintext));
    expect(hex(sealed.nonce)).toBe(vector.nonce);
    expect(hex(sealed.ciphertext)).toBe(vector.ciphertext);
    expect(hex(sealed.tag)).toBe(vector.tag);
    const opened = await open(sealer, vector.kind, sealed, vector.keyGeneration);
    expect(hex(opened)).toBe(vector.plaintext);
  });

  it.each(vectors.cells)("$suite, cell, key generation $keyGeneration", async (vector) => {
    const sealer = await vectorSealer(vector);
    const payload = new Uint8Array(CELL_PAYLOAD_BYTES).fill(parseInt(vector.payloadByte, 16));
    const cell = await sealer.sealCell(vector.index, payload);
    expect(hex(cell.subarray(0, 24))).toBe(vector.nonce);
    expect(createHash("sha256").update(cell).digest("hex")).toBe(vector.cellSha256);
    expect(await sealer.openCell(vector.index, cell)).toEqual(payload);
  });
});

describe.each(CIPHERS)("a sealer of %s", (cipher) => {
  const random = seededRandom(`sealer/${cipher}`);

  it("opens what it sealed, of every kind and size, into as many bytes", async () => {
    const { sealer } = await openTestKeys(cipher);
    for (const size of [1, 15, 16, 17, 4096, 32768, 1048576])
      for (const kind of KINDS) {
        const plaintext = random(size);
        const sealed = await sealer.seal(kind, plaintext);
        expect(sealed.ciphertext).toHaveLength(size);
        expect(sealed.nonce).toHaveLength(24);
        expect(sealed.tag).toHaveLength(16);
        expect(Buffer.compare(await open(sealer, kind, sealed), plaintext)).toBe(0);
      }
  });

  it("opens what another sealer of the same keys sealed", async () => {
    const [one, other] = [await openTestKeys(cipher), await openTestKeys(cipher)];
    const sealed = await one.sealer.seal(3, random(100));
    await one.sealer.renewEpoch();
    const later = await one.sealer.seal(3, random(100));
    const node = await one.sealer.seal(1, random(100));
    await open(other.sealer, 1, node);
    await open(other.sealer, 3, sealed);
    await open(other.sealer, 3, later);
  });

  it("opens many at once, also out of one buffer where each is followed by the next", async () => {
    const { sealer } = await openTestKeys(cipher);
    const plaintexts = Array.from({ length: 64 }, () => random(4096));
    const sealed = await Promise.all(plaintexts.map((plaintext) => sealer.seal(3, plaintext)));
    const run = Buffer.concat(sealed.map(({ ciphertext }) => ciphertext));
    const stored = new Uint8Array(run);
    const opened = await Promise.all(
      sealed.map((one, i) =>
        open(sealer, 3, { ...one, ciphertext: stored.subarray(i * 4096, (i + 1) * 4096) }),
      ),
    );
    opened.forEach((plaintext, i) => {
      expect(Buffer.compare(plaintext, plaintexts[i] ?? new Uint8Array(0))).toBe(0);
    });
    expect(Buffer.compare(stored, run)).toBe(0);
  });

  it("lets the caller reuse the plaintext once seal has resolved", async () => {
    const { sealer } = await openTestKeys(cipher);
    const plaintext = new Uint8Array(100).fill(1);
    const sealed = await sealer.seal(3, plaintext);
    plaintext.fill(2);
    expect(await open(sealer, 3, sealed)).toEqual(new Uint8Array(100).fill(1));
  });

  it("gives a tag that does not keep the ciphertext's buffer alive", async () => {
    const { sealer } = await openTestKeys(cipher);
    const { tag } = await sealer.seal(3, random(4096));
    expect(tag.buffer.byteLength).toBe(16);
  });

  it("rejects with INTEGRITY for every flipped bit of nonce, tag and ciphertext", async () => {
    const { sealer } = await openTestKeys(cipher);
    const sealed = await sealer.seal(3, random(33));
    for (const part of ["nonce", "tag", "ciphertext"] as const)
      for (let bit = 0; bit < sealed[part].length * 8; bit++) {
        const damaged = { ...sealed, [part]: flipped(sealed[part], bit >> 3, bit & 7) };
        expect(await codeOf(open(sealer, 3, damaged)), `${part} bit ${String(bit)}`).toBe(
          "INTEGRITY",
        );
      }
  });

  it("rejects with INTEGRITY for another kind, also where both kinds share a key", async () => {
    const { sealer } = await openTestKeys(cipher);
    for (const kind of KINDS) {
      const sealed = await sealer.seal(kind, random(33));
      for (const other of KINDS)
        expect(await codeOf(open(sealer, other, sealed))).toBe(
          other === kind ? "resolved" : "INTEGRITY",
        );
    }
  });

  it("rejects with INTEGRITY for another key generation", async () => {
    const { sealer } = await openTestKeys(cipher);
    const next = await openTestKeys(cipher, { ...IDENTITY, keyGeneration: 2 });
    const sealed = await sealer.seal(3, random(33));
    expect(await codeOf(open(sealer, 3, sealed, 2))).toBe("INTEGRITY");
    expect(await codeOf(open(next.sealer, 3, sealed, 2))).toBe("INTEGRITY");
    expect(await codeOf(open(next.sealer, 3, sealed, 1))).toBe("INTEGRITY");
  });

  it("rejects with INTEGRITY in every container whose id differs by one bit", async () => {
    const sealed = await (await openTestKeys(cipher)).sealer.seal(3, random(33));
    for (let bit = 0; bit < 128; bit++) {
      const containerId = flipped(IDENTITY.containerId, bit >> 3, bit & 7);
      const { sealer } = await openTestKeys(cipher, { ...IDENTITY, containerId });
      expect(await codeOf(open(sealer, 3, sealed))).toBe("INTEGRITY");
    }
  });

  it("rejects with INTEGRITY for a tag or nonce of another length, cut and lengthened", async () => {
    const { sealer } = await openTestKeys(cipher);
    const sealed = await sealer.seal(3, random(33));
    const byte = sealed.ciphertext.subarray(32);
    for (const damaged of [
      { ...sealed, tag: sealed.tag.subarray(0, 15) },
      { ...sealed, tag: new Uint8Array(0) },
      { ...sealed, nonce: sealed.nonce.subarray(0, 23) },
      { ...sealed, nonce: sealed.nonce.subarray(0, 12) },
      { ...sealed, ciphertext: sealed.ciphertext.slice(0, 32) },
      // The border between ciphertext and tag moved by one byte: joined, the bytes are the same.
      {
        ...sealed,
        ciphertext: sealed.ciphertext.slice(0, 32),
        tag: new Uint8Array([...byte, ...sealed.tag]),
      },
    ])
      expect(await codeOf(open(sealer, 3, damaged))).toBe("INTEGRITY");
  });

  it("says nothing but INTEGRITY when an open fails", async () => {
    const { sealer } = await openTestKeys(cipher);
    const sealed = await sealer.seal(3, random(33));
    const failure: unknown = await open(sealer, 2, sealed).catch((error: unknown) => error);
    expect(Object.entries(failure as object)).toEqual([
      ["name", "RepoError"],
      ["code", "INTEGRITY"],
    ]);
    expect(failure).toHaveProperty("message", "INTEGRITY: stored data failed authentication");
    expect(failure).not.toHaveProperty("cause");
  });

  it("opens a cell in its own place only", async () => {
    const { sealer } = await openTestKeys(cipher);
    const payload = random(CELL_PAYLOAD_BYTES);
    const cell = await sealer.sealCell(1, payload);
    expect(cell).toHaveLength(CELL_BYTES);
    expect(await sealer.openCell(1, cell)).toEqual(payload);
    for (const index of [0, 2, 3]) expect(await sealer.openCell(index, cell)).toBe(undefined);
  });

  it("opens no cell with a flipped bit, of a wrong size, blank, or of another container", async () => {
    const { sealer } = await openTestKeys(cipher);
    const cell = await sealer.sealCell(1, random(CELL_PAYLOAD_BYTES));
    for (const at of [0, 11, 12, 23, 24, 8000, CELL_BYTES - 17, CELL_BYTES - 16, CELL_BYTES - 1])
      expect(await sealer.openCell(1, flipped(cell, at))).toBe(undefined);
    for (const bad of [cell.subarray(1), new Uint8Array(CELL_BYTES), new Uint8Array(0)])
      expect(await sealer.openCell(1, bad)).toBe(undefined);
    const other = await openTestKeys(cipher, { ...IDENTITY, containerId: random(16) });
    expect(await other.sealer.openCell(1, cell)).toBe(undefined);
  });

  it("does not take a node or data for a cell", async () => {
    const { sealer } = await openTestKeys(cipher);
    const sealed = await sealer.seal(1, random(CELL_PAYLOAD_BYTES));
    const cell = Buffer.concat([sealed.nonce, sealed.ciphertext, sealed.tag]);
    for (const index of [0, 1, 2, 3])
      expect(await sealer.openCell(index, new Uint8Array(cell))).toBe(undefined);
  });

  it("refuses a cell's payload of a wrong size as a bug", async () => {
    const { sealer } = await openTestKeys(cipher);
    await expect(sealer.sealCell(0, new Uint8Array(100))).rejects.toThrow(/^BUG:/);
  });

  it("rejects everything with REPO_LOCKED once closed", async () => {
    const { sealer, subkeys } = await openTestKeys(cipher);
    const sealed = await sealer.seal(3, random(33));
    const cell = await sealer.sealCell(0, random(CELL_PAYLOAD_BYTES));
    sealer.close();
    sealer.close();
    expect(await codeOf(sealer.seal(3, random(33)))).toBe("REPO_LOCKED");
    expect(await codeOf(open(sealer, 3, sealed))).toBe("REPO_LOCKED");
    expect(await codeOf(open(sealer, 3, sealed, 2))).toBe("REPO_LOCKED");
    expect(await codeOf(sealer.sealCell(0, random(CELL_PAYLOAD_BYTES)))).toBe("REPO_LOCKED");
    expect(await codeOf(sealer.openCell(0, cell))).toBe("REPO_LOCKED");
    expect(await codeOf(sealer.renewEpoch())).toBe("REPO_LOCKED");
    expect(await codeOf(subkeys.mac("header", cell))).toBe("REPO_LOCKED");
  });
});
