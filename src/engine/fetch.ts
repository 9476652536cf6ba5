/** Copies stored ranges of content into a reader's buffer, each sealed unit opened once. */
import { AssertionFailed } from "../assert.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import type { StoredRange } from "./content.js";
import type { SlotIo } from "./slot-io.js";
import type { SlotRef } from "./slot-ref.js";
import type { OpenUnit } from "./unit.js";
import type { UnitCache } from "./unit-cache.js";

/** Rejects with INTEGRITY or BACKEND_IO; `into` is then partly filled. */
export async function fetchStored(
  io: SlotIo,
  units: UnitCache,
  into: Uint8Array,
  stored: readonly StoredRange[],
): Promise<void> {
  const ranges = new Map<SlotRef, StoredRange[]>();
  const bySlot = new Map<number, SlotRef>();
  for (const range of stored) {
    const { unit } = range.chunk;
    if (unit === undefined) throw new AssertionFailed("BUG: a stored range has a unit");
    const cached = units.get(unit);
    if (cached !== undefined) copyRange(into, range, cached);
    else {
      const ref = bySlot.get(unit.slot) ?? unit;
      bySlot.set(unit.slot, ref);
      const wanted = ranges.get(ref);
      if (wanted === undefined) ranges.set(ref, [range]);
      else wanted.push(range);
    }
  }
  await io.openAll(SEAL_KIND.data, [...ranges.keys()], (ref, plaintext) => {
    const unit = units.opened(plaintext);
    let used = 0;
    for (const range of ranges.get(ref) ?? []) {
      copyRange(into, range, unit);
      used += range.chunk.frame === undefined ? range.length : 0;
    }
    // What has been used whole is not likely to be wanted again soon; of frames nobody knows.
    if (used < plaintext.length) units.keep(ref, unit);
  });
}

function copyRange(into: Uint8Array, range: StoredRange, unit: OpenUnit): void {
  const content = unit.content(range.chunk);
  into.set(content.subarray(range.offset, range.offset + range.length), range.to);
}
