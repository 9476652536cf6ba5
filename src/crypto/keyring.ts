/**
 * Keyring: the master keys of older key generations, each wrapped under the present one
 * (docs/format-header.md §2.5). An entry's place says which generation it is for; one that is not in use is random
 * and opens no more than a damaged one, so that only who has the key sees how many are needed. Only keyrings of
 * headers that are authenticated come here.
 */
import { assert } from "../assert.js";
import { associatedData, KEYRING_KIND } from "./associated-data.js";
import { concatBytes } from "../codec/unshared.js";
import type { CryptoEnvironment } from "./environment.js";
import { KEY_BYTES, wiping, type KeyBytes } from "./key-bytes.js";
import { TAG_BYTES } from "./sealer.js";
import type { KeyIdentity, Subkeys } from "./subkeys.js";
import type { Suite } from "./suites.js";

/** How many generations before the present one fit. */
export const KEYRING_ENTRIES = 62;
const ENTRY_BYTES = KEY_BYTES + TAG_BYTES;
export const KEYRING_BYTES = KEYRING_ENTRIES * ENTRY_BYTES;

/** A keyring with nothing in it. */
export function emptyKeyring({ random }: CryptoEnvironment): Uint8Array {
  return random(KEYRING_BYTES);
}

/** Puts the master key of an older generation into `keyring`, wrapped under the master of `subkeys`. */
export async function addToKeyring(
  keyring: Uint8Array,
  generation: number,
  master: KeyBytes,
  subkeys: Subkeys,
  suite: Suite,
): Promise<void> {
  const at = entryOffset(subkeys.identity, generation);
  assert(at !== undefined, "a generation has a place in the keyring");
  const aad = entryAad(subkeys.identity, generation);
  const { ciphertext, tag } = await suite.wrap(subkeys.keyringKek(generation), aad, master);
  keyring.set(concatBytes(ciphertext, tag), at);
}

/** Calls `use` with each older master key, newest first, and wipes it afterwards. */
export async function openKeyring(
  keyring: Uint8Array,
  subkeys: Subkeys,
  suite: Suite,
  use: (generation: number, master: KeyBytes) => Promise<void>,
): Promise<void> {
  const { identity } = subkeys;
  for (let generation = identity.keyGeneration - 1; generation >= 1; generation--) {
    const at = entryOffset(identity, generation);
    if (at === undefined) return;
    const entry = keyring.subarray(at, at + ENTRY_BYTES);
    const wrapped = { ciphertext: entry.slice(0, KEY_BYTES), tag: entry.slice(KEY_BYTES) };
    const aad = entryAad(identity, generation);
    const master = await suite.unwrap(subkeys.keyringKek(generation), aad, wrapped);
    if (master !== undefined) await wiping(master, (older) => use(generation, older));
  }
}

/** `keyring` without these generations. */
export function withoutGenerations(
  keyring: Uint8Array,
  identity: KeyIdentity,
  generations: readonly number[],
  { random }: CryptoEnvironment,
): Uint8Array {
  const left = keyring.slice();
  for (const generation of generations) {
    const at = entryOffset(identity, generation);
    if (at !== undefined) left.set(random(ENTRY_BYTES), at);
  }
  return left;
}

/** Undefined for a generation that is too old to have a place. */
function entryOffset({ keyGeneration }: KeyIdentity, generation: number): number | undefined {
  const place = keyGeneration - 1 - generation;
  return place >= 0 && place < KEYRING_ENTRIES ? place * ENTRY_BYTES : undefined;
}

function entryAad({ containerId }: KeyIdentity, generation: number): Uint8Array {
  return associatedData(containerId, KEYRING_KIND, generation);
}
