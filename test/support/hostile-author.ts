/**
 * HostileAuthor: somebody who has the keys of a container and writes into it what no engine would. All of
 * it authenticates, so only the decoders stand between it and whoever opens the container.
 */
import { CELL_BYTES } from "../../src/crypto/sealer.js";
import {
  copiesOf,
  encodeNode,
  NodeHandle,
  type Node,
  type TreeSpec,
} from "../../src/engine/node.js";
import { freeKey, type PoolRecord } from "../../src/engine/pool-records.js";
import type { FileRecord } from "../../src/engine/records.js";
import { cellOffset } from "../../src/engine/ring.js";
import type { RootRef } from "../../src/engine/root-ref.js";
import { SlotIo } from "../../src/engine/slot-io.js";
import type { Run, SlotRef } from "../../src/engine/slot-ref.js";
import { fileSpec, poolSpec } from "../../src/engine/specs.js";
import {
  decodeSuperblock,
  encodeSuperblock,
  RING_CELLS,
  type Superblock,
} from "../../src/engine/superblock.js";
import type { MemoryDisk } from "./memory-disk.js";
import { keys } from "./watched-repo.js";

export class HostileAuthor {
  /** The container's newest superblock as an engine wrote it. */
  readonly newest: Superblock;
  readonly #io: SlotIo;

  private constructor(io: SlotIo, newest: Superblock) {
    this.#io = io;
    this.newest = newest;
  }

  /** Begins with the closed container on the disk. */
  static async of(disk: MemoryDisk): Promise<HostileAuthor> {
    const store = disk.open();
    store.setSlotBytes(keys.slotBytes);
    const io = new SlotIo(store, await keys.sealer(), keys.slotBytes);
    const header = await store.readHeader();
    let newest: Superblock | undefined;
    for (let index = 0; index < RING_CELLS; index++) {
      const at = cellOffset(index);
      const payload = await io.sealer.openCell(index, header.subarray(at, at + CELL_BYTES));
      const block = payload === undefined ? undefined : decodeSuperblock(payload);
      if (block !== undefined && block.generation > (newest?.generation ?? 0)) newest = block;
    }
    if (newest === undefined) throw new RangeError("there is no container on this disk");
    return new HostileAuthor(io, newest);
  }

  /** Writes the newest superblock with changes as the next commit. */
  async addCommit(changes: Partial<Superblock>): Promise<void> {
    const generation = this.newest.generation + 1;
    const index = generation % RING_CELLS;
    // A settled commit vouches for itself, so that no manifest has to be made up.
    const block = { ...this.newest, generation, settled: true, manifest: [], ...changes };
    const cell = await this.#io.sealer.sealCell(index, encodeSuperblock(block));
    await this.#io.store.writeHeader(cellOffset(index), cell);
  }

  /** The same, and takes every earlier commit away. */
  async replaceCommits(changes: Partial<Superblock>): Promise<void> {
    const noCells = new Uint8Array(RING_CELLS * CELL_BYTES);
    await this.#io.store.writeHeader(cellOffset(0), noCells);
    await this.addCommit(changes);
  }

  /** Seals the node of the file tree and writes it behind the container's end. */
  writeNode(node: Node<FileRecord>): Promise<NodeHandle<FileRecord>> {
    return this.#write(fileSpec(keys.slotBytes), node);
  }

  async #write<V>(spec: TreeSpec<V>, node: Node<V>): Promise<NodeHandle<V>> {
    const { store } = this.#io;
    const plaintext = encodeNode(spec, node);
    const refs: SlotRef[] = [];
    for (let copy = 0; copy < copiesOf(spec, node.level); copy++) {
      const slot = store.slotCount;
      await store.resize(slot + 1);
      const sealed = await this.#io.seal([{ kind: spec.kind, slot, plaintext }], 1);
      await store.write(sealed.map(({ run }) => run));
      refs.push(...sealed.map(({ ref }) => ref));
    }
    return new NodeHandle<V>(node.level, refs, undefined);
  }

  /** Makes `run` the only free record of the pool tree, in the only commit that there is. */
  async plantFree({ start, count }: Run): Promise<void> {
    const leaf = { level: 0 as const, keys: [freeKey(start)], values: [count], bytes: 0 };
    const root = await this.#write<PoolRecord>(poolSpec(keys.slotBytes), leaf);
    const poolRoot: RootRef = { level: 0, refs: root.refs ?? [] };
    await this.replaceCommits({ poolRoot, slots: this.#io.store.slotCount, freeInTree: count });
  }

  /** Makes `root` the root of the file tree, in the only commit that there is. */
  async plantTree(root: NodeHandle<FileRecord>): Promise<void> {
    const fileRoot: RootRef = { level: root.level, refs: root.refs ?? [] };
    await this.replaceCommits({ fileRoot, slots: this.#io.store.slotCount });
  }
}
