/**
 * FileService: any FileSystem on the wire. It adds nothing but numbers for handles and the transfer of
 * results; operations over many entries run here, one message for all of them, each in a file of its own.
 */
import { transfer } from "comlink";
import type {
  Attributes,
  Conflict,
  FileHandle,
  FileSystem,
  FsStats,
  OpenFlags,
  Staging,
  Stats,
} from "../vfs/file-system.js";
import { checkAccess } from "./check-access.js";
import { renamed } from "./compound.js";
import { copyTree } from "./copy-tree.js";
import { moveEntry, removeEntry } from "./entry-calls.js";
import { FileLocks } from "./file-locks.js";
import { findPaths } from "./glob.js";
import { listDirectory, listPart, openDirectory } from "./list-directory.js";
import { makeDirectories } from "./make-directories.js";
import { makeTemporary } from "./make-temporary.js";
import { OpenFile, OpenFiles } from "./open-files.js";
import { askingPage } from "./page-question.js";
import { placeEntries } from "./place-entries.js";
import type {
  CopyOptions,
  EntryBatch,
  FilePart,
  GlobRequest,
  Listing,
  LockMode,
  PlacedBatch,
  RemoteFiles,
  WatchedChange,
} from "./protocol.js";
import { remove } from "./remove.js";
import { RepoError } from "../errors.js";
import { Watches } from "./watches.js";

/** Where a page is told of what it watches. */
export type NotifyChange = (change: WatchedChange) => void;

export class FileService implements RemoteFiles {
  protected readonly fs: FileSystem;
  readonly #files: OpenFiles;
  readonly #watches: Watches;
  readonly #locks = new FileLocks();
  /** What is to be done when a handle is closed that has its file locked. */
  readonly #unlock = new Map<number, () => void>();
  readonly #stagings = new Map<number, Staging>();

  constructor(fs: FileSystem, session: number, notifyChange: NotifyChange) {
    this.fs = fs;
    this.#files = new OpenFiles(session);
    this.#watches = new Watches(fs, notifyChange);
  }

  stat(path: string): Promise<Stats> {
    return this.fs.stat(path);
  }

  lstat(path: string): Promise<Stats> {
    return this.fs.lstat(path);
  }

  access(path: string, write: boolean): Promise<void> {
    return checkAccess(this.fs, path, write);
  }

  async readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return moved(await this.fs.readFile(path));
  }

  writeFile(path: string, bytes: Uint8Array, flags: OpenFlags, mode?: number): Promise<void> {
    return this.fs.writeFile(path, bytes, flags, mode, isWhole(bytes));
  }

  copyFile(from: string, to: string, exclusive: boolean): Promise<void> {
    return this.fs.copyFile(from, to, exclusive);
  }

  copyTree(from: string, to: string, options: CopyOptions, filter?: MessagePort): Promise<void> {
    return askingPage(filter, (ask) => copyTree(this.fs, from, to, { ...options, filter: ask }));
  }

  placeEntries(base: string, batch: EntryBatch, conflict: Conflict): Promise<PlacedBatch> {
    return placeEntries(this.fs, this.#files, base, batch, conflict);
  }

  async openNameless(): Promise<number> {
    return this.serve(await this.fs.openNameless());
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.fs.mkdir(path, mode);
  }

  makeDirectories(path: string, mode?: number): Promise<string | undefined> {
    return makeDirectories(this.fs, path, mode);
  }

  makeTemporary(prefix: string): Promise<string> {
    return makeTemporary(this.fs, prefix);
  }

  rmdir(path: string): Promise<void> {
    return this.fs.rmdir(path);
  }

  unlink(path: string): Promise<void> {
    return this.fs.unlink(path);
  }

  remove(path: string, recursive: boolean, force: boolean): Promise<void> {
    return remove(this.fs, path, recursive, force);
  }

  rename(from: string, to: string): Promise<void> {
    return this.fs.rename(from, to);
  }

  link(existing: string, path: string): Promise<void> {
    return this.fs.link(existing, path);
  }

  symlink(target: string, path: string): Promise<void> {
    return this.fs.symlink(target, path);
  }

  readlink(path: string): Promise<string> {
    return this.fs.readlink(path);
  }

  list(path: string, recursive: boolean): Promise<Listing> {
    return listDirectory(this.fs, path, recursive);
  }

  openDirectory(path: string): Promise<void> {
    return openDirectory(this.fs, path);
  }

  listPart(path: string, after: string | undefined, limit: number): Promise<Listing> {
    return listPart(this.fs, path, after, limit);
  }

  glob(request: GlobRequest, exclude?: MessagePort): Promise<Listing> {
    return askingPage(exclude, (ask) => findPaths(this.fs, request, ask));
  }

  realpath(path: string): Promise<string> {
    return this.fs.realpath(path);
  }

  truncate(path: string, size: number): Promise<void> {
    return this.fs.truncate(path, size);
  }

  setattr(path: string, changes: Attributes, followLink: boolean): Promise<void> {
    return this.fs.setattr(path, changes, followLink);
  }

  async statFs(path: string): Promise<FsStats> {
    await renamed({ syscall: "statfs", path }, this.fs.stat(path));
    return this.fs.statfs();
  }

  watch(id: number, path: string, recursive: boolean): Promise<string> {
    return this.#watches.begin(id, path, recursive);
  }

  async unwatch(id: number): Promise<void> {
    this.#watches.end(id);
  }

  sync(): Promise<void> {
    return this.fs.sync();
  }

  async readPart(path: string, length: number, at: number): Promise<FilePart> {
    const handle = await this.fs.open(path, { read: true });
    try {
      const bytes = moved(await new OpenFile(handle, false).read(length, at));
      // After the bytes: had the file changed before they were read, this would show it.
      return transfer({ stats: await handle.stat(), bytes }, [bytes.buffer]);
    } finally {
      await handle.close();
    }
  }

  removeEntry(path: string, recursive: boolean): Promise<void> {
    return removeEntry(this.fs, this.#locks, path, recursive);
  }

  moveEntry(from: string, to: string): Promise<void> {
    return moveEntry(this.fs, this.#locks, from, to);
  }

  openLocked(path: string, flags: OpenFlags, lock: LockMode): Promise<number> {
    return this.#locked(path, lock, async () => this.serve(await this.fs.open(path, flags)));
  }

  openStaging(path: string, keep: boolean, lock: LockMode): Promise<number> {
    return this.#locked(path, lock, async () => {
      const staging = await this.fs.openStaging(path, keep);
      const fd = this.serve(staging);
      this.#stagings.set(fd, staging);
      return fd;
    });
  }

  /** Locks the file at `path` for the handle that `open` serves. */
  async #locked(path: string, lock: LockMode, open: () => Promise<number>): Promise<number> {
    const [{ ino, type }, real] = await Promise.all([this.fs.stat(path), this.fs.realpath(path)]);
    if (type === "directory") throw new RepoError("EISDIR", { syscall: "open", path });
    const unlock = this.#locks.acquire(ino, real, lock);
    try {
      const fd = await open();
      this.#unlock.set(fd, unlock);
      return fd;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async fdFinish(fd: number): Promise<void> {
    return this.#files.get(fd, "close").use(async () => {
      const staging = this.#stagings.get(fd);
      if (staging === undefined) throw new RepoError("EBADF", { syscall: "close" });
      return staging.finish();
    });
  }

  async open(path: string, flags: OpenFlags, mode?: number): Promise<number> {
    return this.serve(await this.fs.open(path, flags, mode), flags.append === true);
  }

  /** The number by which a handle is called for. */
  protected serve(handle: FileHandle, appends = false): number {
    return this.#files.add(new OpenFile(handle, appends));
  }

  async fdRead(fd: number, length: number, at?: number): Promise<Uint8Array<ArrayBuffer>> {
    return moved(await this.#files.get(fd, "read").read(length, at));
  }

  async fdReadAll(fd: number): Promise<Uint8Array<ArrayBuffer>> {
    return moved(await this.#files.get(fd, "read").read(Infinity));
  }

  async fdWrite(fd: number, bytes: Uint8Array, at?: number): Promise<number> {
    return this.#files.get(fd, "write").write(bytes, isWhole(bytes), at);
  }

  async fdStat(fd: number): Promise<Stats> {
    return this.#files.get(fd, "fstat").use((handle) => handle.stat());
  }

  async fdTruncate(fd: number, size: number): Promise<void> {
    return this.#files.get(fd, "ftruncate").use((handle) => handle.truncate(size));
  }

  async fdSetattr(fd: number, changes: Attributes): Promise<void> {
    return this.#files.get(fd, "fsetattr").use((handle) => handle.setattr(changes));
  }

  async fdSync(fd: number): Promise<void> {
    return this.#files.get(fd, "fsync").use((handle) => handle.sync());
  }

  async fdDatasync(fd: number): Promise<void> {
    return this.#files.get(fd, "fdatasync").use((handle) => handle.datasync());
  }

  async fdClose(fd: number): Promise<void> {
    const unlock = this.#unlock.get(fd);
    this.#unlock.delete(fd);
    this.#stagings.delete(fd);
    try {
      await this.#files.close(fd);
    } finally {
      unlock?.();
    }
  }
}

/** Whether the array is all of its buffer, which came in a message and belongs to nobody else. */
export function isWhole(bytes: Uint8Array): boolean {
  return bytes.byteLength === bytes.buffer.byteLength;
}

/** Marks bytes to be moved to the page; a view that is not all of an unshared buffer is copied first. */
export function moved(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = isWhole(bytes) && isUnshared(bytes) ? bytes : new Uint8Array(bytes);
  return transfer(whole, [whole.buffer]);
}

function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}
