/**
 * StagedWrite: a write in parts, which becomes one version of its file or nothing at all
 * (docs/ARCHITECTURE.md, "A write in parts is staged beside its file").
 */
import { removeStep, writeContent } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileEdit } from "../engine/file-view.js";
import { extentsOfMove, moveContent } from "../engine/move-content.js";
import type { Ino, Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import { assertRange, existingInode } from "./repo-inode.js";
import { createNameless } from "./repo-tree.js";

/** Where a write begins: an offset, or the end of the file as it will be when the write is finished. */
export type WritePlace = number | "end";

export class StagedWrite {
  readonly #tree: FileTree;
  readonly #target: Ino;
  readonly #at: WritePlace;
  /** The staging, once something is in it. */
  #ino: Ino | undefined;
  #length = 0;

  /** The caller keeps `target` alive. */
  constructor(tree: FileTree, target: Ino, at: WritePlace) {
    this.#tree = tree;
    this.#target = target;
    this.#at = at;
  }

  /** Adds a part; `content` belongs to the repo from now on. Nothing of it is added if it rejects. */
  async write(content: Uint8Array): Promise<void> {
    assertRange(this.#at === "end" ? 0 : this.#at, this.#length + content.length);
    if (content.length === 0) return;
    const need = { bytes: content.length, tentative: true };
    this.#ino = await this.#tree.mutate((edit) => this.#add(edit, content), need);
    this.#length += content.length;
  }

  #add(edit: FileEdit, content: Uint8Array): Ino {
    const { layout } = this.#tree;
    const ino = this.#ino ?? this.#create(edit);
    const inode = this.#staging(edit, ino);
    edit.putInode(ino, writeContent(edit, layout, ino, inode, this.#length, content));
    // The last step, so that a restart holds nothing twice.
    if (this.#ino === undefined) this.#tree.retainInode(ino);
    return ino;
  }

  #create(edit: FileEdit): Ino {
    const ino = createNameless(edit, existingInode(edit, this.#target));
    // While this holds it open there is nothing to free; its release, or an opening, sees to it.
    edit.reclaim.delete(ino);
    return ino;
  }

  /** A tree that was restored over this one may have an older staging, or none. */
  #staging(edit: FileEdit, ino: Ino): Inode {
    const inode = existingInode(edit, ino);
    if (inode.size !== this.#length) throw new RepoError("ESTALE");
    return inode;
  }

  /** Makes the version, of which `note` tells; resolves to where the write ended. It can be tried again if it rejects. */
  async finish(note: (edit: FileEdit) => void): Promise<number> {
    const extents = await this.#tree.view((view) => {
      const target = existingInode(view, this.#target);
      if (this.#ino === undefined) return 0;
      const source = { ino: this.#ino, inode: existingInode(view, this.#ino) };
      return extentsOfMove(view, source, this.#target, this.#placeIn(target));
    });
    // What is in the way moves too: to the version before, or to be freed.
    const move = (edit: FileEdit): number => {
      note(edit);
      return this.#move(edit);
    };
    return this.#tree.mutate(move, { extents: 2 * extents });
  }

  #placeIn(target: Inode): number {
    return this.#at === "end" ? target.size : this.#at;
  }

  #move(edit: FileEdit): number {
    const { layout } = this.#tree;
    const inode = existingInode(edit, this.#target);
    const at = this.#placeIn(inode);
    assertRange(at, this.#length);
    const next = beginVersion(edit, layout, this.#target, inode);
    const changed = this.#ino === undefined ? next : this.#take(edit, this.#ino, next, at);
    edit.putInode(this.#target, { ...changed, mtimeMs: edit.nowMs, ctimeMs: edit.nowMs });
    return at + this.#length;
  }

  /** Moves what is staged, and frees the staging, or as much of it as one transaction may. */
  #take(edit: FileEdit, ino: Ino, target: Inode, at: number): Inode {
    const source = { ino, inode: this.#staging(edit, ino) };
    const { layout } = this.#tree;
    const changed = moveContent(edit, layout, source, { ino: this.#target, inode: target }, at);
    if (removeStep(edit, ino)) edit.removeOrphan(ino);
    return changed;
  }

  /** Lets go of the staging, finished or not. */
  async release(): Promise<void> {
    const ino = this.#ino;
    this.#ino = undefined;
    if (ino !== undefined) await this.#tree.releaseInode(ino);
  }
}
