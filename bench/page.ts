/**
 * The page of the bench: runs one workload of one entrant at a time, as the driver asks, so that the entrants
 * take turns.
 */
import { ENTRANTS } from "./entrants.js";
import type { BenchSizes, Entrant, Sample, WorkloadId } from "./messages.js";
import { scaleStep, type ScalePoint, type ScaleStep } from "./scale/scale-step.js";
import { unpackTree, type SourceTree } from "./source-tree.js";

const bench = {
  entrants: ENTRANTS.map(({ name, kind, store, isEncrypted, workloads, page }): Entrant => ({
    name,
    kind,
    store,
    isEncrypted,
    workloads,
    page,
  })),

  async run(workload: WorkloadId, name: string, sizes: BenchSizes): Promise<Sample[]> {
    const found = ENTRANTS.find((entrant) => entrant.name === name);
    if (found === undefined) throw new Error(`no entrant ${name}`);
    const tree = (): Promise<SourceTree> => loadTree(sizes.treeFiles);
    const figures = await found.run(workload, { sizes, tree });
    return figures.map((figure) => ({ workload, entrant: name, ...figure }));
  },

  scale(step: ScaleStep): Promise<ScalePoint[]> {
    return scaleStep(step);
  },
};

/** Where the driver serves the files of W4. */
const TREE_ADDRESS = "/bench-tree";

let packedTree: Promise<ArrayBuffer> | undefined;

async function loadTree(count: number): Promise<SourceTree> {
  packedTree ??= fetch(TREE_ADDRESS).then((answer) => {
    if (!answer.ok) throw new Error(`the tree: ${answer.status}`);
    return answer.arrayBuffer();
  });
  return unpackTree(await packedTree, count);
}

declare global {
  interface Window {
    bench: typeof bench;
  }
}
window.bench = bench;
