/**
 * Watches: who on the page waits for changes, by the number that the worker's notices name. Numbers are never used twice, so
 * a notice that comes late meets nobody.
 */
import type { WatchedChange } from "../worker/protocol.js";

export interface ChangeReceiver {
  tell(change: WatchedChange): void;
  /** Nothing more will be told. */
  fail(failure: Error): void;
}

let last = 0;

export class Watches {
  readonly #open = new Map<number, ChangeReceiver>();
  readonly #below = new Set<Watches>();

  add(receiver: ChangeReceiver): number {
    this.#open.set(++last, receiver);
    return last;
  }

  remove(id: number): void {
    this.#open.delete(id);
  }

  tell(change: WatchedChange): void {
    this.#open.get(change.watch)?.tell(change);
    for (const watches of this.#below) watches.tell(change);
  }

  /** Ends all of them, each with an error of its own. */
  fail(failure: () => Error): void {
    for (const receiver of this.#open.values()) receiver.fail(failure());
    for (const watches of this.#below) watches.fail(failure);
    this.#open.clear();
  }

  /** Those of a tree beside the live one, until `drop`. */
  branch(): Watches {
    const watches = new Watches();
    this.#below.add(watches);
    return watches;
  }

  drop(branch: Watches, failure: () => Error): void {
    branch.fail(failure);
    this.#below.delete(branch);
  }
}
