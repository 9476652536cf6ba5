/** W1: one large file in pieces of 1 MiB, then sync; read back the same way. */
import { MIB, type BenchOptions } from "../messages.js";
import type { Subject } from "../subjects/subject.js";
import { bytesPerSecond, type Figure } from "./figure.js";

export async function largeFile(subject: Subject, options: BenchOptions): Promise<Figure[]> {
  const { largeBytes } = options;
  const files = await subject.create();
  const file = await files.open("/large");
  const write = await bytesPerSecond("write+sync", largeBytes, async () => {
    for (let at = 0; at < largeBytes; at += MIB) await file.write(new Uint8Array(MIB).fill(7), at);
    await file.sync();
  });
  const read = await bytesPerSecond("read", largeBytes, async () => {
    for (let at = 0; at < largeBytes; at += MIB)
      if ((await file.read(MIB, at)).length !== MIB) throw new Error("short read");
  });
  await file.close();
  await files.close();
  await subject.destroy();
  return [write, read];
}
