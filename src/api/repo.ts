/** Repo: an open repo on the page. */
import type {
  Anchor,
  CheckReport,
  RemoteRepo,
  RepoInfo,
  RepoStats,
  SnapshotInfo,
  VersionInfo,
} from "../worker/protocol.js";
import { toPath, type PathLike } from "./arguments.js";
import { createFs } from "./create-fs.js";
import { exportStream, type TransferOptions } from "./export.js";
import { FileHandle } from "./file-handle.js";
import type { RepoFs } from "./fs.js";
import type { RepoEvent } from "./repo-event.js";
import {
  runTransaction,
  Snapshot,
  type Transaction,
  type TransactionOptions,
} from "./transaction.js";
import { whenHidden } from "./visibility.js";

export type {
  Anchor,
  CheckReport,
  Cipher,
  Durability,
  KdfChoice,
  RepairReport,
  RepoInfo,
  RepoStats,
  SnapshotInfo,
  VersionInfo,
} from "../worker/protocol.js";

/** What a repo holds on the page, and how it lets go of it. */
export interface RepoConnection {
  readonly remote: RemoteRepo;
  /** Resolves if the worker dies. */
  readonly death: Promise<Error>;
  readonly notify: (event: RepoEvent) => void;
  /** Called once, when nothing more will be asked of the worker. */
  release(): Promise<void>;
}

/**
 * An open repo. Close it when done; what was not closed is closed by the end of the page, and then has
 * lost at most what the chosen durability allows.
 *
 * Every call rejects with WORKER_FAILED once the worker has died, with REPO_CLOSED once the repo was
 * closed, and with REPO_POISONED after a commit whose outcome is unknown.
 */
export class Repo implements AsyncDisposable {
  /** As it was opened. */
  readonly uri: string;
  /**
   * The files, in the shape of `node:fs/promises`. Its functions need no `this`, and
   * `{ promises: repo.fs }` is what libraries with an `fs` option take.
   */
  readonly fs: RepoFs;
  readonly #connection: RepoConnection;
  readonly #stopWatching: () => void;
  #dead = false;
  #closing: Promise<void> | undefined;

  /** @internal Repos come from `openRepo`. */
  constructor(uri: string, connection: RepoConnection) {
    this.uri = uri;
    this.fs = createFs(connection.remote);
    this.#connection = connection;
    this.#stopWatching = whenHidden(() => {
      // Whoever still listens learns of a failure from the next call.
      this.sync().catch(() => undefined);
    });
    void connection.death.then((cause) => {
      this.#dead = true;
      this.#stopWatching();
      connection.notify({ type: "closed", cause });
    });
  }

  /** True once `close` was called or the worker has died. */
  get closed(): boolean {
    return this.#dead || this.#closing !== undefined;
  }

  /**
   * Resolves when everything that was acknowledged before the call is on storage.
   *
   * @throws BACKEND_IO, ENOSPC, STALE_WRITER; REPO_POISONED if the commit's outcome is unknown
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function saveDraft(repo: Repo, text: string): Promise<void> {
   *   await repo.fs.writeFile("/draft.md", text);
   *   await repo.sync();
   * }
   * ```
   */
  sync(): Promise<void> {
    return this.#connection.remote.sync();
  }

  /**
   * Runs `work` on the files as they are now, and publishes all that it did at once when it is done; nothing
   * of it if it throws. Others do not see it before, nor does it see what they do meanwhile. It waits for
   * nobody: if somebody has written what it has read or written, none of it happens.
   *
   * At most 256 MiB of new content, which is kept in memory. Handles that it opens end with it.
   *
   * @throws what `work` throws; TRANSACTION_CONFLICT after `retries` more attempts; ENOSPC; EFBIG
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function transfer(repo: Repo, from: string, to: string, amount: number): Promise<void> {
   *   await repo.transaction(
   *     async ({ fs }) => {
   *       const [a, b] = [await fs.readFile(from, "utf8"), await fs.readFile(to, "utf8")];
   *       await fs.writeFile(from, String(Number(a) - amount));
   *       await fs.writeFile(to, String(Number(b) + amount));
   *     },
   *     { retries: 5 },
   *   );
   * }
   * ```
   */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    return runTransaction(this.#connection.remote, work, options);
  }

  /**
   * Keeps the whole tree as it is now under a name of 1–255 bytes. Takes no time and no room, whatever the
   * size; room is taken by what is changed afterwards. Durable when it resolves.
   *
   * @throws EEXIST, EINVAL, ENAMETOOLONG, ENOSPC, EROFS
   */
  snapshot(name: string): Promise<void> {
    return this.#connection.remote.takeSnapshot(name);
  }

  /** The snapshots, in the order of their names' bytes. */
  snapshots(): Promise<SnapshotInfo[]> {
    return this.#connection.remote.snapshots();
  }

  /** The files of a snapshot, for reading. Close it when done. @throws ENOENT */
  async openSnapshot(name: string): Promise<Snapshot> {
    const { remote } = this.#connection;
    return new Snapshot(name, remote, await remote.openSnapshot(name));
  }

  /**
   * Makes the files what they were; the snapshot stays. Handles of files that were not there then fail with
   * ESTALE. Durable when it resolves.
   *
   * @throws ENOENT, ENOSPC, EROFS
   */
  restore(name: string): Promise<void> {
    return this.#connection.remote.restoreSnapshot(name);
  }

  /** Its room comes back soon after. @throws ENOENT; EBUSY while it is open; EROFS */
  deleteSnapshot(name: string): Promise<void> {
    return this.#connection.remote.deleteSnapshot(name);
  }

  /**
   * The versions that are kept of a file's content (`versionLimit` of openRepo), oldest first; the last is
   * the present one. Each `writeFile`, `appendFile` and `truncate` makes one, and so do the changes of a
   * FileHandle until it is closed.
   *
   * @throws ENOENT, EISDIR
   */
  async history(path: PathLike): Promise<VersionInfo[]> {
    return this.#connection.remote.history(toPath(path));
  }

  /**
   * A version of a file, for reading. Once newer versions have taken its place, reads reject with NO_VERSION.
   *
   * @throws NO_VERSION, ENOENT, EISDIR
   */
  async openVersion(path: PathLike, version: number): Promise<FileHandle> {
    const { remote } = this.#connection;
    return new FileHandle(remote, await remote.openVersion(toPath(path), version), false);
  }

  /**
   * Commits, drops the keys, and releases storage and worker. Idempotent. Open handles are closed with it.
   *
   * @throws what the last commit throws; the repo is closed all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Reads everything that is stored and compares it with what is allocated; repairs nothing. Takes as
   * long as reading the whole repo. Damage is reported by path, not thrown.
   *
   * @throws BACKEND_IO
   */
  check(): Promise<CheckReport> {
    return this.#connection.remote.check();
  }

  /**
   * Makes everything durable that was acknowledged before the call, and resolves to a token of that state: plain data, which
   * tells nothing of the content. Keep it where whoever can write this storage cannot, and give it to `openRepo`:
   * an older state is then ROLLBACK, and a repo that is gone REPO_MISSING. The newest one is the one to keep; where the
   * state is of another fork of the repo, that is noticed for as long as the fork is among the last four commits.
   *
   * @throws what `sync` throws
   * @example
   * ```ts
   * import { openRepo, type Anchor, type Repo } from "cofferfs";
   *
   * export async function remember(repo: Repo): Promise<void> {
   *   await fetch("/anchor", { method: "PUT", body: JSON.stringify(await repo.anchor()) });
   * }
   *
   * export async function open(password: string): Promise<Repo> {
   *   const anchor = (await (await fetch("/anchor")).json()) as Anchor;
   *   return openRepo("local://notes", { password, anchor });
   * }
   * ```
   */
  anchor(): Promise<Anchor> {
    return this.#connection.remote.anchor();
  }

  /** Figures: generation, slots, and what happened since the repo was opened. */
  stats(): Promise<RepoStats> {
    return this.#connection.remote.stats();
  }

  /** What the repo is: where, under which cipher, read-only or not. */
  info(): Promise<RepoInfo> {
    return this.#connection.remote.info();
  }

  /**
   * The sealed container as it is now, as a stream; see `exportRepo`. The state is that of the first read, made
   * durable for it; the repo can be used and changed meanwhile. Space that is freed comes back only when the stream has ended
   * or was cancelled. Closing the repo ends it.
   *
   * @throws As errors of the stream: BACKEND_IO, ENOSPC, STALE_WRITER, REPO_CLOSED, REPO_POISONED, WORKER_FAILED; the
   * reason of `signal`
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function upload(repo: Repo, url: string): Promise<void> {
   *   const body = await new Response(repo.export()).blob();
   *   await fetch(url, { method: "PUT", body });
   * }
   * ```
   */
  export(options: TransferOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { remote } = this.#connection;
    const source = { remote, begin: () => remote.beginExport(), release: async () => undefined };
    return exportStream(() => source, options);
  }

  async #close(): Promise<void> {
    this.#stopWatching();
    try {
      await this.#connection.remote.close();
    } finally {
      await this.#connection.release();
      if (!this.#dead) this.#connection.notify({ type: "closed" });
    }
  }
}
