/** The one place where a worker is spawned. */

/** `engine`: hosts a repo; `kdf`: derives a key from a password and is terminated. One script serves both. */
export type WorkerRole = "engine" | "kdf";

/**
 * Makes the worker of a role. Needed where the bundler does not understand
 * `new Worker(new URL("…", import.meta.url))`; the script is the package's `./worker` entry.
 *
 * @example
 * ```ts
 * import { openRepo } from "cofferfs";
 *
 * const repo = await openRepo("local://notes", {
 *   password: "correct horse battery staple",
 *   worker: (role) => new Worker("/assets/cofferfs-worker.js", { type: "module", name: role }),
 * });
 * ```
 */
export type WorkerFactory = (role: WorkerRole) => Worker;

/** Vite and webpack 5 find the script by the exact form of this expression. */
export function spawnWorker(): Worker {
  return new Worker(new URL("../worker/worker.js", import.meta.url), { type: "module" });
}
