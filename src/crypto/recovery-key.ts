/**
 * The recovery key: 256 random bits for paper (docs/FORMAT.md §2.4). Text: key 32 ‖ checksum 3 in
 * Crockford's base32, 56 characters in groups of seven. The checksum catches a slip of the pen before
 * any key slot is tried; it is no secret and no authentication.
 */
import { constantTimeEqual } from "../codec/constant-time.js";
import { concatBytes } from "../codec/unshared.js";
import { RepoError } from "../errors.js";
import { KEY_BYTES, KeyBytes } from "./key-bytes.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKSUM_BYTES = 3;
const TEXT_CHARS = ((KEY_BYTES + CHECKSUM_BYTES) * 8) / 5;
const GROUP = /.{7}(?=.)/g;
const SEPARATORS = /[\s-]/g;

/** The text of `key`. */
export async function encodeRecoveryKey(key: Uint8Array, subtle: SubtleCrypto): Promise<string> {
  const bytes = concatBytes(key, await checksum(key, subtle));
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((pending >> (bits - 5)) & 31);
    pending &= (1 << bits) - 1;
  }
  return text.replace(GROUP, "$&-");
}

/** The key behind `text`; case, spaces and hyphens do not count. @throws UNLOCK_FAILED if mistyped */
export async function decodeRecoveryKey(text: string, subtle: SubtleCrypto): Promise<KeyBytes> {
  const bytes = decodeBase32(text);
  const key = bytes?.slice(0, KEY_BYTES);
  if (!bytes || !key || !constantTimeEqual(bytes.subarray(KEY_BYTES), await checksum(key, subtle)))
    throw new RepoError("UNLOCK_FAILED", { message: "the recovery key is mistyped" });
  bytes.fill(0);
  return new KeyBytes(key);
}

function decodeBase32(text: string): Uint8Array<ArrayBuffer> | undefined {
  const chars = text.replace(SEPARATORS, "").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
  if (chars.length !== TEXT_CHARS) return undefined;
  const bytes = new Uint8Array(KEY_BYTES + CHECKSUM_BYTES);
  let at = 0;
  let pending = 0;
  let bits = 0;
  for (const char of chars) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return undefined;
    pending = (pending << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = pending >> bits;
    pending &= (1 << bits) - 1;
  }
  return bytes;
}

async function checksum(key: Uint8Array, subtle: SubtleCrypto): Promise<Uint8Array> {
  const label = new TextEncoder().encode("cofferfs/v1/recovery-key");
  const hash = await subtle.digest("SHA-256", concatBytes(label, key));
  return new Uint8Array(hash, 0, CHECKSUM_BYTES);
}
