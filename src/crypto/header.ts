/**
 * Header: what stands in clear before everything else (docs/FORMAT.md §2.2), 8 KiB, twice. Reading it is
 * two steps: `parseHeader` takes bytes from anyone and checks what can be checked without a key, in
 * bounded time and without allocating by their numbers; only after unlock.ts has verified the HMAC is any
 * field believed. SHA-256 is there to tell a torn write from a forgery, it proves nothing else.
 */
import { CONTAINER_ID_BYTES, FORMAT } from "./associated-data.js";
import { ByteReader, ByteWriter, equalBytes, MalformedBytes } from "../codec/bytes.js";
import { allZero } from "../codec/constant-time.js";
import type { KdfParameters } from "./credential.js";
import { isRepoError, RepoError } from "../errors.js";
import { checkKdfCost, KDF_SALT_BYTES } from "./kdf.js";
import {
  KDF_COUNT,
  KEY_SLOT_BYTES,
  KEY_SLOT_COUNT,
  KEY_SLOT_TYPE,
  readKeySlot,
} from "./key-slots.js";
import type { KeySlot } from "./key-slots.js";
import { KEYRING_BYTES } from "./keyring.js";
import type { Subkeys } from "./subkeys.js";
import { cipherOf, SUITE_IDS, type Cipher } from "./suites.js";

export const HEADER_COPY_BYTES = 8 * 1024;
/** Where the two copies lie in the header area: far enough apart that no single torn write hits both. */
export const HEADER_COPY_OFFSETS = [0, 64 * 1024] as const;

const MAGIC = new TextEncoder().encode("COFFERFS");
const KDF_AT = 40;
const KDF_BYTES = KDF_SALT_BYTES + 4 + 4;
const RESERVED_AT = KDF_AT + KDF_COUNT * KDF_BYTES;
const KEY_SLOTS_AT = 1024;
const KEY_SLOTS_END = KEY_SLOTS_AT + KEY_SLOT_COUNT * KEY_SLOT_BYTES;
const KEYRING_END = KEY_SLOTS_END + KEYRING_BYTES;
const MAC_AT = HEADER_COPY_BYTES - 64;
const HASH_AT = HEADER_COPY_BYTES - 32;

export const FIRST_KEY_GENERATION = 1;
const MIN_SLOT_LOG2 = 12;
const MAX_SLOT_LOG2 = 16;

export interface Header {
  readonly cipher: Cipher;
  /** Size of a slot: a power of two, 4–64 KiB. */
  readonly slotBytes: number;
  readonly keyGeneration: number;
  readonly containerId: Uint8Array;
  /** Counts changes of the header, from 1. */
  readonly headerGeneration: number;
  /** Salt and cost 0 and 1; undefined where no password slot needs one. */
  readonly kdf: readonly (KdfParameters | undefined)[];
  /** {@link KEY_SLOT_COUNT} of them, by index. */
  readonly keySlots: readonly KeySlot[];
  /** As stored; undefined in the first key generation, before which there was none. */
  readonly keyring: Uint8Array | undefined;
}

/** A header as found, not authenticated yet. */
export interface HeaderCandidate {
  readonly header: Header;
  /** {@link HEADER_COPY_BYTES} as stored. */
  readonly bytes: Uint8Array;
  /** Indices into {@link HEADER_COPY_OFFSETS} of the copies that hold exactly these bytes. */
  readonly copies: readonly number[];
}

/** The bytes of `header`, authenticated under `subkeys`. */
export async function sealHeader(
  header: Header,
  subkeys: Subkeys,
  subtle: SubtleCrypto,
): Promise<Uint8Array> {
  const bytes = encodeFields(header);
  bytes.set(await subkeys.mac("header", bytes.subarray(0, MAC_AT)), MAC_AT);
  bytes.set(await tornHash(bytes, subtle), HASH_AT);
  return bytes;
}

/** Whether whoever wrote `candidate` knew the master key. */
export async function verifyHeader(candidate: HeaderCandidate, subkeys: Subkeys): Promise<boolean> {
  const { bytes } = candidate;
  return subkeys.verify("header", bytes.subarray(0, MAC_AT), bytes.subarray(MAC_AT, HASH_AT));
}

/**
 * What the header area may be, newest first; never empty.
 * @throws REPO_NOT_FOUND if both copies are blank; FORMAT_UNSUPPORTED for another magic, format, suite, slot
 * size or slot type; KDF_LIMIT, KDF_TOO_WEAK; INTEGRITY if no copy is whole
 */
export async function parseHeader(
  area: Uint8Array,
  subtle: SubtleCrypto,
): Promise<readonly HeaderCandidate[]> {
  const found = await Promise.all(
    HEADER_COPY_OFFSETS.map((at, copy) =>
      parseCopy(area.slice(at, at + HEADER_COPY_BYTES), copy, subtle),
    ),
  );
  const candidates: HeaderCandidate[] = [];
  const refusals: Refusal[] = [];
  for (const copy of found) {
    if (typeof copy === "string") refusals.push(copy);
    else if (!foldCopy(candidates, copy)) candidates.push(copy);
  }
  if (candidates.length === 0) throw new RepoError(gravest(refusals));
  return candidates.sort((a, b) => b.header.headerGeneration - a.header.headerGeneration);
}

/** Why a copy is no candidate, gravest first: what only a deliberate or newer writer can cause. */
const REFUSALS = [
  "KDF_LIMIT",
  "KDF_TOO_WEAK",
  "FORMAT_UNSUPPORTED",
  "INTEGRITY",
  "REPO_NOT_FOUND",
] as const;
type Refusal = (typeof REFUSALS)[number];

function gravest(refusals: readonly Refusal[]): Refusal {
  return REFUSALS.find((code) => refusals.includes(code)) ?? "INTEGRITY";
}

/** Adds the copy to a candidate of the same bytes; false if there is none. */
function foldCopy(candidates: HeaderCandidate[], copy: HeaderCandidate): boolean {
  const at = candidates.findIndex(({ bytes }) => equalBytes(bytes, copy.bytes));
  const same = candidates[at];
  if (same === undefined) return false;
  candidates[at] = { ...same, copies: [...same.copies, ...copy.copies] };
  return true;
}

async function parseCopy(
  bytes: Uint8Array<ArrayBuffer>,
  copy: number,
  subtle: SubtleCrypto,
): Promise<HeaderCandidate | Refusal> {
  if (allZero(bytes)) return "REPO_NOT_FOUND";
  if (bytes.length < HEADER_COPY_BYTES) return "INTEGRITY";
  // A later format may have no hash here, so magic and format come before it.
  if (!hasKnownFormat(bytes)) return "FORMAT_UNSUPPORTED";
  if (!equalBytes(bytes.subarray(HASH_AT), await tornHash(bytes, subtle))) return "INTEGRITY";
  try {
    return { header: decodeFields(bytes), bytes, copies: [copy] };
  } catch (error) {
    if (error instanceof MalformedBytes) return "INTEGRITY";
    const refusal = REFUSALS.find((code) => isRepoError(error, code));
    if (refusal === undefined) throw error;
    return refusal;
  }
}

function hasKnownFormat(bytes: Uint8Array): boolean {
  const from = new ByteReader(bytes);
  return equalBytes(from.raw(MAGIC.length), MAGIC) && from.u16() === FORMAT;
}

async function tornHash(bytes: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto): Promise<Uint8Array> {
  return new Uint8Array(await subtle.digest("SHA-256", bytes.subarray(0, HASH_AT)));
}

function encodeFields(header: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_COPY_BYTES);
  const to = new ByteWriter(bytes);
  to.raw(MAGIC);
  to.u16(FORMAT);
  to.u8(SUITE_IDS[header.cipher]);
  to.u8(Math.log2(header.slotBytes));
  to.u32(header.keyGeneration);
  to.raw(header.containerId);
  to.u64(header.headerGeneration);
  header.kdf.forEach((kdf, i) => {
    to.at = KDF_AT + i * KDF_BYTES;
    if (kdf !== undefined) writeKdf(to, kdf);
  });
  to.at = KEY_SLOTS_AT;
  for (const slot of header.keySlots) to.raw(slot.bytes);
  if (header.keyring !== undefined) to.raw(header.keyring);
  return bytes;
}

function writeKdf(to: ByteWriter, { salt, cost }: KdfParameters): void {
  to.raw(salt);
  to.u32(cost.memoryKiB);
  to.u32(cost.passes);
}

function decodeFields(bytes: Uint8Array): Header {
  const from = new ByteReader(bytes);
  from.at = MAGIC.length + 2;
  const cipher = cipherOf(from.u8());
  const slotLog2 = from.u8();
  const keyGeneration = from.u32();
  const containerId = from.raw(CONTAINER_ID_BYTES);
  const headerGeneration = from.u64();
  const kdf = Array.from({ length: KDF_COUNT }, () => readKdf(from));
  const known = cipher !== undefined && slotLog2 >= MIN_SLOT_LOG2 && slotLog2 <= MAX_SLOT_LOG2;
  const hasKeyring = keyGeneration > FIRST_KEY_GENERATION;
  if (!known || !reservedIsZero(bytes, hasKeyring)) throw new RepoError("FORMAT_UNSUPPORTED");
  const keySlots = Array.from({ length: KEY_SLOT_COUNT }, (_, i) =>
    readKeySlot(bytes.subarray(KEY_SLOTS_AT + i * KEY_SLOT_BYTES), i),
  );
  checkKdfUse(keySlots, kdf);
  return {
    cipher,
    slotBytes: 2 ** slotLog2,
    keyGeneration,
    containerId,
    headerGeneration,
    kdf,
    keySlots,
    keyring: hasKeyring ? bytes.slice(KEY_SLOTS_END, KEYRING_END) : undefined,
  };
}

/** All zero means absent; anything else is checked, whether a slot uses it or not. */
function readKdf(from: ByteReader): KdfParameters | undefined {
  const salt = from.raw(KDF_SALT_BYTES);
  const cost = { memoryKiB: from.u32(), passes: from.u32() };
  if (allZero(salt) && cost.memoryKiB === 0 && cost.passes === 0) return undefined;
  checkKdfCost(cost);
  return { salt, cost };
}

/** A later version may use these bytes; this one would not know for what. */
function reservedIsZero(bytes: Uint8Array, hasKeyring: boolean): boolean {
  return (
    allZero(bytes.subarray(RESERVED_AT, KEY_SLOTS_AT)) &&
    allZero(bytes.subarray(hasKeyring ? KEYRING_END : KEY_SLOTS_END, MAC_AT))
  );
}

/** A password slot without salt and cost is one of cost 0. */
function checkKdfUse(slots: readonly KeySlot[], kdf: Header["kdf"]): void {
  for (const slot of slots)
    if (slot.type === KEY_SLOT_TYPE.password && kdf[slot.kdf] === undefined)
      throw new RepoError("KDF_TOO_WEAK");
}
