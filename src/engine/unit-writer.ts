/** Seals and writes placed units (docs/FORMAT.md §5.4); their chunks are stored afterwards. */
import { assert } from "../assert.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import type { PlacedUnit } from "./placement.js";
import type { SlotIo, Unsealed } from "./slot-io.js";
import type { Generation } from "./slot-ref.js";
import type { ManifestEntry } from "./superblock.js";
import type { UnitCache } from "./unit-cache.js";

/** Units sealed and written in one step; two steps are in memory at a time. */
const STEP_BYTES = 1024 * 1024;

/** Writes a step while the next one is being sealed. Not yet flushed when it resolves. */
export async function writeUnits(
  units: readonly PlacedUnit[],
  io: SlotIo,
  cache: UnitCache,
  birth: Generation,
): Promise<ManifestEntry[]> {
  const written: ManifestEntry[] = [];
  const steps = stepsOf(units, io.slotBytes);
  const seal = (step: Step | undefined): SealedStep | undefined => {
    if (step === undefined) return undefined;
    const sealed = io.seal(step, birth);
    // It is awaited one step later, if at all.
    sealed.catch(() => undefined);
    return { step, sealed };
  };
  let next = seal(steps.next().value);
  while (next !== undefined) {
    const { step, sealed } = next;
    const runs = await sealed;
    next = seal(steps.next().value);
    await io.store.write(runs.map(({ run }) => run));
    runs.forEach(({ ref }, i) => {
      const { unit, plaintext } = step[i] ?? {};
      assert(unit !== undefined && plaintext !== undefined, "one result for each unit");
      for (const chunk of unit.chunks) chunk.settle(ref);
      if (unit.chunks.length > 1) cache.keep(ref, cache.opened(plaintext));
      written.push({ kind: SEAL_KIND.data, ref });
    });
  }
  return written;
}

type Step = readonly (Unsealed & { readonly unit: PlacedUnit })[];

interface SealedStep {
  readonly step: Step;
  readonly sealed: ReturnType<SlotIo["seal"]>;
}

function* stepsOf(
  units: readonly PlacedUnit[],
  slotBytes: number,
): Generator<Step, undefined, undefined> {
  for (let from = 0; from < units.length;) {
    let to = from;
    for (let bytes = 0; to < units.length && bytes < STEP_BYTES; to++)
      bytes += (units[to]?.slots ?? 0) * slotBytes;
    yield units.slice(from, to).map((unit) => ({
      unit,
      kind: SEAL_KIND.data,
      slot: unit.slot,
      plaintext: unitPlaintext(unit, slotBytes),
    }));
    from = to;
  }
  return undefined;
}

function unitPlaintext({ slots, pieces }: PlacedUnit, slotBytes: number): Uint8Array {
  const bytes = slots * slotBytes;
  const only = pieces.length === 1 ? pieces[0]?.bytes : undefined;
  if (only?.length === bytes) return only;
  const plaintext = new Uint8Array(bytes);
  for (const piece of pieces) plaintext.set(piece.bytes, piece.at);
  return plaintext;
}
