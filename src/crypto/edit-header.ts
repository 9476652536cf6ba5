/**
 * Changing the key slots of a header: always with a current credential, since the running engine has no master
 * key to wrap. What comes of it is the next generation of the header, to be stored by who has the store.
 */
import { slotTypeOf, type Credential, type PasskeyOutput } from "./credential.js";
import { assert } from "../assert.js";
import { platformCrypto, type CryptoEnvironment } from "./environment.js";
import { RepoError } from "../errors.js";
import { sealHeader, verifyHeader, type Header, type HeaderCandidate } from "./header.js";
import {
  KDF_SALT_BYTES,
  kdfCost,
  type KdfChoice,
  type KdfCost,
  type KeyDerivation,
} from "./kdf.js";
import { wiping, type KeyBytes } from "./key-bytes.js";
import {
  KDF_COUNT,
  KEY_SLOT_TYPE,
  MAX_CREDENTIAL_ID_BYTES,
  PRF_SALT_BYTES,
  sealKeySlot,
  unusedKeySlot,
  type KeySlot,
} from "./key-slots.js";
import { Materials, openMaster } from "./open-master.js";
import { openSuite, type Suite } from "./suites.js";

/** What every operation on headers needs from outside. */
export interface UnlockContext {
  readonly derive: KeyDerivation;
  /** Default: the platform's. */
  readonly environment?: CryptoEnvironment;
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
 * for a third key derivation cost; EEXIST for a credential that opens the repo already
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

/** What changing a header takes beside the header. */
export interface EditContext {
  readonly master: KeyBytes;
  readonly suite: Suite;
  readonly derive: KeyDerivation;
  readonly environment: CryptoEnvironment;
}

/** `header` with its key slots changed and its generation one higher. */
export async function editHeader(
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
  const materials = new Materials(credential, derive, environment);
  const free = header.keySlots.find(({ type }) => type === KEY_SLOT_TYPE.unused);
  if (free === undefined) throw new RepoError("EINVAL", { message: "all key slots are in use" });
  if ("passkey" in credential) checkPasskey(credential.passkey);
  const type = slotTypeOf(credential);
  const isPassword = type === KEY_SLOT_TYPE.password;
  const kdf = isPassword ? kdfIndexFor(header, cost) : 0;
  const draft = isPassword ? withKdf(header, kdf, cost, environment) : header;
  await assertOpensNothing(header, materials, suite, environment);
  const ikm = await materials.get(isPassword ? draft.kdf[kdf] : undefined);
  assert(ikm !== undefined, "a header has no more costs than are derived");
  const passkey = "passkey" in credential ? credential.passkey : undefined;
  const content = { index: free.index, type, kdf, ikm, passkey };
  return withSlot(draft, await sealKeySlot(content, master, header, suite, environment));
}

/** Whoever removes or replaces a credential relies on its having one key slot only. */
async function assertOpensNothing(
  header: Header,
  materials: Materials,
  suite: Suite,
  environment: CryptoEnvironment,
): Promise<void> {
  const opened = await openMaster({ header }, materials, suite, environment);
  if (opened === undefined) return;
  opened.master.wipe();
  throw new RepoError("EEXIST", { message: "this credential opens the repo already" });
}

function checkPasskey({ credentialId, prfSalt }: PasskeyOutput): void {
  const fits = credentialId.length >= 1 && credentialId.length <= MAX_CREDENTIAL_ID_BYTES;
  if (!fits || prfSalt.length !== PRF_SALT_BYTES)
    throw new RepoError("EINVAL", {
      message: "the passkey's id or salt has no room in a key slot",
    });
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
export function withoutIdleKdf(header: Header): Header {
  const inUse = (index: number) =>
    header.keySlots.some(({ type, kdf }) => type === KEY_SLOT_TYPE.password && kdf === index);
  return { ...header, kdf: header.kdf.map((kdf, i) => (inUse(i) ? kdf : undefined)) };
}
