/**
 * Credential: what a person or program unlocks a repo with, and the key material (ikm) it becomes. A
 * password costs one key derivation per salt and cost in the header, at most two; the others cost none.
 */
import { unshared } from "../codec/unshared.js";
import { RepoError } from "../errors.js";
import type { CryptoEnvironment } from "./environment.js";
import { passwordBytes, type KdfCost, type KeyDerivation } from "./kdf.js";
import { KEY_BYTES, KeyBytes, wiping } from "./key-bytes.js";
import { KEY_SLOT_TYPE, type KeySlotType } from "./key-slots.js";
import { decodeRecoveryKey } from "./recovery-key.js";

export type Credential =
  | { readonly password: string | Uint8Array }
  /** {@link KEY_BYTES} of full entropy; no key derivation stands before it. */
  | { readonly rawKey: Uint8Array }
  | { readonly recoveryKey: string }
  | { readonly passkey: PasskeyOutput };

/** What an authenticator gave for a passkey. */
export interface PasskeyOutput {
  /** At most 320 bytes. */
  readonly credentialId: Uint8Array;
  /** What the output was computed from, {@link KEY_BYTES}; kept in the key slot. */
  readonly prfSalt: Uint8Array;
  /** {@link KEY_BYTES}, secret. */
  readonly output: Uint8Array;
}

/** A salt and a cost, shared by all password slots that name it. */
export interface KdfParameters {
  readonly salt: Uint8Array;
  readonly cost: KdfCost;
}

export function slotTypeOf(credential: Credential): KeySlotType {
  if ("password" in credential) return KEY_SLOT_TYPE.password;
  if ("passkey" in credential) return KEY_SLOT_TYPE.passkey;
  return "rawKey" in credential ? KEY_SLOT_TYPE.rawKey : KEY_SLOT_TYPE.recoveryKey;
}

/**
 * The credential's key material as an HKDF key; `kdf` counts for passwords only.
 * @throws RangeError for a raw key or password of a wrong size; UNLOCK_FAILED for a mistyped recovery
 * key; whatever `derive` throws
 */
export async function keyMaterial(
  credential: Credential,
  kdf: KdfParameters | undefined,
  derive: KeyDerivation,
  { subtle }: CryptoEnvironment,
): Promise<CryptoKey> {
  return wiping(await keyMaterialBytes(credential, kdf, derive, subtle), (ikm) =>
    subtle.importKey("raw", ikm.bytes, "HKDF", false, ["deriveKey", "deriveBits"]),
  );
}

async function keyMaterialBytes(
  credential: Credential,
  kdf: KdfParameters | undefined,
  derive: KeyDerivation,
  subtle: SubtleCrypto,
): Promise<KeyBytes> {
  if ("recoveryKey" in credential) return decodeRecoveryKey(credential.recoveryKey, subtle);
  if ("rawKey" in credential) return keyBytes(credential.rawKey, "a raw key");
  if ("passkey" in credential) return keyBytes(credential.passkey.output, "a passkey's output");
  if (kdf === undefined) throw new RepoError("KDF_TOO_WEAK");
  return wiping(new KeyBytes(passwordBytes(credential.password)), async (password) => {
    return new KeyBytes(unshared(await derive(password.bytes, kdf.salt, kdf.cost)));
  });
}

function keyBytes(key: Uint8Array, what: string): KeyBytes {
  if (key.length !== KEY_BYTES) throw new RangeError(`${what} has ${String(KEY_BYTES)} bytes`);
  return new KeyBytes(new Uint8Array(key));
}
