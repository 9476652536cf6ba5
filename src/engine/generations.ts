/**
 * Which key generations something stored is sealed under: a walk of all trees, so that a key is dropped only when nothing
 * needs it (docs/ARCHITECTURE.md "Compacting moves what lies high").
 */
import type { Attempts } from "./attempts.js";
import { chunkOf, type FileRecord } from "./records.js";
import type { NodeHandle, TreeSpec } from "./node.js";
import type { PoolRecord } from "./pool-records.js";
import type { SlotRef } from "./slot-ref.js";
import { TreeView } from "./tree.js";

/** Adds the generations of what the file tree below `root` refers to; nodes that are not stored yet have none. */
export async function addGenerations(
  found: Set<number>,
  attempts: Attempts,
  spec: TreeSpec<FileRecord>,
  root: NodeHandle<FileRecord>,
): Promise<void> {
  const view = new TreeView(spec, root);
  for (let from: string | undefined = ""; from !== undefined;) {
    const at: string = from;
    from = await attempts.run(() => {
      const { path, leaf, next } = view.leafAt(at);
      for (const { refs } of path) addAll(found, refs);
      for (const record of leaf.values) addAll(found, unitRefs(chunkOf(record)?.unit));
      return next;
    });
  }
}

/** The same of the pool tree; without a pause, for who finds all of it in memory. */
export function addPoolGenerations(found: Set<number>, pool: TreeView<PoolRecord>): void {
  for (let from: string | undefined = ""; from !== undefined;) {
    const { path, leaf, next } = pool.leafAt(from);
    for (const { refs } of path) addAll(found, refs);
    for (const record of leaf.values)
      if (typeof record === "object" && record.is === "chunk")
        addAll(found, unitRefs(record.chunk.unit));
    from = next;
  }
}

function unitRefs(unit: SlotRef | undefined): readonly SlotRef[] {
  return unit === undefined ? [] : [unit];
}

function addAll(found: Set<number>, refs: readonly SlotRef[] | undefined): void {
  for (const { keyGeneration } of refs ?? []) found.add(keyGeneration);
}
