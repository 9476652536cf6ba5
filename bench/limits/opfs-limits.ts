/** What OPFS itself takes, in the worker: making files, and making overwrites durable. */
import { MIB, type Figure } from "../messages.js";
import { callRate } from "../workloads/figure.js";
import { BLOCK_BYTES, randomPlaces } from "../workloads/random-access.js";
import { withAccessHandle } from "./access-handle.js";

/** Files of 4 KiB, each made, written, flushed and closed. */
export async function fileCreation(files: number, limitMs: number): Promise<Figure[]> {
  const root = await navigator.storage.getDirectory();
  const name = `creation-${crypto.randomUUID()}`;
  const folder = await root.getDirectoryHandle(name, { create: true });
  const content = new Uint8Array(BLOCK_BYTES).fill(1);
  try {
    const start = performance.now();
    let done = 0;
    while (done < files && performance.now() - start < limitMs) {
      const file = await folder.getFileHandle(`file-${done}`, { create: true });
      const handle = await file.createSyncAccessHandle();
      handle.write(content, { at: 0 });
      handle.flush();
      handle.close();
      done += 1;
    }
    return [callRate("write", { done, ms: performance.now() - start })];
  } finally {
    await root.removeEntry(name, { recursive: true });
  }
}

/**
 * Random overwrites of 4 KiB, with two flushes each: a commit that survives a power cut needs one before its
 * superblock and one after.
 */
export async function flushPairs(pairs: number, limitMs: number): Promise<Figure[]> {
  return withAccessHandle("flush-pairs", (handle) => {
    const bytes = 16 * MIB;
    for (let at = 0; at < bytes; at += MIB) handle.write(new Uint8Array(MIB), { at });
    handle.flush();
    const content = new Uint8Array(BLOCK_BYTES).fill(1);
    const start = performance.now();
    let done = 0;
    for (const at of randomPlaces(bytes, pairs)) {
      if (performance.now() - start > limitMs) break;
      handle.write(content, { at });
      handle.flush();
      handle.write(content.subarray(0, 512), { at: 0 });
      handle.flush();
      done += 1;
    }
    return [callRate("random write", { done, ms: performance.now() - start })];
  });
}
