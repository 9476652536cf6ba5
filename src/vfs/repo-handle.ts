/** RepoFileHandle: an open file of a repo. It keeps its inode alive, also without a name. */
import { planRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { Attributes, FileHandle, OpenFlags, Stats } from "./file-system.js";
import { named } from "./naming.js";
import type { OpenPath } from "./open-paths.js";
import {
  assertRange,
  attributeCall,
  existingInode,
  toStats,
  truncateVersion,
  withAttributes,
  writeFile,
} from "./repo-inode.js";
import type { TreeContext } from "./repo-tree.js";

export class RepoFileHandle implements FileHandle {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #flags: OpenFlags;
  readonly #context: TreeContext;
  readonly #path: OpenPath;
  /**
   * The version that this handle is making: from its first change to the next one by somebody else, or until another tree is
   * restored, where a version of that number is another one.
   */
  #version: { readonly number: number; readonly restorations: number } | undefined;
  #closed = false;

  constructor(
    tree: FileTree,
    ino: Ino,
    flags: OpenFlags,
    { path, version }: { readonly path: OpenPath; readonly version: number | undefined },
  ) {
    this.#path = path;
    if (version !== undefined) this.#version = { number: version, restorations: 0 };
    this.#tree = tree;
    this.#ino = ino;
    this.#flags = flags;
    this.#context = { layout: tree.layout, isOpen: (other) => tree.isOpen(other) };
  }

  #assert(syscall: string, allowed = true): void {
    if (this.#closed || !allowed) throw new RepoError("EBADF", { syscall });
  }

  #inode(view: FileView): Inode {
    return existingInode(view, this.#ino);
  }

  /** The inode of the version that is being made; the handle's changes make one until it is closed. */
  #begin(edit: FileEdit): Inode {
    const inode = this.#inode(edit);
    const { restorations } = this.#path;
    const making = this.#version;
    if (inode.version === making?.number && restorations === making.restorations) return inode;
    const next = beginVersion(edit, this.#context.layout, this.#ino, inode);
    edit.onPublish.push(() => {
      this.#version = { number: next.version, restorations };
    });
    return next;
  }

  async stat(): Promise<Stats> {
    this.#assert("fstat");
    return named(
      "fstat",
      undefined,
      this.#tree.view((view) => toStats(this.#ino, this.#inode(view))),
    );
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    this.#assert("read", this.#flags.read === true);
    const read = this.#tree.readContent((view) => {
      assertRange(at, 0);
      const inode = this.#inode(view);
      if (inode.type === "directory") throw new RepoError("EISDIR");
      const result = Math.max(0, Math.min(into.length, inode.size - at));
      const part = into.subarray(0, result);
      return { result, into: part, stored: planRead(view, this.#ino, inode, part, at) };
    });
    return named("read", undefined, read);
  }

  async write(bytes: Uint8Array, at: number, owned = false): Promise<number> {
    this.#assert("write", this.#flags.write === true);
    const content = owned ? bytes : bytes.slice();
    const change = (edit: FileEdit): number => {
      if (content.length === 0) return 0;
      const inode = this.#begin(edit);
      const from = this.#flags.append === true ? inode.size : at;
      writeFile(edit, this.#context, this.#ino, inode, from, content);
      this.#path.changed(edit);
      return content.length;
    };
    return named("write", undefined, this.#tree.mutate(change, { bytes: bytes.length }));
  }

  async truncate(size: number): Promise<void> {
    this.#assert("ftruncate");
    if (this.#flags.write !== true) throw new RepoError("EINVAL", { syscall: "ftruncate" });
    const change = (edit: FileEdit): void => {
      assertRange(size, 0);
      truncateVersion(edit, this.#context.layout, this.#ino, this.#begin(edit), size);
      this.#path.changed(edit);
    };
    return named("ftruncate", undefined, this.#tree.mutate(change, { frees: true }));
  }

  async setattr(changes: Attributes): Promise<void> {
    const syscall = "f" + attributeCall(changes, true);
    this.#assert(syscall);
    const change = (edit: FileEdit): void => {
      edit.putInode(this.#ino, withAttributes(edit, this.#inode(edit), changes));
      this.#path.changed(edit);
    };
    return named(syscall, undefined, this.#tree.mutate(change));
  }

  async datasync(): Promise<void> {
    this.#assert("fdatasync");
    return this.#tree.sync();
  }

  async sync(): Promise<void> {
    this.#assert("fsync");
    return this.#tree.sync();
  }

  async close(): Promise<void> {
    this.#assert("close");
    this.#closed = true;
    this.#path.end();
    return this.#tree.releaseInode(this.#ino);
  }
}
