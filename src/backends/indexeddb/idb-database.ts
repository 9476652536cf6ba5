/**
 * The IndexedDB database of one container: its rows, its opening, and the Web Lock that tells
 * `destroy` whether it is in use.
 *
 *   meta    "fence" (how many writers have opened it) · "slotCount" · "flush" (touched by a flush)
 *   header  page number → 16 KiB of the header area; an absent page is zero
 *   rows    row number → up to 32 KiB of a slot
 *
 * A value of 64 KiB or more would spill into a file of its own, which is slow and can go missing,
 * so a slot of 64 KiB is two rows; a smaller one is one row.
 */
import { deleteDB, openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";
import { RepoError } from "../../errors.js";
import { HEADER_AREA_BYTES } from "../block-store.js";
import { encodeContainerName } from "../container-name.js";
import { isDomError, requireBrowser, requireSecureContext } from "../dom-errors.js";

export const HEADER_PAGE_BYTES = 16 * 1024;
export const HEADER_PAGES = HEADER_AREA_BYTES / HEADER_PAGE_BYTES;
export const MAX_ROW_BYTES = 32 * 1024;

const DATABASE_VERSION = 1;

export interface ContainerSchema extends DBSchema {
  meta: { key: "fence" | "slotCount" | "flush"; value: number };
  header: { key: number; value: Uint8Array };
  rows: { key: number; value: Uint8Array };
}

export type ContainerDatabase = IDBPDatabase<ContainerSchema>;
export type ContainerTable = "meta" | "header" | "rows";
export const CONTAINER_TABLES: ContainerTable[] = ["meta", "header", "rows"];

export function databaseName(name: string): string {
  requireSecureContext();
  requireBrowser(typeof indexedDB === "object", "this browser has no IndexedDB here");
  requireBrowser(typeof navigator.locks === "object", "this browser has no Web Locks");
  return `cofferfs:${encodeContainerName(name)}`;
}

/** Opens the database, and creates it if `create` is set; otherwise an absent one gives undefined. */
export async function openDatabase(
  name: string,
  create: boolean,
): Promise<ContainerDatabase | undefined> {
  const found = { absent: false };
  try {
    return await openDB<ContainerSchema>(name, DATABASE_VERSION, {
      upgrade(database, _oldVersion, _newVersion, transaction) {
        found.absent = !create;
        // Aborting the upgrade is the one way to open a database only if it is there.
        transaction.done.catch(() => undefined);
        if (found.absent) transaction.abort();
        else for (const table of CONTAINER_TABLES) database.createObjectStore(table);
      },
      // Somebody deletes or upgrades the database: hold nobody up. On a connection that is closed,
      // also by the browser, every transaction fails, which is BACKEND_IO.
      blocking(_currentVersion, _blockedVersion, event) {
        if (event.target instanceof IDBDatabase) event.target.close();
      },
    });
  } catch (error) {
    if (found.absent) return undefined;
    if (isDomError(error, "VersionError"))
      throw new RepoError("FORMAT_UNSUPPORTED", { cause: error });
    throw error;
  }
}

export async function deleteDatabase(name: string): Promise<void> {
  await deleteDB(name);
}

/** Takes the lock of a database if it is free; stores share it, `destroy` has it alone. */
export function tryLock(
  name: string,
  mode: "shared" | "exclusive",
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(name, { mode, ifAvailable: true }, (lock) => {
      if (lock !== null)
        return new Promise<void>((release) => {
          resolve(release);
        });
      resolve(undefined);
      return undefined;
    });
    held.catch(reject);
  });
}
