/** Watchers: who wants to know of changes, by path (docs/ARCHITECTURE.md, "One core, many faces"). */
import { utf8Decode } from "../codec/utf8.js";
import type { TreeEvent } from "../engine/tree-events.js";
import type { ChangeEvent, FileType, Watcher } from "./file-system.js";
import { isWithin } from "./open-paths.js";

export type ChangeListener = (event: ChangeEvent) => void;

interface Watch extends Watcher {
  /** Without symlinks, as a UTF-8 byte string. */
  readonly path: string;
  readonly recursive: boolean;
  tell(event: ChangeEvent): void;
}

export class Watchers {
  readonly #watches = new Set<Watch>();

  add(path: string, recursive: boolean, listener: ChangeListener): Watcher {
    const watch: Watch = {
      path,
      recursive,
      // Later, but before the call resolves: what a listener throws is no failure of the call.
      tell: (event) => {
        void Promise.resolve().then(() => {
          if (this.#watches.has(watch)) listener(event);
        });
      },
      close: () => {
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  heed(event: TreeEvent): void {
    if (this.#watches.size === 0) return;
    switch (event.is) {
      case "added":
        this.#entry(event.path, event.type);
        return;
      case "removed":
        this.#entry(event.path);
        return;
      case "moved":
        this.#entry(event.path, undefined, event.to);
        this.#entry(event.to, event.type, event.path);
        return;
      case "replaced":
      case "changed":
        this.#change(event.path);
        return;
      case "restored":
        this.#tellAll({ type: "rename", path: undefined });
    }
  }

  /** An entry came, as `entry`, or went, and what is below it with it; `other` is where it went to or came from. */
  #entry(path: string, entry?: FileType, other?: string): void {
    const moved = other === undefined ? {} : { other: utf8Decode(other) };
    for (const watch of this.#watches)
      if (concerns(watch, path))
        watch.tell({ type: "rename", path: utf8Decode(path), entry, ...moved });
      else if (isWithin(watch.path, path))
        watch.tell({ type: "rename", path: utf8Decode(watch.path) });
  }

  #change(path: string | undefined): void {
    if (path === undefined) {
      this.#tellAll({ type: "change", path });
      return;
    }
    for (const watch of this.#watches)
      if (concerns(watch, path)) watch.tell({ type: "change", path: utf8Decode(path) });
  }

  #tellAll(event: ChangeEvent): void {
    for (const watch of this.#watches) watch.tell(event);
  }
}

/** Whether `path` is what is watched, an entry of it, or with `recursive` anything below. */
function concerns({ path: watched, recursive }: Watch, path: string): boolean {
  if (recursive) return isWithin(path, watched);
  return path === watched || parentOf(path) === watched;
}

/** Of the root, what is no path. */
function parentOf(path: string): string {
  if (path === "/") return "";
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
