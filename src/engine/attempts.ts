/**
 * Attempts: runs synchronous operations until they find everything in memory (docs/ARCHITECTURE.md,
 * "Restart on miss").
 */
import { AssertionFailed } from "../assert.js";
import { SEAL_KIND } from "../crypto/sealer.js";
import { UnitMiss } from "./file-view.js";
import type { NodeCache } from "./node-cache.js";
import type { NodeHandle } from "./node.js";
import type { SlotIo } from "./slot-io.js";
import { Miss, NodeMiss } from "./tree.js";
import type { UnitCache } from "./unit-cache.js";

export interface AttemptsParts {
  readonly io: SlotIo;
  readonly nodes: NodeCache;
  readonly units: UnitCache;
  /** Keeps the slots of the present state from being written again; call the result to let go. */
  readonly pin: () => () => void;
  /** Told when an operation breaks an invariant, before its caller is. */
  readonly onBug: (error: AssertionFailed) => void;
}

export class Attempts {
  readonly #parts: AttemptsParts;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** What `operation` returns or throws, once it misses nothing. Rejects with INTEGRITY or BACKEND_IO too. */
  async run<T>(operation: () => T): Promise<T> {
    try {
      return this.#guarded(operation);
    } catch (miss) {
      if (!(miss instanceof Miss)) throw miss;
      return await this.#runLoading(operation, miss);
    }
  }

  async #runLoading<T>(operation: () => T, first: Miss): Promise<T> {
    const unpin = this.#parts.pin();
    const held: NodeHandle<unknown>[] = [];
    try {
      for (let miss = first; ;) {
        await this.#load(miss, held);
        try {
          return this.#guarded(operation);
        } catch (next) {
          if (!(next instanceof Miss)) throw next;
          miss = next;
        }
      }
    } finally {
      for (const handle of held) handle.held--;
      unpin();
    }
  }

  #guarded<T>(operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      if (error instanceof AssertionFailed) this.#parts.onBug(error);
      throw error;
    }
  }

  /** Nodes are held, or the cache might drop what the next attempt needs, for ever. */
  async #load(miss: Miss, held: NodeHandle<unknown>[]): Promise<void> {
    const { io, nodes, units } = this.#parts;
    if (miss instanceof NodeMiss) {
      miss.handle.held++;
      held.push(miss.handle);
      await nodes.load(miss.handle, miss.spec);
    } else if (miss instanceof UnitMiss) {
      units.keep(miss.unit, units.opened(await io.open(SEAL_KIND.data, miss.unit)));
    } else throw new AssertionFailed("BUG: an unknown miss");
  }
}
