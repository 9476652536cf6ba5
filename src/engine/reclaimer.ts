/**
 * Reclaimer: frees what operations have cut off, in transactions of bounded size (docs/FORMAT.md §6.3).
 * Which inodes it is about is in the tree's orphan records, so that it goes on after a crash; here is who
 * of them is being worked on.
 */
import { removeStep, trimStep } from "./content.js";
import type { FileEdit } from "./file-view.js";
import { orphanKey, type Ino } from "./records.js";
import { removePastStep } from "./versions.js";

/** What the reclaimer needs of the engine. */
export interface ReclaimerPort {
  /** Runs one step as a transaction that frees space; true when nothing is left to do. */
  readonly transact: (step: (edit: FileEdit) => boolean) => Promise<boolean>;
  /** Whether a handle keeps the inode alive. */
  readonly isOpen: (ino: Ino) => boolean;
}

export class Reclaimer {
  readonly #port: ReclaimerPort;
  /** Inodes with what was last asked for, so that a run notices what is asked while it ends. */
  readonly #waiting = new Map<Ino, symbol>();
  readonly #running = new Map<Ino, Promise<void>>();

  constructor(port: ReclaimerPort) {
    this.#port = port;
  }

  /** Whether extents of the inode are still to be freed. */
  isWaiting(ino: Ino): boolean {
    return this.#waiting.has(ino);
  }

  /** Lists an inode; `run` or `resume` begins with it. */
  add(ino: Ino): void {
    this.#waiting.set(ino, Symbol());
  }

  /** Goes on with all that wait, also after a full disk had stopped them. */
  resume(): void {
    for (const ino of this.#waiting.keys()) this.start(ino);
  }

  /** Begins in the background. A failure is tried again by the next `resume`. */
  start(ino: Ino): void {
    void this.run(ino).catch(() => undefined);
  }

  /** Frees what was cut off the inode, or the inode itself. One run per inode at a time. */
  run(ino: Ino): Promise<void> {
    const running = this.#running.get(ino);
    if (running !== undefined) return running;
    const run = this.#steps(ino).finally(() => this.#running.delete(ino));
    this.#running.set(ino, run);
    return run;
  }

  /** Runs again from the start: a run that began while a handle was open has stopped short of the inode. */
  async runAnew(ino: Ino): Promise<void> {
    this.add(ino);
    await this.#running.get(ino)?.catch(() => undefined);
    await this.run(ino).catch(() => undefined);
  }

  /** Resolves when no run is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #steps(ino: Ino): Promise<void> {
    // Not on the stack of the operation that asked for it: that one is published first.
    await Promise.resolve();
    const step = (edit: FileEdit): boolean => reclaimStep(edit, ino, this.#port.isOpen(ino));
    for (;;) {
      const asked = this.#waiting.get(ino);
      while (!(await this.#port.transact(step)));
      // More may have been cut off between the last step and here.
      if (asked === this.#waiting.get(ino)) break;
    }
    this.#waiting.delete(ino);
  }
}

/** One step; true when nothing is left to do while the inode's handles are as they are. */
export function reclaimStep(edit: FileEdit, ino: Ino, open: boolean): boolean {
  const inode = edit.findInode(ino);
  const record = edit.tree.get(orphanKey(ino));
  if (record?.is !== "orphan") return true;
  if (inode === undefined || (inode.nlink === 0 && !open)) {
    if (!removeStep(edit, ino)) return false;
    edit.removeOrphan(ino);
    return true;
  }
  // Not from the size again: of each step a past version keeps a record, and the next would look at them all.
  const trimFrom = trimStep(edit, ino, inode, Math.max(inode.size, record.orphan.trimFrom));
  if (trimFrom !== Infinity) {
    edit.tree.put(orphanKey(ino), { is: "orphan", orphan: { trimFrom } });
    return false;
  }
  if (!removePastStep(edit, ino, inode.version)) return false;
  if (inode.nlink > 0) edit.removeOrphan(ino);
  return true;
}
