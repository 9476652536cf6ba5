/** FileTree: what a file system needs of a tree of files, be it the live one (Engine) or a snapshot. */
import type { StoredRange } from "./content.js";
import type { Layout } from "./layout.js";
import type { FileEdit, FileView } from "./file-view.js";
import type { EngineStats } from "./options.js";
import type { Ino } from "./records.js";
import type { TreeListener } from "./tree-events.js";

/** What a read wants: a result, and stored ranges to copy into `into` first. */
export interface ContentRead<T> {
  readonly result: T;
  readonly into: Uint8Array;
  readonly stored: readonly StoredRange[];
}

/** What an operation will need, so that a full disk is noticed before it changes anything. */
export interface Need {
  /** Content that it adds. */
  readonly bytes?: number;
  /** Extents that it adds to content that is there already. */
  readonly extents?: number;
  /** It frees space, and may draw on the reserve. */
  readonly frees?: boolean;
  /** Nobody relies on it yet: it is acknowledged at once, also in `strict` durability. */
  readonly tentative?: boolean;
}

/** Watches an inode for changes, those of its content included. */
export interface InodeWatch {
  readonly changed: boolean;
  stop(): void;
}

export interface FileTree {
  readonly readOnly: boolean;
  readonly layout: Layout;
  /** Runs `read` on the state of a moment. */
  view<T>(read: (view: FileView) => T): Promise<T>;
  /** Runs `step` on one state again and again until it returns true: for reads too large for one go. */
  viewInSteps(step: (view: FileView) => boolean): Promise<void>;
  /** Runs `plan` on the state of a moment and fetches the stored content that it asks for. */
  readContent<T>(plan: (view: FileView) => ContentRead<T>): Promise<T>;
  /** Runs `change` as one transaction; rejects with EROFS where nothing can be changed. */
  mutate<T>(change: (edit: FileEdit) => T, need?: Need): Promise<T>;
  /** Keeps the inode alive while a handle is open, also without a name. */
  retainInode(ino: Ino): void;
  /** Gives up a handle; the last one of a nameless inode lets it be reclaimed. */
  releaseInode(ino: Ino): Promise<void>;
  isOpen(ino: Ino): boolean;
  watchInode(ino: Ino): InodeWatch;
  /** Tells `listener` of what is published from now on, in that order, until the result is called. */
  listen(listener: TreeListener): () => void;
  stats(): EngineStats;
  sync(): Promise<void>;
  close(): Promise<void>;
}
