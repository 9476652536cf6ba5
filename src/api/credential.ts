/**
 * Credentials as callers give them, checked, and turned into what goes on the wire. A passkey becomes what its
 * authenticator answers (webauthn.ts).
 */
import type { KeyInfo, PasskeyOutput, WireCredential } from "../worker/protocol.js";
import { usePasskey } from "./webauthn.js";
import { argumentError } from "./arguments.js";

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

/** One credential, with copies of its bytes. @throws TypeError */
export function checkedCredential(given: CredentialOptions): RepoCredential {
  const unknown: unknown = given;
  if (typeof unknown !== "object" || unknown === null)
    throw argumentError("a credential", "an object like { password }", given);
  const { password, rawKey, recoveryKey, passkey } = given;
  const named = Object.entries({ password, rawKey, recoveryKey, passkey }).filter(
    ([, one]) => one !== undefined,
  );
  if (named.length !== 1) {
    const found = named.length === 0 ? "none" : named.map(([name]) => name).join(" and ");
    throw new TypeError(
      `exactly one credential is needed, a password, rawKey, recoveryKey or passkey; given: ${found}`,
    );
  }
  if (rawKey !== undefined) return { rawKey: checkedRawKey(rawKey) };
  if (recoveryKey !== undefined) return { recoveryKey: checkedText(recoveryKey, "recoveryKey") };
  if (passkey !== undefined)
    return { passkey: passkey === true || checkedText(passkey, "passkey") };
  return { password: checkedPassword(password) };
}

export function checkedText(text: unknown, name: string): string {
  if (typeof text === "string") return text;
  throw argumentError(name, "a string", text);
}

export function checkedPassword(password: unknown): string | Uint8Array {
  if (typeof password === "string") return password;
  if (password instanceof Uint8Array) return new Uint8Array(password);
  throw argumentError("password", "a string or a Uint8Array", password);
}

export function checkedRawKey(rawKey: unknown): Uint8Array {
  if (rawKey instanceof Uint8Array) return new Uint8Array(rawKey);
  throw argumentError("rawKey", "a Uint8Array", rawKey);
}

/** `keys` are those of the repo. */
export async function passkeyCredential(
  { passkey }: { readonly passkey: true | string },
  keys: () => Promise<readonly KeyInfo[]>,
  signal?: AbortSignal,
): Promise<WireCredential> {
  return { passkey: await usePasskey(keys, passkey, signal) };
}

/** Zeroes what is secret of our copies; strings cannot be wiped. */
export function wipeCredentials(
  ...credentials: readonly (RepoCredential | WireCredential)[]
): void {
  for (const buffer of credentials.flatMap(secretBuffers))
    // One that was moved is empty, and cannot be looked at.
    if (buffer.byteLength > 0) new Uint8Array(buffer).fill(0);
}

/** The buffer that holds what is secret of it, to be moved, so that no copy stays here. */
export function secretBuffers(credential: RepoCredential | WireCredential): ArrayBuffer[] {
  const [given] = Object.values(credential) as (string | true | Uint8Array | PasskeyOutput)[];
  const secret = typeof given === "object" && "output" in given ? given.output : given;
  return secret instanceof Uint8Array ? [secret.buffer as ArrayBuffer] : [];
}
