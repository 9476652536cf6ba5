/** SQLite's two builds, each in a worker. */
import type { Subject } from "../subject.js";
import { workerSubject } from "../worker/worker-subject.js";

export function sqliteSubject(): Subject {
  return workerSubject(
    () => new Worker(new URL("./sqlite-worker.ts", import.meta.url), { type: "module" }),
    { importsInBulk: true },
  );
}

export function encryptedSqliteSubject(): Subject {
  return workerSubject(
    () => new Worker(new URL("./sqlite-mc-worker.ts", import.meta.url), { type: "module" }),
    { importsInBulk: true },
  );
}
