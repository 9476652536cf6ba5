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
    const stored = async (): Promise<number> => (await files.storedBytes?.()) ?? 0;
    const first = await timed(() => importByFile(files, one, undefined, run.signal));
    const before = await stored();
    const second = await timed(() => importByFile(files, two, undefined, run.signal));
    const grown = (await stored()) - before;
    return [
      duration("first import", first),
      duration("second import", second),
      { metric: "growth of content", value: (grown * 100) / treeBytes(tree), unit: "%" },
    ];
  });
}

function under(folder: string, { folders, files }: SourceTree): SourceTree {
  return {
    folders: [folder, ...folders.map((path) => folder + path)],
    files: files.map(({ path, bytes }) => ({ path: folder + path, bytes })),
  };
}
