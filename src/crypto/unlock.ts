/**
 * Creating and unlocking a header: from a credential to a sealer. The master key is raw bytes
 * only between its key slot and importKey, within one function here, and zeroed on every way out.
 */
import { CONTAINER_ID_BYTES } from "./associated-data.js";
import { assert } from "../assert.js";
import { unshared } from "../codec/unshared.js";
import type { Credential } from "./credential.js";
import { editHeader, type UnlockContext } from "./edit-header.js";
import { platformCrypto } from "./environment.js";
import { RepoError } from "../errors.js";
import {
  FIRST_KEY_GENERATION,
  sealHeader,
  verifyHeader,
  type Header,
  type HeaderCandidate,
} from "./header.js";
import type { KdfChoice } from "./kdf.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { KDF_COUNT, KEY_SLOT_COUNT, unusedKeySlot } from "./key-slots.js";
import { openKeyring } from "./keyring.js";
import { KeyringSealer } from "./keyring-sealer.js";
import { Materials, openMaster } from "./open-master.js";
import type { Subkeys } from "./subkeys.js";
import { openSuite, type Cipher, type OpenKeys, type Suite } from "./suites.js";

export interface Unlocked {
  readonly header: Header;
  /** The header copy as stored, HEADER_COPY_BYTES long. */
  readonly bytes: Uint8Array;
  /** Copies that hold these bytes; the opener rewrites the others. */
  readonly copies: readonly number[];
  /** The key slot that opened. */
  readonly keySlot: number;
  readonly sealer: KeyringSealer;
  /** Of the newest key generation; closed with the sealer. */
  readonly subkeys: Subkeys;
}

export interface NewHeader extends UnlockContext {
  readonly cipher: Cipher;
  /** A power of two, 4–64 KiB. */
  readonly slotBytes: number;
  readonly credential: Credential;
  /** For a password. Default: interactive. */
  readonly kdf?: KdfChoice;
}

/** A header that nobody has stored yet, for a container that does not exist yet. */
export async function createHeader(options: NewHeader): Promise<Unlocked> {
  const { cipher, slotBytes, credential, kdf, derive } = options;
  assert([12, 13, 14, 15, 16].includes(Math.log2(slotBytes)), "a slot is a power of two, 4–64 KiB");
  const environment = options.environment ?? platformCrypto();
  const suite = await openSuite(cipher, environment);
  const blank: Header = {
    cipher,
    slotBytes,
    keyGeneration: FIRST_KEY_GENERATION,
    containerId: environment.random(CONTAINER_ID_BYTES),
    headerGeneration: 0,
    kdf: Array.from({ length: KDF_COUNT }, () => undefined),
    keySlots: Array.from({ length: KEY_SLOT_COUNT }, (_, i) => unusedKeySlot(i, environment)),
    keyring: undefined,
  };
  const edit = { add: [credential], ...(kdf === undefined ? {} : { kdf }) };
  return wiping(new KeyBytes(unshared(environment.random(KEY_BYTES))), async (master) => {
    const header = await editHeader(blank, edit, { master, suite, derive, environment });
    const keys = await suite.openKeys(master, header);
    const { subkeys } = keys;
    const bytes = await sealHeader(header, subkeys, environment.subtle);
    return { header, bytes, copies: [], keySlot: 0, sealer: new KeyringSealer(keys), subkeys };
  });
}

/**
 * Opens the newest genuine header, with at most two key derivations in all. A copy whose key slots fail is
 * passed over, since anyone can damage one and make its hash good again. But the master key then tells
 * whether that copy was genuine: a credential that a newer header has dropped opens no older copy.
 * @throws UNLOCK_FAILED if no key slot opens; INTEGRITY if one opens but no header is genuine; and what
 * {@link keyMaterial} throws
 */
export async function unlock(
  candidates: readonly HeaderCandidate[],
  credential: Credential,
  { derive, environment = platformCrypto() }: UnlockContext,
): Promise<Unlocked> {
  const materials = new Materials(credential, derive, environment);
  const closedToUs: HeaderCandidate[] = [];
  let forged = false;
  for (const candidate of candidates) {
    const suite = await openSuite(candidate.header.cipher, environment);
    const opened = await openMaster(candidate, materials, suite, environment);
    if (opened === undefined) {
      closedToUs.push(candidate);
      continue;
    }
    const keys = await wiping(opened.master, (master) => suite.openKeys(master, candidate.header));
    const droppedUs = await someGenuine(closedToUs, keys.subkeys);
    if (!droppedUs && (await verifyHeader(candidate, keys.subkeys))) {
      const sealer = await withKeyring(candidate.header, keys, suite);
      return { ...candidate, sealer, subkeys: keys.subkeys, keySlot: opened.index };
    }
    keys.sealer.close();
    if (droppedUs) throw new RepoError("UNLOCK_FAILED");
    forged = true;
  }
  throw new RepoError(forged ? "INTEGRITY" : "UNLOCK_FAILED");
}

/** `newest` and the older keys that an authenticated header has for it. */
async function withKeyring(
  { keyring, containerId }: Header,
  newest: OpenKeys,
  suite: Suite,
): Promise<KeyringSealer> {
  const sealer = new KeyringSealer(newest);
  if (keyring === undefined) return sealer;
  await openKeyring(keyring, newest.subkeys, suite, async (keyGeneration, master) => {
    sealer.add(await suite.openKeys(master, { containerId, keyGeneration }));
  });
  return sealer;
}

async function someGenuine(
  candidates: readonly HeaderCandidate[],
  subkeys: Subkeys,
): Promise<boolean> {
  const genuine = await Promise.all(
    candidates.map((candidate) => verifyHeader(candidate, subkeys)),
  );
  return genuine.includes(true);
}
