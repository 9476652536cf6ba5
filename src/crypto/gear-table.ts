/**
 * The gear table of a repo (docs/ARCHITECTURE.md "Content-defined chunks"): 256 random numbers, the same for as long
 * as the key generation, from the subkey for this purpose alone.
 */
import { GEAR_ENTRIES, readGearTable } from "../codec/fastcdc.js";
import { concatBytes } from "../codec/unshared.js";
import type { Subkeys } from "./subkeys.js";

const MAC_BYTES = 32;
const ENTRY_BYTES = 4;

/** HMAC-SHA256 in counter mode: the MACs of the single bytes 0, 1, …, 31, one after the other. */
export async function deriveGearTable(subkeys: Pick<Subkeys, "mac">): Promise<Uint32Array> {
  const count = (GEAR_ENTRIES * ENTRY_BYTES) / MAC_BYTES;
  const parts = Array.from({ length: count }, (_, i) =>
    subkeys.mac("gear-table", Uint8Array.of(i)),
  );
  return readGearTable(concatBytes(...(await Promise.all(parts))));
}
