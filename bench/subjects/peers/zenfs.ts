/** ZenFS's backends for IndexedDB and for directory handles (OPFS); both read and write files whole underneath. */
import { fs, mount, resolveMountConfig, umount, type FileSystem } from "@zenfs/core";
import { IndexedDB, WebAccess } from "@zenfs/dom";
import type { Files, Subject } from "../subject.js";
import { WholeFile, type WholeFiles } from "../whole-file.js";

const MOUNT_POINT = "/bench";
const NAME = "bench-zenfs";

function filesOf(backend: FileSystem): Files {
  const at = (path: string): string => MOUNT_POINT + path;
  const { promises } = fs;
  const whole: WholeFiles = {
    writeFile: (path, bytes) => promises.writeFile(at(path), bytes),
    readFile: (path) => promises.readFile(at(path)),
  };
  mount(MOUNT_POINT, backend);
  return {
    ...whole,
    open: (path) => Promise.resolve(new WholeFile(whole, path)),
    stat: async (path) => (await promises.stat(at(path))).size,
    readdir: (path) => promises.readdir(at(path)),
    mkdir: async (path) => {
      await promises.mkdir(at(path));
    },
    unlink: (path) => promises.unlink(at(path)),
    sync: () => backend.sync(),
    async close() {
      await backend.sync();
      umount(MOUNT_POINT);
    },
  };
}

async function subjectOn(
  configuration: () => Promise<Parameters<typeof resolveMountConfig>[0]>,
  destroy: () => Promise<void>,
): Promise<Subject> {
  const open = async (): Promise<Files> => filesOf(await resolveMountConfig(await configuration()));
  return {
    create: async () => {
      await destroy();
      return open();
    },
    reopen: open,
    destroy,
    // It does not keep calls apart that overlap.
    filesInFlight: 1,
  };
}

export const onIndexedDb = (): Promise<Subject> => {
  const databases = new Set<IDBDatabase>();
  /** ZenFS closes no database, and what is open cannot be deleted. */
  const factory: Pick<IDBFactory, "open" | "deleteDatabase"> = {
    deleteDatabase: (name) => indexedDB.deleteDatabase(name),
    open(name, version) {
      const request = indexedDB.open(name, version);
      request.addEventListener("success", () => {
        if (name === NAME) databases.add(request.result);
      });
      return request;
    },
  };
  return subjectOn(
    () =>
      Promise.resolve({
        backend: IndexedDB,
        storeName: NAME,
        idbFactory: Object.setPrototypeOf(factory, IDBFactory.prototype) as object,
      }),
    () => {
      for (const database of databases) database.close();
      databases.clear();
      return deleteDatabase(NAME);
    },
  );
};

export const onWebAccess = (): Promise<Subject> =>
  subjectOn(
    async () => {
      const root = await navigator.storage.getDirectory();
      const handle = await root.getDirectoryHandle(NAME, { create: true });
      return { backend: WebAccess, handle };
    },
    async () => {
      const root = await navigator.storage.getDirectory();
      await root.removeEntry(NAME, { recursive: true }).catch(() => undefined);
    },
  );

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => {
      resolve();
    };
    request.onerror = () => {
      reject(request.error ?? new Error("not deleted"));
    };
  });
}
