/** openRepo, and what can be asked of a repo that is not open. */
import type { Remote } from "comlink";
import { RepoError } from "../errors.js";
import type { RemoteHost } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import { argumentError } from "./arguments.js";
import { acquireHost, releaseHost } from "./hosts.js";
import { openRequest, type OpenRepoOptions } from "./open-options.js";
import { Opening } from "./opening.js";
import { Repo } from "./repo.js";
import type { RepoEvent } from "./repo-event.js";
import { spawnWorker, type WorkerFactory } from "./spawn.js";

/** Options of the calls that need no credential. */
export interface RepoLocationOptions {
  /** Makes the worker, where the bundler does not find its script. */
  readonly worker?: WorkerFactory | undefined;
}

/**
 * Opens the repo at `uri`: `opfs://name`, `idb://name`, `local://name` (OPFS where synchronous access
 * handles work, else IndexedDB, and in any case where the repo already is), or `mem://name`, which lives
 * as long as the page. A new repo is on storage when the promise resolves; a creation that a crash or an
 * abort cuts short leaves no repo.
 *
 * A repo is open in one place at a time, over all tabs; readers share it. One that is in use is waited
 * for, up to five seconds.
 *
 * @throws REPO_NOT_FOUND, REPO_EXISTS, REPO_BUSY; UNLOCK_FAILED for a wrong credential; KDF_LIMIT,
 * KDF_TOO_WEAK; FORMAT_UNSUPPORTED, INTEGRITY, ROLLBACK; BACKEND_UNAVAILABLE, BACKEND_IO, ENOSPC;
 * WORKER_FAILED; EINVAL for another kind of URI; TypeError or RangeError for bad options; the reason of
 * `options.signal`
 * @example
 * ```ts
 * import { openRepo } from "cofferfs";
 *
 * const password = "correct horse battery staple";
 * const repo = await openRepo("local://notes", { password, create: true });
 * await repo.fs.writeFile("/hello.txt", "Hello, World!");
 * console.log(await repo.fs.readFile("/hello.txt", "utf8"));
 * await repo.close();
 * ```
 */
export async function openRepo(uri: string, options: OpenRepoOptions): Promise<Repo> {
  const request = openRequest(uri, options);
  const { signal, worker = spawnWorker, onEvent } = options;
  signal?.throwIfAborted();
  requireSecureContext();
  const notify = (event: RepoEvent): void => {
    // What the listener throws is its own affair, and reported as such.
    if (onEvent !== undefined)
      queueMicrotask(() => {
        onEvent(event);
      });
  };
  const opening = new Opening(request, worker, notify);
  try {
    await abortable(signal, () => opening.done);
  } catch (error) {
    void opening.giveUp();
    throw error;
  }
  return new Repo(uri, opening.connection);
}

/**
 * Whether there is a repo at `uri`; one whose creation was cut short does not count.
 *
 * @throws BACKEND_UNAVAILABLE, BACKEND_IO, WORKER_FAILED; EINVAL for another kind of URI; TypeError
 * @example
 * ```ts
 * import { repoExists } from "cofferfs";
 *
 * const isNewcomer = !(await repoExists("local://notes"));
 * ```
 */
export function repoExists(uri: string, options: RepoLocationOptions = {}): Promise<boolean> {
  return ask(uri, options, (host) => host.repoExists(uri));
}

/**
 * Removes the repo at `uri` from the storage, for good and without asking for a credential. The bytes
 * are freed, not overwritten: what a disk keeps of them is ciphertext.
 *
 * @throws REPO_NOT_FOUND; REPO_BUSY if it is open anywhere after five seconds; BACKEND_UNAVAILABLE,
 * BACKEND_IO, WORKER_FAILED; EINVAL for another kind of URI; TypeError
 * @example
 * ```ts
 * import { destroyRepo } from "cofferfs";
 *
 * await destroyRepo("local://notes");
 * ```
 */
export function destroyRepo(uri: string, options: RepoLocationOptions = {}): Promise<void> {
  return ask(uri, options, (host) => host.destroyRepo(uri));
}

async function ask<T>(
  uri: string,
  { worker = spawnWorker }: RepoLocationOptions,
  question: (host: Remote<RemoteHost>) => Promise<T>,
): Promise<T> {
  if (typeof uri !== "string") throw argumentError("uri", "a string", uri);
  requireSecureContext();
  const host = acquireHost(uri, worker);
  try {
    return await question(host.link.host);
  } finally {
    await releaseHost(host);
  }
}

/** Outside a secure context browsers hide WebCrypto, OPFS and locks, and nothing here can work. */
function requireSecureContext(): void {
  if ("subtle" in crypto) return;
  throw new RepoError("BACKEND_UNAVAILABLE", {
    message: "cofferfs needs a secure context: serve the page over https or from localhost",
  });
}
