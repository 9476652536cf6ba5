/** W5: opening a store with many files, to the first byte read; key derivation excluded. */
import type { BenchOptions } from "../messages.js";
import type { Subject } from "../subjects/subject.js";
import type { Figure } from "./figure.js";

const FOLDERS = 100;

export async function opening(subject: Subject, options: BenchOptions): Promise<Figure[]> {
  const files = await subject.create();
  const content = new Uint8Array(200).fill(1);
  for (let folder = 0; folder < FOLDERS; folder++) {
    await files.mkdir(`/d${String(folder)}`);
    const writes = Array.from({ length: options.openFiles / FOLDERS }, (_, i) =>
      files.writeFile(`/d${String(folder)}/f${String(i)}`, content),
    );
    await Promise.all(writes);
  }
  await files.close();
  const start = performance.now();
  const reopened = await subject.reopen();
  await reopened.readFile("/d50/f0");
  const open = {
    metric: "open to first read",
    value: performance.now() - start,
    unit: "ms",
  } as const;
  await reopened.close();
  await subject.destroy();
  return [open];
}
