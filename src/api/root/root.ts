/**
 * Root: files as handles, in the shape of the File System standard. What makes them is create-root.ts; docs/FILE-HANDLES.md lists
 * every difference. The interfaces name no type that only a browser's library has, so that they serve under Node as well.
 */

/** What can be written: bytes, text, which is UTF-8, or a Blob, which is read piece by piece. */
export type WriteData = ArrayBuffer | ArrayBufferView | Blob | string;

/** What is done to the content to be; the position moves as in an open file. */
export interface WriteCommand {
  readonly type: "write" | "seek" | "truncate";
  /** For `write` where it begins, by default where the last one ended; what `seek` needs. */
  readonly position?: number | null | undefined;
  /** What `truncate` needs. */
  readonly size?: number | null | undefined;
  /** What `write` needs. */
  readonly data?: WriteData | null | undefined;
}

export interface CreateWritableOptions {
  /** Begin with what the file holds, which is not copied, instead of with nothing. Default false. */
  readonly keepExistingData?: boolean | undefined;
  /**
   * `siloed`: others may write the file at the same time, each for himself, and the last one to close counts. `exclusive`: nobody
   * else may. Default `siloed`.
   */
  readonly mode?: "siloed" | "exclusive" | undefined;
}

/** Options of what may make an entry. */
export interface GetEntryOptions {
  /** Make it if it is missing. Default false. */
  readonly create?: boolean | undefined;
}

export interface RemoveEntryOptions {
  /** Directories with everything below. Default false. */
  readonly recursive?: boolean | undefined;
}

export interface PermissionOptions {
  /** Default `read`. */
  readonly mode?: "read" | "readwrite" | undefined;
}

/** What file and directory handles have in common. A handle is a place in the tree, whether or not something is there. */
export interface RootHandle {
  readonly kind: "file" | "directory";
  /** Empty for the root. */
  readonly name: string;
  /** Whether the other one is a handle of the same kind for the same place. @throws TypeError */
  isSameEntry(other: RootHandle): Promise<boolean>;
  /** `denied` for `readwrite` where nothing can be changed (`readOnly`, a snapshot), else `granted`. Asks nobody. */
  queryPermission(options?: PermissionOptions): Promise<"granted" | "denied">;
  /** As `queryPermission`. */
  requestPermission(options?: PermissionOptions): Promise<"granted" | "denied">;
  /**
   * Renames the entry, or moves it into another directory, in one transaction, and the handle with it. A file replaces a file; nothing
   * else replaces anything.
   *
   * @throws NotFoundError; InvalidModificationError if something is in the way, or for a directory into itself, or the root;
   * NoModificationAllowedError if one of the two is locked; NotAllowedError if nothing can be changed; TypeError for a bad name
   */
  move(name: string): Promise<void>;
  move(directory: RootDirectoryHandle, name?: string): Promise<void>;
  /**
   * @throws NotFoundError; InvalidModificationError for a directory that is not empty, without `recursive`, and for the root;
   * NoModificationAllowedError if it, or something below, is locked; NotAllowedError
   */
  remove(options?: RemoveEntryOptions): Promise<void>;
}

/**
 * A directory. `repo.root` is one; code that is written for `navigator.storage.getDirectory()` takes it instead.
 *
 * Symlinks are followed and not told of: a link to a file is a file, one that leads nowhere is not there. Removing and moving
 * are about the link itself.
 *
 * @throws Any call, as DOMExceptions whose `cause` is the RepoError: NotFoundError and TypeMismatchError for what is not
 * there or of the other kind; NotAllowedError for changes where nothing can be changed; QuotaExceededError; NotReadableError for
 * damaged data; InvalidStateError once the repo is closed, locked, or has failed. TypeError for names that are empty, `.`, `..`, or contain
 * a slash or NUL, or are longer than 255 bytes.
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 *
 * export async function keep(repo: Repo, name: string, video: Blob): Promise<void> {
 *   const videos = await repo.root.getDirectoryHandle("videos", { create: true });
 *   const file = await videos.getFileHandle(name, { create: true });
 *   await video.stream().pipeTo(await file.createWritable());
 * }
 * ```
 */
export interface RootDirectoryHandle extends RootHandle {
  readonly kind: "directory";
  /** The file of that name; empty if it is made. */
  getFileHandle(name: string, options?: GetEntryOptions): Promise<RootFileHandle>;
  getDirectoryHandle(name: string, options?: GetEntryOptions): Promise<RootDirectoryHandle>;
  /** As `remove` of the entry's handle. With `recursive` each entry is a transaction of its own. */
  removeEntry(name: string, options?: RemoveEntryOptions): Promise<void>;
  /** The names that lead from this directory to the other handle's place; null if none do. @throws TypeError */
  resolve(descendant: RootHandle): Promise<string[] | null>;
  /** Names and handles, in the order of the names' bytes; a large directory is not told of as of one moment. */
  entries(): AsyncGenerator<[string, RootDirectoryHandle | RootFileHandle], undefined>;
  keys(): AsyncGenerator<string, undefined>;
  values(): AsyncGenerator<RootDirectoryHandle | RootFileHandle, undefined>;
  [Symbol.asyncIterator](): AsyncGenerator<
    [string, RootDirectoryHandle | RootFileHandle],
    undefined
  >;
}

/** A file. */
export interface RootFileHandle extends RootHandle {
  readonly kind: "file";
  /**
   * The file as it is now. Its bytes are read when they are asked for, piece by piece; once the file has been changed, that is
   * a NotReadableError. It is a `File` for all that calls its methods. What the browser itself reads (`fetch` bodies,
   * `FormData`, `URL.createObjectURL`, `structuredClone`, `FileReader`, `new Blob([file])`) would find it empty: give that
   * `file.stream()`, or `new File([await file.arrayBuffer()], file.name, file)`.
   *
   * @throws NotFoundError, TypeMismatchError
   */
  getFile(): Promise<globalThis.File>;
  /**
   * A stream whose closing makes what was written the content of the file: at once, as one version, also after a crash. Nobody
   * sees anything of it before, and if it is aborted, or the page ends, nothing is left of it. Memory does not grow with what is
   * written. Close or abort it: until then the file cannot be moved or removed through handles.
   *
   * @throws NotFoundError; NoModificationAllowedError if the file is locked otherwise; NotAllowedError if nothing can be changed
   */
  createWritable(options?: CreateWritableOptions): Promise<RootWritable>;
}

/**
 * The content to be of a file, in the shape of a `FileSystemWritableFileStream`. Each of its own methods takes a writer for the
 * moment, so they fail with a TypeError while somebody else has one.
 *
 * @throws TypeError for what is no data; SyntaxError for a command that lacks what it needs; QuotaExceededError; NotFoundError
 * at `close` if the file has been removed meanwhile. What it has failed with, all later calls fail with.
 */
export interface RootWritable extends WritableStream<WriteData | WriteCommand> {
  readonly mode: "siloed" | "exclusive";
  /** Bytes must stay as they are until the promise resolves. */
  write(data: WriteData | WriteCommand): Promise<void>;
  /** Where the next `write` begins; beyond the end, it leaves a hole that reads as zeros. */
  seek(position: number): Promise<void>;
  /** Cuts the content, or makes it longer with zeros. */
  truncate(size: number): Promise<void>;
}
