/** W2: many files of 4 KiB, one awaited call after the other unless the metric says otherwise. */
import type { BenchOptions } from "../messages.js";
import type { Subject } from "../subjects/subject.js";
import { callsPerSecond, type Figure } from "./figure.js";

const FILE_BYTES = 4096;

export async function manyFiles(subject: Subject, options: BenchOptions): Promise<Figure[]> {
  const paths = Array.from({ length: options.files }, (_, i) => `/d/file-${String(i)}`);
  const files = await subject.create();
  await files.mkdir("/d");
  const each = async (work: (path: string) => Promise<unknown>): Promise<void> => {
    for (const path of paths) await work(path);
  };
  const content = new Uint8Array(FILE_BYTES).fill(9);
  const figures = [
    await callsPerSecond("write", paths.length, () =>
      each((path) => files.writeFile(path, content)),
    ),
    await callsPerSecond("sync", 1, () => files.sync()),
    await callsPerSecond("read", paths.length, () => each((path) => files.readFile(path))),
    await callsPerSecond("read ×16", paths.length, async () => {
      for (let at = 0; at < paths.length; at += 16)
        await Promise.all(paths.slice(at, at + 16).map((path) => files.readFile(path)));
    }),
    await callsPerSecond("stat", paths.length, () => each((path) => files.stat(path))),
    await callsPerSecond("readdir", 10, async () => {
      for (let i = 0; i < 10; i++) await files.readdir("/d");
    }),
    await callsPerSecond("write ×16", paths.length, async () => {
      for (let at = 0; at < paths.length; at += 16)
        await Promise.all(paths.slice(at, at + 16).map((path) => files.writeFile(path, content)));
    }),
    await callsPerSecond("unlink", paths.length, () => each((path) => files.unlink(path))),
  ];
  await files.close();
  await subject.destroy();
  return figures;
}
