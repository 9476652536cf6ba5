/**
 * Window: what published operations have changed since the last commit began, beside the file tree
 * itself. A commit takes the whole window and leaves an empty one behind.
 */
import type { Chunk } from "./chunk.js";
import type { FileEdit } from "./file-view.js";
import type { NodeHandle } from "./node.js";
import type { ManifestEntry } from "./superblock.js";

/** How the extents of one unit have changed. */
export interface UnitUse {
  readonly slots: number;
  /** The unit was written in this window: no record of the pool tree counts it yet. */
  readonly fresh: boolean;
  delta: number;
}

export class Window {
  /** Chunks that wait to be sealed, in the order of their writing. */
  readonly pending = new Set<Chunk>();
  /** Bytes of all pending chunks. */
  pendingBytes = 0;
  /** By the unit's first slot. */
  readonly units = new Map<number, UnitUse>();
  /** Nodes that no tree uses any more; those that are stored will be freed. */
  readonly retired: Pick<NodeHandle<unknown>, "refs">[] = [];
  /** Units written ahead of the commit. */
  readonly written: ManifestEntry[] = [];
  /** An upper bound of the nodes that the commit will write, copies not counted. */
  dirtyNodes = 0;
  /** Whether there is anything to commit. */
  dirty = false;

  /** Takes over what a published edit changed. */
  absorb(edit: FileEdit): void {
    this.dirty = true;
    for (const publish of edit.onPublish) publish();
    this.pendingBytes += edit.grownBytes;
    for (const [chunk, delta] of edit.references) this.#count(chunk, delta);
    const { retired, created } = edit.tree;
    let unsealed = 0;
    for (const handle of retired) {
      this.retired.push(handle);
      if (handle.refs === undefined && !handle.sealing) unsealed++;
    }
    this.dirtyNodes += created - unsealed;
  }

  #count(chunk: Chunk, delta: number): void {
    const { home } = chunk;
    if (home !== undefined) {
      this.use(home.start, home.count, false).delta += delta;
      return;
    }
    chunk.references += delta;
    if (chunk.references > 0 && !this.pending.has(chunk)) {
      this.pending.add(chunk);
      this.pendingBytes += chunk.used;
    } else if (chunk.references === 0) this.drop(chunk);
  }

  /** Takes a chunk off the pending ones. */
  drop(chunk: Chunk): void {
    if (this.pending.delete(chunk)) this.pendingBytes -= chunk.used;
  }

  /** The entry of a unit, made if there is none. */
  use(slot: number, slots: number, fresh: boolean): UnitUse {
    let use = this.units.get(slot);
    if (use === undefined) {
      use = { slots, fresh, delta: 0 };
      this.units.set(slot, use);
    }
    return use;
  }
}
