/**
 * Chunk index: finds stored content that is equal to new content (docs/FORMAT.md §5.5). New chunks are looked up
 * before they get a home; those that got one of their own are entered by the commit that counts their unit, and
 * leave the index with it. An entry that is missing costs space and nothing else.
 */
import type { Sealer } from "../crypto/sealer.js";
import { Chunk, type Recognised } from "./chunk.js";
import {
  chunkKey,
  MAX_UNIT_FINGERPRINTS,
  unitKey,
  type IndexedUnit,
  type PoolRecord,
} from "./pool-records.js";
import type { Generation, SlotRef } from "./slot-ref.js";
import type { TreeEdit, TreeView } from "./tree.js";

/** The chunks whose content may be stored already and of which nobody knows yet. */
export function unknownChunks(pending: Iterable<Chunk>, committed: Generation): Chunk[] {
  return [...pending].filter(
    ({ dedup, recognised, used }) =>
      dedup && (recognised?.used !== used || recognised.at !== committed),
  );
}

/** Fingerprints of the chunks as they are now; they may grow while this runs. */
export async function fingerprintAll(
  chunks: readonly Chunk[],
  sealer: Sealer,
): Promise<Map<Chunk, Pick<Recognised, "fingerprint" | "used">>> {
  const found = new Map<Chunk, Pick<Recognised, "fingerprint" | "used">>();
  await Promise.all(
    chunks.map(async (chunk) => {
      const { bytes, used } = chunk;
      if (bytes === undefined) return;
      const fingerprint = await sealer.fingerprint(bytes.subarray(0, used));
      found.set(chunk, { fingerprint, used });
    }),
  );
  return found;
}

/** A stored chunk with this fingerprint and length. */
export function findTwin(
  pool: TreeView<PoolRecord>,
  fingerprint: string,
  { used, framed }: Pick<Chunk, "used" | "framed">,
): Chunk | undefined {
  const record = pool.get(chunkKey(fingerprint));
  if (typeof record !== "object" || record.is !== "chunk") return undefined;
  const { chunk } = record;
  return chunk.used === used && chunk.framed === framed ? chunk : undefined;
}

/** Enters a chunk whose unit is in use; returns how many entries that adds. */
export function addToIndex(pool: TreeEdit<PoolRecord>, fingerprint: string, chunk: Chunk): 0 | 1 {
  const slot = chunk.unit?.slot;
  if (slot === undefined || pool.get(chunkKey(fingerprint)) !== undefined) return 0;
  const known = indexedUnit(pool, slot)?.fingerprints ?? [];
  if (known.length >= MAX_UNIT_FINGERPRINTS) return 0;
  pool.put(chunkKey(fingerprint), { is: "chunk", chunk });
  pool.put(unitKey(slot), { is: "unit", fingerprints: [...known, fingerprint] });
  return 1;
}

/** Makes what is indexed of the unit at `from` that of its copy. */
export function moveInIndex(pool: TreeEdit<PoolRecord>, from: number, to: SlotRef): void {
  const unit = indexedUnit(pool, from);
  if (unit === undefined) return;
  for (const fingerprint of unit.fingerprints) {
    const record = pool.get(chunkKey(fingerprint));
    if (typeof record !== "object" || record.is !== "chunk") continue;
    const { frame, base, used } = record.chunk;
    const chunk = Chunk.stored({ unit: to, frame, base }, used);
    pool.put(chunkKey(fingerprint), { is: "chunk", chunk });
  }
  pool.delete(unitKey(from));
  pool.put(unitKey(to.slot), unit);
}

/** Removes what is indexed of a unit that is freed; returns how many entries that was. */
export function removeFromIndex(pool: TreeEdit<PoolRecord>, slot: number): number {
  const fingerprints = indexedUnit(pool, slot)?.fingerprints ?? [];
  for (const fingerprint of fingerprints) pool.delete(chunkKey(fingerprint));
  if (fingerprints.length > 0) pool.delete(unitKey(slot));
  return fingerprints.length;
}

function indexedUnit(pool: TreeView<PoolRecord>, slot: number): IndexedUnit | undefined {
  const record = pool.get(unitKey(slot));
  return typeof record === "object" && record.is === "unit" ? record : undefined;
}
