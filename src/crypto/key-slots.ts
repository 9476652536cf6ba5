/**
 * Key slots: the master key, wrapped once per credential (docs/FORMAT.md §2.4). GCM and Poly1305 let
 * one ciphertext open under two keys, so each slot also commits to its key; commitments are compared
 * first, all of them and in constant time, and only the slot that matches is opened.
 *
 * An unused slot is type 0 followed by random bytes: which types are used is public, but not whether
 * a slot was ever used. Bytes that a type does not need are random and authenticated like the rest.
 */
import { associatedData, KEY_SLOT_KIND } from "./associated-data.js";
import { ByteReader, ByteWriter } from "../codec/bytes.js";
import { constantTimeEqual } from "../codec/constant-time.js";
import { concatBytes, unshared } from "../codec/unshared.js";
import { RepoError } from "../errors.js";
import type { CryptoEnvironment } from "./environment.js";
import { KEY_BYTES, type KeyBytes } from "./key-bytes.js";
import { TAG_BYTES } from "./sealer.js";
import { hkdf, type KeyIdentity } from "./subkeys.js";
import type { Kek, Suite } from "./suites.js";

export const KEY_SLOT_COUNT = 8;
export const KEY_SLOT_BYTES = 512;
/** Sets of salt and cost in a header; the second is there while the cost is being raised. */
export const KDF_COUNT = 2;

export const KEY_SLOT_TYPE = {
  unused: 0,
  password: 1,
  rawKey: 2,
  recoveryKey: 3,
  passkey: 4,
} as const;
export type KeySlotType = (typeof KEY_SLOT_TYPE)[keyof typeof KEY_SLOT_TYPE];

export const PRF_SALT_BYTES = 32;
export const MAX_CREDENTIAL_ID_BYTES = 320;
const SLOT_SALT_BYTES = 32;
const COMMITMENT_BYTES = 32;
/** type u8 ‖ kdf u8 ‖ credentialIdBytes u16 ‖ prfSalt ‖ credentialId: what Eve may read, bound into both keys. */
const SLOT_HEADER_BYTES = 4 + PRF_SALT_BYTES + MAX_CREDENTIAL_ID_BYTES;

export interface KeySlot {
  readonly index: number;
  readonly type: KeySlotType;
  /** Which salt and cost of the header; 0 but for passwords. */
  readonly kdf: number;
  /** All {@link KEY_SLOT_BYTES} as stored. */
  readonly bytes: Uint8Array;
  /** Input of a passkey's PRF. */
  readonly prfSalt: Uint8Array;
  /** Of a passkey; otherwise means nothing. */
  readonly credentialId: Uint8Array;
  readonly slotSalt: Uint8Array;
  readonly wrapped: Uint8Array;
  readonly tag: Uint8Array;
  readonly commitment: Uint8Array;
}

/** Reads a slot without believing it. @throws FORMAT_UNSUPPORTED for a type this version does not know */
export function readKeySlot(bytes: Uint8Array, index: number): KeySlot {
  const from = new ByteReader(bytes.slice(0, KEY_SLOT_BYTES));
  const type = keySlotType(from.u8());
  const kdf = from.u8();
  const credentialIdBytes = from.u16();
  if (
    type !== KEY_SLOT_TYPE.unused &&
    (kdf >= KDF_COUNT || credentialIdBytes > MAX_CREDENTIAL_ID_BYTES)
  )
    throw new RepoError("FORMAT_UNSUPPORTED");
  const prfSalt = from.raw(PRF_SALT_BYTES);
  const credentialId = from.raw(Math.min(credentialIdBytes, MAX_CREDENTIAL_ID_BYTES));
  from.at = SLOT_HEADER_BYTES;
  return {
    index,
    type,
    kdf,
    bytes: from.bytes,
    prfSalt,
    credentialId,
    slotSalt: from.raw(SLOT_SALT_BYTES),
    wrapped: from.raw(KEY_BYTES),
    tag: from.raw(TAG_BYTES),
    commitment: from.raw(COMMITMENT_BYTES),
  };
}

function keySlotType(type: number): KeySlotType {
  const known = Object.values(KEY_SLOT_TYPE).find((value) => value === type);
  if (known === undefined) throw new RepoError("FORMAT_UNSUPPORTED");
  return known;
}

/** A slot that holds nothing. */
export function unusedKeySlot(index: number, { random }: CryptoEnvironment): KeySlot {
  const bytes = random(KEY_SLOT_BYTES);
  bytes.set([KEY_SLOT_TYPE.unused]);
  return readKeySlot(bytes, index);
}

/** What a new slot is made from. */
export interface KeySlotContent {
  readonly index: number;
  readonly type: KeySlotType;
  readonly kdf: number;
  readonly ikm: CryptoKey;
  /** Of a passkey. */
  readonly passkey?:
    { readonly credentialId: Uint8Array; readonly prfSalt: Uint8Array } | undefined;
}

/** Wraps `master` into a slot under a fresh salt. */
export async function sealKeySlot(
  { index, type, kdf, ikm, passkey }: KeySlotContent,
  master: KeyBytes,
  identity: KeyIdentity,
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<KeySlot> {
  const to = new ByteWriter(environment.random(KEY_SLOT_BYTES));
  to.u8(type);
  to.u8(kdf);
  to.u16(passkey?.credentialId.length ?? 0);
  if (passkey !== undefined) {
    to.raw(passkey.prfSalt);
    to.raw(passkey.credentialId);
  }
  to.at = SLOT_HEADER_BYTES;
  to.raw(environment.random(SLOT_SALT_BYTES));
  const blank = readKeySlot(to.bytes, index);
  const { ciphertext, tag } = await suite.wrap(kekOf(blank, ikm), slotAad(blank, identity), master);
  to.raw(ciphertext);
  to.raw(tag);
  to.raw(await commitmentOf(blank, ikm, environment));
  return readKeySlot(to.bytes, index);
}

export interface OpenedSlot {
  readonly index: number;
  readonly master: KeyBytes;
}

/**
 * The master key from whichever slot `ikmOf` fits, or undefined. Takes one HKDF per slot and one
 * unwrap for the slot that matched, whatever the slots hold. The first match of `type`, if one is given, counts.
 */
export async function openKeySlots(
  slots: readonly KeySlot[],
  ikmOf: (slot: KeySlot) => CryptoKey,
  identity: KeyIdentity,
  suite: Suite,
  environment: CryptoEnvironment,
  type?: KeySlotType,
): Promise<OpenedSlot | undefined> {
  const commitments = await Promise.all(
    slots.map((slot) => commitmentOf(slot, ikmOf(slot), environment)),
  );
  const fits = slots.map((slot, i) =>
    constantTimeEqual(slot.commitment, commitments[i] ?? new Uint8Array(0)),
  );
  // Types are public. A raw key of the bytes that a passkey gave is no passkey all the same.
  const slot = slots.find((one, i) => fits[i] === true && one.type === (type ?? one.type));
  if (slot === undefined || slot.type === KEY_SLOT_TYPE.unused) return undefined;
  const aad = slotAad(slot, identity);
  const wrapped = { ciphertext: slot.wrapped, tag: slot.tag };
  const master = await suite.unwrap(kekOf(slot, ikmOf(slot)), aad, wrapped);
  return master && { index: slot.index, master };
}

function kekOf(slot: KeySlot, ikm: CryptoKey): Kek {
  return { ikm, params: slotHkdf(slot, "enc") };
}

async function commitmentOf(
  slot: KeySlot,
  ikm: CryptoKey,
  { subtle }: CryptoEnvironment,
): Promise<Uint8Array> {
  return new Uint8Array(
    await subtle.deriveBits(slotHkdf(slot, "commit"), ikm, COMMITMENT_BYTES * 8),
  );
}

/** HKDF with "cofferfs/v1/slot/…" ‖ slotHeader as info, so that a type or cost cannot be exchanged. */
function slotHkdf(slot: KeySlot, purpose: "enc" | "commit"): HkdfParams {
  const label = new TextEncoder().encode(`cofferfs/v1/slot/${purpose}`);
  const slotHeader = slot.bytes.subarray(0, SLOT_HEADER_BYTES);
  return hkdf(unshared(slot.slotSalt), concatBytes(label, slotHeader));
}

function slotAad(slot: KeySlot, { containerId, keyGeneration }: KeyIdentity): Uint8Array {
  return associatedData(containerId, KEY_SLOT_KIND, keyGeneration, slot.index);
}
