/** What a header tells of its credentials to anybody. */
import type { Header } from "../crypto/header.js";
import { KEY_SLOT_TYPE, type KeySlot } from "../crypto/key-slots.js";
import type { KeyInfo } from "./protocol.js";

const ID_BYTES = 8;

const TYPES = {
  [KEY_SLOT_TYPE.password]: "password",
  [KEY_SLOT_TYPE.rawKey]: "rawKey",
  [KEY_SLOT_TYPE.recoveryKey]: "recoveryKey",
  [KEY_SLOT_TYPE.passkey]: "passkey",
} as const;

export function keyInfos(header: Header): readonly KeyInfo[] {
  return header.keySlots.flatMap((slot) => keyInfo(slot, header) ?? []);
}

/** Undefined for a slot that is not used. */
export function keyInfo(slot: KeySlot, { kdf }: Pick<Header, "kdf">): KeyInfo | undefined {
  if (slot.type === KEY_SLOT_TYPE.unused) return undefined;
  const cost = slot.type === KEY_SLOT_TYPE.password ? kdf[slot.kdf]?.cost : undefined;
  const { credentialId, prfSalt } = slot;
  return {
    id: keyId(slot),
    type: TYPES[slot.type],
    ...(cost && { kdf: { opsLimit: cost.passes, memLimit: cost.memoryKiB * 1024 } }),
    ...(slot.type === KEY_SLOT_TYPE.passkey && { passkey: { credentialId, prfSalt } }),
  };
}

/** A slot that is written anew has another one: a stale id never means somebody else's credential. */
export function keyId({ slotSalt }: KeySlot): string {
  return Array.from(slotSalt.subarray(0, ID_BYTES), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
