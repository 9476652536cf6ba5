/**
 * StagingHandle: what is to become the whole content of a file, in an inode without a name. Whatever is done to it nobody sees
 * before `finish`, which moves the content over by reference, as one version; a staging that is given up, by a crash
 * too, is an orphan like any other (docs/ARCHITECTURE.md, "A write in parts is staged beside its file").
 */
import { removeStep, truncateContent, writeContent } from "../engine/content.js";
import { overlapping } from "../engine/extents.js";
import type { FileTree, InodeWatch, Need } from "../engine/file-tree.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import { moveContent } from "../engine/move-content.js";
import type { Ino, Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { Attributes, Staging, Stats } from "./file-system.js";
import { named } from "./naming.js";
import { NAMELESS, type OpenPath } from "./open-paths.js";
import { MOST_TRIES, shareAll } from "./repo-copy.js";
import { RepoFileHandle } from "./repo-handle.js";
import { existingInode } from "./repo-inode.js";
import { createNameless, type TreeContext } from "./repo-tree.js";

const BOTH_WAYS = { read: true, write: true };
/** Nobody relies on it before it is finished. */
const TENTATIVE: Need = { tentative: true };

/** A staging that was made, and the file that it is for, both held open. */
export interface StagingStart {
  readonly staging: Ino;
  readonly target: Ino;
  /** Of the file. */
  readonly path: OpenPath;
  /** What is still to be shared with it, and has not changed meanwhile. */
  readonly rest: { readonly inode: Inode; readonly watch: InodeWatch } | undefined;
}

/** Makes a staging for `target`; with `keep` it holds the same, or what is in extents is left as `rest`. */
export function makeStaging(
  edit: FileEdit,
  { layout }: TreeContext,
  target: Ino,
  keep: boolean,
): { readonly staging: Ino; readonly shares: boolean } {
  const inode = edit.inode(target);
  const staging = createNameless(edit, inode);
  const { inline, size } = inode;
  if (!keep || size === 0) return { staging, shares: false };
  if (inline === undefined) return { staging, shares: true };
  const copied = writeContent(edit, layout, staging, edit.inode(staging), 0, inline.slice());
  edit.putInode(staging, copied);
  return { staging, shares: false };
}

export class StagingHandle implements Staging {
  readonly #tree: FileTree;
  readonly #context: TreeContext;
  readonly #staging: Ino;
  readonly #target: Ino;
  readonly #path: OpenPath;
  readonly #handle: RepoFileHandle;

  private constructor(tree: FileTree, context: TreeContext, start: StagingStart) {
    const { staging, target, path } = start;
    this.#tree = tree;
    this.#context = context;
    this.#staging = staging;
    this.#target = target;
    this.#path = path;
    const opened = { path: NAMELESS, version: 1, tentative: true };
    this.#handle = new RepoFileHandle(tree, staging, BOTH_WAYS, opened);
  }

  /** `begin` runs as one transaction. EBUSY if others keep changing the file while it is shared. */
  static async open(
    tree: FileTree,
    context: TreeContext,
    begin: (edit: FileEdit) => StagingStart,
  ): Promise<StagingHandle> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const start = await tree.mutate(begin, TENTATIVE);
      const handle = new StagingHandle(tree, context, start);
      if (await handle.#share(start)) return handle;
    }
    throw new RepoError("EBUSY");
  }

  /** False if somebody has changed the file meanwhile; the handle is closed then. */
  async #share({ target, staging, rest }: StagingStart): Promise<boolean> {
    if (rest === undefined) return true;
    let shared = false;
    try {
      const source = { ino: target, inode: rest.inode };
      shared = await shareAll(this.#tree, source, staging, rest.watch);
      return shared;
    } finally {
      rest.watch.stop();
      if (!shared) await this.close();
    }
  }

  stat(): Promise<Stats> {
    return this.#handle.stat();
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return this.#handle.read(into, at);
  }

  write(bytes: Uint8Array, at: number, owned?: boolean): Promise<number> {
    return this.#handle.write(bytes, at, owned);
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  setattr(changes: Attributes): Promise<void> {
    return this.#handle.setattr(changes);
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async finish(): Promise<void> {
    return named("close", undefined, this.#finish());
  }

  async #finish(): Promise<void> {
    const extents = await this.#tree.view((view) => this.#extents(view));
    // What is in the way moves too: to the version before, or to be freed.
    const need = { extents: 2 * extents, frees: true };
    await this.#tree.mutate((edit) => {
      this.#replace(edit);
    }, need);
  }

  #extents(view: FileView): number {
    const count = (ino: Ino): number =>
      overlapping(view, ino, 0, existingInode(view, ino).size).length;
    return count(this.#staging) + count(this.#target);
  }

  #replace(edit: FileEdit): void {
    // The tree that was restored may have an older staging of that number.
    if (this.#path.restorations > 0) throw new RepoError("ESTALE");
    const inode = existingInode(edit, this.#target);
    if (inode.nlink === 0) throw new RepoError("ENOENT");
    const { layout } = this.#context;
    const source = { ino: this.#staging, inode: existingInode(edit, this.#staging) };
    const next = beginVersion(edit, layout, this.#target, inode);
    const moved = moveContent(edit, layout, source, { ino: this.#target, inode: next }, 0);
    const { size } = source.inode;
    const cut = truncateContent(edit, layout, this.#target, moved, size);
    edit.putInode(this.#target, { ...cut, mtimeMs: edit.nowMs, ctimeMs: edit.nowMs });
    // As much of it as one transaction may free; its release sees to the rest.
    if (removeStep(edit, this.#staging)) edit.removeOrphan(this.#staging);
    this.#path.changed(edit);
  }

  async close(): Promise<void> {
    await this.#handle.close();
    this.#path.end();
    await this.#tree.releaseInode(this.#target);
  }
}
