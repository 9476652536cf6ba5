/**
 * NodeCache: loads nodes and keeps a bounded number of clean ones in memory (clock replacement).
 * Dirty nodes are not its business: their edit or the tree above holds them until a commit seals them.
 */
import { assert } from "../assert.js";
import { MalformedBytes } from "../codec/bytes.js";
import { isRepoError, RepoError } from "../errors.js";
import { decodeNode, type Node, type NodeHandle, type TreeSpec } from "./node.js";
import type { SlotIo } from "./slot-io.js";

/** Fewest nodes the cache holds; one operation never needs as many. */
const LEAST_NODES = 48;

export class NodeCache {
  readonly #io: SlotIo;
  readonly #capacity: number;
  readonly #clean: NodeHandle<unknown>[] = [];
  readonly #loading = new Map<NodeHandle<unknown>, Promise<void>>();
  #hand = 0;
  /** Slots read for nodes since the repo was opened. */
  slotsRead = 0;

  /** `cacheBytes` counts decoded nodes as twice their stored size. */
  constructor(io: SlotIo, cacheBytes: number) {
    this.#io = io;
    this.#capacity = Math.max(LEAST_NODES, Math.floor(cacheBytes / (2 * io.slotBytes)));
  }

  get nodes(): number {
    return this.#clean.length;
  }

  /** Brings the node into memory; concurrent loads of one node share the read. */
  load(handle: NodeHandle<unknown>, spec: TreeSpec<unknown>): Promise<void> {
    if (handle.node !== undefined) return Promise.resolve();
    const running = this.#loading.get(handle);
    if (running !== undefined) return running;
    const loading = this.#read(handle, spec).finally(() => this.#loading.delete(handle));
    this.#loading.set(handle, loading);
    return loading;
  }

  async #read(handle: NodeHandle<unknown>, spec: TreeSpec<unknown>): Promise<void> {
    const node = await this.readCopies(handle, spec);
    handle.node = node;
    this.keep(handle);
  }

  /** Reads the node from storage, from its second copy if the first is damaged. */
  async readCopies<V>(handle: NodeHandle<V>, spec: TreeSpec<V>): Promise<Node<V>> {
    const refs = handle.refs;
    assert(refs !== undefined, "a dirty node is in memory");
    let damage: unknown;
    for (const ref of refs) {
      try {
        this.slotsRead++;
        return decodeNode(spec, handle, await this.#io.open(spec.kind, ref));
      } catch (error) {
        if (!(error instanceof MalformedBytes) && !isRepoError(error, "INTEGRITY")) throw error;
        damage = error;
      }
    }
    throw new RepoError("INTEGRITY", { cause: damage });
  }

  /** Takes a clean, loaded node into the cache, and drops others that have not been used of late. */
  keep(handle: NodeHandle<unknown>): void {
    handle.hot = true;
    this.#clean.push(handle);
    let steps = 2 * this.#clean.length;
    while (this.#clean.length > this.#capacity && steps-- > 0) this.#advance();
  }

  #advance(): void {
    if (this.#hand >= this.#clean.length) this.#hand = 0;
    const handle = this.#clean[this.#hand];
    if (handle === undefined) return;
    if (handle.held > 0) this.#hand++;
    else if (handle.hot) {
      handle.hot = false;
      this.#hand++;
    } else {
      handle.node = undefined;
      const last = this.#clean.pop();
      if (last !== undefined && last !== handle) this.#clean[this.#hand] = last;
    }
  }
}
