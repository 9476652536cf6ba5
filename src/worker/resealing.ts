/**
 * Resealing: ends a rotation of the master key. What is under older keys is sealed anew, in the background and in steps, and
 * keys that nothing needs any more are dropped. It goes on with the next opening where it was cut off, since what is
 * under which key stands in every reference.
 */
import type { Engine } from "../engine/engine.js";
import type { RelocationOptions } from "../engine/relocation.js";
import type { ContainerKeys } from "./container-keys.js";
import { orAborted } from "./derivation.js";

type OnProgress = NonNullable<RelocationOptions["onProgress"]>;

export class Resealing {
  readonly #engine: Engine;
  readonly #keys: ContainerKeys;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<OnProgress>();
  #running: Promise<void> | undefined;

  constructor(engine: Engine, keys: ContainerKeys) {
    this.#engine = engine;
    this.#keys = keys;
  }

  get isDue(): boolean {
    return !this.#engine.readOnly && this.#keys.generations.length > 1;
  }

  /** Begins in the background. A failure is tried again by the next opening, or by who waits for the end. */
  start(): void {
    if (this.isDue) void this.#run().catch(() => undefined);
  }

  /**
   * Waits for the end. Keys may be left where a snapshot, a transaction or an export that is open needs them.
   * Giving up stops the waiting, not the work.
   */
  async finish(signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    this.#listeners.add(onProgress);
    try {
      if (this.isDue) await orAborted(this.#run(), signal);
    } finally {
      this.#listeners.delete(onProgress);
    }
  }

  /** Stops between two steps. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#running?.catch(() => undefined);
  }

  #run(): Promise<void> {
    this.#running ??= this.#reseal().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #reseal(): Promise<void> {
    const { signal } = this.#controller;
    const onProgress: OnProgress = (done, total) => {
      for (const listener of this.#listeners) listener(done, total);
    };
    await this.#engine.maintenance.reseal({ signal, onProgress });
    await this.#keys.retireGenerations(await this.#engine.maintenance.generationsInUse());
  }
}
