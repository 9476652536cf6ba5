/**
 * Marks in the origin private file system: a file each, short enough for no power cut to tear it. Those of
 * containers in IndexedDB.
 */
import { BUSY_WAIT_MS, waitWhileBusy } from "../busy-wait.js";
import { isDomError, requireBrowser, withStorageErrors } from "../dom-errors.js";
import type { MarkStore } from "../mark-store.js";
import { acquireHandle, OpfsFile } from "./opfs-file.js";

const DIRECTORY = ".cofferfs-marks";
/** More than any record has; what is longer is none of ours. */
const MAX_RECORD_BYTES = 512;

export class OpfsMarkStore implements MarkStore {
  read(key: string): Promise<Uint8Array | undefined> {
    return withDirectory(false, async (directory) => {
      const file = await (await directory.getFileHandle(key)).getFile();
      if (file.size === 0) return undefined;
      return new Uint8Array(await file.slice(0, MAX_RECORD_BYTES).arrayBuffer());
    });
  }

  async write(key: string, record: Uint8Array): Promise<void> {
    await withDirectory(true, async (directory) => {
      const handle = await directory.getFileHandle(key, { create: true });
      const access = await waitWhileBusy(BUSY_WAIT_MS, () => acquireHandle(handle, "readwrite"));
      const file = new OpfsFile(access);
      try {
        file.write(0, record);
        file.truncate(record.length);
      } finally {
        file.close();
      }
    });
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    await withDirectory(false, async (directory) => {
      for await (const key of directory.keys()) if (key.startsWith(prefix)) found.push(key);
    });
    return found;
  }

  async remove(key: string): Promise<void> {
    await withDirectory(false, (directory) => directory.removeEntry(key));
  }
}

/** What is not there, directory or record, gives undefined. */
function withDirectory<T>(
  create: boolean,
  use: (directory: FileSystemDirectoryHandle) => Promise<T>,
): Promise<T | undefined> {
  return withStorageErrors(async () => {
    requireBrowser(typeof FileSystemFileHandle === "function", "this browser has no OPFS here");
    try {
      const root = await navigator.storage.getDirectory();
      return await use(await root.getDirectoryHandle(DIRECTORY, { create }));
    } catch (error) {
      if (isDomError(error, "NotFoundError")) return undefined;
      throw error;
    }
  });
}
