/** VersionHandle: a past or present version of a file, open for reading. */
import { planRead, planVersionRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { findVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { FileHandle, Stats } from "./file-system.js";
import { named } from "./naming.js";
import { assertRange, toStats } from "./repo-inode.js";

export class VersionHandle implements FileHandle {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #version: number;
  #closed = false;

  constructor(tree: FileTree, ino: Ino, version: number) {
    this.#tree = tree;
    this.#ino = ino;
    this.#version = version;
  }

  #assertOpen(syscall: string): void {
    if (this.#closed) throw new RepoError("EBADF", { syscall });
  }

  /** The inode with what is the version's in place of the present content's. */
  #inode(view: FileView): Inode {
    const inode = view.findInode(this.#ino);
    if (inode === undefined) throw new RepoError("ESTALE");
    if (inode.version === this.#version) return inode;
    const past = findVersion(view, this.#ino, this.#version);
    if (past === undefined) throw new RepoError("NO_VERSION");
    return { ...inode, size: past.size, mtimeMs: past.createdMs };
  }

  async stat(): Promise<Stats> {
    this.#assertOpen("fstat");
    const read = this.#tree.view((view) => toStats(this.#ino, this.#inode(view)));
    return named("fstat", undefined, read);
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    this.#assertOpen("read");
    const read = this.#tree.readContent((view) => {
      assertRange(at, 0);
      const { size } = this.#inode(view);
      const result = Math.max(0, Math.min(into.length, size - at));
      const part = into.subarray(0, result);
      const present = view.inode(this.#ino);
      const stored =
        present.version === this.#version
          ? planRead(view, this.#ino, present, part, at)
          : planVersionRead(view, this.#ino, present, this.#version, part, at);
      return { result, into: part, stored };
    });
    return named("read", undefined, read);
  }

  #refuse(syscall: string): Promise<never> {
    return Promise.reject(new RepoError("EBADF", { syscall }));
  }

  write(): Promise<never> {
    return this.#refuse("write");
  }

  truncate(): Promise<never> {
    return this.#refuse("ftruncate");
  }

  setattr(): Promise<never> {
    return this.#refuse("fchmod");
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  async sync(): Promise<void> {
    this.#assertOpen("fsync");
    return this.#tree.sync();
  }

  async close(): Promise<void> {
    this.#assertOpen("close");
    this.#closed = true;
    return this.#tree.releaseInode(this.#ino);
  }
}
