import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { deriveGearTable } from "../../../src/crypto/gear-table.js";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import { Subkeys } from "../../../src/crypto/subkeys.js";
import { readVectors, subtle, unhex } from "./support.js";

const { gears } = readVectors("fastcdc") as {
  gears: { key: string; first: number[]; last: number }[];
};

function subkeysOf(keyGeneration: number): Promise<Subkeys> {
  const identity = { containerId: new Uint8Array(16), keyGeneration };
  return Subkeys.fromMaster(new KeyBytes(new Uint8Array(32)), identity, ["deriveKey"], subtle);
}

describe("deriveGearTable", () => {
  it.each(gears)("is the vector's table for the key $key", async ({ key, first, last }) => {
    const purposes = new Set<string>();
    const gear = await deriveGearTable({
      mac: async (purpose, message) => {
        purposes.add(purpose);
        return new Uint8Array(createHmac("sha256", unhex(key)).update(message).digest());
      },
    });
    expect([...purposes]).toEqual(["gear-table"]);
    expect(gear).toHaveLength(256);
    expect([...gear.slice(0, 4)]).toEqual(first);
    expect(gear[255]).toBe(last);
  });

  it("is the same at each opening, another for another key generation, and without repetitions", async () => {
    const gear = await deriveGearTable(await subkeysOf(1));
    expect(await deriveGearTable(await subkeysOf(1))).toEqual(gear);
    expect(await deriveGearTable(await subkeysOf(2))).not.toEqual(gear);
    expect(new Set(gear).size).toBe(256);
  });
});
