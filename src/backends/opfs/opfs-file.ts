/**
 * One OPFS file through its synchronous access handle: exact reads and writes. The handle may move
 * fewer bytes than asked; that is continued, and a call that moves none is an error.
 */
import { RepoError } from "../../errors.js";
import { isDomError, storageError } from "../dom-errors.js";

/** Adjacent runs are gathered up to so many bytes: the call, not the byte, is what costs. */
export const STAGING_BYTES = 1024 * 1024;

type AccessMode = "readwrite" | "read-only";

/** Firefox takes no argument and is always exclusive (2026): stricter, hence safe. */
type CreateHandle = (options: { mode: AccessMode }) => Promise<FileSystemSyncAccessHandle>;

/** A handle, or nothing while somebody else has one. */
export async function acquireHandle(
  file: FileSystemFileHandle,
  mode: AccessMode,
): Promise<FileSystemSyncAccessHandle | undefined> {
  const create: CreateHandle = file.createSyncAccessHandle.bind(file);
  try {
    return await create({ mode });
  } catch (error) {
    if (isDomError(error, "NoModificationAllowedError")) return undefined;
    throw error;
  }
}

export class OpfsFile {
  readonly #handle: FileSystemSyncAccessHandle;
  #sizeBytes: number;

  constructor(handle: FileSystemSyncAccessHandle) {
    this.#handle = handle;
    this.#sizeBytes = handle.getSize();
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(at: number, into: Uint8Array): void {
    if (this.readUpTo(at, into) < into.length) throw new RepoError("INTEGRITY");
  }

  /** Bytes read; fewer than asked only at the end of the file. */
  readUpTo(at: number, into: Uint8Array): number {
    return guarded(() => {
      let done = 0;
      while (done < into.length) {
        const moved = this.#handle.read(done === 0 ? into : into.subarray(done), { at: at + done });
        if (moved === 0) return done;
        done += moved;
      }
      return done;
    });
  }

  write(at: number, bytes: Uint8Array): void {
    guarded(() => {
      let done = 0;
      while (done < bytes.length) {
        const moved = this.#handle.write(done === 0 ? bytes : bytes.subarray(done), {
          at: at + done,
        });
        if (moved === 0)
          throw new RepoError("BACKEND_IO", { message: "the storage wrote nothing" });
        done += moved;
      }
    });
    this.#sizeBytes = Math.max(this.#sizeBytes, at + bytes.length);
  }

  truncate(sizeBytes: number): void {
    guarded(() => {
      this.#handle.truncate(sizeBytes);
    });
    this.#sizeBytes = sizeBytes;
  }

  flush(): void {
    guarded(() => {
      this.#handle.flush();
    });
  }

  close(): void {
    guarded(() => {
      this.#handle.close();
    });
  }
}

function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storageError(error);
  }
}
