/** openRepo, and what can be asked of a repo that is not open. */
import type { Remote } from "comlink";
import { RepoError } from "../errors.js";
import type { RemoteHost } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import { argumentError } from "./arguments.js";
import { exportStream, type TransferOptions } from "./export.js";
import { acquireHost, releaseHost } from "./hosts.js";
import { importStream, type ImportOptions } from "./import.js";
import { checkedCredential, passkeyCredential, wipeCredentials } from "./credential.js";
import { openRequest, openTarget, type OpenRepoOptions } from "./open-options.js";
import { Opening } from "./opening.js";
import { Repo, type RepairReport, type RepoBinding, type RepoConnection } from "./repo.js";
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
 * What is fixed at creation (cipher, kdf, versionLimit, compress, dedupChunk) counts for a new repo only.
 *
 * This browser remembers, in its other local storage, which state it has seen last. Where the storage holds one that is more than three
 * commits older, it was put back, or something of it was lost: ROLLBACK, before anything is written. `anchor` does the same
 * without relying on this browser.
 *
 * @throws REPO_NOT_FOUND, REPO_EXISTS, REPO_BUSY; REPO_MISSING where one is known to have been; UNLOCK_FAILED for a wrong credential;
 * PASSKEY_CANCELLED, PASSKEY_UNSUPPORTED; KDF_LIMIT, KDF_TOO_WEAK; FORMAT_UNSUPPORTED, INTEGRITY, ROLLBACK; BACKEND_UNAVAILABLE, BACKEND_IO, ENOSPC;
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
  const { connection, binding } = await connect(uri, options);
  return new Repo(uri, connection, binding);
}

/** Options of `repairRepo`: those of `openRepo` that have to do with a repo that exists. */
export type RepairOptions = Pick<
  OpenRepoOptions,
  | "password"
  | "rawKey"
  | "recoveryKey"
  | "passkey"
  | "force"
  | "anchor"
  | "expect"
  | "acceptRollback"
  | "worker"
  | "signal"
  | "onEvent"
>;

/**
 * Restores the redundancy of a repo's header area: a damaged header copy is written again like the other one, and where a superblock
 * cell does not authenticate, empty commits write all four anew. Files are not touched, and damage in them stays; `repo.check()`
 * reports it. A crash at any moment leaves the repo as it was or repaired.
 *
 * Where nothing authenticates there is nothing to repair from: INTEGRITY or UNLOCK_FAILED, and nothing is written. Where a newer
 * commit authenticates but is not whole, it would be overwritten: ROLLBACK, unless `acceptRollback` says why.
 *
 * @throws what `openRepo` and `repo.sync()` throw
 * @example
 * ```ts
 * import { repairRepo } from "cofferfs";
 *
 * const { headerCopies, cells } = await repairRepo("local://notes", { password: "correct horse" });
 * console.log(`${headerCopies.length} header copies and ${cells.length} cells were damaged`);
 * ```
 */
export async function repairRepo(uri: string, options: RepairOptions): Promise<RepairReport> {
  const { connection, binding } = await connect(uri, options, true);
  try {
    return await connection.remote.repair();
  } finally {
    await new Repo(uri, connection, binding).close();
  }
}

/** Opens the repo, and says how it is opened again. */
async function connect(
  uri: string,
  options: OpenRepoOptions,
  repair = false,
): Promise<{ connection: RepoConnection; binding: RepoBinding }> {
  const target = openTarget(uri, options, repair);
  const checked = checkedCredential(options);
  const { signal, worker = spawnWorker, onEvent, autoLock } = options;
  signal?.throwIfAborted();
  requireSecureContext();
  const notify = (event: RepoEvent): void => {
    // What the listener throws is its own affair, and reported as such.
    if (onEvent !== undefined)
      queueMicrotask(() => {
        onEvent(event);
      });
  };
  const reconnect: RepoBinding["connect"] = async (given, session, abort) => {
    const keys = () => ask(uri, { worker }, (host) => host.listKeys(uri));
    // Without a pause where none is needed: who aborts right after the call stops workers that are there.
    const credential = "passkey" in given ? await passkeyCredential(given, keys, abort) : given;
    try {
      abort?.throwIfAborted();
      const opening = new Opening(openRequest(target, credential, session), worker, notify);
      try {
        await abortable(abort, () => opening.done);
      } catch (error) {
        void opening.giveUp();
        throw error;
      }
      return opening.connection;
    } finally {
      wipeCredentials(credential);
    }
  };
  const locksWhenHidden = autoLock?.whenHidden === true;
  const binding = { notify, connect: reconnect, locksWhenHidden };
  return { connection: await reconnect(checked, 0, signal), binding };
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

/**
 * The sealed container of the repo at `uri`, byte by byte as docs/FORMAT.md §1 has it: a backup that opens with
 * the credentials of the repo, after `importRepo` or, as a file, with `cofferfs/node` and the command line. Never
 * plaintext, and no credential is needed. The repo is taken with the first read, and let go at the end of
 * the stream, when it is cancelled, and when `signal` aborts. Pieces are read from the storage when they are asked
 * for, about 1 MiB at a time.
 *
 * For a repo that is open here, use `repo.export()`.
 *
 * @throws As errors of the stream: REPO_NOT_FOUND; REPO_BUSY if it is open for writing anywhere after five
 * seconds; INTEGRITY, FORMAT_UNSUPPORTED, KDF_LIMIT or KDF_TOO_WEAK if no header copy is readable; BACKEND_UNAVAILABLE,
 * BACKEND_IO, WORKER_FAILED; EINVAL for another kind of URI; the reason of `signal`. TypeError at once
 * @example
 * ```ts
 * import { exportRepo } from "cofferfs";
 *
 * export async function backUp(file: FileSystemFileHandle): Promise<void> {
 *   await exportRepo("local://notes").pipeTo(await file.createWritable());
 * }
 * ```
 */
export function exportRepo(
  uri: string,
  { worker = spawnWorker, ...options }: TransferOptions & RepoLocationOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (typeof uri !== "string") throw argumentError("uri", "a string", uri);
  return exportStream(() => {
    requireSecureContext();
    const host = acquireHost(uri, worker);
    const remote = host.link.host;
    return { remote, begin: () => remote.beginExport(uri), release: () => releaseHost(host) };
  }, options);
}

/**
 * Makes a repo at `uri` of a sealed container, as `exportRepo` and the file of `cofferfs/node` have it. It exists,
 * durably, once the promise resolves; a failure, an abort, the end of the page and a crash leave none. Checked is what can
 * be checked without a credential: the header, its limits, and that slots are whole. What only the key tells, opening
 * and `repo.check()` find.
 *
 * @throws REPO_EXISTS unless `overwrite` is set; REPO_BUSY; INTEGRITY for a damaged header and for a stream that
 * is cut short; FORMAT_UNSUPPORTED for what is not a container; KDF_LIMIT, KDF_TOO_WEAK; EFBIG beyond `maxBytes`; ENOSPC;
 * BACKEND_UNAVAILABLE, BACKEND_IO, WORKER_FAILED; EINVAL for another kind of URI; TypeError; whatever the stream
 * fails with; the reason of `signal`
 * @example
 * ```ts
 * import { importRepo } from "cofferfs";
 *
 * export async function restore(file: File): Promise<void> {
 *   await importRepo("local://notes", file, {
 *     onProgress: ({ bytes }) => console.log(`${bytes} of ${file.size}`),
 *   });
 * }
 * ```
 */
export function importRepo(
  uri: string,
  source: ReadableStream<Uint8Array> | Blob,
  options: ImportOptions & RepoLocationOptions = {},
): Promise<void> {
  return ask(uri, options, (host) => importStream(host, uri, source, options));
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
