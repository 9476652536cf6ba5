/** W5: opening a store with many files, to the first byte read; and one with a single file. Key derivation excluded. */
import type { Figure } from "../messages.js";
import type { SourceFile, SourceTree } from "../source-tree.js";
import type { Files, Subject } from "../subjects/subject.js";
import { noise } from "./content.js";
import { duration, timed, type BenchRun } from "./figure.js";
import { importByFile } from "./source-tree-import.js";

const FILES_PER_FOLDER = 100;
const FILES_PER_STEP = 1000;
const FILE_BYTES = 200;

export async function opening(subject: Subject, run: BenchRun): Promise<Figure[]> {
  const { openFiles } = run.sizes;
  const empty = await openAgain(subject, run, 1);
  const many = await openAgain(subject, run, openFiles);
  return [
    ...empty.ms.map((ms) => duration("open, one file", ms)),
    ...many.ms.map((ms) => duration("open, many files", ms)),
    { metric: "many files", value: many.files, unit: "files" },
  ];
}

async function openAgain(
  subject: Subject,
  run: BenchRun,
  count: number,
): Promise<{ ms: number[]; files: number }> {
  try {
    const files = await subject.create();
    const made = await fill(files, run, count);
    await files.close();
    const ms: number[] = [];
    for (let i = 0; i < run.sizes.openings; i++) {
      run.signal?.throwIfAborted();
      let opened: Files | undefined;
      ms.push(
        await timed(async () => {
          opened = await subject.reopen();
          await opened.readFile(pathOf(made >> 1));
        }),
      );
      await opened?.close();
    }
    return { ms, files: made };
  } finally {
    await subject.destroy();
  }
}

/** Makes the files, as many as there is time for, and tells how many that was. */
async function fill(files: Files, { sizes, signal }: BenchRun, count: number): Promise<number> {
  const content = noise(FILE_BYTES);
  const start = performance.now();
  let made = 0;
  // Steps begin where folders do. Whoever is slow gets small ones, so as not to overrun the time.
  let step = FILES_PER_FOLDER;
  while (made < count && performance.now() - start < sizes.limitMs) {
    signal?.throwIfAborted();
    const end = Math.min(count, made + step);
    const tree = treeOf(made, end, content);
    const ms = await timed(() => files.importTree?.(tree) ?? importByFile(files, tree));
    if (ms < sizes.limitMs / 50) step = FILES_PER_STEP;
    made = end;
  }
  return made;
}

function treeOf(from: number, to: number, bytes: Uint8Array<ArrayBuffer>): SourceTree {
  const paths = Array.from({ length: to - from }, (_, i) => pathOf(from + i));
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/"))));
  return { folders: [...folders], files: paths.map((path): SourceFile => ({ path, bytes })) };
}

function pathOf(index: number): string {
  return `/d${Math.floor(index / FILES_PER_FOLDER)}/f${index}`;
}
