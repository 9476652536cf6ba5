/**
 * TreeEvents: what operations say of the names that they have changed, told to whoever listens as soon as it is
 * published. The engine passes it on as it is: what paths are is the business of vfs/.
 */
import type { NodeType } from "./records.js";

/** Real paths as UTF-8 byte strings: no symlinks, no `.` and `..`; `type` is what has come there. */
export type TreeEvent =
  | { readonly is: "added"; readonly path: string; readonly type: NodeType }
  | { readonly is: "removed"; readonly path: string }
  /** With everything below; what was at `to` is gone. */
  | {
      readonly is: "moved";
      readonly path: string;
      readonly to: string;
      readonly type: NodeType;
    }
  /** Another file took the place; for those who have the old one open it is gone. */
  | { readonly is: "replaced"; readonly path: string }
  /** Content or attributes; without a path, of something that may be anywhere. */
  | { readonly is: "changed"; readonly path: string | undefined }
  /** The whole tree is another one. */
  | { readonly is: "restored" };

export type TreeListener = (event: TreeEvent) => void;

export class TreeEvents {
  readonly #listeners = new Set<TreeListener>();

  /** Listeners are called while the change is being published, and must not throw; the result ends it. */
  listen(listener: TreeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(events: readonly TreeEvent[]): void {
    if (this.#listeners.size > 0)
      for (const event of events) for (const listener of this.#listeners) listener(event);
  }
}
