/** Watches: what the page watches of a tree of files, by the page's numbers. */
import type { FileSystem, Watcher } from "../vfs/file-system.js";
import type { WatchedChange } from "./protocol.js";

export class Watches {
  readonly #fs: FileSystem;
  readonly #notify: (change: WatchedChange) => void;
  /** Undefined while it begins. */
  readonly #open = new Map<number, Watcher | undefined>();

  constructor(fs: FileSystem, notify: (change: WatchedChange) => void) {
    this.#fs = fs;
    this.#notify = notify;
  }

  /** Resolves to the path that is watched, without symlinks. What is asked for after this call is told of. */
  async begin(id: number, path: string, recursive: boolean): Promise<string> {
    this.#open.set(id, undefined);
    const watching = this.#fs.watch(path, { recursive }, (event) => {
      this.#notify({ watch: id, ...event });
    });
    try {
      const [watcher, real] = await Promise.all([watching, this.#fs.realpath(path)]);
      if (this.#open.has(id)) this.#open.set(id, watcher);
      else watcher.close();
      return real;
    } catch (error) {
      this.#open.delete(id);
      watching.then(
        (watcher) => {
          watcher.close();
        },
        () => undefined,
      );
      throw error;
    }
  }

  end(id: number): void {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }
}
