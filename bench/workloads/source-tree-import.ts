/**
 * W4: a tree of sources comes in, file by file with some in flight and, where there is a way to, in bulk; then
 * all of it is read after the store has been opened again.
 */
import type { Figure } from "../messages.js";
import { treeBytes, type SourceTree } from "../source-tree.js";
import type { Files, Subject } from "../subjects/subject.js";
import { withEmptyStore } from "./empty-store.js";
import { duration, inFlight, timed, type BenchRun } from "./figure.js";

const FILES_IN_FLIGHT = 8;

export async function sourceTreeImport(subject: Subject, run: BenchRun): Promise<Figure[]> {
  const tree = await run.tree();
  const width = subject.filesInFlight ?? FILES_IN_FLIGHT;
  const imported = await withEmptyStore(subject, async (files) =>
    duration("import", await timed(() => importByFile(files, tree, width, run.signal))),
  );
  // In bulk where that can be: setting up what is read is not measured twice.
  try {
    const files = await subject.create();
    const bulk =
      files.importTree === undefined
        ? []
        : [duration("bulk import", await importBulk(files, tree))];
    if (bulk.length === 0) await importByFile(files, tree, width, run.signal);
    await files.close();
    const cold = await subject.reopen();
    const read = await timed(() => readAll(cold, tree, width, run.signal));
    await cold.close();
    return [imported, ...bulk, duration("cold read", read)];
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

function importBulk(files: Files, tree: SourceTree): Promise<number> {
  return timed(() => files.importTree?.(tree) ?? Promise.resolve());
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
