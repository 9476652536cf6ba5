/**
 * Credentials as callers give them, checked, and turned into what goes on the wire. A passkey becomes what its
 * authenticator answers, for which webauthn.ts is loaded when it is needed.
 */
import type { KeyInfo, WireCredential } from "../worker/protocol.js";
import { argumentError, rangeError } from "./arguments.js";

/** What opens a repo. Exactly one of the four. */
export interface CredentialOptions {
  /** 1–1024 bytes as UTF-8, normalised to NFKC. Bytes are copied; wipe yours when you like. */
  readonly password?: string | Uint8Array | undefined;
  /** 32 bytes of full entropy; no key derivation stands before it. */
  readonly rawKey?: Uint8Array | undefined;
  /** What `repo.keys.addRecoveryKey` gave. Case, spaces and hyphens do not count. */
  readonly recoveryKey?: string | undefined;
  /** Asks the user for a passkey: one of the repo's, or the one with this {@link KeyInfo.id}. */
  readonly passkey?: true | string | undefined;
}

/** A credential that a call is given. */
export type RepoCredential =
  | { readonly password: string | Uint8Array }
  | { readonly rawKey: Uint8Array }
  | { readonly recoveryKey: string }
  | { readonly passkey: true | string };

const RAW_KEY_BYTES = 32;

/** One credential, with copies of its bytes. @throws TypeError, RangeError */
export function checkedCredential(given: CredentialOptions): RepoCredential {
  const { password, rawKey, recoveryKey, passkey } = Object(given) as CredentialOptions;
  const count = [password, rawKey, recoveryKey, passkey].filter((one) => one !== undefined).length;
  if (count !== 1)
    throw new TypeError("exactly one is needed: a password, rawKey, recoveryKey or passkey");
  if (rawKey !== undefined) return { rawKey: checkedRawKey(rawKey) };
  if (recoveryKey !== undefined) {
    if (typeof recoveryKey === "string") return { recoveryKey };
    throw argumentError("recoveryKey", "a string", recoveryKey);
  }
  if (passkey !== undefined) {
    if (passkey === true || typeof passkey === "string") return { passkey };
    throw argumentError("passkey", "true or the id of a key", passkey);
  }
  return { password: checkedPassword(password) };
}

export function checkedPassword(password: unknown, name = "password"): string | Uint8Array {
  if (typeof password === "string") return password;
  if (password instanceof Uint8Array) return new Uint8Array(password);
  throw argumentError(name, "a string or a Uint8Array", password);
}

export function checkedRawKey(rawKey: unknown): Uint8Array {
  if (!(rawKey instanceof Uint8Array)) throw argumentError("rawKey", "a Uint8Array", rawKey);
  if (rawKey.length !== RAW_KEY_BYTES)
    throw rangeError("rawKey", `a Uint8Array of ${RAW_KEY_BYTES} bytes`, rawKey.length);
  return new Uint8Array(rawKey);
}

/** `keys` are those of the repo; they are asked for only where a passkey is to be used. */
export async function wireCredential(
  credential: RepoCredential,
  keys: () => Promise<readonly KeyInfo[]>,
  signal?: AbortSignal,
): Promise<WireCredential> {
  if (!("passkey" in credential)) return credential;
  const { usePasskey } = await import("./webauthn.js");
  return { passkey: await usePasskey(keys, credential.passkey, signal) };
}

/** The same with bytes of its own, since those of a message are given away. */
export function copied(credential: WireCredential): WireCredential {
  if ("rawKey" in credential) return { rawKey: new Uint8Array(credential.rawKey) };
  if ("passkey" in credential) {
    const { passkey } = credential;
    return { passkey: { ...passkey, output: new Uint8Array(passkey.output) } };
  }
  if ("recoveryKey" in credential || typeof credential.password === "string") return credential;
  return { password: new Uint8Array(credential.password) };
}

/** The buffer that holds what is secret of it, to be moved, so that no copy stays here. */
export function secretBuffers(credential: WireCredential): ArrayBufferLike[] {
  if ("rawKey" in credential) return [credential.rawKey.buffer];
  if ("passkey" in credential) return [credential.passkey.output.buffer];
  const text = "password" in credential ? credential.password : credential.recoveryKey;
  return typeof text === "string" ? [] : [text.buffer];
}
