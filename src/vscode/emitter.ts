/** Emitter: who listens to an event of the provider, in the shape of VS Code's own. */
import type { EditorEvent } from "./editor-types.js";

export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => unknown>();

  readonly event: EditorEvent<T> = (listener, thisArg, disposables) => {
    const bound = (event: T): unknown => listener.call(thisArg, event);
    this.#listeners.add(bound);
    const subscription = {
      dispose: () => {
        this.#listeners.delete(bound);
      },
    };
    disposables?.push(subscription);
    return subscription;
  };

  fire(event: T): void {
    for (const listener of [...this.#listeners])
      try {
        listener(event);
      } catch (error) {
        // It is the listener's own failure: the others are told all the same, and the host hears of it.
        queueMicrotask(() => {
          throw error;
        });
      }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
