/**
 * The container as a thief would read it: straight from the browser's storage, without the library and
 * without the password. OPFS holds one file per container, IndexedDB one database with rows.
 */

export interface ContainerReader {
  /** Where it lies, as developer tools would show it. */
  readonly place: string;
  readonly slotCount: number;
  readonly slotBytes: number;
  /** Header and slots. */
  readonly totalBytes: number;
  readonly header: Uint8Array<ArrayBuffer>;
  /** Slots from `start`, adjacent; fewer at the end. */
  readSlots(start: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

export const HEADER_AREA_BYTES = 192 * 1024;
const HEADER_PAGE_BYTES = 16 * 1024;
const MAX_ROW_BYTES = 32 * 1024;
/** The slot size as a power of two; the one field that a reader needs before it can count. */
const SLOT_LOG2_AT = 11;
/** A snapshot of a file that is being written goes stale; a fresh one is taken. */
const ATTEMPTS = 10;

/** `location` is `opfs://name` or `idb://name`. */
export async function readContainer(location: string): Promise<ContainerReader> {
  const [scheme = "", name = ""] = location.split("://");
  return scheme === "idb" ? openRows(encodeName(name)) : openFile(encodeName(name));
}

/**
 * Slots up to the last that was ever written. The rest are zeros, room that a running vault has taken
 * ahead of need; as all of it lies at the end, a few looks suffice.
 */
export async function countWrittenSlots(container: ContainerReader): Promise<number> {
  let [low, high] = [0, container.slotCount];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const slot = await container.readSlots(middle, 1);
    if (slot.some((byte) => byte !== 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Containers are filed under their names, with other characters than these as `%xx`. */
function encodeName(name: string): string {
  return Array.from(new TextEncoder().encode(name), (byte) => {
    const char = String.fromCharCode(byte);
    return /[a-z0-9_-]/.test(char) ? char : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

function slotBytesOf(header: Uint8Array): number {
  return 2 ** (header[SLOT_LOG2_AT] ?? 0);
}

async function openFile(name: string): Promise<ContainerReader> {
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(".cofferfs");
  const handle = await directory.getFileHandle(`${name}.coffer`);
  const read = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const file = await handle.getFile();
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  };
  const header = await read(0, HEADER_AREA_BYTES);
  const slotBytes = slotBytesOf(header);
  const { size } = await handle.getFile();
  return {
    place: `OPFS file .cofferfs/${name}.coffer`,
    slotCount: Math.floor((size - HEADER_AREA_BYTES) / slotBytes),
    slotBytes,
    totalBytes: size,
    header,
    readSlots: (start, count) =>
      read(HEADER_AREA_BYTES + start * slotBytes, HEADER_AREA_BYTES + (start + count) * slotBytes),
    close: () => undefined,
  };
}

async function openRows(name: string): Promise<ContainerReader> {
  const database = await openDatabase(`cofferfs:${name}`);
  const table = (store: string): IDBObjectStore =>
    database.transaction(store, "readonly").objectStore(store);
  const header = new Uint8Array(HEADER_AREA_BYTES);
  const [keys, pages] = await Promise.all([
    result(table("header").getAllKeys()),
    result<unknown[]>(table("header").getAll()),
  ]);
  keys.forEach((key, index) => {
    const page = pages[index];
    if (typeof key === "number" && page instanceof Uint8Array)
      header.set(page, key * HEADER_PAGE_BYTES);
  });
  const count: unknown = await result<unknown>(table("meta").get("slotCount"));
  const slotCount = typeof count === "number" ? count : 0;
  const slotBytes = slotBytesOf(header);
  const rowsPerSlot = slotBytes / Math.min(slotBytes, MAX_ROW_BYTES);
  return {
    place: `IndexedDB database cofferfs:${name}`,
    slotCount,
    slotBytes,
    totalBytes: HEADER_AREA_BYTES + slotCount * slotBytes,
    header,
    readSlots: async (start, wanted) => {
      const end = Math.min(start + wanted, slotCount);
      const first = start * rowsPerSlot;
      const range = IDBKeyRange.bound(first, end * rowsPerSlot, false, true);
      const store = table("rows");
      const [rowKeys, rows] = await Promise.all([
        result(store.getAllKeys(range)),
        result<unknown[]>(store.getAll(range)),
      ]);
      // A row that is not there was never written, and reads as zeros.
      const bytes = new Uint8Array((end - start) * slotBytes);
      rowKeys.forEach((key, index) => {
        const row = rows[index];
        if (typeof key === "number" && row instanceof Uint8Array)
          bytes.set(row, (key - first) * (slotBytes / rowsPerSlot));
      });
      return bytes;
    },
    close: () => {
      database.close();
    },
  };
}

/** Opens the database only if it is there: an upgrade means that it was not. */
function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.transaction?.abort();
  return result(request);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the database failed"));
    };
  });
}
