/**
 * Creating, unlocking and changing a header: from a credential to a sealer. The master key is raw bytes
 * only between its key slot and importKey, within one function here, and zeroed on every way out.
 */
import { CONTAINER_ID_BYTES } from "./associated-data.js";
import { assert } from "../assert.js";
import { unshared } from "../codec/unshared.js";
import { keyMaterial, slotTypeOf, type Credential, type KdfParameters } from "./credential.js";
import { RepoError } from "../errors.js";
import { platformCrypto, type CryptoEnvironment } from "./environment.js";
import { sealHeader, verifyHeader, type Header, type HeaderCandidate } from "./header.js";
import {
  KDF_SALT_BYTES,
  kdfCost,
  type KdfChoice,
  type KdfCost,
  type KeyDerivation,
} from "./kdf.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { KDF_COUNT, KEY_SLOT_COUNT, KEY_SLOT_TYPE } from "./key-slots.js";
import { openKeySlots, sealKeySlot, unusedKeySlot } from "./key-slots.js";
import type { KeySlot, OpenedSlot } from "./key-slots.js";
import type { Sealer } from "./sealer.js";
import type { Subkeys } from "./subkeys.js";
import { openSuite, type Cipher, type Suite } from "./suites.js";

/** What every operation here needs from outside. */
export interface UnlockContext {
  readonly derive: KeyDerivation;
  /** Default: the platform's. */
  readonly environment?: CryptoEnvironment;
}

export interface Unlocked {
  readonly header: Header;
  /** The header copy as stored, HEADER_COPY_BYTES long. */
  readonly bytes: Uint8Array;
  /** Copies that hold these bytes; the opener rewrites the others. */
  readonly copies: readonly number[];
  /** The key slot that opened. */
  readonly keySlot: number;
  readonly sealer: Sealer;
  /** Closed with the sealer. */
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
    keyGeneration: 1,
    containerId: environment.random(CONTAINER_ID_BYTES),
    headerGeneration: 0,
    kdf: Array.from({ length: KDF_COUNT }, () => undefined),
    keySlots: Array.from({ length: KEY_SLOT_COUNT }, (_, i) => unusedKeySlot(i, environment)),
  };
  const edit = { add: [credential], ...(kdf === undefined ? {} : { kdf }) };
  return wiping(new KeyBytes(unshared(environment.random(KEY_BYTES))), async (master) => {
    const header = await editHeader(blank, edit, { master, suite, derive, environment });
    const { sealer, subkeys } = await suite.openKeys(master, header);
    const bytes = await sealHeader(header, subkeys, environment.subtle);
    return { header, bytes, copies: [], keySlot: 0, sealer, subkeys };
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
    if (!droppedUs && (await verifyHeader(candidate, keys.subkeys)))
      return { ...candidate, ...keys, keySlot: opened.index };
    keys.sealer.close();
    if (droppedUs) throw new RepoError("UNLOCK_FAILED");
    forged = true;
  }
  throw new RepoError(forged ? "INTEGRITY" : "UNLOCK_FAILED");
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

/** A change of key slots. Removals come first, so their slots are free for what is added. */
export interface KeySlotEdit {
  readonly remove?: readonly number[];
  readonly add?: readonly Credential[];
  /** For added passwords. Default: the cost of the password slots there are, else interactive. */
  readonly kdf?: KdfChoice;
}

/** A header to be stored in place of the current one. */
export interface HeaderUpdate {
  readonly header: Header;
  readonly bytes: Uint8Array;
}

/**
 * The next generation of the header with its key slots changed; the data stays as it is. `edit` gets the
 * slot that `current` opened. The running engine cannot do without `current`, for it has no master key.
 * @throws what {@link unlock} throws; EINVAL if nothing would open the repo afterwards, if no slot is free, or
 * for a third key derivation cost
 */
export async function editKeySlots(
  candidate: HeaderCandidate,
  current: Credential,
  edit: (openedSlot: number) => KeySlotEdit,
  { derive, environment = platformCrypto() }: UnlockContext,
): Promise<HeaderUpdate> {
  const suite = await openSuite(candidate.header.cipher, environment);
  const materials = new Materials(current, derive, environment);
  const opened = await openMaster(candidate, materials, suite, environment);
  if (opened === undefined) throw new RepoError("UNLOCK_FAILED");
  return wiping(opened.master, async (master) => {
    const { sealer, subkeys } = await suite.openKeys(master, candidate.header);
    try {
      if (!(await verifyHeader(candidate, subkeys))) throw new RepoError("INTEGRITY");
      const context = { master, suite, derive, environment };
      const header = await editHeader(candidate.header, edit(opened.index), context);
      return { header, bytes: await sealHeader(header, subkeys, environment.subtle) };
    } finally {
      sealer.close();
    }
  });
}

/** Puts `next` in the place of the credential that is `current`. */
export function replaceCredential(
  candidate: HeaderCandidate,
  current: Credential,
  next: Credential,
  context: UnlockContext & { readonly kdf?: KdfChoice },
): Promise<HeaderUpdate> {
  const kdf = context.kdf === undefined ? {} : { kdf: context.kdf };
  const edit = (openedSlot: number) => ({ remove: [openedSlot], add: [next], ...kdf });
  return editKeySlots(candidate, current, edit, context);
}

/** The key material of one credential, each set of salt and cost derived once and one after the other. */
class Materials {
  readonly credential: Credential;
  readonly #derive: KeyDerivation;
  readonly #environment: CryptoEnvironment;
  readonly #known = new Map<string, CryptoKey>();

  constructor(credential: Credential, derive: KeyDerivation, environment: CryptoEnvironment) {
    this.credential = credential;
    this.#derive = derive;
    this.#environment = environment;
  }

  /** Undefined once {@link KDF_COUNT} sets are derived: copies that disagree must not cost more time. */
  async get(kdf: KdfParameters | undefined): Promise<CryptoKey | undefined> {
    const name = kdf ? [...kdf.salt, kdf.cost.memoryKiB, kdf.cost.passes].join() : "";
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= KDF_COUNT) return undefined;
    const made = await keyMaterial(this.credential, kdf, this.#derive, this.#environment);
    this.#known.set(name, made);
    return made;
  }
}

async function openMaster(
  { header }: HeaderCandidate,
  materials: Materials,
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<OpenedSlot | undefined> {
  const type = slotTypeOf(materials.credential);
  const byKdf = new Map<number, CryptoKey>();
  for (const slot of header.keySlots) {
    if (slot.type !== type || byKdf.has(slot.kdf)) continue;
    const ikm = await materials.get(kdfOf(header, slot));
    if (ikm !== undefined) byKdf.set(slot.kdf, ikm);
  }
  const [other] = byKdf.values();
  if (other === undefined) return undefined;
  // Slots of another type cannot match, their type is in what is derived; they are tried all the same.
  const ikmOf = (slot: KeySlot) => byKdf.get(slot.kdf) ?? other;
  return openKeySlots(header.keySlots, ikmOf, header, suite, environment);
}

function kdfOf(header: Header, slot: KeySlot): KdfParameters | undefined {
  return slot.type === KEY_SLOT_TYPE.password ? header.kdf[slot.kdf] : undefined;
}

interface EditContext {
  readonly master: KeyBytes;
  readonly suite: Suite;
  readonly derive: KeyDerivation;
  readonly environment: CryptoEnvironment;
}

async function editHeader(
  header: Header,
  edit: KeySlotEdit,
  context: EditContext,
): Promise<Header> {
  const { environment } = context;
  let draft: Header = { ...header, headerGeneration: header.headerGeneration + 1 };
  for (const index of edit.remove ?? []) draft = withoutCredential(draft, index, environment);
  draft = withoutIdleKdf(draft);
  for (const credential of edit.add ?? [])
    draft = await addCredential(draft, credential, costFor(header, edit.kdf), context);
  if (draft.keySlots.every(({ type }) => type === KEY_SLOT_TYPE.unused))
    throw new RepoError("EINVAL", { message: "the last credential cannot be removed" });
  return draft;
}

function withoutCredential(header: Header, index: number, environment: CryptoEnvironment): Header {
  if ((header.keySlots[index]?.type ?? KEY_SLOT_TYPE.unused) === KEY_SLOT_TYPE.unused)
    throw new RepoError("EINVAL", { message: "there is no such key slot" });
  return withSlot(header, unusedKeySlot(index, environment));
}

async function addCredential(
  header: Header,
  credential: Credential,
  cost: KdfCost,
  { master, suite, derive, environment }: EditContext,
): Promise<Header> {
  const free = header.keySlots.find(({ type }) => type === KEY_SLOT_TYPE.unused);
  if (free === undefined) throw new RepoError("EINVAL", { message: "all key slots are in use" });
  const type = slotTypeOf(credential);
  const isPassword = type === KEY_SLOT_TYPE.password;
  const kdf = isPassword ? kdfIndexFor(header, cost) : 0;
  const draft = isPassword ? withKdf(header, kdf, cost, environment) : header;
  const ikm = await keyMaterial(credential, draft.kdf[kdf], derive, environment);
  const content = { index: free.index, type, kdf, ikm };
  return withSlot(draft, await sealKeySlot(content, master, header, suite, environment));
}

/** Passwords share salt and cost, so that one derivation tries them all. */
function kdfIndexFor(header: Header, cost: KdfCost): number {
  for (let i = 0; i < KDF_COUNT; i++) {
    const there = header.kdf[i]?.cost;
    if (there?.memoryKiB === cost.memoryKiB && there.passes === cost.passes) return i;
  }
  for (let i = 0; i < KDF_COUNT; i++) if (header.kdf[i] === undefined) return i;
  throw new RepoError("EINVAL", { message: "two key derivation costs are in use already" });
}

function costFor(header: Header, choice: KdfChoice | undefined): KdfCost {
  if (choice !== undefined) return kdfCost(choice);
  const costs = header.kdf.flatMap((kdf) => (kdf === undefined ? [] : [kdf.cost]));
  costs.sort((a, b) => b.memoryKiB * b.passes - a.memoryKiB * a.passes);
  return costs[0] ?? kdfCost("interactive");
}

function withSlot(header: Header, slot: KeySlot): Header {
  const keySlots = header.keySlots.map((old) => (old.index === slot.index ? slot : old));
  return { ...header, keySlots };
}

function withKdf(
  header: Header,
  index: number,
  cost: KdfCost,
  { random }: CryptoEnvironment,
): Header {
  if (header.kdf[index] !== undefined) return header;
  const fresh = { salt: random(KDF_SALT_BYTES), cost };
  const kdf = Array.from({ length: KDF_COUNT }, (_, i) => (i === index ? fresh : header.kdf[i]));
  return { ...header, kdf };
}

/** Drops salts and costs that no password slot uses: room for the next cost, and nothing told of the last. */
function withoutIdleKdf(header: Header): Header {
  const inUse = (index: number) =>
    header.keySlots.some(({ type, kdf }) => type === KEY_SLOT_TYPE.password && kdf === index);
  return { ...header, kdf: header.kdf.map((kdf, i) => (inUse(i) ? kdf : undefined)) };
}
