/** Our copies of the secrets that a message brought. */
import type { WireCredential } from "./protocol.js";

/** Zeroes them; strings cannot be wiped. */
export function wipeSecrets(...credentials: readonly WireCredential[]): void {
  for (const credential of credentials) secretBytes(credential)?.fill(0);
}

function secretBytes(credential: WireCredential): Uint8Array | undefined {
  if ("rawKey" in credential) return credential.rawKey;
  if ("passkey" in credential) return credential.passkey.output;
  const text = "password" in credential ? credential.password : credential.recoveryKey;
  return typeof text === "string" ? undefined : text;
}
