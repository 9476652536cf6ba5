/** W2: many files of 4 KiB, one awaited call after the other unless the metric says otherwise. */
import type { Figure } from "../messages.js";
import type { Files, Subject } from "../subjects/subject.js";
import { noise } from "./content.js";
import { withEmptyStore } from "./empty-store.js";
import { callRate, duration, timeCalls, timed, type BenchRun } from "./figure.js";

const FILE_BYTES = 4096;
const AT_ONCE = 16;
const LISTINGS = 10;

export function manyFiles(subject: Subject, run: BenchRun): Promise<Figure[]> {
  return withEmptyStore(subject, (files) => measure(files, run));
}

async function measure(files: Files, run: BenchRun): Promise<Figure[]> {
  await files.mkdir("/d");
  const content = noise(FILE_BYTES);
  const write = (path: string): Promise<void> => files.writeFile(path, content);
  const named = Array.from({ length: run.sizes.files }, (_, i) => `/d/file-${i}`);
  const written = await timeCalls(run, named.length, (i) => write(named[i] ?? ""));
  const sync = await timed(() => files.sync());
  // What there was no time for is not there.
  const paths = named.slice(0, written.done);
  const each = async (metric: string, call: (path: string) => Promise<unknown>): Promise<Figure> =>
    callRate(metric, await timeCalls(run, paths.length, (i) => call(paths[i] ?? "")));
  const together = async (
    metric: string,
    call: (path: string) => Promise<unknown>,
  ): Promise<Figure> => {
    const groups = grouped(paths);
    const measured = await timeCalls(run, groups.length, (i) =>
      Promise.all((groups[i] ?? []).map(call)),
    );
    const done = groups.slice(0, measured.done).flat().length;
    return callRate(metric, { ...measured, done });
  };
  return [
    callRate("write", written),
    duration("sync", sync),
    await each("read", async (path) => {
      const { length } = await files.readFile(path);
      if (length !== FILE_BYTES) throw new Error(`short read: ${length}`);
    }),
    await together("read ×16", (path) => files.readFile(path)),
    await each("stat", (path) => files.stat(path)),
    callRate("readdir", await timeCalls(run, LISTINGS, () => files.readdir("/d"))),
    await together("write ×16", write),
    await each("unlink", (path) => files.unlink(path)),
  ];
}

function grouped(paths: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(paths.length / AT_ONCE) }, (_, i) =>
    paths.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );
}
