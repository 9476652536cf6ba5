/** openRepo and what can be asked of a repo that is not open, on container files. */
import { open } from "node:fs/promises";
import { exportStream, type TransferOptions } from "../api/export.js";
import type { RepairOptions } from "../api/open-repo.js";
import { importStream, type ImportOptions } from "../api/import.js";
import type { CredentialOptions } from "../api/credential.js";
import type { LockReason } from "../api/repo-event.js";
import { Repo, type RepairReport, type RepoBinding, type RepoConnection } from "../api/repo.js";
import { HEADER_AREA_BYTES } from "../backends/block-store.js";
import { hasMagic } from "../backends/creation.js";
import { RepoError } from "../errors.js";
import { ContainerExport } from "../worker/container-export.js";
import { ContainerImport } from "../worker/container-import.js";
import { Exports } from "../worker/exports.js";
import { Imports } from "../worker/imports.js";
import type { WatchedChange } from "../worker/protocol.js";
import { repairContainer } from "../worker/repair.js";
import { localRepo } from "./local-repo.js";
import { openContainerFile, type OpenFileRepoOptions } from "./open-container.js";
import { filePlace, type ContainerPath } from "./place.js";

/**
 * Opens the repo in the container file at `path`: a path or a `file:` URL. The file is what `exportRepo` gives in the
 * browser, so a backup opens as it is. Engine and formats are the browser's; the repo is the same {@link Repo}, with
 * the same `fs`. It runs in this process; only the key derivation has a thread of its own.
 *
 * A container is open for writing in one process at a time, or for reading in several; beside it there is a lock file
 * meanwhile. One that is in use is waited for, up to five seconds; a lock whose process is gone is taken over at once.
 * Flushes are `fsync`.
 *
 * @throws REPO_NOT_FOUND, REPO_EXISTS, REPO_BUSY; UNLOCK_FAILED for a wrong credential; KDF_LIMIT,
 * KDF_TOO_WEAK; FORMAT_UNSUPPORTED, INTEGRITY, ROLLBACK; BACKEND_IO, ENOSPC; ENOENT, EACCES, EROFS and the like for what keeps
 * the file from being opened; WORKER_FAILED; EINVAL for another kind of URL; TypeError or RangeError for bad options; the
 * reason of `options.signal`
 * @example
 * ```ts
 * import { openRepo } from "cofferfs/node";
 *
 * const repo = await openRepo("backup.coffer", { password: "correct horse battery", readOnly: true });
 * for (const name of await repo.fs.readdir("/", { recursive: true })) console.log(name);
 * await repo.close();
 * ```
 */
export async function openRepo(path: ContainerPath, options: OpenFileRepoOptions): Promise<Repo> {
  const { place, notify, connection } = await connect(path, options);
  // What is kept for `unlock` has no credential in it.
  const again = { ...options, ...NO_CREDENTIAL, create: false, createNew: false };
  return new Repo(place.location, connection, reopening(path, again, notify));
}

function reopening(
  path: ContainerPath,
  options: OpenFileRepoOptions,
  notify: RepoBinding["notify"],
): RepoBinding {
  return {
    notify,
    connect: async (credential, session, signal) =>
      (await connect(path, { ...options, ...credential, signal }, session)).connection,
    locksWhenHidden: false,
  };
}

const NO_CREDENTIAL: CredentialOptions = {
  password: undefined,
  rawKey: undefined,
  recoveryKey: undefined,
  passkey: undefined,
};

async function connect(path: ContainerPath, options: OpenFileRepoOptions, session = 0) {
  const { request, place, container, notify } = await openContainerFile(path, options, { session });
  let onLocked: (reason: LockReason) => void = () => undefined;
  const locked = new Promise<LockReason>((resolve) => {
    onLocked = resolve;
  });
  let tell: (change: WatchedChange) => void = () => undefined;
  const notifyChange = (change: WatchedChange): void => {
    tell(change);
  };
  // The store lets go of its lock by itself.
  const unlock = (): void => undefined;
  const remote = localRepo(onLocked, request, place, container, unlock, notifyChange);
  const death = new Promise<never>(() => undefined);
  const connection: RepoConnection = {
    remote,
    death,
    locked,
    onChange: (listener) => {
      tell = listener;
    },
    release: async () => undefined,
  };
  return { place, notify, connection };
}

/** Options of `repairRepo`, as in the browser. */
export type RepairFileOptions = Omit<RepairOptions, "worker" | "force">;

/**
 * Restores the redundancy of a container file's header area, as in the browser.
 *
 * @throws what `openRepo` and `repo.sync()` throw
 * @example
 * ```ts
 * import { repairRepo } from "cofferfs/node";
 *
 * const { headerCopies, cells } = await repairRepo("vault.coffer", { password: "correct horse" });
 * console.log(`${headerCopies.length} header copies and ${cells.length} cells were damaged`);
 * ```
 */
export async function repairRepo(
  path: ContainerPath,
  options: RepairFileOptions,
): Promise<RepairReport> {
  const { container } = await openContainerFile(path, options, { repair: true });
  try {
    return await repairContainer(container);
  } finally {
    await container.engine.close();
  }
}

/**
 * Whether there is a repo in the file at `path`; one whose creation was cut short does not count.
 *
 * @throws EACCES and the like, BACKEND_IO; EINVAL for another kind of URL; TypeError
 * @example
 * ```ts
 * import { repoExists } from "cofferfs/node";
 *
 * if (!(await repoExists("backup.coffer"))) console.error("there is no backup");
 * ```
 */
export async function repoExists(path: ContainerPath): Promise<boolean> {
  const { provider, name } = filePlace(path);
  return provider.exists(name);
}

/**
 * Removes the container file, without asking for a credential. What a disk keeps of it is ciphertext. A file that is
 * something else is left alone.
 *
 * @throws REPO_NOT_FOUND; FORMAT_UNSUPPORTED for another kind of file; REPO_BUSY if it is open anywhere after five seconds; EACCES and the like, BACKEND_IO; EINVAL
 * for another kind of URL; TypeError
 * @example
 * ```ts
 * import { destroyRepo } from "cofferfs/node";
 *
 * await destroyRepo("old.coffer");
 * ```
 */
export async function destroyRepo(path: ContainerPath): Promise<void> {
  const { provider, name } = filePlace(path);
  await requireContainer(name);
  await provider.destroy(name);
}

/**
 * The sealed container in the file at `path`, as in the browser: the file's bytes, read under its lock, so that no
 * writer changes them meanwhile.
 *
 * @throws As errors of the stream: REPO_NOT_FOUND; REPO_BUSY if it is open for writing anywhere after five
 * seconds; INTEGRITY, FORMAT_UNSUPPORTED, KDF_LIMIT or KDF_TOO_WEAK if no header copy is readable; EACCES and the
 * like, BACKEND_IO; the reason of `signal`. EINVAL and TypeError at once
 * @example
 * ```ts
 * import { exportRepo, importRepo } from "cofferfs/node";
 *
 * await importRepo("copy.coffer", exportRepo("vault.coffer"));
 * ```
 */
export function exportRepo(
  path: ContainerPath,
  options: TransferOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const place = filePlace(path);
  const exports = new Exports();
  const remote = {
    nextExport: (id: number) => exports.next(id),
    endExport: (id: number) => exports.end(id),
  };
  const begin = async () => exports.add(await ContainerExport.ofClosed(place, () => undefined));
  return exportStream(() => ({ remote, begin, release: async () => undefined }), options);
}

/**
 * Makes a container file of a sealed container, as in the browser. It counts as a repo, durably, once the promise
 * resolves; a failure, an abort and a crash leave none.
 *
 * @throws REPO_EXISTS unless `overwrite` is set; REPO_BUSY; INTEGRITY for a damaged header and for a stream that
 * is cut short; FORMAT_UNSUPPORTED for what is not a container; KDF_LIMIT, KDF_TOO_WEAK; EFBIG beyond `maxBytes`; ENOSPC;
 * EACCES and the like, BACKEND_IO; EINVAL for another kind of URL; TypeError; whatever the stream fails with; the reason of
 * `signal`
 * @example
 * ```ts
 * import { importRepo } from "cofferfs/node";
 *
 * const { body } = await fetch("https://example.org/backup.coffer");
 * if (body !== null) await importRepo("backup.coffer", body);
 * ```
 */
export async function importRepo(
  path: ContainerPath,
  source: ReadableStream<Uint8Array> | Blob,
  options: ImportOptions = {},
): Promise<void> {
  const { provider, name, location } = filePlace(path);
  if (options.overwrite === true && (await provider.exists(name))) await requireContainer(name);
  const imports = new Imports();
  const remote = {
    beginImport: async ({ overwrite, maxBytes }: { overwrite: boolean; maxBytes: number }) => {
      const target = { provider, name, overwrite, maxBytes, unlock: () => undefined };
      return imports.add(await ContainerImport.begin(target));
    },
    writeImport: async (id: number, bytes: Uint8Array) => imports.get(id).write(bytes),
    finishImport: async (id: number) => imports.get(id).finish(),
    abandonImport: (id: number) => imports.abandon(id),
  };
  await importStream(remote, location, source, options);
}

/** Nothing that is not a container is removed, or written over. */
async function requireContainer(path: string): Promise<void> {
  const area = new Uint8Array(HEADER_AREA_BYTES);
  const file = await open(path).catch((cause: unknown) => {
    throw new RepoError("REPO_NOT_FOUND", { cause });
  });
  try {
    await file.read(area, 0, area.length, 0);
  } finally {
    await file.close();
  }
  if (!hasMagic(area)) throw new RepoError("FORMAT_UNSUPPORTED");
}
