import { describe, expect, it } from "vitest";
import { decodeRecoveryKey, encodeRecoveryKey } from "../../../src/crypto/recovery-key.js";
import { codeOf, seededRandom, subtle } from "./support.js";

const random = seededRandom("recovery key");

describe("a recovery key", () => {
  it("is 56 characters in groups of seven and comes back", async () => {
    for (let i = 0; i < 50; i++) {
      const key = random(32);
      const text = await encodeRecoveryKey(key, subtle);
      expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{7}-){7}[0-9A-HJKMNP-TV-Z]{7}$/);
      expect((await decodeRecoveryKey(text, subtle)).bytes).toEqual(key);
    }
  });

  it("may be typed in lower case, without hyphens, with O for 0 and I or L for 1", async () => {
    const key = new Uint8Array(32);
    const text = await encodeRecoveryKey(key, subtle);
    for (const typed of [
      text.toLowerCase(),
      text.replaceAll("-", ""),
      ` ${text.replaceAll("-", " ")}\n`,
      text.replaceAll("0", "O"),
      text.replaceAll("1", "l"),
    ])
      expect((await decodeRecoveryKey(typed, subtle)).bytes).toEqual(key);
  });

  it("is refused with UNLOCK_FAILED after any slip of one character", async () => {
    const text = (await encodeRecoveryKey(random(32), subtle)).replaceAll("-", "");
    for (let i = 0; i < text.length; i++) {
      const slip = text.charAt(i) === "7" ? "8" : "7";
      const typed = text.slice(0, i) + slip + text.slice(i + 1);
      expect(await codeOf(decodeRecoveryKey(typed, subtle))).toBe("UNLOCK_FAILED");
    }
    for (const typed of ["", "U".repeat(56), text + "0", text.slice(1), `${text.slice(1)}€`])
      expect(await codeOf(decodeRecoveryKey(typed, subtle))).toBe("UNLOCK_FAILED");
  });
});
