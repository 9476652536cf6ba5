/**
 * What IndexedDB itself takes with the rows and transactions of cofferfs (src/backends/indexeddb): 32 KiB a row,
 * 128 rows a transaction, two of them under way, a strict one at the end.
 */
import { MIB, type Figure } from "../messages.js";
import { noise } from "../workloads/content.js";
import { byteRate, callRate } from "../workloads/figure.js";
import { randomPlaces } from "../workloads/random-access.js";

const ROW_BYTES = 32 * 1024;
const ROWS_PER_TRANSACTION = 128;
const TRANSACTIONS_IN_FLIGHT = 2;
const ROWS_PER_PIECE = MIB / ROW_BYTES;

export function rawRows(totalBytes: number): Promise<Figure[]> {
  return withDatabase(async (database) => {
    const rows = totalBytes / ROW_BYTES;
    const written = await timeOf(() => putRows(database, rows));
    const read = await timeOf(async () => {
      for (let row = 0; row < rows; row += ROWS_PER_PIECE)
        await getRows(database, row, ROWS_PER_PIECE);
    });
    return [
      byteRate("write+sync", { done: rows, ms: written }, ROW_BYTES),
      byteRate("read", { done: rows, ms: read }, ROW_BYTES),
    ];
  });
}

export function randomRows(totalBytes: number, gets: number, limitMs: number): Promise<Figure[]> {
  return withDatabase(async (database) => {
    await putRows(database, totalBytes / ROW_BYTES);
    const start = performance.now();
    let done = 0;
    for (const place of randomPlaces(totalBytes, gets)) {
      if (performance.now() - start > limitMs) break;
      await getRows(database, Math.floor(place / ROW_BYTES), 1);
      done += 1;
    }
    return [callRate("random read", { done, ms: performance.now() - start })];
  });
}

async function putRows(database: IDBDatabase, rows: number): Promise<void> {
  const content = noise(ROW_BYTES);
  const running: Promise<void>[] = [];
  for (let first = 0; first < rows; first += ROWS_PER_TRANSACTION) {
    await running.at(-TRANSACTIONS_IN_FLIGHT);
    const transaction = database.transaction("rows", "readwrite", { durability: "relaxed" });
    const table = transaction.objectStore("rows");
    const end = Math.min(rows, first + ROWS_PER_TRANSACTION);
    for (let key = first; key < end; key++) table.put(content.slice(), key);
    running.push(committed(transaction));
  }
  await Promise.all(running);
  const last = database.transaction("rows", "readwrite", { durability: "strict" });
  last.objectStore("rows").put(content, rows);
  await committed(last);
}

async function getRows(database: IDBDatabase, first: number, count: number): Promise<void> {
  const table = database.transaction("rows", "readonly").objectStore("rows");
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const row = await answered<unknown>(table.get(first + i));
      if (!(row instanceof Uint8Array)) throw new Error("a row is missing");
    }),
  );
}

async function withDatabase<T>(work: (database: IDBDatabase) => Promise<T>): Promise<T> {
  const name = `raw-rows-${crypto.randomUUID()}`;
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("rows");
  };
  const database = await answered(opening);
  try {
    return await work(database);
  } finally {
    database.close();
    await answered(indexedDB.deleteDatabase(name));
  }
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("no answer"));
    };
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error("aborted"));
    };
  });
}
