/**
 * Whether everything recent of a state opens: a walk from all roots that leaves out every subtree older
 * than `since`. Opening takes it where the manifests cannot tell.
 */
import { MalformedBytes } from "../codec/bytes.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import { isRepoError } from "../errors.js";
import { decodeNode, isLeaf, type Node, type NodeHandle, type TreeSpec } from "./node.js";
import type { PoolRecord } from "./pool-records.js";
import { unitOf, type FileRecord } from "./records.js";
import type { SlotIo } from "./slot-io.js";
import type { Generation } from "./slot-ref.js";
import { fileSpec, poolSpec } from "./specs.js";
import { rootHandle } from "./root-ref.js";
import type { Superblock } from "./superblock.js";

/** Opens every node, in all its copies, and every unit of `block` that was written by commit `since` or later. */
export async function recentOpens(
  io: SlotIo,
  { fileRoot, poolRoot }: Superblock,
  since: Generation,
): Promise<boolean> {
  const seen = new Set<number>();
  const unitOpens = async (record: FileRecord): Promise<boolean> => {
    const unit = unitOf(record);
    if (unit === undefined || unit.birth < since || seen.has(unit.slot)) return true;
    seen.add(unit.slot);
    return opens(() => io.open(SEAL_KIND.data, unit));
  };
  const visit = async <V>(
    spec: TreeSpec<V>,
    handle: NodeHandle<V>,
    valueOpens: (value: V) => Promise<boolean>,
  ): Promise<boolean> => {
    const refs = handle.refs ?? [];
    if (refs.every(({ birth }) => birth < since)) return true;
    let node: Node<V> | undefined;
    for (const ref of refs) {
      const opened = await opens(async () => {
        node = decodeNode(spec, handle, await io.open(spec.kind, ref));
      });
      if (!opened) return false;
    }
    if (node === undefined) return false;
    if (isLeaf(node)) {
      for (const value of node.values) if (!(await valueOpens(value))) return false;
      return true;
    }
    for (const child of node.children) if (!(await visit(spec, child, valueOpens))) return false;
    return true;
  };
  // A snapshot or remnant that is recent has a recent record.
  const treeOpens = (root: NodeHandle<FileRecord>): Promise<boolean> =>
    visit(fileSpec(io.slotBytes), root, unitOpens);
  return (
    (await treeOpens(rootHandle(fileRoot))) &&
    (await visit(poolSpec(io.slotBytes), rootHandle<PoolRecord>(poolRoot), async (record) =>
      typeof record === "object" && "root" in record ? treeOpens(record.root) : true,
    ))
  );
}

/** Whether `open` finds what it expects; other failures are the caller's. */
export async function opens(open: () => Promise<unknown>): Promise<boolean> {
  try {
    await open();
    return true;
  } catch (error) {
    if (error instanceof MalformedBytes || isRepoError(error, "INTEGRITY")) return false;
    throw error;
  }
}
