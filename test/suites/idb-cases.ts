/** What IndexedDB can do to a container besides storing it (catalogue 11, 29 and 31). */
import type { BlockStore, SlotAddress } from "../../src/backends/block-store.js";
import { IdbStoreProvider } from "../../src/backends/indexeddb/idb-store.js";
import { check, checkCode, codeOf, withMethod } from "./browser-case.js";
import type { BrowserCase } from "./browser-case.js";

const SLOT = 16 * 1024;
const NAME = "idb-cases";
const DATABASE = `cofferfs:${NAME}`;

const provider = new IdbStoreProvider({ busyWaitMs: 300 });

function filled(slots: number, byte: number): Uint8Array {
  return new Uint8Array(slots * SLOT).fill(byte);
}

async function put(store: BlockStore, slot: number, bytes: Uint8Array): Promise<void> {
  await store.write([{ start: slot as SlotAddress, bytes }]);
}

async function get(store: BlockStore, slot: number, slots = 1): Promise<Uint8Array> {
  const into = new Uint8Array(slots * SLOT);
  await store.read([{ start: slot as SlotAddress, into }]);
  return into;
}

async function checkHolds(store: BlockStore, slots: number, byte: number): Promise<void> {
  const stored = await get(store, 0, slots);
  check(
    stored.every((one) => one === byte),
    `slots do not all hold ${byte}`,
  );
}

async function open(mode: "create" | "open"): Promise<BlockStore> {
  const store = await provider.open(NAME, mode);
  store.setSlotBytes(SLOT);
  return store;
}

/** A container of ones in a writer's hands, gone afterwards. */
async function withStore(slots: number, body: (store: BlockStore) => Promise<void>): Promise<void> {
  await settled(indexedDB.deleteDatabase(DATABASE));
  const store = await open("create");
  try {
    await store.writeHeader(0, new Uint8Array([1]));
    await store.resize(slots);
    await put(store, 0, filled(slots, 1));
    await body(store);
  } finally {
    await store.close();
    await settled(indexedDB.deleteDatabase(DATABASE));
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the request failed"));
    };
  });
}

/** Does something to the rows behind the store's back. */
async function tamper(change: (rows: IDBObjectStore) => void): Promise<void> {
  const database = await settled(indexedDB.open(DATABASE));
  const transaction = database.transaction("rows", "readwrite");
  change(transaction.objectStore("rows"));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = reject;
  });
  database.close();
}

type Put = typeof IDBObjectStore.prototype.put;

/** A `put` that does `instead` at its N-th call on the rows. */
function failingPut(nth: number, instead: (table: IDBObjectStore) => void): Put {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its owner
  const original = IDBObjectStore.prototype.put;
  let count = 0;
  return function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    if (this.name === "rows") {
      count += 1;
      if (count === nth) instead(this);
    }
    return original.call(this, value, key);
  };
}

function watchedPut(watch: (value: unknown) => void): Put {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its owner
  const original = IDBObjectStore.prototype.put;
  return function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    watch(value);
    return original.call(this, value, key);
  };
}

export const idbCases: readonly BrowserCase[] = [
  {
    name: "11: a deleted row is INTEGRITY, and its neighbours stay readable",
    run: () =>
      withStore(4, async (store) => {
        await tamper((rows) => {
          rows.delete(2);
        });
        await checkCode(() => get(store, 2), "INTEGRITY");
        await checkCode(() => get(store, 0, 4), "INTEGRITY");
        check((await get(store, 3))[0] === 1, "slot 3 is not readable");
      }),
  },
  {
    name: "11: a row of another size or type is INTEGRITY",
    run: () =>
      withStore(4, async (store) => {
        const values = [
          new Uint8Array(SLOT - 1),
          new Uint8Array(2 * SLOT),
          new Uint16Array(SLOT),
          "x",
          null,
        ];
        for (const value of values) {
          await tamper((rows) => {
            rows.put(value, 1);
          });
          await checkCode(() => get(store, 1), "INTEGRITY");
        }
      }),
  },
  {
    name: "rows beyond the end and under foreign keys are never read",
    run: () =>
      withStore(2, async (store) => {
        await tamper((rows) => {
          rows.put(filled(1, 9), 2);
          rows.put(filled(1, 9), 0.5);
          rows.put(filled(1, 9), "0");
        });
        await checkCode(() => get(store, 2), "INTEGRITY");
        await checkHolds(store, 2, 1);
      }),
  },
  {
    name: "no value reaches 64 KiB, whatever the slot size",
    run: async () => {
      for (const slotBytes of [4096, 65536]) {
        await settled(indexedDB.deleteDatabase(DATABASE));
        const store = await provider.open(NAME, "create");
        store.setSlotBytes(slotBytes);
        await store.resize(2);
        await store.write([{ start: 0 as SlotAddress, bytes: new Uint8Array(2 * slotBytes) }]);
        await store.writeHeader(0, new Uint8Array(192 * 1024));
        await store.close();
        const database = await settled(indexedDB.open(DATABASE));
        for (const table of ["rows", "header"]) {
          const values: unknown[] = await settled(
            database.transaction(table).objectStore(table).getAll(),
          );
          check(values.length > 0, `no rows in ${table}`);
          for (const value of values) {
            const bytes = value instanceof Uint8Array ? value.buffer.byteLength : Infinity;
            check(bytes < 65536, `a value of ${bytes} bytes in ${table}`);
          }
        }
        database.close();
        await settled(indexedDB.deleteDatabase(DATABASE));
      }
    },
  },
  {
    name: "a row is stored without the buffer that it is a view of",
    run: () =>
      withStore(4, async (store) => {
        // Browsers may clone all of a view's buffer; Chromium 156 does not, so it would not show there.
        const lengths: number[] = [];
        const watch = (value: unknown): void => {
          if (ArrayBuffer.isView(value)) lengths.push(value.buffer.byteLength);
        };
        await withMethod(IDBObjectStore.prototype, "put", watchedPut(watch), async () => {
          await put(store, 0, filled(4, 2));
          await store.writeHeader(0, filled(2, 2));
          await store.writeHeader(100, filled(2, 2).subarray(0, 100));
        });
        check(lengths.length === 7 && lengths.every((length) => length === SLOT), lengths.join());
      }),
  },
  {
    name: "31: an abort at any put of a write is BACKEND_IO, and the old content stays whole",
    run: () =>
      withStore(8, async (store) => {
        const abort = (table: IDBObjectStore): void => {
          table.transaction.abort();
        };
        let failures = 0;
        for (let nth = 1; nth <= 9; nth += 1) {
          await withMethod(IDBObjectStore.prototype, "put", failingPut(nth, abort), async () => {
            const code = await codeOf(() => put(store, 0, filled(8, 2)));
            if (code === "none") return;
            failures += 1;
            check(code === "BACKEND_IO", `put ${nth}: ${code}`);
            await checkHolds(store, 8, 1);
          });
        }
        check(failures === 8, `${failures} of 8 puts failed`);
        await checkHolds(store, 8, 2);
      }),
  },
  {
    name: "29: quota exceeded at a put is ENOSPC, and the old content stays whole",
    run: () =>
      withStore(8, async (store) => {
        const full = (): void => {
          throw new DOMException("full", "QuotaExceededError");
        };
        await withMethod(IDBObjectStore.prototype, "put", failingPut(5, full), async () => {
          await checkCode(() => put(store, 0, filled(8, 2)), "ENOSPC");
        });
        await checkHolds(store, 8, 1);
        await put(store, 0, filled(8, 3));
        await checkHolds(store, 8, 3);
      }),
  },
  {
    name: "29: growing beyond the quota is ENOSPC, and shrinking needs none",
    run: () =>
      withStore(4, async (store) => {
        const estimate = (): Promise<StorageEstimate> =>
          Promise.resolve({ quota: 2 ** 20, usage: 2 ** 19 });
        await withMethod(StorageManager.prototype, "estimate", estimate, async () => {
          await checkCode(() => store.resize(100), "ENOSPC");
          check(store.slotCount === 4, `slotCount is ${store.slotCount}`);
          await store.resize(6);
        });
        const exceeded = (): Promise<StorageEstimate> =>
          Promise.resolve({ quota: 1, usage: 2 ** 30 });
        await withMethod(StorageManager.prototype, "estimate", exceeded, () => store.resize(3));
        await checkHolds(store, 3, 1);
      }),
  },
  {
    name: "a browser that cannot estimate does not keep a container from growing",
    run: () =>
      withStore(1, async (store) => {
        const refuse = (): Promise<StorageEstimate> => Promise.reject(new TypeError("no"));
        await withMethod(StorageManager.prototype, "estimate", refuse, () => store.resize(2));
        check(store.slotCount === 2, `slotCount is ${store.slotCount}`);
      }),
  },
  {
    name: "31: a versionchange closes the store, and later calls are BACKEND_IO",
    run: () =>
      withStore(2, async (store) => {
        await settled(indexedDB.deleteDatabase(DATABASE));
        const calls = [
          () => get(store, 0),
          () => put(store, 0, filled(1, 2)),
          () => store.readHeader(),
          () => store.writeHeader(0, new Uint8Array([1])),
          () => store.resize(3),
          () => store.resize(1),
          () => store.flush(),
        ];
        for (const call of calls) await checkCode(call, "BACKEND_IO");
        await store.close();
        await checkCode(() => get(store, 0), "REPO_CLOSED");
        check(!(await provider.exists(NAME)), "the container came back");
      }),
  },
  {
    name: "a database of a newer version is FORMAT_UNSUPPORTED, and stays as it is",
    run: async () => {
      await settled(indexedDB.deleteDatabase(DATABASE));
      (await settled(indexedDB.open(DATABASE, 7))).close();
      await checkCode(() => provider.open(NAME, "open"), "FORMAT_UNSUPPORTED");
      await checkCode(() => provider.open(NAME, "create"), "FORMAT_UNSUPPORTED");
      const database = await settled(indexedDB.open(DATABASE));
      check(database.version === 7, `version ${database.version}`);
      database.close();
      await settled(indexedDB.deleteDatabase(DATABASE));
    },
  },
  {
    name: "asking for a container leaves no database behind",
    run: async () => {
      await settled(indexedDB.deleteDatabase(DATABASE));
      check(!(await provider.exists(NAME)), "it exists");
      await checkCode(() => provider.open(NAME, "open"), "REPO_NOT_FOUND");
      await checkCode(() => provider.destroy(NAME), "REPO_NOT_FOUND");
      const names = (await indexedDB.databases()).map(({ name }) => name);
      check(!names.includes(DATABASE), "a database was left behind");
    },
  },
  {
    name: "a fence taken in the middle of a large write stops what is left of it",
    run: () =>
      withStore(1024, async (store) => {
        const write = codeOf(() => put(store, 0, filled(1024, 2)));
        const second = await open("open");
        check((await write) === "STALE_WRITER", `the write ended with ${await write}`);
        const stored = await get(second, 0, 1024);
        const landed = stored.filter((byte) => byte === 2).length;
        check(landed % (256 * SLOT) === 0, `${landed} bytes landed, which is no whole transaction`);
        await second.close();
      }),
  },
];
