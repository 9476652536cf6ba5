/**
 * Rotating the master key (docs/format-header.md §2.5): the next header has a new one, wrapped for the credentials
 * that are kept, and keeps the older ones in its keyring. No stored data is touched.
 */
import { assert } from "../assert.js";
import { unshared } from "../codec/unshared.js";
import type { Credential } from "./credential.js";
import { withoutIdleKdf, type HeaderUpdate, type UnlockContext } from "./edit-header.js";
import { platformCrypto, type CryptoEnvironment } from "./environment.js";
import { RepoError } from "../errors.js";
import { sealHeader, verifyHeader, type Header, type HeaderCandidate } from "./header.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { KEY_SLOT_TYPE, sealKeySlot, unusedKeySlot, type KeySlot } from "./key-slots.js";
import { addToKeyring, emptyKeyring, KEYRING_ENTRIES, openKeyring } from "./keyring.js";
import { withoutGenerations } from "./keyring.js";
import { kdfOf, Materials, openMaster } from "./open-master.js";
import type { Subkeys } from "./subkeys.js";
import { openSuite, type OpenKeys, type Suite } from "./suites.js";

export interface Rotation extends HeaderUpdate {
  /** Of the new key generation; whoever does not store the header closes them. */
  readonly keys: OpenKeys;
  /** The key slots whose credentials were not kept. */
  readonly dropped: readonly KeySlot[];
}

/**
 * A header under a new master key, which every one of `keep` opens and nothing else.
 * @throws UNLOCK_FAILED if `current` or one of `keep` opens no key slot; EINVAL if none is to be kept; EBUSY while
 * the keyring has no room; what editKeySlots throws
 */
export async function rotateMaster(
  candidate: HeaderCandidate,
  current: Credential,
  keep: readonly Credential[],
  { derive, environment = platformCrypto() }: UnlockContext,
): Promise<Rotation> {
  if (keep.length === 0)
    throw new RepoError("EINVAL", { message: "at least one credential has to be kept" });
  const suite = await openSuite(candidate.header.cipher, environment);
  const known = new Materials(current, derive, environment);
  const opened = await openMaster(candidate, known, suite, environment);
  if (opened === undefined) throw new RepoError("UNLOCK_FAILED");
  return wiping(opened.master, async (oldMaster) => {
    const old = await suite.openKeys(oldMaster, candidate.header);
    try {
      if (!(await verifyHeader(candidate, old.subkeys))) throw new RepoError("INTEGRITY");
      const kept: KeptSlot[] = [];
      // One after the other: a derivation may take most of the memory there is.
      for (const credential of keep) {
        const materials = new Materials(credential, derive, environment);
        kept.push(await findSlot(candidate, materials, suite, environment));
      }
      const from = { header: candidate.header, master: oldMaster, subkeys: old.subkeys };
      return await exchangeMaster(from, kept, suite, environment);
    } finally {
      old.sealer.close();
    }
  });
}

/** The next header, with these older generations out of its keyring. Takes no credential: nothing is wrapped. */
export async function retireFromKeyring(
  header: Header,
  generations: readonly number[],
  subkeys: Subkeys,
  environment: CryptoEnvironment = platformCrypto(),
): Promise<HeaderUpdate> {
  assert(header.keyring !== undefined, "an older generation is in a keyring");
  const keyring = withoutGenerations(header.keyring, header, generations, environment);
  const next = { ...header, keyring, headerGeneration: header.headerGeneration + 1 };
  return { header: next, bytes: await sealHeader(next, subkeys, environment.subtle) };
}

interface KeptSlot {
  readonly slot: KeySlot;
  readonly ikm: CryptoKey;
}

/** The key slot that a credential opens, and the key material that does it. */
async function findSlot(
  candidate: HeaderCandidate,
  materials: Materials,
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<KeptSlot> {
  const opened = await openMaster(candidate, materials, suite, environment);
  opened?.master.wipe();
  const slot = candidate.header.keySlots.find(({ index }) => index === opened?.index);
  const ikm = slot && (await materials.get(kdfOf(candidate.header, slot)));
  if (slot === undefined || ikm === undefined)
    throw new RepoError("UNLOCK_FAILED", { message: "a credential to keep opens no key slot" });
  return { slot, ikm };
}

interface OldKeys {
  readonly header: Header;
  readonly master: KeyBytes;
  readonly subkeys: Subkeys;
}

async function exchangeMaster(
  old: OldKeys,
  kept: readonly KeptSlot[],
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<Rotation> {
  const { header } = old;
  const identity = {
    containerId: header.containerId,
    keyGeneration: header.keyGeneration + 1,
  };
  return wiping(new KeyBytes(unshared(environment.random(KEY_BYTES))), async (master) => {
    const keys = await suite.openKeys(master, identity);
    try {
      const wrapped = kept.map(({ slot: { index, type, kdf, prfSalt, credentialId }, ikm }) => {
        const passkey = type === KEY_SLOT_TYPE.passkey ? { prfSalt, credentialId } : undefined;
        const content = { index, type, kdf, ikm, passkey };
        return sealKeySlot(content, master, identity, suite, environment);
      });
      const slots = new Map((await Promise.all(wrapped)).map((slot) => [slot.index, slot]));
      const dropped = header.keySlots.filter(
        ({ index, type }) => type !== KEY_SLOT_TYPE.unused && !slots.has(index),
      );
      const next = withoutIdleKdf({
        ...header,
        keyGeneration: identity.keyGeneration,
        headerGeneration: header.headerGeneration + 1,
        keySlots: header.keySlots.map(
          ({ index }) => slots.get(index) ?? unusedKeySlot(index, environment),
        ),
        keyring: await passOn(old, keys.subkeys, suite, environment),
      });
      const bytes = await sealHeader(next, keys.subkeys, environment.subtle);
      return { header: next, bytes, keys, dropped };
    } catch (error) {
      keys.sealer.close();
      throw error;
    }
  });
}

/** The keyring of the next key generation: what was in the old one, and its master key. */
async function passOn(
  { header, master, subkeys }: OldKeys,
  next: Subkeys,
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<Uint8Array> {
  const keyring = emptyKeyring(environment);
  await addToKeyring(keyring, header.keyGeneration, master, next, suite);
  if (header.keyring === undefined) return keyring;
  await openKeyring(header.keyring, subkeys, suite, async (generation, older) => {
    if (header.keyGeneration - generation >= KEYRING_ENTRIES)
      throw new RepoError("EBUSY", {
        message: "too many master keys are still in use: older data has to be sealed anew first",
      });
    await addToKeyring(keyring, generation, older, next, suite);
  });
  return keyring;
}
