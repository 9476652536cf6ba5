/**
 * OpenMaster: from a credential to the master key in the key slot that it opens. At most two key derivations run,
 * whatever the headers say.
 */
import { keyMaterial, slotTypeOf, type Credential, type KdfParameters } from "./credential.js";
import type { CryptoEnvironment } from "./environment.js";
import type { Header, HeaderCandidate } from "./header.js";
import type { KeyDerivation } from "./kdf.js";
import { KDF_COUNT, KEY_SLOT_TYPE, openKeySlots } from "./key-slots.js";
import type { KeySlot, OpenedSlot } from "./key-slots.js";
import type { Suite } from "./suites.js";

/** The key material of one credential, each set of salt and cost derived once and one after the other. */
export class Materials {
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

/** The master key that `materials` open, or undefined. */
export async function openMaster(
  { header }: Pick<HeaderCandidate, "header">,
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
  // Slots of another type do not count, but are tried all the same.
  const ikmOf = (slot: KeySlot) => byKdf.get(slot.kdf) ?? other;
  return openKeySlots(header.keySlots, ikmOf, header, suite, environment, type);
}

/** What a password slot's key material is derived with; undefined for a slot of another type. */
export function kdfOf(header: Header, slot: KeySlot): KdfParameters | undefined {
  return slot.type === KEY_SLOT_TYPE.password ? header.kdf[slot.kdf] : undefined;
}
