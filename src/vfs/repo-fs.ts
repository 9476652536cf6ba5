/**
 * RepoFileSystem: the FileSystem of a repo, or of one of its snapshots. Each call is one transaction or one view of the tree;
 * this file turns paths and flags into them and gives errors their `syscall` and `path`.
 */
import { planRead } from "../engine/content.js";
import type { FileTree } from "../engine/file-tree.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import type { Dentry, Ino } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { utf8Decode, utf8Encode } from "../codec/utf8.js";
import { RepoError } from "../errors.js";
import type {
  Attributes,
  Capabilities,
  ChangeEvent,
  Conflict,
  DirEntry,
  FileHandle,
  FileMetadata,
  FileSystem,
  FsStats,
  NewEntry,
  OpenFlags,
  Placed,
  ReaddirOptions,
  Staging,
  Stats,
  VersionInfo,
  Watcher,
  WatchOptions,
} from "./file-system.js";
import { locateFile } from "./locate.js";
import { findDirectory, listMetadata, metadataOf, type EntryMetadata } from "./metadata.js";
import { named } from "./naming.js";
import { placeEntry } from "./place-entry.js";
import { copyInRepo } from "./repo-copy.js";
import { OpenPaths, type OpenPath } from "./open-paths.js";
import { RepoFileHandle } from "./repo-handle.js";
import {
  assertRange,
  attributeCall,
  toStats,
  truncateFile,
  withAttributes,
  writeFile,
} from "./repo-inode.js";
import {
  createNewNameless,
  makeDirectory,
  makeLink,
  makeSymlink,
  removeDirectory,
  renameNode,
  unlinkFile,
  type TreeContext,
} from "./repo-tree.js";
import { readTarget, realPath, resolveExisting, type Resolved } from "./resolve.js";
import { StagedFile } from "./staged-file.js";
import { makeStaging, StagingHandle, type StagingStart } from "./staging-handle.js";
import { openVersionOf, versionsOf } from "./version-handle.js";
import { Watchers } from "./watchers.js";

const REPLACE: OpenFlags = { write: true, create: true, truncate: true };
/** Entries that one step of a listing collects, so that a step needs few nodes. */
const LIST_STEP = 512;
/** The largest content that is read in one call; a JavaScript buffer cannot be much larger. */
const MAX_READ_BYTES = 2 ** 31 - 1;

export class RepoFileSystem implements FileSystem {
  readonly capabilities: Capabilities;
  readonly tree: FileTree;
  readonly #context: TreeContext;
  readonly #openPaths = new OpenPaths();
  readonly #watchers = new Watchers();

  constructor(tree: FileTree) {
    this.tree = tree;
    this.capabilities = {
      readOnly: tree.readOnly,
      symlinks: true,
      hardLinks: true,
      permissions: true,
    };
    this.#context = { layout: tree.layout, isOpen: (ino) => tree.isOpen(ino) };
    tree.listen((event) => {
      this.#openPaths.heed(event);
      this.#watchers.heed(event);
    });
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
    const { ino, ...opened } = await named("open", path, found);
    return new RepoFileHandle(tree, ino, { ...flags, write: writes }, opened);
  }

  /** Finds or makes the file and holds it open. The last step, so that a restart holds nothing twice. */
  #openFile(
    view: FileView,
    edit: FileEdit | undefined,
    path: string,
    flags: OpenFlags,
    mode: number,
  ): { ino: Ino; version: number | undefined; path: OpenPath } {
    const located = locateFile(view, edit, this.#context, path, flags, mode);
    const { ino, created } = located;
    let version = created ? 1 : undefined;
    if (edit !== undefined && !created && flags.truncate === true && flags.write === true) {
      version = truncateFile(edit, this.#context, ino, 0).version;
      edit.events.push({ is: "changed", path: located.path });
    }
    this.tree.retainInode(ino);
    return { ino, version, path: this.#openPaths.open(located.path) };
  }

  /** A file of which every finished change is a version. */
  async openStaged(path: string, flags: OpenFlags): Promise<StagedFile> {
    const { tree } = this;
    const locate = (view: FileView, edit: FileEdit | undefined): { ino: Ino; path: OpenPath } => {
      const located = locateFile(view, edit, this.#context, path, flags, 0o666);
      const { ino } = located;
      const { type, size } = view.inode(ino);
      if (type === "directory") throw new RepoError("EISDIR");
      if (edit !== undefined && flags.truncate === true && size > 0) {
        truncateFile(edit, this.#context, ino, 0);
        edit.events.push({ is: "changed", path: located.path });
      }
      tree.retainInode(ino);
      return { ino, path: this.#openPaths.open(located.path) };
    };
    if (tree.readOnly && flags.write === true)
      throw new RepoError("EROFS", { syscall: "open", path });
    const changes = flags.create === true || flags.truncate === true;
    const located = changes
      ? tree.mutate((edit) => locate(edit, edit), { frees: flags.create !== true })
      : tree.view((view) => locate(view, undefined));
    const opened = await named("open", path, located);
    return new StagedFile(tree, opened.ino, flags, { context: this.#context, path: opened.path });
  }

  async openStaging(path: string, keep: boolean): Promise<Staging> {
    const { tree } = this;
    if (tree.readOnly) throw new RepoError("EROFS", { syscall: "open", path });
    const begin = (edit: FileEdit): StagingStart => {
      const found = findFile(edit, path);
      const target = found.dentry.ino;
      const { staging, shares } = makeStaging(edit, this.#context, target, keep);
      const rest = shares
        ? { inode: edit.inode(target), watch: tree.watchInode(target) }
        : undefined;
      // The last steps, so that a restart holds nothing twice.
      tree.retainInode(staging);
      tree.retainInode(target);
      return { staging, target, path: this.#openPaths.open(realPath(found)), rest };
    };
    return named("open", path, StagingHandle.open(tree, this.#context, begin));
  }

  readFile(path: string): Promise<Uint8Array> {
    let into = new Uint8Array(0);
    const read = this.tree.readContent((view) => {
      const { ino, type } = resolveExisting(view, path, "last").dentry;
      // As on Linux: it can be opened.
      if (type === "directory") throw new RepoError("EISDIR", { syscall: "read" });
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
        const located = locateFile(edit, edit, this.#context, path, flags, mode);
        const { ino } = located;
        if (located.created) writeFile(edit, this.#context, ino, edit.inode(ino), 0, content);
        else {
          this.#rewrite(edit, ino, content, flags);
          edit.events.push({ is: "changed", path: located.path });
        }
      },
      { bytes: bytes.length },
    );
    return named("open", path, write);
  }

  /** The next version of a file: `content` in place of what there is, behind it, or over its beginning. */
  #rewrite(edit: FileEdit, ino: Ino, content: Uint8Array, flags: OpenFlags): void {
    const { layout } = this.#context;
    const inode =
      flags.truncate === true
        ? truncateFile(edit, this.#context, ino, 0)
        : beginVersion(edit, layout, ino, edit.inode(ino));
    const at = flags.append === true ? inode.size : 0;
    writeFile(edit, this.#context, ino, inode, at, content);
    if (content.length === 0) edit.putInode(ino, inode);
  }

  /** The versions that are kept of a file's content, oldest first. */
  history(path: string): Promise<VersionInfo[]> {
    const read = this.tree.view((view) => {
      const { ino } = findFile(view, path).dentry;
      return versionsOf(view, ino, view.inode(ino));
    });
    return named("open", path, read);
  }

  /**
   * A version of a file, for reading. Reads are rejected with NO_VERSION once it has made way for newer ones;
   * so is this call, if it has already.
   */
  openVersion(path: string, version: number): Promise<FileHandle> {
    const opened = openVersionOf(this.tree, (view) => findFile(view, path).dentry.ino, version);
    return named("open", path, opened);
  }

  metadata(path: string): Promise<FileMetadata> {
    const read = this.tree.view((view) => {
      const { ino } = resolveExisting(view, path, "last").dentry;
      return metadataOf(view.inode(ino));
    });
    return named("stat", path, read);
  }

  /** The entries of a directory with their metadata, in the order of the names' UTF-8 bytes. */
  listMetadata(path: string): Promise<EntryMetadata[]> {
    return named("scandir", path, listMetadata(this.tree, path));
  }

  copyFile(from: string, to: string, exclusive = false): Promise<void> {
    return named("copyfile", from, copyInRepo(this.tree, this.#context, from, to, exclusive), to);
  }

  async openNameless(): Promise<FileHandle> {
    const { tree } = this;
    const made = tree.mutate(
      (edit) => {
        const ino = createNewNameless(edit, this.#context, 0o666);
        tree.retainInode(ino);
        return ino;
      },
      { tentative: true },
    );
    const opened = { path: this.#openPaths.open(undefined), version: 1, tentative: true };
    const flags = { read: true, write: true };
    return new RepoFileHandle(tree, await named("open", undefined, made), flags, opened);
  }

  place(base: string, entry: NewEntry, conflict: Conflict): Promise<Placed> {
    const { content, handle, ...rest } = entry;
    const change = (edit: FileEdit): Placed => {
      const ino = handle instanceof RepoFileHandle ? handle.inoIn(this.tree) : undefined;
      return placeEntry(edit, this.#context, base, { ...rest, content, ino }, conflict);
    };
    const placed = this.tree.mutate(change, { bytes: content?.length ?? 0 });
    return named("import", `${base.replace(/\/+$/, "")}/${entry.path}`, placed);
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

  rename(from: string, to: string, exclusive = false): Promise<void> {
    const change = (edit: FileEdit): void => {
      renameNode(edit, this.#context, from, to, exclusive);
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
      return utf8Decode(realPath(resolveExisting(view, path, "last")));
    });
    return named("realpath", path, read);
  }

  truncate(path: string, size: number): Promise<void> {
    const change = (edit: FileEdit): void => {
      assertRange(size, 0);
      const found = findFile(edit, path);
      truncateFile(edit, this.#context, found.dentry.ino, size);
      edit.events.push({ is: "changed", path: realPath(found) });
    };
    return named("open", path, this.tree.mutate(change, { frees: true }));
  }

  setattr(path: string, changes: Attributes, followLink = true): Promise<void> {
    const change = (edit: FileEdit): void => {
      const found = resolveExisting(edit, path, followLink ? "last" : "middle");
      const { ino } = found.dentry;
      edit.putInode(ino, withAttributes(edit, edit.inode(ino), changes));
      edit.events.push({ is: "changed", path: realPath(found) });
    };
    return named(attributeCall(changes, followLink), path, this.tree.mutate(change));
  }

  watch(
    path: string,
    { recursive = false }: WatchOptions,
    listener: (event: ChangeEvent) => void,
  ): Promise<Watcher> {
    const begun = this.tree.view((view) =>
      // The last step, so that a restart watches nothing twice.
      this.#watchers.add(realPath(resolveExisting(view, path, "last")), recursive, listener),
    );
    return named("watch", path, begun);
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

function findFile(view: FileView, path: string): Resolved & { readonly dentry: Dentry } {
  const found = resolveExisting(view, path, "last");
  if (found.dentry.type === "directory") throw new RepoError("EISDIR");
  return found;
}
