/** Changes: what an edit, or a transaction of many, leaves behind for the window and for the reclaimer. */
import type { Chunk } from "./chunk.js";
import type { FileEdit } from "./file-view.js";
import type { NodeHandle } from "./node.js";
import type { FileRecord, Ino } from "./records.js";
import type { TreeEvent } from "./tree-events.js";

export interface Changes {
  readonly root: NodeHandle<FileRecord>;
  /** Change in the number of extents that point to each chunk. */
  readonly references: ReadonlyMap<Chunk, number>;
  /** Nodes that the new tree no longer uses. */
  readonly retired: readonly NodeHandle<FileRecord>[];
  /** Nodes that were made, some of which may be retired again. */
  readonly created: number;
  /** Inodes of which something was cut off. */
  readonly reclaim: ReadonlySet<Ino>;
  /** Inodes that are not what they were. */
  readonly touched: ReadonlySet<Ino>;
  /** Keys written, if anybody wanted to know. */
  readonly written: ReadonlySet<string>;
  /** What became of names, in order. */
  readonly events: readonly TreeEvent[];
}

const NONE: ReadonlySet<string> = new Set();

export function changesOf(edit: FileEdit): Changes {
  const { references, reclaim, touched, footprint, events } = edit;
  const { root, retired } = edit.tree;
  const created = edit.tree.created.length;
  const written = footprint?.written ?? NONE;
  return { root, references, retired, created, reclaim, touched, written, events };
}
