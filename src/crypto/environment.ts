/**
 * CryptoEnvironment: the doors of this folder to the platform, as one value, so that tests can put an
 * instrumented AEAD or a seeded random source behind them.
 */

export interface CryptoEnvironment {
  readonly subtle: SubtleCrypto;
  /** Unpredictable bytes of any count. */
  readonly random: (bytes: number) => Uint8Array;
}

/** The most that getRandomValues gives in one call. */
const RANDOM_CALL_BYTES = 65_536;

/** Bytes from the platform's generator. */
export function platformRandom(bytes: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += RANDOM_CALL_BYTES)
    globalThis.crypto.getRandomValues(out.subarray(at, at + RANDOM_CALL_BYTES));
  return out;
}

/** What runs outside of tests. */
export function platformCrypto(): CryptoEnvironment {
  return { subtle: globalThis.crypto.subtle, random: platformRandom };
}
