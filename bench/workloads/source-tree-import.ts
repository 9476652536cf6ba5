/**
 * W4: a tree of sources comes in, file by file with some in flight and, where there is a way to, in bulk; then
 * all of it is read after the store has been opened again.
 */
import type { Figure } from "../messages.js";
import { treeBytes, type SourceTree } from "../source-tree.js";
import type { Files, Subject } from "../subjects/subject.js";
import { duration, inFlight, timed, type BenchRun } from "./figure.js";

const FILES_IN_FLIGHT = 8;

export async function sourceTreeImport(subject: Subject, run: BenchRun): Promise<Figure[]> {
  const tree = await run.tree();
  const width = subject.filesInFlight ?? FILES_IN_FLIGHT;
  const byFile = (files: Files): Promise<void> => importByFile(files, tree, width, run.signal);
  const figures: Figure[] = [];
  try {
    let files = await subject.create();
    figures.push(duration("import", await timed(() => byFile(files))));
    const hasBulkImport = files.importTree !== undefined;
    await files.close();
    if (hasBulkImport) {
      await subject.destroy();
      files = await subject.create();
      figures.push(duration("bulk import", await timed(async () => files.importTree?.(tree))));
      await files.close();
    }
    const cold = await subject.reopen();
    figures.push(duration("cold read", await timed(() => readAll(cold, tree, width, run.signal))));
    await cold.close();
    return figures;
  } finally {
    await subject.destroy();
  }
}

/** With the folders, until it is synced. */
export async function importByFile(
  files: Files,
  tree: SourceTree,
  width = FILES_IN_FLIGHT,
  signal?: AbortSignal,
): Promise<void> {
  for (const folder of tree.folders) await files.mkdir(folder);
  await inFlight(tree.files, width, ({ path, bytes }) => files.writeFile(path, bytes), signal);
  await files.sync();
}

async function readAll(
  files: Files,
  tree: SourceTree,
  width: number,
  signal?: AbortSignal,
): Promise<void> {
  let bytes = 0;
  const read = async ({ path }: { path: string }): Promise<void> => {
    const { length } = await files.readFile(path);
    bytes += length;
  };
  await inFlight(tree.files, width, read, signal);
  if (bytes !== treeBytes(tree)) throw new Error(`${bytes} bytes came back`);
}
