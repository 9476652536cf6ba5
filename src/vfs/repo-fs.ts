/**
 * RepoFileSystem: the FileSystem of a repo, or of one of its snapshots. Each call is one transaction or one view of the tree;
 * this file turns paths and flags into them and gives errors their `syscall` and `path`.
 */
import { MAX_FILE_BYTES, planRead, truncateContent, writeContent } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { utf8Decode, utf8Encode } from "../codec/utf8.js";
import { RepoError } from "../errors.js";
import type {
  Attributes,
  Capabilities,
  DirEntry,
  FileHandle,
  FileSystem,
  FsStats,
  OpenFlags,
  ReaddirOptions,
  Stats,
} from "./file-system.js";
import {
  createFile,
  makeDirectory,
  makeLink,
  makeSymlink,
  removeDirectory,
  renameNode,
  unlinkFile,
  type TreeContext,
} from "./repo-tree.js";
import { readTarget, resolve, resolveExisting } from "./resolve.js";

const REPLACE: OpenFlags = { write: true, create: true, truncate: true };
/** Entries that one step of a listing collects, so that a step needs few nodes. */
const LIST_STEP = 512;
/** The largest content that is read in one call; a JavaScript buffer cannot be much larger. */
const MAX_READ_BYTES = 2 ** 31 - 1;

/** Gives errors from inside the tree the call and the paths that the user knows. */
async function named<T>(
  syscall: string,
  path: string | undefined,
  work: Promise<T>,
  dest?: string,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RepoError) || error.syscall !== undefined) throw error;
    if (!error.code.startsWith("E") && error.code !== "INTEGRITY") throw error;
    throw new RepoError(error.code, { syscall, path, dest, cause: error.cause });
  }
}

function toStats(ino: Ino, inode: Inode): Stats {
  const { type, mode, nlink, uid, gid, size, atimeMs, mtimeMs, ctimeMs, birthtimeMs } = inode;
  return { ino, type, mode, nlink, uid, gid, size, atimeMs, mtimeMs, ctimeMs, birthtimeMs };
}

function withAttributes(edit: FileEdit, inode: Inode, changes: Attributes): Inode {
  const changed = {
    ...inode,
    mode: (changes.mode ?? inode.mode) & 0o7777,
    uid: changes.uid ?? inode.uid,
    gid: changes.gid ?? inode.gid,
    atimeMs: Math.floor(changes.atimeMs ?? inode.atimeMs),
    mtimeMs: Math.floor(changes.mtimeMs ?? inode.mtimeMs),
    ctimeMs: edit.nowMs,
  };
  const { uid, gid, atimeMs, mtimeMs } = changed;
  if (![uid, gid, atimeMs, mtimeMs].every(Number.isSafeInteger) || uid < 0 || gid < 0)
    throw new RepoError("EINVAL");
  return changed;
}

function assertRange(at: number, length: number): void {
  if (!Number.isSafeInteger(at) && !(at > MAX_FILE_BYTES)) throw new RepoError("EINVAL");
  if (at < 0) throw new RepoError("EINVAL");
  if (at + length > MAX_FILE_BYTES) throw new RepoError("EFBIG");
}

export class RepoFileSystem implements FileSystem {
  readonly capabilities: Capabilities;
  readonly tree: FileTree;
  readonly #context: TreeContext;

  constructor(tree: FileTree) {
    this.tree = tree;
    this.capabilities = {
      readOnly: tree.readOnly,
      symlinks: true,
      hardLinks: true,
      permissions: true,
    };
    this.#context = { layout: tree.layout, isOpen: (ino) => tree.isOpen(ino) };
  }

  #stat(syscall: string, path: string, follow: boolean): Promise<Stats> {
    return named(
      syscall,
      path,
      this.tree.view((view) => {
        const { ino } = resolveExisting(view, path, follow ? "last" : "middle").dentry;
        return toStats(ino, view.inode(ino));
      }),
    );
  }

  stat(path: string): Promise<Stats> {
    return this.#stat("stat", path, true);
  }

  lstat(path: string): Promise<Stats> {
    return this.#stat("lstat", path, false);
  }

  async open(path: string, flags: OpenFlags, mode = 0o666): Promise<FileHandle> {
    const { tree } = this;
    const writes = flags.write === true || flags.append === true;
    if (!writes && flags.read !== true) throw new RepoError("EINVAL", { syscall: "open", path });
    if (tree.readOnly && writes) throw new RepoError("EROFS", { syscall: "open", path });
    const changes = flags.create === true || (flags.truncate === true && writes);
    const found =
      changes && !tree.readOnly
        ? tree.mutate((edit) => this.#openFile(edit, edit, path, flags, mode))
        : tree.view((view) => this.#openFile(view, undefined, path, flags, mode));
    const ino = await named("open", path, found);
    return new RepoFileHandle(tree, ino, { ...flags, write: writes });
  }

  /** Finds or makes the file and holds it open. The last step, so that a restart holds nothing twice. */
  #openFile(
    view: FileView,
    edit: FileEdit | undefined,
    path: string,
    flags: OpenFlags,
    mode: number,
  ): Ino {
    const ino = this.#locate(view, edit, path, flags, mode);
    if (edit !== undefined && flags.truncate === true && flags.write === true)
      truncateFile(edit, this.#context, ino, 0);
    this.tree.retainInode(ino);
    return ino;
  }

  #locate(
    view: FileView,
    edit: FileEdit | undefined,
    path: string,
    flags: OpenFlags,
    mode: number,
  ): Ino {
    const create = flags.create === true;
    const exclusive = create && flags.exclusive === true;
    // What is to be created must be named as a file, whatever is there.
    const named = exclusive || (create && path.endsWith("/"));
    const at = resolve(view, path, named ? "parent" : flags.noFollow ? "middle" : "last");
    const { dentry } = at;
    if (create && at.mustBeDirectory && at.name !== undefined) throw new RepoError("EISDIR");
    if (dentry === undefined) {
      if (!create) throw new RepoError("ENOENT");
      if (edit === undefined) throw new RepoError("EROFS");
      return createFile(edit, at, mode);
    }
    if (exclusive) throw new RepoError("EEXIST");
    if (at.mustBeDirectory && dentry.type !== "directory") throw new RepoError("ENOTDIR");
    if (dentry.type === "symlink") throw new RepoError("ELOOP");
    const writes = flags.write === true || flags.append === true || create;
    if (dentry.type === "directory" && writes) throw new RepoError("EISDIR");
    return dentry.ino;
  }

  readFile(path: string): Promise<Uint8Array> {
    let into = new Uint8Array(0);
    const read = this.tree.readContent((view) => {
      const { ino, type } = resolveExisting(view, path, "last").dentry;
      if (type === "directory") throw new RepoError("EISDIR");
      const inode = view.inode(ino);
      if (inode.size > MAX_READ_BYTES) throw new RepoError("EFBIG");
      if (into.length !== inode.size) into = new Uint8Array(inode.size);
      return { result: into, into, stored: planRead(view, ino, inode, into, 0) };
    });
    return named("open", path, read);
  }

  writeFile(
    path: string,
    bytes: Uint8Array,
    flags: OpenFlags = REPLACE,
    mode = 0o666,
    owned = false,
  ): Promise<void> {
    const content = owned ? bytes : bytes.slice();
    const writes = flags.write === true || flags.append === true;
    const write = this.tree.mutate(
      (edit) => {
        if (!writes) throw new RepoError("EBADF");
        const ino = this.#locate(edit, edit, path, flags, mode);
        if (flags.truncate === true) truncateFile(edit, this.#context, ino, 0);
        const inode = edit.inode(ino);
        const at = flags.append === true ? inode.size : 0;
        writeFile(edit, this.#context, ino, inode, at, content);
      },
      { bytes: bytes.length },
    );
    return named("open", path, write);
  }

  mkdir(path: string, mode = 0o777): Promise<void> {
    return named(
      "mkdir",
      path,
      this.tree.mutate((edit) => {
        makeDirectory(edit, path, mode);
      }),
    );
  }

  rmdir(path: string): Promise<void> {
    const change = (edit: FileEdit): void => {
      removeDirectory(edit, this.#context, path);
    };
    return named("rmdir", path, this.tree.mutate(change, { frees: true }));
  }

  unlink(path: string): Promise<void> {
    const change = (edit: FileEdit): void => {
      unlinkFile(edit, this.#context, path);
    };
    return named("unlink", path, this.tree.mutate(change, { frees: true }));
  }

  rename(from: string, to: string): Promise<void> {
    const change = (edit: FileEdit): void => {
      renameNode(edit, this.#context, from, to);
    };
    return named("rename", from, this.tree.mutate(change), to);
  }

  link(existing: string, path: string): Promise<void> {
    const change = (edit: FileEdit): void => {
      makeLink(edit, existing, path);
    };
    return named("link", existing, this.tree.mutate(change), path);
  }

  symlink(target: string, path: string): Promise<void> {
    const change = (edit: FileEdit): void => {
      makeSymlink(edit, this.#context, target, path);
    };
    return named("symlink", target, this.tree.mutate(change), path);
  }

  readlink(path: string): Promise<string> {
    const read = this.tree.view((view) => {
      const { ino, type } = resolveExisting(view, path, "middle").dentry;
      if (type !== "symlink") throw new RepoError("EINVAL");
      return readTarget(view, ino, view.inode(ino));
    });
    return named("readlink", path, read);
  }

  readdir(path: string, options: ReaddirOptions = {}): Promise<DirEntry[]> {
    return named("scandir", path, this.#readdir(path, options));
  }

  async #readdir(path: string, options: ReaddirOptions): Promise<DirEntry[]> {
    const limit = options.limit ?? Infinity;
    const entries: DirEntry[] = [];
    let after = options.after === undefined ? "" : utf8Encode(options.after);
    if (after === undefined) throw new RepoError("EINVAL");
    let directory: Ino | undefined;
    await this.tree.viewInSteps((view) => {
      directory ??= findDirectory(view, path);
      const step: DirEntry[] = [];
      const most = Math.min(LIST_STEP, limit - entries.length);
      let last = after ?? "";
      if (most > 0)
        view.dentries(directory, last, (name, { ino, type }) => {
          step.push({ name: utf8Decode(name), type, ino });
          last = name;
          return step.length < most;
        });
      entries.push(...step);
      after = last;
      return step.length < LIST_STEP;
    });
    return entries;
  }

  realpath(path: string): Promise<string> {
    const read = this.tree.view((view) => {
      const { ancestorNames, name } = resolveExisting(view, path, "last");
      const names = name === undefined ? ancestorNames : [...ancestorNames, name];
      return "/" + names.map(utf8Decode).join("/");
    });
    return named("realpath", path, read);
  }

  truncate(path: string, size: number): Promise<void> {
    const change = (edit: FileEdit): void => {
      assertRange(size, 0);
      const { ino, type } = resolveExisting(edit, path, "last").dentry;
      if (type === "directory") throw new RepoError("EISDIR");
      truncateFile(edit, this.#context, ino, size);
    };
    return named("open", path, this.tree.mutate(change, { frees: true }));
  }

  setattr(path: string, changes: Attributes, followLink = true): Promise<void> {
    const change = (edit: FileEdit): void => {
      const { ino } = resolveExisting(edit, path, followLink ? "last" : "middle").dentry;
      edit.putInode(ino, withAttributes(edit, edit.inode(ino), changes));
    };
    return named(attributeCall(changes, followLink), path, this.tree.mutate(change));
  }

  statfs(): Promise<FsStats> {
    const { slotBytes, slots, freeSlots } = this.tree.stats();
    return Promise.resolve({ blockBytes: slotBytes, blocks: slots, freeBlocks: freeSlots });
  }

  sync(): Promise<void> {
    return this.tree.sync();
  }

  close(): Promise<void> {
    return this.tree.close();
  }
}

/** The system call behind a change of attributes, for error messages. */
function attributeCall(changes: Attributes, followLink: boolean): string {
  if (changes.mode !== undefined) return followLink ? "chmod" : "lchmod";
  if (changes.uid !== undefined || changes.gid !== undefined)
    return followLink ? "chown" : "lchown";
  return followLink ? "utime" : "lutime";
}

function findDirectory(view: FileView, path: string): Ino {
  const { ino, type } = resolveExisting(view, path, "last").dentry;
  if (type !== "directory") throw new RepoError("ENOTDIR");
  return ino;
}

function truncateFile(edit: FileEdit, context: TreeContext, ino: Ino, size: number): void {
  const inode = edit.inode(ino);
  const times = { mtimeMs: edit.nowMs, ctimeMs: edit.nowMs };
  edit.putInode(ino, { ...truncateContent(edit, context.layout, ino, inode, size), ...times });
}

function writeFile(
  edit: FileEdit,
  context: TreeContext,
  ino: Ino,
  inode: Inode,
  at: number,
  bytes: Uint8Array,
): void {
  assertRange(at, bytes.length);
  if (bytes.length === 0) return;
  const times = { mtimeMs: edit.nowMs, ctimeMs: edit.nowMs };
  edit.putInode(ino, { ...writeContent(edit, context.layout, ino, inode, at, bytes), ...times });
}

class RepoFileHandle implements FileHandle {
  readonly #tree: FileTree;
  readonly #ino: Ino;
  readonly #flags: OpenFlags;
  readonly #context: TreeContext;
  #closed = false;

  constructor(tree: FileTree, ino: Ino, flags: OpenFlags) {
    this.#tree = tree;
    this.#ino = ino;
    this.#flags = flags;
    this.#context = { layout: tree.layout, isOpen: (other) => tree.isOpen(other) };
  }

  #assert(syscall: string, allowed = true): void {
    if (this.#closed || !allowed) throw new RepoError("EBADF", { syscall });
  }

  /** A tree that was restored over this one may lack the file. */
  #inode(view: FileView): Inode {
    const inode = view.findInode(this.#ino);
    if (inode === undefined) throw new RepoError("ESTALE");
    return inode;
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
      const inode = this.#inode(edit);
      const from = this.#flags.append === true ? inode.size : at;
      writeFile(edit, this.#context, this.#ino, inode, from, content);
      return content.length;
    };
    return named("write", undefined, this.#tree.mutate(change, { bytes: bytes.length }));
  }

  async truncate(size: number): Promise<void> {
    this.#assert("ftruncate");
    if (this.#flags.write !== true) throw new RepoError("EINVAL", { syscall: "ftruncate" });
    const change = (edit: FileEdit): void => {
      assertRange(size, 0);
      truncateFile(edit, this.#context, this.#ino, size);
    };
    return named("ftruncate", undefined, this.#tree.mutate(change, { frees: true }));
  }

  async setattr(changes: Attributes): Promise<void> {
    const syscall = "f" + attributeCall(changes, true);
    this.#assert(syscall);
    const change = (edit: FileEdit): void => {
      edit.putInode(this.#ino, withAttributes(edit, this.#inode(edit), changes));
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
    return this.#tree.releaseInode(this.#ino);
  }
}
