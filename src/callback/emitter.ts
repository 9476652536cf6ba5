/** Emitter: as much of Node's EventEmitter as those who watch files use. A page has none of its own. */
import { assertFunction } from "../api/validate.js";

/** What is called for an event. */
export type Listener = (...details: readonly never[]) => unknown;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

export class Emitter {
  readonly #entries = new Map<string | symbol, readonly Entry[]>();

  on(event: string | symbol, listener: Listener): this {
    return this.#add(event, { listener, once: false });
  }

  addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  once(event: string | symbol, listener: Listener): this {
    return this.#add(event, { listener, once: true });
  }

  off(event: string | symbol, listener: Listener): this {
    const entries = this.#of(event);
    // Of one that was added twice, the one that came last, as in Node.
    const at = entries.findLastIndex((entry) => entry.listener === listener);
    this.#entries.set(
      event,
      entries.filter((_, i) => i !== at),
    );
    return this;
  }

  removeListener(event: string | symbol, listener: Listener): this {
    return this.off(event, listener);
  }

  /** Of one event, or of all. */
  removeAllListeners(event?: string | symbol): this {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
    return this;
  }

  listeners(event: string | symbol): Listener[] {
    return this.#of(event).map(({ listener }) => listener);
  }

  listenerCount(event: string | symbol): number {
    return this.#of(event).length;
  }

  eventNames(): (string | symbol)[] {
    return [...this.#entries.keys()].filter((event) => this.listenerCount(event) > 0);
  }

  /** Calls the listeners in turn; whether there were any. An `error` for which there are none is thrown. */
  emit(event: string | symbol, ...details: readonly unknown[]): boolean {
    const entries = this.#of(event);
    for (const { listener, once } of entries) {
      if (once) this.off(event, listener);
      Reflect.apply(listener, this, details);
    }
    if (entries.length > 0 || event !== "error") return entries.length > 0;
    throw details[0];
  }

  #of(event: string | symbol): readonly Entry[] {
    return this.#entries.get(event) ?? [];
  }

  #add(event: string | symbol, entry: Entry): this {
    assertFunction(entry.listener, "listener");
    this.#entries.set(event, [...this.#of(event), entry]);
    return this;
  }
}
