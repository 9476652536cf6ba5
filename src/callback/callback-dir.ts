/** CallbackDir: an open directory whose methods take a callback or give a promise, as those of Node's `Dir` do. */
import type { Dirent } from "../api/dirent.js";
import { asked, tell } from "./callback.js";
import type { Callback } from "./callback-types.js";
import { invoke, resolved } from "./promises-fs.js";

export class CallbackDir implements AsyncIterable<Dirent> {
  readonly #dir: object;

  /** @internal Directories come from `fs.opendir`. */
  constructor(dir: object) {
    this.#dir = dir;
  }

  /** As it was opened. */
  get path(): string {
    return String(Reflect.get(this.#dir, "path"));
  }

  /** The next entry, null at the end. */
  read(): Promise<Dirent | null>;
  read(callback: Callback<[entry: Dirent | null]>): void;
  read(...args: readonly unknown[]): unknown {
    return this.#call("read", args);
  }

  close(): Promise<void>;
  close(callback: Callback): void;
  close(...args: readonly unknown[]): unknown {
    return this.#call("close", args);
  }

  /** The entries that are left; it is closed then. */
  entries(): AsyncIterableIterator<Dirent> {
    return invoke(this.#dir, "entries", []) as AsyncIterableIterator<Dirent>;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Dirent> {
    return this.entries();
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const work = resolved(this.#dir, name, []);
    if (args[0] === undefined) return work;
    tell(
      asked(args, 1).callback,
      work.then((result) => (result === undefined ? [] : [result])),
    );
    return undefined;
  }
}
