/**
 * openRepo, and what can be asked of a repo that is not open. Each of them is a worker, a request, and
 * the certainty that the promise settles: the worker's death, the derivation's and the caller's abort all
 * reject it.
 */
import { transfer, wrap } from "comlink";
import { RepoError } from "../errors.js";
import type { Notice, OpenRequest, RemoteRepo } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import { Derivation } from "./derivation.js";
import { acquireHost, releaseHost, repoClosed, type Host } from "./hosts.js";
import { openRequest, secretBuffers, type OpenRepoOptions } from "./open-options.js";
import { decodeEvent, type RepoEvent } from "./repo-event.js";
import { Repo, type RepoConnection } from "./repo.js";
import { spawnWorker, type WorkerFactory } from "./spawn.js";

/**
 * Opens the repo at `uri`: `opfs://name`, `idb://name`, `local://name` (OPFS where synchronous access
 * handles work, else IndexedDB, and wherever the repo already is), or `mem://name`, which lives as long
 * as the page. A new repo is on storage, header and all, when the promise resolves.
 *
 * A repo is open in one place at a time, over all tabs; readers share it. One that is in use is waited
 * for up to five seconds.
 *
 * @throws REPO_NOT_FOUND, REPO_EXISTS, REPO_BUSY; UNLOCK_FAILED for a wrong credential; KDF_LIMIT,
 * KDF_TOO_WEAK; FORMAT_UNSUPPORTED, INTEGRITY, ROLLBACK; BACKEND_UNAVAILABLE, BACKEND_IO, ENOSPC;
 * WORKER_FAILED if the worker does not load; EINVAL for another kind of URI; TypeError and RangeError for
 * options; the reason of `options.signal`
 * @example
 * ```ts
 * import { openRepo } from "cofferfs";
 *
 * const repo = await openRepo("local://notes", { password: "correct horse battery staple", create: true });
 * await repo.fs.writeFile("/hello.txt", "Hello, World!");
 * console.log(await repo.fs.readFile("/hello.txt", "utf8"));
 * await repo.close();
 * ```
 */
export async function openRepo(uri: string, options: OpenRepoOptions): Promise<Repo> {
  const request = openRequest(uri, options);
  const { signal, worker = spawnWorker, onEvent = () => undefined } = options;
  signal?.throwIfAborted();
  requireSecureContext();
  const host = acquireHost(uri, worker);
  const derivation = "password" in request.credential ? new Derivation(worker) : undefined;
  ...
}
