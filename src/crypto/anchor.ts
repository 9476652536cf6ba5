/**
 * Anchor: what is remembered of a commit outside of its container, authenticated under the subkey
 * `anchor` (docs/FORMAT.md §9.1). An anchor holds wherever the container is; a mark, which is one that the browser
 * keeps by itself, for one place only.
 */
import { ByteReader, ByteWriter, MalformedBytes } from "../codec/bytes.js";
import { concatBytes } from "../codec/unshared.js";
import { TAG_BYTES } from "./sealer.js";
import type { Subkeys } from "./subkeys.js";

/** A commit, told apart from all others of its container and of copies of it. */
export interface AnchorPoint {
  readonly generation: number;
  readonly headerGeneration: number;
  /** Of its superblock cell. */
  readonly tag: Uint8Array;
}

/** Where the anchor holds: everywhere, or at one location. */
export type AnchorScope = "anywhere" | { readonly location: string };

const MAC_BYTES = 32;
const FIELD_BYTES = 4 + 8 + TAG_BYTES;
/** Size of what `sealAnchor` makes. */
export const ANCHOR_BYTES = FIELD_BYTES + MAC_BYTES;

/** The bytes that stand for `point`, its generation aside. */
export async function sealAnchor(
  point: AnchorPoint,
  scope: AnchorScope,
  subkeys: Subkeys,
): Promise<Uint8Array<ArrayBuffer>> {
  const to = new ByteWriter(new Uint8Array(FIELD_BYTES));
  to.u32(subkeys.identity.keyGeneration);
  to.u64(point.headerGeneration);
  to.raw(point.tag);
  const mac = await subkeys.mac("anchor", message(point.generation, to.bytes, scope));
  return concatBytes(to.bytes, mac);
}

/**
 * A point, and how far it can be believed. `newer keys`, `older keys`: made with keys of another generation
 * than these, and so not verified. `foreign`: not made by a holder of these keys, or not for this scope.
 */
export type OpenedAnchor =
  | { readonly trust: "genuine" | "newer keys" | "older keys"; readonly point: AnchorPoint }
  | { readonly trust: "foreign" };

/** Reads what may be anybody's bytes. */
export async function openAnchor(
  bytes: Uint8Array,
  generation: number,
  scope: AnchorScope,
  subkeys: Subkeys,
): Promise<OpenedAnchor> {
  if (bytes.length !== ANCHOR_BYTES) return { trust: "foreign" };
  const fields = bytes.subarray(0, FIELD_BYTES);
  const signed = message(generation, fields, scope);
  const genuine = await subkeys.verify("anchor", signed, bytes.subarray(FIELD_BYTES));
  try {
    const from = new ByteReader(fields);
    const age = from.u32() - subkeys.identity.keyGeneration;
    const point = { generation, headerGeneration: from.u64(), tag: from.raw(TAG_BYTES) };
    if (genuine) return { trust: "genuine", point };
    if (age === 0) return { trust: "foreign" };
    return { trust: age > 0 ? "newer keys" : "older keys", point };
  } catch (error) {
    if (error instanceof MalformedBytes) return { trust: "foreign" };
    throw error;
  }
}

/** The key generation that the bytes say they are authenticated under; undefined if they are no anchor. */
export function anchorKeyGeneration(bytes: Uint8Array): number | undefined {
  return bytes.length === ANCHOR_BYTES ? new ByteReader(bytes).u32() : undefined;
}

/** kind ‖ generation ‖ fields ‖ location. */
function message(generation: number, fields: Uint8Array, scope: AnchorScope): Uint8Array {
  const head = new ByteWriter(new Uint8Array(9));
  head.u8(scope === "anywhere" ? 1 : 2);
  head.u64(generation);
  const location = new TextEncoder().encode(scope === "anywhere" ? "" : scope.location);
  return concatBytes(head.bytes, fields, location);
}
