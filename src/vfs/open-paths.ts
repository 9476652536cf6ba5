/**
 * OpenPaths: under which path each open file is to be found, so that what is written through it can be told by path. An
 * open file goes along when it, or a directory above it, is renamed.
 */
import type { FileEdit } from "../engine/file-view.js";
import type { TreeEvent } from "../engine/tree-events.js";

/** `unknown`: after another tree was restored. `gone`: it has lost the name that it was opened under, or never had one. */
type Whereabouts = { readonly path: string } | "unknown" | "gone";

/** How an open file tells of what is done to it. */
export type ChangeNote = Pick<OpenPath, "changed" | "end" | "restorations">;

/** Of a file that never had a name: there is nobody to tell. */
export const NAMELESS: ChangeNote = {
  restorations: 0,
  changed: () => undefined,
  end: () => undefined,
};

/** The whereabouts of one open file. */
export class OpenPath {
  /** How often another tree was restored since it was opened. */
  restorations = 0;
  #at: Whereabouts;
  readonly #end: (path: OpenPath) => void;

  constructor(path: string | undefined, end: (path: OpenPath) => void) {
    this.#at = path === undefined ? "gone" : { path };
    this.#end = end;
  }

  /** Tells of a change that `edit` makes. */
  changed(edit: FileEdit): void {
    if (this.#at === "gone") return;
    edit.events.push({ is: "changed", path: this.#at === "unknown" ? undefined : this.#at.path });
  }

  /** @internal */
  heed(event: TreeEvent): void {
    if (event.is === "restored") this.restorations++;
    if (this.#at === "gone") return;
    if (event.is === "restored") this.#at = "unknown";
    if (this.#at === "unknown") return;
    const { path } = this.#at;
    if (event.is === "removed" || event.is === "replaced") {
      if (event.path === path) this.#at = "gone";
    } else if (event.is === "moved") {
      if (event.to === path) this.#at = "gone";
      else if (isWithin(path, event.path))
        this.#at = { path: event.to + path.slice(event.path.length) };
    }
  }

  /** When the file is closed. */
  end(): void {
    this.#end(this);
  }
}

export class OpenPaths {
  readonly #open = new Set<OpenPath>();

  /** Of a file that has no name if there is no path: nobody is told of what is written to it. */
  open(path: string | undefined): OpenPath {
    const opened = new OpenPath(path, (ended) => this.#open.delete(ended));
    this.#open.add(opened);
    return opened;
  }

  heed(event: TreeEvent): void {
    if (event.is === "added" || event.is === "changed") return;
    for (const path of this.#open) path.heed(event);
  }
}

/** Whether `path` is `directory` or below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
