/** Fingerprints of content, by which a repo finds what it has stored already (docs/FORMAT.md §5.5). */
import { toByteString } from "../codec/bytes.js";
import { FINGERPRINT_BYTES } from "./sealer.js";
import type { Subkeys } from "./subkeys.js";

/** Keyed, so that nobody without the keys can tell which content a fingerprint is of. */
export async function fingerprintOf(
  subkeys: Pick<Subkeys, "mac">,
  content: Uint8Array,
): Promise<string> {
  const mac = await subkeys.mac("chunk-hash", content);
  return toByteString(mac.subarray(0, FINGERPRINT_BYTES));
}
