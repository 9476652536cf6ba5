/** VersionHandle: a past or present version of a file, open for reading; and which versions there are. */
import { planRead, planVersionRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { findVersion, pastVersions } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { FileHandle, Stats, VersionInfo } from "./file-system.js";
import { named } from "./naming.js";
import { assertRange, existingInode, toStats } from "./repo-inode.js";

/** The versions that are kept of a file's content, oldest first. */
export function versionsOf(view: FileView, ino: Ino, present: Inode): VersionInfo[] {
  const past = pastVersions(view, ino).map((version) => {
    const found = findVersion(view, ino, version);
    if (found === undefined) throw new RepoError("INTEGRITY");
    return { version, size: found.size, createdMs: found.createdMs };
  });
  const { version, size, mtimeMs } = present;
  return [...past, { version, size, createdMs: mtimeMs }];
}

/** Opens a version of the file that `find` finds. Rejects with NO_VERSION. */
export async function openVersionOf(
  tree: FileTree,
  find: (view: FileView) => Ino,
  version: number,
): Promise<FileHandle> {
  return tree.view((view) => {
    const found = find(view);
    const present = existingInode(view, found).version;
    if (present !== version && findVersion(view, found, version) === undefined)
      throw new RepoError("NO_VERSION");
    // The last step, so that a restart holds nothing twice.
    tree.retainInode(found);
    return new VersionHandle(tree, found, version);
  });
}

class VersionHandle implements FileHandle {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #version: number;
  readonly #endListening: () => void;
  /** Another tree was restored, in which a version of that number may be another one. */
  #isGone = false;
  #closed = false;

  constructor(tree: FileTree, ino: Ino, version: number) {
    this.#tree = tree;
    this.#ino = ino;
    this.#version = version;
    this.#endListening = tree.listen(({ is }) => {
      if (is === "restored") this.#isGone = true;
    });
  }

  #assertOpen(syscall: string): void {
    if (this.#closed) throw new RepoError("EBADF", { syscall });
  }

  /** The inode with what is the version's in place of the present content's. */
  #inode(view: FileView): Inode {
    if (this.#isGone) throw new RepoError("NO_VERSION");
    const inode = existingInode(view, this.#ino);
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
    this.#endListening();
    return this.#tree.releaseInode(this.#ino);
  }
}
