/** SyncAccessHandle: an open file in the shape of the File System standard's, over a SyncFs. */
import { toInteger } from "../api/arguments.js";
import type { PathLike } from "../api/arguments.js";
import { argumentError, viewBytes } from "../api/arguments.js";
import { domException, handleError } from "../api/root/handle-errors.js";
import { channelOf } from "./create-sync-fs.js";
import type { SyncFs } from "./sync-fs.js";

export interface AccessOptions {
  /** Where in the file, in bytes. Default: where the last read or write ended. */
  readonly at?: number | undefined;
}

/** How the file of an access handle is held. */
export type AccessMode = "readwrite" | "read-only" | "readwrite-unsafe";

/** What a `FileSystemSyncAccessHandle` is, under the same names. */
export interface SyncAccessHandle {
  /** How the file is held; `readwrite-unsafe` if nobody is kept from it. */
  readonly mode: AccessMode;
  /** How many bytes were read; fewer than there is room for only at the end of the file. */
  read(buffer: AllowSharedBufferSource, options?: AccessOptions): number;
  /** Writes all of `buffer`, in one transaction; returns the number of bytes. */
  write(buffer: AllowSharedBufferSource, options?: AccessOptions): number;
  truncate(size: number): void;
  getSize(): number;
  /** Returns when everything that was written is on storage. */
  flush(): void;
  /** Idempotent. Makes nothing durable. */
  close(): void;
}

/**
 * Opens the file at `path`, which must exist, for reading and writing. Unlike those of the standard, these handles do not keep
 * others from the file, and their errors are those of `fs`; see `syncRoot` for handles that are as the standard says.
 *
 * @throws ENOENT, EISDIR, EROFS; methods of a closed handle throw a DOMException `InvalidStateError`
 * @example
 * ```ts
 * import { createSyncAccessHandle, type SyncFs } from "cofferfs/sync";
 *
 * export function readHead(fs: SyncFs, path: string): Uint8Array {
 *   const handle = createSyncAccessHandle(fs, path);
 *   const head = new Uint8Array(64);
 *   const count = handle.read(head, { at: 0 });
 *   handle.close();
 *   return head.subarray(0, count);
 * }
 * ```
 */
export function createSyncAccessHandle(fs: SyncFs, path: PathLike): SyncAccessHandle {
  return new FileAccess(fs, fs.openSync(path, "r+"), "readwrite-unsafe");
}

const FLAGS = { read: true, write: true };

/** Opens the file for a handle that holds it locked, and whose errors are those of the standard. */
export function lockedAccess(fs: SyncFs, path: string, mode: AccessMode): SyncAccessHandle {
  const { files, handles } = channelOf(fs);
  const lock = mode === "readwrite" ? "exclusive" : mode;
  const remote = files.openLocked(path, mode === "read-only" ? { read: true } : FLAGS, lock);
  return new FileAccess(fs, handles.add({ remote, synchronous: false }), mode, handleError);
}

class FileAccess implements SyncAccessHandle {
  readonly #fs: SyncFs;
  /** Undefined once it is closed. */
  #fd: number | undefined;
  #cursor = 0;
  readonly mode: AccessMode;
  readonly #failure: (error: unknown) => unknown;

  constructor(
    fs: SyncFs,
    fd: number,
    mode: AccessMode,
    failure: (error: unknown) => unknown = (error) => error,
  ) {
    this.#fs = fs;
    this.#fd = fd;
    this.mode = mode;
    this.#failure = failure;
  }

  read(buffer: AllowSharedBufferSource, { at }: AccessOptions = {}): number {
    return this.#move(at, (fd, from) => this.#fs.readSync(fd, bytesOf(buffer), { position: from }));
  }

  write(buffer: AllowSharedBufferSource, { at }: AccessOptions = {}): number {
    this.#assertWritable();
    return this.#move(at, (fd, from) =>
      this.#fs.writeSync(fd, bytesOf(buffer), { position: from }),
    );
  }

  truncate(size: number): void {
    const length = toInteger(size, "size");
    this.#assertWritable();
    this.#run((fd) => {
      this.#fs.ftruncateSync(fd, length);
    });
    this.#cursor = Math.min(this.#cursor, size);
  }

  getSize(): number {
    return this.#run((fd) => this.#fs.fstatSync(fd).size);
  }

  flush(): void {
    this.#run((fd) => {
      this.#fs.fdatasyncSync(fd);
    });
  }

  close(): void {
    if (this.#fd === undefined) return;
    this.#fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** The cursor ends where `access` has. */
  #move(at: number | undefined, access: (fd: number, from: number) => number): number {
    const from = at === undefined ? this.#cursor : toInteger(at, "at");
    const count = this.#run((fd) => access(fd, from));
    this.#cursor = from + count;
    return count;
  }

  #assertWritable(): void {
    if (this.mode === "read-only")
      throw domException("NoModificationAllowedError", "the access handle is for reading");
  }

  #run<T>(call: (fd: number) => T): T {
    if (this.#fd === undefined)
      throw new DOMException("the access handle is closed", "InvalidStateError");
    try {
      return call(this.#fd);
    } catch (error) {
      throw this.#failure(error);
    }
  }
}

function bytesOf(buffer: AllowSharedBufferSource): Uint8Array {
  const bytes = viewBytes(buffer);
  if (bytes === undefined) throw argumentError("buffer", "a buffer or a view of one", buffer);
  return bytes;
}
