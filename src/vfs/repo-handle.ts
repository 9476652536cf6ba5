/** RepoFileHandle: an open file of a repo. It keeps its inode alive, also without a name. */
import { planRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { Attributes, FileHandle, OpenFlags, Stats } from "./file-system.js";
import { named } from "./naming.js";
import type { ChangeNote } from "./open-paths.js";
import {
  assertRange,
  attributeCall,
  existingInode,
  toStats,
  truncateVersion,
  withAttributes,
  writeFile,
} from "./repo-inode.js";
import { ReadAhead } from "./read-ahead.js";
import type { TreeContext } from "./repo-tree.js";

/** What a handle knows of how its file was opened. */
interface OpenedFile {
  readonly path: ChangeNote;
  /** The version that its changes go to, if there is one already. */
  readonly version: number | undefined;
  /** Nobody else sees the file: its changes need not be durable when they are acknowledged. */
  readonly tentative?: boolean;
}

export class RepoFileHandle implements FileHandle {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #flags: OpenFlags;
  readonly #context: TreeContext;
  readonly #path: ChangeNote;
  readonly #tentative: boolean;
  /**
   * The version that this handle is making: from its first change to the next one by somebody else, or until another tree is
   * restored, where a version of that number is another one.
   */
  #version: { readonly number: number; readonly restorations: number } | undefined;
  readonly #ahead: ReadAhead;
  #closed = false;

  constructor(
    tree: FileTree,
    ino: Ino,
    flags: OpenFlags,
    { path, version, tentative = false }: OpenedFile,
  ) {
    this.#path = path;
    this.#tentative = tentative;
    if (version !== undefined) this.#version = { number: version, restorations: 0 };
    this.#tree = tree;
    this.#ino = ino;
    this.#flags = flags;
    this.#context = { layout: tree.layout, isOpen: (other) => tree.isOpen(other) };
    this.#ahead = new ReadAhead({
      read: (length, at) => this.#piece(length, at),
      watch: () => tree.watchInode(ino),
    });
  }

  /**
   * The file, for whoever has the same tree. @throws EBADF if it is closed or of another one; ESTALE if another tree was restored, which may
   * have an older state of it
   */
  inoIn(tree: FileTree): Ino {
    this.#assert("place", tree === this.#tree);
    if (this.#path.restorations > 0) throw new RepoError("ESTALE");
    return this.#ino;
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

  async readPiece(length: number, at: number): Promise<Uint8Array> {
    this.#assert("read", this.#flags.read === true);
    const follows = this.#ahead.begins(length, at);
    // Within a view: a tree that may not be read any more gives nothing that it has read before.
    const ready = await named(
      "read",
      undefined,
      this.#tree.view(() => this.#ahead.take(length, at)),
    );
    const bytes = ready ?? (await named("read", undefined, this.#piece(length, at)));
    if (follows && bytes.length === length && !this.#closed) this.#ahead.goOn(length, at);
    return bytes;
  }

  #piece(length: number, at: number): Promise<Uint8Array> {
    return this.#tree.readContent((view) => {
      assertRange(at, 0);
      const inode = this.#inode(view);
      if (inode.type === "directory") throw new RepoError("EISDIR");
      const result = new Uint8Array(Math.max(0, Math.min(length, inode.size - at)));
      return { result, into: result, stored: planRead(view, this.#ino, inode, result, at) };
    });
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
    const need = { bytes: bytes.length, tentative: this.#tentative };
    return named("write", undefined, this.#tree.mutate(change, need));
  }

  async truncate(size: number): Promise<void> {
    this.#assert("ftruncate");
    if (this.#flags.write !== true) throw new RepoError("EINVAL", { syscall: "ftruncate" });
    const change = (edit: FileEdit): void => {
      assertRange(size, 0);
      truncateVersion(edit, this.#context.layout, this.#ino, this.#begin(edit), size);
      this.#path.changed(edit);
    };
    const need = { frees: true, tentative: this.#tentative };
    return named("ftruncate", undefined, this.#tree.mutate(change, need));
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
    this.#ahead.drop();
    this.#path.end();
    return this.#tree.releaseInode(this.#ino);
  }
}
