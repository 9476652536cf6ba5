/** What the tests of this folder share: vectors, hexadecimal and content to compress. */
import { readFileSync } from "node:fs";
import type { Prng } from "../../simulated-disk/prng.js";

/** The vectors in test/vectors/`name`.json. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Pieces of noise, runs of one byte and repetitions of what came before, near and far. */
export function mixedContent(random: Prng, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  for (let at = 0; at < bytes;) {
    const length = Math.min(bytes - at, 1 + random.below(random.chance(0.1) ? 5000 : 40));
    const kind = random.below(4);
    if (kind === 0) content.set(random.bytes(length), at);
    else if (kind === 1) content.fill(random.below(256), at, at + length);
    else
      for (let from = at - 1 - random.below(Math.min(at, 100_000)), i = 0; i < length; i++)
        content[at + i] = content[Math.max(0, from + i)] ?? 0;
    at += length;
  }
  return content;
}
