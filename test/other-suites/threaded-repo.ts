/**
 * A repo whose engine works in a thread of its own, as in a browser: whoever uses it may also block, and so have its files
 * synchronously.
 */
import { fileURLToPath } from "node:url";
import { Worker as Thread } from "node:worker_threads";
import { openRepo, type Repo } from "../../src/index.js";
import { syncFs, type SyncFs } from "../../src/sync/index.js";
import { bundleScript } from "../support/sync-thread.js";

/** A thread in the shape of a page's worker. */
class ThreadWorker extends EventTarget implements Worker {
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  readonly #thread: Thread;

  constructor(script: URL) {
    super();
    this.#thread = new Thread(script);
    this.#thread.on("message", (data: unknown) => {
      this.dispatchEvent(new MessageEvent("message", { data }));
    });
    this.#thread.on("error", (error) => {
      this.dispatchEvent(Object.assign(new Event("error"), { message: String(error) }));
    });
  }

  postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
    this.#thread.postMessage(message, transfer as Parameters<Thread["postMessage"]>[1]);
  }

  terminate(): void {
    void this.#thread.terminate();
  }
}

export interface ThreadedRepo {
  readonly repo: Repo;
  readonly sync: SyncFs;
  /** Looks whether the repo is whole, and ends it. */
  readonly end: () => Promise<void>;
}

/** A new sealed repo in the memory of its thread, which has a snapshot of its empty tree. */
export async function openThreadedRepo(name: string): Promise<ThreadedRepo> {
  const entry = fileURLToPath(new URL("engine-thread.ts", import.meta.url));
  const { script, remove } = await bundleScript(entry);
  const repo = await openRepo(`mem://${name}`, {
    rawKey: new Uint8Array(32).fill(7),
    createNew: true,
    worker: () => new ThreadWorker(script),
  });
  const sync = syncFs(await repo.syncChannel());
  await repo.snapshot("empty");
  return {
    repo,
    sync,
    end: async () => {
      const { ok } = await repo.check();
      await repo.close();
      remove();
      if (!ok) throw new Error("the repo is damaged");
    },
  };
}
