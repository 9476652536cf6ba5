/** W3: random 4 KiB reads, then overwrites, in one file. */
import { MIB, type BenchOptions } from "../messages.js";
import type { Subject } from "../subjects/subject.js";
import { callsPerSecond, type Figure } from "./figure.js";

const BLOCK_BYTES = 4096;

/** The same places in every run. */
function* places(blocks: number, count: number): Generator<number> {
  let state = 12345;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state % blocks) * BLOCK_BYTES;
  }
}

export async function randomAccess(subject: Subject, options: BenchOptions): Promise<Figure[]> {
  const { randomBytes, accesses } = options;
  const files = await subject.create();
  const file = await files.open("/random");
  for (let at = 0; at < randomBytes; at += MIB) await file.write(new Uint8Array(MIB).fill(3), at);
  await file.sync();
  const blocks = randomBytes / BLOCK_BYTES;
  const read = await callsPerSecond("random read", accesses, async () => {
    for (const at of places(blocks, accesses)) await file.read(BLOCK_BYTES, at);
  });
  const write = await callsPerSecond("random write", accesses, async () => {
    for (const at of places(blocks, accesses))
      await file.write(new Uint8Array(BLOCK_BYTES).fill(5), at);
    await file.sync();
  });
  await file.close();
  await files.close();
  await subject.destroy();
  return [read, write];
}
