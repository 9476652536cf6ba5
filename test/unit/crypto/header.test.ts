import { describe, expect, it } from "vitest";
import { HEADER_AREA_BYTES } from "../../../src/backends/block-store.js";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS, parseHeader } from "../../../src/crypto/header.js";
import { CELL_BYTES } from "../../../src/crypto/sealer.js";
import { createHeader, unlock } from "../../../src/crypto/unlock.js";
import { cellOffset } from "../../../src/engine/ring.js";
import { resealByHand, rehashByHand } from "./by-hand.js";
import {
  CIPHERS,
  codeOf,
  flipped,
  headerArea,
  neverDerive,
  parse,
  readVectors,
} from "./support.js";
import { subtle, unhex } from "./support.js";

const RAW_KEY = { rawKey: new Uint8Array(32).fill(7) };
const context = { derive: neverDerive };

async function newHeader(headerGeneration = 1): Promise<Uint8Array> {
  const { bytes, sealer } = await createHeader({
    cipher: "aes-256-gcm",
    slotBytes: 16384,
    credential: RAW_KEY,
    derive: neverDerive,
  });
  sealer.close();
  if (headerGeneration === 1) return bytes;
  const later = Buffer.from(bytes);
  later.writeBigUInt64LE(BigInt(headerGeneration), 32);
  return new Uint8Array(rehashByHand(later));
}

const refusals = (
  readVectors("refusals") as {
    headers: { name: string; at: number; bytes: string; rehash: boolean; code: string }[];
  }
).headers;
const vectorBytes = unhex((readVectors("header") as { bytes: string }).bytes);

function refused({ at, bytes, rehash }: (typeof refusals)[number]): Uint8Array {
  const header = Buffer.from(vectorBytes);
  header.set(unhex(bytes), at);
  return new Uint8Array(rehash ? rehashByHand(header) : header);
}

describe("the header area", () => {
  it("holds both copies and all cells without overlap, up to its end", () => {
    const parts = [
      ...HEADER_COPY_OFFSETS.map((at) => ({ at, end: at + HEADER_COPY_BYTES })),
      ...[0, 1, 2, 3].map(cellOffset).map((at) => ({ at, end: at + CELL_BYTES })),
    ];
    parts.forEach(({ at }, i) => {
      expect(at).toBeGreaterThanOrEqual(parts[i - 1]?.end ?? 0);
    });
    expect(parts.at(-1)?.end).toBe(HEADER_AREA_BYTES);
  });
});

describe("parseHeader", () => {
  it("says REPO_NOT_FOUND where both copies are blank", async () => {
    expect(await codeOf(parse())).toBe("REPO_NOT_FOUND");
    expect(await codeOf(parseHeader(new Uint8Array(0), subtle))).toBe("REPO_NOT_FOUND");
  });

  it("says FORMAT_UNSUPPORTED for a file that is none of ours", async () => {
    expect(await codeOf(parse(new Uint8Array(8192).fill(0x20)))).toBe("FORMAT_UNSUPPORTED");
  });

  it("folds two equal copies into one candidate", async () => {
    const bytes = await newHeader();
    const candidates = await parse(bytes, bytes);
    expect(candidates.map(({ copies }) => copies)).toEqual([[0, 1]]);
  });

  it.each([
    [2, 3, [3, 2]],
    [3, 2, [3, 2]],
  ])("puts the newer first: copies of generation %d and %d", async (a, b, order) => {
    const candidates = await parse(await newHeader(a), await newHeader(b));
    expect(candidates.map(({ header }) => header.headerGeneration)).toEqual(order);
  });

  it.each([0, 1])("is content with copy %d alone and says which it is", async (copy) => {
    const bytes = await newHeader();
    for (const other of [undefined, flipped(bytes, 5000), new Uint8Array(8192).fill(1)]) {
      const candidates = await (copy === 0 ? parse(bytes, other) : parse(other, bytes));
      expect(candidates.map(({ copies }) => copies)).toEqual([[copy]]);
    }
  });

  it("takes the other copy whichever byte of one is damaged, and never opens if both are (attack 2)", async () => {
    const bytes = await newHeader();
    for (let at = 0; at < HEADER_COPY_BYTES; at++) {
      const damaged = flipped(bytes, at, at % 8);
      const [candidate, ...others] = await parse(damaged, bytes);
      expect(candidate?.copies, `byte ${String(at)}`).toEqual([1]);
      expect(others).toEqual([]);
      const code = await codeOf(parse(damaged, damaged));
      expect(code, `byte ${String(at)}`).toBe(at < 10 ? "FORMAT_UNSUPPORTED" : "INTEGRITY");
    }
  });

  it("takes a copy that is cut off or torn at any sector for none", async () => {
    const bytes = await newHeader();
    for (let at = 512; at < HEADER_COPY_BYTES; at += 512) {
      const torn = bytes.slice().fill(0, at);
      expect(await codeOf(parse(torn, torn))).toBe("INTEGRITY");
      expect(await codeOf(parseHeader(bytes.subarray(0, at), subtle))).toBe("INTEGRITY");
      expect((await parse(torn, bytes)).map(({ copies }) => copies)).toEqual([[1]]);
    }
  });

  it.each(refusals)("refuses $name with $code", async (refusal) => {
    const bytes = refused(refusal);
    expect(await codeOf(parse(bytes, bytes))).toBe(refusal.code);
    expect(await codeOf(parse(bytes))).toBe(refusal.code);
    expect(await codeOf(parse(undefined, bytes))).toBe(refusal.code);
    const [candidate] = await parse(bytes, vectorBytes);
    expect(candidate?.copies).toEqual([1]);
  });

  it("refuses hostile costs in under 5 ms and runs no derivation (attack 13)", async () => {
    const areas = refusals
      .filter(({ code }) => code.startsWith("KDF_"))
      .map((refusal) => headerArea(refused(refusal), refused(refusal)));
    expect(areas.length).toBeGreaterThan(6);
    let derivations = 0;
    const derive = () => {
      derivations++;
      return Promise.resolve(new Uint8Array(32));
    };
    const open = async (area: Uint8Array) =>
      unlock(await parseHeader(area, subtle), { password: "x" }, { derive });
    for (const area of areas) {
      const times = [];
      for (let i = 0; i < 5; i++) {
        const before = performance.now();
        expect(await codeOf(open(area))).toMatch(/^KDF_/);
        times.push(performance.now() - before);
      }
      // The best of five, so that a busy machine does not count.
      expect(Math.min(...times)).toBeLessThan(5);
    }
    expect(derivations).toBe(0);
  });
});

describe.each(CIPHERS)("a new header of %s", (cipher) => {
  it("opens with its credential and says what it was made with", async () => {
    const made = await createHeader({
      cipher,
      slotBytes: 65536,
      credential: RAW_KEY,
      derive: neverDerive,
    });
    const sealed = await made.sealer.seal(3, unhex("c0ffee"));
    const opened = await unlock(await parse(made.bytes, made.bytes), RAW_KEY, context);
    expect(opened.header).toEqual(made.header);
    expect(opened.header).toMatchObject({ cipher, slotBytes: 65536, headerGeneration: 1 });
    expect(opened).toMatchObject({ keySlot: 0, copies: [0, 1], bytes: made.bytes });
    const { nonce, tag, ciphertext } = sealed;
    expect(await opened.sealer.open(3, 1, nonce, tag, ciphertext)).toEqual(unhex("c0ffee"));
  });

  it("is like no other: no id, salt, slot or filling repeats", async () => {
    const make = () =>
      createHeader({ cipher, slotBytes: 4096, credential: RAW_KEY, derive: neverDerive });
    const [one, other] = [await make(), await make()];
    let same = 0;
    for (let at = 1024; at < 5120; at++) if (one.bytes[at] === other.bytes[at]) same++;
    // 4096 bytes of which 11 are fixed and one in 256 agrees by chance.
    expect(same).toBeLessThan(100);
    expect(one.header.containerId).not.toEqual(other.header.containerId);
  });

  it("tells an unused slot from a used one by its type alone", async () => {
    const { bytes } = await createHeader({
      cipher,
      slotBytes: 4096,
      credential: RAW_KEY,
      derive: neverDerive,
    });
    for (let i = 1; i < 8; i++) {
      const slot = bytes.subarray(1024 + i * 512, 1536 + i * 512);
      expect(slot[0]).toBe(0);
      expect(new Set(slot).size).toBeGreaterThan(150);
    }
  });
});

describe("a forged header", () => {
  const vector = readVectors("key-slots") as { master: string; containerId: string };
  const rawKey = { rawKey: unhex(readRawKey()) };

  function readRawKey(): string {
    const { credentials } = readVectors("header") as { credentials: { rawKey?: string }[] };
    return credentials.find((credential) => credential.rawKey !== undefined)?.rawKey ?? "";
  }

  /** Slot size, header generation, the unused filling of slots, the other credentials' slots, an unused slot. */
  const FIELDS = [11, 32, 36, 1024 + 20, 1024 + 512 + 500, 1024 + 1024 + 400, 1024 + 5 * 512 + 9];

  it.each(FIELDS)("with another byte %d and a good hash is not believed", async (at) => {
    const bytes = Buffer.from(vectorBytes);
    bytes.writeUInt8(at === 11 ? 14 : (bytes[at] ?? 0) ^ 1, at);
    const forged = new Uint8Array(rehashByHand(bytes));
    const code = await codeOf(unlock(await parse(forged, forged), rawKey, context));
    expect(code).toBe("INTEGRITY");
  });

  it("does not keep the genuine copy from being used", async () => {
    const bytes = Buffer.from(vectorBytes);
    bytes.writeUInt8(200, 32);
    const forged = new Uint8Array(rehashByHand(bytes));
    const opened = await unlock(await parse(forged, vectorBytes), rawKey, context);
    expect(opened).toMatchObject({ copies: [1], header: { headerGeneration: 3 } });
  });

  it("is one that only the holder of the master key can make good", async () => {
    const bytes = Buffer.from(vectorBytes);
    bytes.writeUInt8(200, 32);
    const genuine = resealByHand(bytes, {
      master: Buffer.from(vector.master, "hex"),
      containerId: Buffer.from(vector.containerId, "hex"),
    });
    const opened = await unlock(await parse(new Uint8Array(genuine)), rawKey, context);
    expect(opened.header.headerGeneration).toBe(200);
  });
});
