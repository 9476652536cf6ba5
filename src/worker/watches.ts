/** Watches: what the page watches of a tree of files, by the page's numbers. */
import type { FileSystem, Watcher } from "../vfs/file-system.js";
import { renamed } from "./compound.js";
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

  /** Resolves to the path that is watched, without symlinks. */
  async begin(id: number, path: string, recursive: boolean): Promise<string> {
    this.#open.set(id, undefined);
    try {
      const real = await renamed({ syscall: "watch", path }, this.#fs.realpath(path));
      const watcher = await this.#fs.watch(real, { recursive }, ({ type, path: changed }) => {
        this.#notify({ watch: id, type, path: changed });
      });
      if (this.#open.has(id)) this.#open.set(id, watcher);
      else watcher.close();
      return real;
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
  }

  end(id: number): void {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }
}
