/**
 * Lays pending chunks out in slots: a large chunk is a unit of its own, small ones share one
 * (docs/FORMAT.md §5.4). Placement is synchronous and fixes which slots are used; sealing and writing
 * follow.
 */
import type { Allocator } from "./allocator.js";
import { assert } from "../assert.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import type { Chunk } from "./chunk.js";
import type { SlotIo } from "./slot-io.js";
import type { Generation } from "./slot-ref.js";
import type { ManifestEntry } from "./superblock.js";
import type { UnitCache } from "./unit-cache.js";
import type { Window } from "./window.js";

export interface PlacedUnit {
  readonly slot: number;
  readonly slots: number;
  readonly chunks: Chunk[];
}

/** Units sealed and written in one step; bounds the memory of sealed copies. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * Chooses slots for the pending chunks of `window`, oldest first, up to `limitBytes`. Chunks for which
 * there is no run that is long enough are returned as `homeless`; single slots are there for all.
 */
export function placePending(
  window: Window,
  allocator: Allocator,
  slotBytes: number,
  limitBytes: number,
): { units: PlacedUnit[]; homeless: Chunk[] } {
  const units: PlacedUnit[] = [];
  const homeless: Chunk[] = [];
  const place = (chunks: Chunk[], bytes: number): void => {
    const slots = Math.ceil(bytes / slotBytes);
    const slot = allocator.take(slots);
    if (slot === undefined) {
      for (const chunk of chunks) homeless.push(chunk);
      return;
    }
    const use = window.use(slot, slots, true);
    let base = 0;
    for (const chunk of chunks) {
      use.delta += chunk.references;
      window.drop(chunk);
      chunk.place({ start: slot, count: slots }, base);
      base += chunk.used;
    }
    units.push({ slot, slots, chunks });
  };
  let pack: Chunk[] = [];
  let packed = 0;
  let bytes = 0;
  for (const chunk of [...window.pending]) {
    if (bytes >= limitBytes) break;
    bytes += chunk.used;
    if (chunk.used >= slotBytes) place([chunk], chunk.used);
    else {
      if (packed + chunk.used > slotBytes) {
        place(pack, packed);
        [pack, packed] = [[], 0];
      }
      pack.push(chunk);
      packed += chunk.used;
    }
  }
  if (pack.length > 0) place(pack, packed);
  return { units, homeless };
}

/** Seals and writes placed units; their chunks are stored afterwards. Not yet flushed. */
export async function writeUnits(
  units: readonly PlacedUnit[],
  io: SlotIo,
  cache: UnitCache,
  birth: Generation,
): Promise<ManifestEntry[]> {
  const written: ManifestEntry[] = [];
  for (let from = 0; from < units.length;) {
    let to = from;
    for (let bytes = 0; to < units.length && bytes < STEP_BYTES; to++)
      bytes += (units[to]?.slots ?? 0) * io.slotBytes;
    const step = units.slice(from, to).map((unit) => ({
      unit,
      kind: SEAL_KIND.data,
      slot: unit.slot,
      plaintext: unitPlaintext(unit, io.slotBytes),
    }));
    const sealed = await io.seal(step, birth);
    await io.store.write(sealed.map(({ run }) => run));
    sealed.forEach(({ ref }, i) => {
      const { unit, plaintext } = step[i] ?? {};
      assert(unit !== undefined && plaintext !== undefined, "one result for each unit");
      for (const chunk of unit.chunks) chunk.settle(ref);
      if (unit.chunks.length > 1) cache.keep(ref, plaintext);
      written.push({ kind: SEAL_KIND.data, ref });
    });
    from = to;
  }
  return written;
}

function unitPlaintext(unit: PlacedUnit, slotBytes: number): Uint8Array {
  const bytes = unit.slots * slotBytes;
  const only = unit.chunks.length === 1 ? unit.chunks[0] : undefined;
  if (only?.bytes !== undefined && only.used === bytes) return only.bytes.subarray(0, bytes);
  const plaintext = new Uint8Array(bytes);
  for (const chunk of unit.chunks) {
    assert(chunk.bytes !== undefined, "a placed chunk keeps its bytes until it is stored");
    plaintext.set(chunk.bytes.subarray(0, chunk.used), chunk.base);
  }
  return plaintext;
}
