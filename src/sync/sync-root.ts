/** The root directory of a synchronous channel: handles as on the page, whose files also have sync access handles. */
import { FileEntry } from "../api/root/file-entry.js";
import { Directory } from "../api/root/directory.js";
import { toChoice, toOptions } from "../api/root/dictionary.js";
import { handleError } from "../api/root/handle-errors.js";
import type { HandleFiles, HandleTree, Place } from "../api/root/place.js";
import type { RootDirectoryHandle, RootFileHandle } from "../api/root/root.js";
import { lockedAccess, type AccessMode, type SyncAccessHandle } from "./access-handle.js";
import { channelOf } from "./create-sync-fs.js";
import type { SyncFiles } from "./sync-files.js";
import type { SyncFs } from "./sync-fs.js";

export interface SyncAccessOptions {
  /**
   * `readwrite`: nobody else may have the file open through a handle. `read-only`: for reading, beside others that do no more.
   * `readwrite-unsafe`: beside others that want the same. Default `readwrite`.
   */
  readonly mode?: AccessMode | undefined;
}

/** A file's handle in a worker. */
export interface SyncFileHandle extends RootFileHandle {
  /**
   * The file for synchronous reading and writing. Close it when done: until then it is locked.
   *
   * @throws NotFoundError; NoModificationAllowedError if the file is locked otherwise; NotAllowedError if nothing can be changed
   */
  createSyncAccessHandle(options?: SyncAccessOptions): Promise<SyncAccessHandle>;
}

const MODES = ["readwrite", "read-only", "readwrite-unsafe"] as const;

/** One root for each channel, so that its handles can be compared. */
const roots = new WeakMap<SyncFs, RootDirectoryHandle>();

/**
 * The root directory of the files that `fs` calls, as `repo.root` is on the page. Its file handles are {@link SyncFileHandle}s. Everything but
 * sync access handles is asynchronous by its looks only: the worker waits for each call. `FileObserver` observes nothing here.
 *
 * @throws TypeError for what did not come from `syncFs`
 * @example
 * ```ts
 * import { syncFs, syncRoot, type PostedSyncChannel, type SyncFileHandle } from "cofferfs/sync";
 *
 * export async function count(channel: PostedSyncChannel, name: string): Promise<number> {
 *   const root = syncRoot(syncFs(channel));
 *   const file = (await root.getFileHandle(name)) as SyncFileHandle;
 *   const access = await file.createSyncAccessHandle();
 *   const size = access.getSize();
 *   access.close();
 *   return size;
 * }
 * ```
 */
export function syncRoot(fs: SyncFs): RootDirectoryHandle {
  const { files } = channelOf(fs);
  const known = roots.get(fs);
  if (known !== undefined) return known;
  const tree: HandleTree = {
    files: awaited(files),
    watches: undefined,
    give: (bytes) => bytes,
    directory: (path) => new Directory({ tree, path }),
    file: (path) => new SyncFileEntry({ tree, path }, fs),
  };
  const root = tree.directory("");
  roots.set(fs, root);
  return root;
}

class SyncFileEntry extends FileEntry implements SyncFileHandle {
  readonly #fs: SyncFs;

  constructor(place: Place, fs: SyncFs) {
    super(place);
    this.#fs = fs;
  }

  async createSyncAccessHandle(options?: SyncAccessOptions): Promise<SyncAccessHandle> {
    const { mode } = toOptions<SyncAccessOptions>(options);
    try {
      return lockedAccess(this.#fs, this.place.path, toChoice(mode, MODES, "mode"));
    } catch (error) {
      throw handleError(error);
    }
  }
}

/** Calls that have waited, as those who await ask for them. */
function awaited(files: SyncFiles): HandleFiles {
  return new Proxy({} as HandleFiles, {
    get:
      (_, method) =>
      async (...args: unknown[]) =>
        (Reflect.get(files, method) as (...all: unknown[]) => unknown)(...args),
  });
}
