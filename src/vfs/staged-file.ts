/**
 * StagedFile: an open file of which every finished change is a version. What it is told to write in parts
 * nobody sees before `finish`; reads are of the present version all the time.
 */
import { planRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { FileHandle, FileMetadata, OpenFlags, VersionInfo } from "./file-system.js";
import { metadataOf } from "./metadata.js";
import { named } from "./naming.js";
import type { OpenPath } from "./open-paths.js";
import { assertRange, existingInode, truncateFile, writeFile } from "./repo-inode.js";
import type { TreeContext } from "./repo-tree.js";
import { StagedWrite } from "./staged-write.js";
import { openVersionOf, versionsOf } from "./version-handle.js";

export class StagedFile {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #flags: OpenFlags;
  readonly #context: TreeContext;
  readonly #path: OpenPath;
  #unfinished: StagedWrite | undefined;
  #closed = false;

  /** Whoever opens it has retained the inode. */
  constructor(
    tree: FileTree,
    ino: Ino,
    flags: OpenFlags,
    { context, path }: { readonly context: TreeContext; readonly path: OpenPath },
  ) {
    this.#path = path;
    this.#tree = tree;
    this.#ino = ino;
    this.#flags = flags;
    this.#context = context;
  }

  get appends(): boolean {
    return this.#flags.append === true;
  }

  #assertReadable(): void {
    if (this.#closed || this.#flags.read !== true) throw new RepoError("EBADF");
  }

  #assertWritable(): void {
    if (this.#closed || this.#flags.write !== true) throw new RepoError("EBADF");
  }

  /** @throws EBUSY */
  assertFinished(): void {
    if (this.#unfinished !== undefined)
      throw new RepoError("EBUSY", { syscall: "write", message: "a write is not finished" });
  }

  #look<T>(syscall: string, read: (view: FileView, inode: Inode) => T): Promise<T> {
    if (this.#closed) throw new RepoError("EBADF", { syscall });
    const look = this.#tree.view((view) => read(view, existingInode(view, this.#ino)));
    return named(syscall, undefined, look);
  }

  async metadata(): Promise<FileMetadata> {
    return this.#look("fstat", (_, inode) => metadataOf(inode));
  }

  async history(): Promise<VersionInfo[]> {
    return this.#look("fstat", (view, inode) => versionsOf(view, this.#ino, inode));
  }

  /** A version, for reading; NO_VERSION if there is none of that number. */
  async openVersion(version: number): Promise<FileHandle> {
    return named("open", undefined, this.#openVersion(version));
  }

  async #openVersion(version: number): Promise<FileHandle> {
    this.#assertReadable();
    return openVersionOf(this.#tree, () => this.#ino, version);
  }

  /** Reads up to `into.length` bytes at `at` of the present version. */
  async read(into: Uint8Array, at: number): Promise<number> {
    return named("read", undefined, this.#read(into, at));
  }

  async #read(into: Uint8Array, at: number): Promise<number> {
    this.#assertReadable();
    return this.#tree.readContent((view) => {
      const inode = existingInode(view, this.#ino);
      const result = Math.max(0, Math.min(into.length, inode.size - at));
      const part = into.subarray(0, result);
      return { result, into: part, stored: planRead(view, this.#ino, inode, part, at) };
    });
  }

  /** Adds a part to the unfinished write, which begins at `at` if there is none. `content` is given away. */
  async write(content: Uint8Array, at: number): Promise<void> {
    return named("write", undefined, this.#write(content, at));
  }

  async #write(content: Uint8Array, at: number): Promise<void> {
    this.#assertWritable();
    const staged =
      this.#unfinished ?? new StagedWrite(this.#tree, this.#ino, this.appends ? "end" : at);
    await staged.write(content);
    this.#unfinished = staged;
  }

  /** Makes what was written the next version; resolves to where that ended. EINVAL if nothing was written. */
  async finish(): Promise<number> {
    return named("write", undefined, this.#finish());
  }

  async #finish(): Promise<number> {
    this.#assertWritable();
    const staged = this.#unfinished;
    if (staged === undefined)
      throw new RepoError("EINVAL", { syscall: "write", message: "nothing was written" });
    const end = await staged.finish((edit) => {
      this.#path.changed(edit);
    });
    this.#unfinished = undefined;
    // What of it is left to be freed is nobody's to wait for; the next opening would go on with it.
    staged.release().catch(() => undefined);
    return end;
  }

  /** Forgets the unfinished write, if there is one. */
  async discard(): Promise<void> {
    this.#assertWritable();
    const staged = this.#unfinished;
    this.#unfinished = undefined;
    await staged?.release();
  }

  /** The next version in one go, with `content` at `at`, or at the end if the file appends; resolves to where that ended. */
  async writeOnce(content: Uint8Array, at: number): Promise<number> {
    return named("write", undefined, this.#writeOnce(content, at));
  }

  async #writeOnce(content: Uint8Array, at: number): Promise<number> {
    this.#assertWritable();
    this.assertFinished();
    return this.#tree.mutate(
      (edit) => {
        const inode = existingInode(edit, this.#ino);
        const from = this.appends ? inode.size : at;
        const next = beginVersion(edit, this.#context.layout, this.#ino, inode);
        if (content.length === 0)
          edit.putInode(this.#ino, { ...next, mtimeMs: edit.nowMs, ctimeMs: edit.nowMs });
        writeFile(edit, this.#context, this.#ino, next, from, content);
        this.#path.changed(edit);
        return from + content.length;
      },
      { bytes: content.length },
    );
  }

  /** The next version is of another length, or there is none if it has that length. */
  async setLen(size: number): Promise<void> {
    return named("ftruncate", undefined, this.#setLen(size));
  }

  async #setLen(size: number): Promise<void> {
    this.#assertWritable();
    this.assertFinished();
    assertRange(size, 0);
    await this.#tree.mutate(
      (edit) => {
        if (existingInode(edit, this.#ino).size === size) return;
        truncateFile(edit, this.#context, this.#ino, size);
        this.#path.changed(edit);
      },
      { frees: true },
    );
  }

  /** What is not finished is gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#path.end();
    await this.#unfinished?.release();
    await this.#tree.releaseInode(this.#ino);
  }
}
