/** Marks in IndexedDB: one database for all, a record each. Those of containers in OPFS. */
import { openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";
import { requireBrowser, withStorageErrors } from "../dom-errors.js";
import type { MarkStore } from "../mark-store.js";

interface MarkSchema extends DBSchema {
  marks: { key: string; value: Uint8Array };
}

const DATABASE = "cofferfs-marks";
const DATABASE_VERSION = 1;

export class IdbMarkStore implements MarkStore {
  read(key: string): Promise<Uint8Array | undefined> {
    return withDatabase(async (database) => {
      const record: unknown = await database.get("marks", key);
      return record instanceof Uint8Array ? record : undefined;
    });
  }

  write(key: string, record: Uint8Array): Promise<void> {
    return withDatabase(async (database) => {
      await database.put("marks", record, key);
    });
  }

  keys(prefix: string): Promise<readonly string[]> {
    return withDatabase((database) =>
      database.getAllKeys("marks", IDBKeyRange.bound(prefix, `${prefix}\uffff`)),
    );
  }

  remove(key: string): Promise<void> {
    return withDatabase((database) => database.delete("marks", key));
  }
}

/** Nothing is held open, so that nobody who clears the storage has to wait. */
function withDatabase<T>(use: (database: IDBPDatabase<MarkSchema>) => Promise<T>): Promise<T> {
  return withStorageErrors(async () => {
    requireBrowser(typeof indexedDB === "object", "this browser has no IndexedDB here");
    const database = await openDB<MarkSchema>(DATABASE, DATABASE_VERSION, {
      upgrade: (created) => void created.createObjectStore("marks"),
      blocking: (_current, _blocked, event) => {
        if (event.target instanceof IDBDatabase) event.target.close();
      },
    });
    try {
      return await use(database);
    } finally {
      database.close();
    }
  });
}
