/**
 * Key derivation in a thread of its own, as in a worker of its own in the browser: it keeps nobody waiting, gives its
 * memory back, and can be given up at any moment.
 */
import { Worker } from "node:worker_threads";
import { unshared } from "../codec/unshared.js";
import type { KeyDerivation } from "../crypto/kdf.js";
import { RepoError } from "../errors.js";
import type { DerivationTask } from "./derivation-thread.js";

/** Derivations that reject with the reason of `signal` as soon as it aborts. */
export function threadDerivation(signal: AbortSignal | undefined): KeyDerivation {
  return async (password, salt, cost) => {
    signal?.throwIfAborted();
    const task: DerivationTask = { password: new Uint8Array(password), salt, cost };
    const thread = new Worker(new URL("./derivation-thread.js", import.meta.url), {
      workerData: task,
      transferList: [unshared(task.password).buffer],
      // What this process was started with (a loader, an inspector) is not the thread's affair.
      execArgv: [],
    });
    try {
      return await result(thread, signal);
    } finally {
      await thread.terminate();
    }
  };
}

function result(thread: Worker, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener(
      "abort",
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
    thread.once("message", resolve);
    thread.once("error", (cause) => {
      reject(new RepoError("WORKER_FAILED", { cause }));
    });
    thread.once("exit", () => {
      reject(new RepoError("WORKER_FAILED"));
    });
  });
}
