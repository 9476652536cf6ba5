/** W3: random 4 KiB reads, then overwrites and a sync, in one file. */
import { MIB, type Figure } from "../messages.js";
import type { Files, Subject } from "../subjects/subject.js";
import { copies, noise } from "./content.js";
import { withEmptyStore } from "./empty-store.js";
import { callRate, timeCalls, type BenchRun } from "./figure.js";

export const BLOCK_BYTES = 4096;

/** The same places in every run. */
export function randomPlaces(bytes: number, count: number): number[] {
  let state = 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The low bits of such a generator repeat soon.
    return Math.floor((state / 2 ** 32) * (bytes / BLOCK_BYTES)) * BLOCK_BYTES;
  });
}

export function randomAccess(subject: Subject, run: BenchRun): Promise<Figure[]> {
  return withEmptyStore(subject, (files) => measure(files, run));
}

async function measure(files: Files, run: BenchRun): Promise<Figure[]> {
  const { randomBytes, accesses } = run.sizes;
  const file = await files.open("/random");
  for (const [i, piece] of copies(noise(MIB), randomBytes / MIB).entries()) {
    run.signal?.throwIfAborted();
    await file.write(piece, i * MIB);
  }
  await file.sync();
  const places = randomPlaces(randomBytes, accesses);
  const read = await timeCalls(run, accesses, async (i) => {
    const { length } = await file.read(BLOCK_BYTES, places[i] ?? 0);
    if (length !== BLOCK_BYTES) throw new Error(`short read: ${length}`);
  });
  const blocks = copies(noise(BLOCK_BYTES), accesses);
  const write = await timeCalls(
    run,
    accesses,
    (i) => file.write(blocks[i] ?? new Uint8Array(), places[i] ?? 0),
    () => file.sync(),
  );
  await file.close();
  return [callRate("random read", read), callRate("random write", write)];
}
