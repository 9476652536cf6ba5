/**
 * HChaCha20 (draft-irtf-cfrg-xchacha-03 §2.2): turns a key and 16 bytes of nonce into a subkey, which
 * makes XChaCha20 out of a native ChaCha20. Written out here because libsodium's standard build does
 * not export it. Additions, rotations and xors only: no branch or index depends on a secret.
 */
import { KEY_BYTES, KeyBytes } from "./key-bytes.js";

export const HCHACHA_NONCE_BYTES = 16;

/** "expand 32-byte k". */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const DOUBLE_ROUNDS = 10;
const COLUMNS_AND_DIAGONALS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** The subkey for `key` and the first 16 bytes of `nonce`. */
export function hchacha20(key: Uint8Array, nonce: Uint8Array): KeyBytes {
  const state = new Uint32Array(16);
  state.set(CONSTANTS);
  state.set(words(key, KEY_BYTES), 4);
  state.set(words(nonce, HCHACHA_NONCE_BYTES), 12);
  for (let round = 0; round < DOUBLE_ROUNDS; round++)
    for (const [a, b, c, d] of COLUMNS_AND_DIAGONALS) quarterRound(state, a, b, c, d);
  const subkey = new Uint8Array(KEY_BYTES);
  const view = new DataView(subkey.buffer);
  for (let i = 0; i < 4; i++) {
    view.setUint32(i * 4, state[i] ?? 0, true);
    view.setUint32(16 + i * 4, state[12 + i] ?? 0, true);
  }
  state.fill(0);
  return new KeyBytes(subkey);
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(state, a, b, d, 16);
  mix(state, c, d, b, 12);
  mix(state, a, b, d, 8);
  mix(state, c, d, b, 7);
}

/** x += y; z = (z ^ x) <<< bits. */
function mix(state: Uint32Array, x: number, y: number, z: number, bits: number): void {
  const sum = (state[x] ?? 0) + (state[y] ?? 0);
  state[x] = sum;
  const mixed = (state[z] ?? 0) ^ sum;
  state[z] = (mixed << bits) | (mixed >>> (32 - bits));
}

function words(bytes: Uint8Array, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, count);
  return Array.from({ length: count / 4 }, (_, i) => view.getUint32(i * 4, true));
}
