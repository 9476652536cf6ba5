import { describe, expect, it } from "vitest";
import { unlock } from "../../../src/crypto/unlock.js";
import { rehashByHand, resealByHand } from "./by-hand.js";
import { codeOf, parse, readVectors, seededRandom, unhex } from "./support.js";

const RUNS = process.env["SLOW"] === "1" ? 1_000_000 : 20_000;
const REFUSALS = ["FORMAT_UNSUPPORTED", "INTEGRITY", "KDF_LIMIT", "KDF_TOO_WEAK", "REPO_NOT_FOUND"];

const header = Buffer.from(unhex((readVectors("header") as { bytes: string }).bytes));
const keys = readVectors("key-slots") as {
  master: string;
  containerId: string;
  slots: { ikm: string }[];
};
const owner = {
  master: Buffer.from(keys.master, "hex"),
  containerId: Buffer.from(keys.containerId, "hex"),
};
const rawKey = { rawKey: unhex(keys.slots[1]?.ikm ?? "") };

/** Where fields and their borders are; elsewhere a byte is like its neighbour. */
const FIELDS = [
  0, 7, 8, 9, 10, 11, 12, 16, 32, 35, 39, 40, 56, 60, 64, 80, 84, 87, 88, 1023, 5120, 8127,
];

/** `header` with one to eight bytes changed, more often in fields than between them. */
function mutated(seed: number): Buffer {
  const random = Buffer.from(seededRandom(`hostile/${String(seed)}`)(64));
  const bytes = Buffer.from(header);
  for (let i = 0; i <= (random[0] ?? 0) % 8; i++) {
    const where = random.readUInt16LE(8 + i * 4);
    const slotField = 1024 + (where % 8) * 512 + ((random[40 + i] ?? 0) % 5);
    const at = [FIELDS[where % FIELDS.length] ?? 0, slotField, where % 8128][where % 3] ?? 0;
    bytes.writeUInt8([0, 1, 255, random[i + 50] ?? 0][(where >> 4) % 4] ?? 0, at);
  }
  return bytes;
}

describe("hostile headers (attack 17)", () => {
  it(`${String(RUNS)} mutations with a good hash: a typed error, or a header that still has to prove itself`, async () => {
    const seen = new Map<string, number>();
    const derive = () => Promise.resolve(new Uint8Array(32));
    for (let seed = 0; seed < RUNS; seed++) {
      const bytes = mutated(seed);
      // Every other one by an author who knows the master key, so that what follows is fuzzed too.
      const hostile = new Uint8Array(
        seed % 2 === 0 ? rehashByHand(bytes) : resealByHand(bytes, owner),
      );
      const parsing = parse(hostile);
      let code = await codeOf(parsing);
      if (code === "resolved") {
        const credential = seed % 4 < 2 ? rawKey : { password: "x" };
        code = `unlock: ${await codeOf(unlock(await parsing, credential, { derive }))}`;
      } else expect(REFUSALS).toContain(code);
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    // All of these must have come up, or the mutations miss what they are for.
    expect([...seen.keys()].sort()).toEqual([
      "FORMAT_UNSUPPORTED",
      "INTEGRITY",
      "KDF_LIMIT",
      "KDF_TOO_WEAK",
      "unlock: INTEGRITY",
      "unlock: UNLOCK_FAILED",
      "unlock: resolved",
    ]);
  });

  it("arbitrary bytes of any length: a typed error", async () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(`bytes/${String(seed)}`);
      const bytes = random((seed * 67) % 8193);
      if (seed % 3 === 0 && bytes.length > 10) header.copy(bytes, 0, 0, 10);
      if (seed % 5 === 0 && bytes.length === 8192) rehashByHand(Buffer.from(bytes.buffer));
      expect(REFUSALS).toContain(await codeOf(parse(bytes)));
    }
  });
});
