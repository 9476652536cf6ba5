/** The subjects of our own that live in workers. */
import type { Subject } from "./subject.js";
import { workerSubject } from "./worker/worker-subject.js";

export function rawHandleSubject(): Subject {
  return workerSubject(
    () => new Worker(new URL("./raw-handle-worker.ts", import.meta.url), { type: "module" }),
    { importsInBulk: false },
  );
}

export function naiveSubject(): Subject {
  return workerSubject(
    () => new Worker(new URL("./naive-worker.ts", import.meta.url), { type: "module" }),
    { importsInBulk: false },
  );
}
