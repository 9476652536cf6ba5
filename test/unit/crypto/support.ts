/** What the tests of this folder share. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { RepoError } from "../../../src/errors.js";
import { platformRandom, type CryptoEnvironment } from "../../../src/crypto/environment.js";
import { HEADER_COPY_OFFSETS, parseHeader } from "../../../src/crypto/header.js";
import type { HeaderCandidate } from "../../../src/crypto/header.js";
import { KeyBytes } from "../../../src/crypto/key-bytes.js";
import { openSuite, type Cipher, type OpenKeys } from "../../../src/crypto/suites.js";

export const HEADER_AREA_BYTES = 192 * 1024;
export const CIPHERS = ["aes-256-gcm", "xchacha20-poly1305"] as const;

export const { subtle } = globalThis.crypto;
export const environment: CryptoEnvironment = { subtle, random: platformRandom };

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const unhex = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text, "hex"));

/** The vectors in test/vectors/`name`.json. */
export function readVectors(name: string): unknown {
  const url = new URL(`../../vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** A key derivation for tests in which none may run. */
export function neverDerive(): Promise<Uint8Array> {
  return Promise.reject(new Error("no key derivation was expected"));
}

/** Bytes that look random and depend on `seed` alone. */
export function seededRandom(seed: string): (bytes: number) => Uint8Array<ArrayBuffer> {
  let calls = 0;
  return (bytes) => {
    const out = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 32) {
      const block = createHash("sha256")
        .update(`${seed}/${String(calls++)}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, bytes - at)), at);
    }
    return out;
  };
}

/** A header area with these copies. */
export function headerArea(copyA?: Uint8Array, copyB?: Uint8Array): Uint8Array {
  const area = new Uint8Array(HEADER_AREA_BYTES);
  if (copyA) area.set(copyA, HEADER_COPY_OFFSETS[0]);
  if (copyB) area.set(copyB, HEADER_COPY_OFFSETS[1]);
  return area;
}

export function parse(copyA?: Uint8Array, copyB?: Uint8Array): Promise<readonly HeaderCandidate[]> {
  return parseHeader(headerArea(copyA, copyB), subtle);
}

export const MASTER = unhex("a0".repeat(32));
export const IDENTITY = { containerId: unhex("c1".repeat(16)), keyGeneration: 1 };

/** Keys of {@link MASTER} without a header around them. */
export async function openTestKeys(
  cipher: Cipher,
  identity = IDENTITY,
  through: CryptoEnvironment = environment,
): Promise<OpenKeys> {
  const suite = await openSuite(cipher, through);
  return suite.openKeys(new KeyBytes(new Uint8Array(MASTER)), identity);
}

/** The code with which `promise` rejects; anything but a RepoError is rethrown. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "resolved";
  } catch (error) {
    if (error instanceof RepoError) return error.code;
    throw error;
  }
}

/** A copy of `bytes` with one bit of byte `at` turned. */
export function flipped(bytes: Uint8Array, at: number, bit = 0): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}
