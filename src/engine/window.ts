/**
 * Window: what published operations have changed since the last commit began, beside the file tree
 * itself. A commit takes the whole window and leaves an empty one behind.
 */
import type { Changes } from "./changes.js";
import type { Chunk } from "./chunk.js";
import type { NodeHandle } from "./node.js";
import type { FileRecord } from "./records.js";
import type { Generation } from "./slot-ref.js";
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
  /** Pending chunks that may be equal to what is stored. */
  dedupPending = 0;
  /** By the unit's first slot. */
  readonly units = new Map<number, UnitUse>();
  /** Stored nodes that the live tree no longer uses; of those that are stored, the commit frees what nothing else uses. */
  readonly retired: NodeHandle<FileRecord>[] = [];
  /** Those of them that a snapshot may still use: their content is kept in memory until the commit. */
  readonly #held: NodeHandle<FileRecord>[] = [];
  /** Entries of the held nodes: what the commit may have to count. */
  heldEntries = 0;
  /** Chunks that were given a home of their own and may be found by their content, by fingerprint. */
  readonly indexed = new Map<string, Chunk>();
  /** Units written ahead of the commit. */
  readonly written: ManifestEntry[] = [];
  /** An upper bound of the nodes that the commit will write, copies not counted. */
  dirtyNodes = 0;
  /** Whether there is anything to commit. */
  dirty = false;

  /** Takes over what was published. Nodes born after `sharedBirth` are known to have had one parent. */
  absorb({ references, retired, created }: Changes, sharedBirth: Generation): void {
    this.dirty = true;
    // What has only moved changes no count.
    for (const [chunk, delta] of references) if (delta !== 0) this.#count(chunk, delta);
    let unsealed = 0;
    for (const handle of retired) {
      const birth = handle.refs?.[0]?.birth ?? handle.sealing;
      if (birth === undefined) {
        unsealed++;
        continue;
      }
      this.retired.push(handle);
      if (birth <= sharedBirth) this.#hold(handle);
    }
    this.dirtyNodes += created - unsealed;
  }

  /** A chunk has become longer. */
  grow(chunk: Chunk, bytes: number): void {
    if (this.pending.has(chunk)) this.pendingBytes += bytes;
  }

  #hold(handle: NodeHandle<FileRecord>): void {
    handle.held++;
    this.#held.push(handle);
    this.heldEntries += handle.node?.keys.length ?? 0;
  }

  /** Lets go of held content, after the commit. */
  release(): void {
    for (const handle of this.#held.splice(0)) handle.held--;
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
      if (chunk.dedup) this.dedupPending++;
    } else if (chunk.references === 0) this.drop(chunk);
  }

  /** Takes a chunk off the pending ones. */
  drop(chunk: Chunk): void {
    if (!this.pending.delete(chunk)) return;
    this.pendingBytes -= chunk.used;
    if (chunk.dedup) this.dedupPending--;
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
