/** W6: the tree of W4 comes in a second time where equal content is shared: how long that takes, and how much it adds. */
import type { Figure } from "../messages.js";
import { treeBytes, type SourceTree } from "../source-tree.js";
import type { Subject } from "../subjects/subject.js";
import { withEmptyStore } from "./empty-store.js";
import { duration, timed, type BenchRun } from "./figure.js";
import { importByFile } from "./source-tree-import.js";

export async function duplicates(subject: Subject, run: BenchRun): Promise<Figure[]> {
  const tree = await run.tree();
  const [one, two] = [under("/one", tree), under("/two", tree)];
  return withEmptyStore(subject, async (files) => {
    const first = await timed(() => importByFile(files, one, undefined, run.signal));
    const before = await files.usage?.();
    const second = await timed(() => importByFile(files, two, undefined, run.signal));
    const after = await files.usage?.();
    if (before === undefined || after === undefined) throw new Error("it does not tell its usage");
    const grown = after.storedBytes - before.storedBytes;
    return [
      duration("first import", first),
      duration("second import", second),
      { metric: "growth of content", value: growth(tree, grown, after.inlineBytes), unit: "%" },
    ];
  });
}

/**
 * Content that is not inline is what can be shared, so what is inline counts neither as content nor as growth. The new
 * folders, inodes and extents do count.
 */
function growth(tree: SourceTree, grown: number, inlineBytes: number): number {
  const inline = tree.files
    .map(({ bytes }) => bytes.length)
    .filter((length) => length <= inlineBytes)
    .reduce((sum, length) => sum + length, 0);
  return (Math.max(grown - inline, 0) * 100) / (treeBytes(tree) - inline);
}

function under(folder: string, { folders, files }: SourceTree): SourceTree {
  return {
    folders: [folder, ...folders.map((path) => folder + path)],
    files: files.map(({ path, bytes }) => ({ path: folder + path, bytes })),
  };
}
