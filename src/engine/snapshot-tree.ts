/** SnapshotTree: a snapshot, open for reading. It cannot be deleted meanwhile. */
import { RepoError } from "../errors.js";
import type { Attempts } from "./attempts.js";
import type { Layout } from "./layout.js";
import { fetchStored } from "./fetch.js";
import type { ContentRead, FileTree, InodeWatch } from "./file-tree.js";
import { FileView, type FileState, type ViewContext } from "./file-view.js";
import type { EngineStats } from "./options.js";
import type { SlotIo } from "./slot-io.js";
import type { UnitCache } from "./unit-cache.js";

/** What it shares with the engine. */
export interface SnapshotTreeParts {
  readonly layout: Layout;
  readonly io: SlotIo;
  readonly units: UnitCache;
  readonly attempts: Attempts;
  readonly context: ViewContext;
  /** Rejects what is asked of a closed or poisoned repo. */
  readonly assertUsable: () => void;
  readonly stats: () => EngineStats;
  readonly release: () => void;
}

export class SnapshotTree implements FileTree {
  readonly readOnly = true;
  readonly layout: Layout;
  readonly #parts: SnapshotTreeParts;
  readonly #state: FileState;
  #closed = false;

  constructor(state: FileState, parts: SnapshotTreeParts) {
    this.#state = state;
    this.#parts = parts;
    this.layout = parts.layout;
  }

  view<T>(read: (view: FileView) => T): Promise<T> {
    return this.#parts.attempts.run(() => {
      this.#assertOpen();
      return read(FileView.of(this.#state, this.#parts.context));
    });
  }

  async viewInSteps(step: (view: FileView) => boolean): Promise<void> {
    while (!(await this.view(step)));
  }

  async readContent<T>(plan: (view: FileView) => ContentRead<T>): Promise<T> {
    const { result, into, stored } = await this.view(plan);
    const { io, units } = this.#parts;
    if (stored.length > 0) await fetchStored(io, units, into, stored);
    return result;
  }

  mutate(): Promise<never> {
    return Promise.reject(new RepoError("EROFS"));
  }

  retainInode(): void {
    // Nothing of a snapshot goes away while it is open.
  }

  releaseInode(): Promise<void> {
    return Promise.resolve();
  }

  watchInode(): InodeWatch {
    return { changed: false, stop: () => undefined };
  }

  /** Nothing happens in a snapshot. */
  listen(): () => void {
    return () => undefined;
  }

  isOpen(): boolean {
    return false;
  }

  stats(): EngineStats {
    return this.#parts.stats();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#closed) this.#parts.release();
    this.#closed = true;
    return Promise.resolve();
  }

  #assertOpen(): void {
    if (this.#closed) throw new RepoError("REPO_CLOSED");
    this.#parts.assertUsable();
  }
}
