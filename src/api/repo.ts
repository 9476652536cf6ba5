/** Repo: an open repo on the page. */
import type {
  Anchor,
  CheckReport,
  KdfChoice,
  RemoteRepo,
  RepoInfo,
  RepoStats,
  SnapshotInfo,
  WatchedChange,
} from "../worker/protocol.js";
import { isRepoError, RepoError } from "../errors.js";
import { createFs } from "./create-fs.js";
import { RemoteSink } from "./entry-sink.js";
import {
  importEntries,
  type ImportTreeOptions,
  type ImportTreeResult,
  type TreeEntry,
} from "./tree-import.js";
import {
  checkedCredential,
  checkedPassword,
  checkedText,
  wipeCredentials,
  type RepoCredential,
} from "./credential.js";
import type { Derivation } from "./derivation.js";
import { exportStream, type TransferOptions } from "./export.js";
import { followTask } from "./follow-task.js";
import { repoClosed, repoLocked } from "./hosts.js";
import type { RepoFs } from "./fs.js";
import type { LockReason, RepoEvent } from "./repo-event.js";
import { RepoKeys, type KeyInfo, type RotationOptions } from "./repo-keys.js";
import { checkedKdf } from "./open-options.js";
import { RepoPaths } from "./repo-paths.js";
import { createRoot } from "./root/create-root.js";
import type { RootDirectoryHandle } from "./root/root.js";
import { SyncChannels, type SyncChannel } from "./sync-channel.js";
import {
  runTransaction,
  Snapshot,
  type BesideCalls,
  type Transaction,
  type TransactionOptions,
} from "./transaction.js";
import { whenHidden } from "./visibility.js";
import { Watches } from "./watches.js";

export type {
  Anchor,
  CheckReport,
  Cipher,
  Durability,
  EntryMetadata,
  FileMetadata,
  KdfChoice,
  RepairReport,
  RepoInfo,
  RepoStats,
  SeekFrom,
  SnapshotInfo,
  VersionInfo,
} from "../worker/protocol.js";

/** Size of the container, in bytes. */
export interface CompactionResult {
  readonly before: number;
  readonly after: number;
}

/** What a repo holds on the page, and how it lets go of it. */
export interface RepoConnection {
  readonly remote: RemoteRepo;
  /** Resolves if the worker dies. */
  readonly death: Promise<Error>;
  /** Resolves if the worker has locked the repo by itself. */
  readonly locked: Promise<LockReason>;
  /** Calls `listener` with what is told of watched paths; the last one counts. */
  onChange(listener: (change: WatchedChange) => void): void;
  /** A worker that derives keys; left out where the other side sees to that. */
  readonly derivation?: () => Derivation;
  /** Called once, when nothing more will be asked of the worker; calls under way then say closed, or locked. */
  release(locked?: boolean): Promise<void>;
}

/** What a repo needs to be opened again. */
export interface RepoBinding {
  readonly notify: (event: RepoEvent) => void;
  /** Opens the repo for the given time, counted from 0. */
  readonly connect: (
    credential: RepoCredential,
    session: number,
    signal: AbortSignal | undefined,
  ) => Promise<RepoConnection>;
  readonly locksWhenHidden: boolean;
}

/** How long a lock waits for the last commit before it ends the worker in the middle of it. */
const LOCK_PATIENCE_MS = 5000;

/**
 * An open repo. Close it when done; what was not closed is closed by the end of the page, and then has
 * lost at most what the chosen durability allows.
 *
 * Every call rejects with WORKER_FAILED once the worker has died, with REPO_LOCKED while the repo is locked, with
 * REPO_CLOSED once it was closed, and with REPO_POISONED after a commit whose outcome is unknown.
 */
export class Repo extends RepoPaths implements AsyncDisposable {
  /** As it was opened. */
  readonly uri: string;
  /**
   * The files, in the shape of `node:fs/promises`. Its functions need no `this`, and
   * `{ promises: repo.fs }` is what libraries with an `fs` option take.
   */
  readonly fs: RepoFs;
  /** The files as handles, in the shape of what `navigator.storage.getDirectory()` resolves to. */
  readonly root: RootDirectoryHandle;
  /** The credentials that open the repo. */
  readonly keys: RepoKeys;
  readonly #binding: RepoBinding;
  /** The same for as long as the repo lives, whichever worker is behind it. */
  readonly #remote: RemoteRepo;
  readonly #channels: SyncChannels;
  readonly #stopWatching: () => void;
  readonly #watches = new Watches();
  /** Undefined while the repo is locked. */
  #connection: RepoConnection | undefined;
  #session = 0;
  #dead: Error | undefined;
  #locking: Promise<void> | undefined;
  /** Gives up the `unlock` that is under way. */
  #unlocking: AbortController | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Repos come from `openRepo`. */
  constructor(uri: string, connection: RepoConnection, binding: RepoBinding) {
    const behind: { repo?: Repo } = {};
    // Nothing is called before the repo is there.
    const remote = forwarding(async (name, args) => {
      const { repo } = behind;
      if (repo === undefined) throw repoClosed();
      return repo.#call(name, args);
    });
    super(remote);
    behind.repo = this;
    this.uri = uri;
    this.#binding = binding;
    this.#remote = remote;
    this.#channels = new SyncChannels(this.#remote);
    this.fs = createFs(this.#remote, this.#watches);
    this.root = createRoot(this.#remote, this.#watches);
    this.keys = new RepoKeys(uri, {
      remote: this.#remote,
      derivation: () => this.#connection?.derivation?.(),
    });
    this.#stopWatching = whenHidden(() => {
      // Whoever still listens learns of a failure from the next call.
      const leaving = binding.locksWhenHidden ? this.#lock("hidden") : this.sync();
      leaving.catch(() => undefined);
    });
    this.#attach(connection);
  }

  /** True once `close` was called or the worker has died. */
  get closed(): boolean {
    return this.#dead !== undefined || this.#closing !== undefined;
  }

  /** True from the moment of locking until `unlock` has resolved. */
  get locked(): boolean {
    return !this.closed && this.#connection === undefined;
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
    return this.#remote.sync();
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
    return runTransaction(this.#remote, this.#besides, work, options);
  }

  /**
   * Keeps the whole tree as it is now under a name of 1–255 bytes. Takes no time and no room, whatever the
   * size; room is taken by what is changed afterwards. Durable when it resolves.
   *
   * @throws EEXIST, EINVAL, ENAMETOOLONG, ENOSPC, EROFS
   */
  async snapshot(name: string): Promise<void> {
    return this.#remote.takeSnapshot(checkedText(name, "name"));
  }

  /** The snapshots, in the order of their names' bytes. */
  snapshots(): Promise<SnapshotInfo[]> {
    return this.#remote.snapshots();
  }

  /** The files of a snapshot, for reading. Close it when done. @throws ENOENT */
  async openSnapshot(name: string): Promise<Snapshot> {
    const remote = this.#remote;
    return new Snapshot(
      name,
      remote,
      this.#besides,
      await remote.openSnapshot(checkedText(name, "name")),
    );
  }

  /**
   * Makes files, directories and links of all that `entries` yields, in its order. Many travel in one message, so that thousands of small
   * files take no time, and a large one is read as it is stored. Each entry is a transaction of its own, so files are
   * there whole or not at all. Nothing is written through a symlink below the destination. If it fails or is given up, what was
   * made stays: the last call of `onProgress` says how much. From archives, folders and
   * other stores: `cofferfs/transfer`.
   *
   * @throws ENTRY_REFUSED for a path that is none below the destination; EEXIST; EISDIR, ENOTDIR, ELOOP for what is in the way;
   * ENOENT for a link to what is not there; ENOSPC, EROFS; what `entries` or its data throws; the reason of `signal`; TypeError
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function seed(repo: Repo): Promise<number> {
   *   const notes = Array.from({ length: 1000 }, (_, n) => ({ path: `${n}.txt`, data: `note ${n}` }));
   *   const { entries } = await repo.importTree(notes, { to: "/notes" });
   *   return entries;
   * }
   * ```
   */
  async importTree(
    entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>,
    options: ImportTreeOptions = {},
  ): Promise<ImportTreeResult> {
    return importEntries(new RemoteSink(this.#remote), entries, options);
  }

  /**
   * Makes the files what they were; the snapshot stays. Handles of files that were not there then fail with
   * ESTALE. Durable when it resolves.
   *
   * @throws ENOENT, ENOSPC, EROFS
   */
  async restore(name: string): Promise<void> {
    return this.#remote.restoreSnapshot(checkedText(name, "name"));
  }

  /** Its room comes back soon after. @throws ENOENT; EBUSY while it is open; EROFS */
  async deleteSnapshot(name: string): Promise<void> {
    return this.#remote.deleteSnapshot(checkedText(name, "name"));
  }

  /**
   * A way for one dedicated worker of this page to call the files synchronously; see `cofferfs/sync`. Any number of them
   * may be open. They end when the repo is closed or locked; calls then fail with REPO_CLOSED or REPO_LOCKED.
   *
   * @throws BACKEND_UNAVAILABLE unless the page is cross-origin isolated
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function lend(repo: Repo, worker: Worker): Promise<void> {
   *   worker.postMessage(await repo.syncChannel());
   * }
   * ```
   */
  syncChannel(): Promise<SyncChannel> {
    return this.#channels.open();
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
    return this.#remote.check();
  }

  /**
   * Gives free space back to the storage: moves what lies high in the container below, and cuts the free end off. Files can
   * be used and changed meanwhile; a crash, or giving up, loses nothing. Snapshots that are open stay where they
   * are, and what an export or a long read needs is cut off at the next closing only. Other tabs
   * and the rest of the origin can have the room as soon as it resolves.
   *
   * @throws EROFS; EBUSY if it is running already; ENOSPC where moving finds no room; INTEGRITY if a node of the tree is
   * damaged (`check()` tells where); BACKEND_IO; the reason of `signal`
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function tidy(repo: Repo): Promise<number> {
   *   const { before, after } = await repo.compact();
   *   return before - after;
   * }
   * ```
   */
  async compact(options: TransferOptions = {}): Promise<CompactionResult> {
    const remote = this.#remote;
    // What is not stored yet would count as growth.
    await this.sync();
    const before = await this.#containerBytes();
    await followTask(remote, () => remote.beginCompaction(), options);
    return { before, after: await this.#containerBytes() };
  }

  async #containerBytes(): Promise<number> {
    const { slots, slotBytes } = await this.stats();
    return slots * slotBytes;
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
    return this.#remote.anchor();
  }

  /** Figures: generation, slots, and what happened since the repo was opened. */
  stats(): Promise<RepoStats> {
    return this.#remote.stats();
  }

  /** What the repo is: where, under which cipher, how it treats its files, read-only or not. */
  info(): Promise<RepoInfo> {
    return this.#remote.info();
  }

  /**
   * Commits, closes all handles, drops the keys and terminates the worker. Every call rejects with REPO_LOCKED until `unlock`
   * has resolved; calls that are under way are finished or reject so. A commit that takes more than five seconds is cut off
   * like by a crash: what was acknowledged as durable stays. A `mem://` repo keeps its worker, where it lives. Idempotent.
   *
   * @throws REPO_CLOSED; what the last commit throws; the repo is locked all the same
   */
  lock(): Promise<void> {
    return this.#lock("call");
  }

  /**
   * Opens the locked repo again, with any of its credentials. This object serves on, with the same `fs` and `keys`; handles
   * and streams from before stay closed (EBADF).
   *
   * @throws EINVAL unless the repo is locked; REPO_LOCKED if it is locked again meanwhile; REPO_CLOSED; what `openRepo`
   * throws, and the repo stays locked
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function pause(repo: Repo, askPassword: () => Promise<string>): Promise<void> {
   *   await repo.lock();
   *   await repo.unlock({ password: await askPassword() });
   * }
   * ```
   */
  async unlock(
    credential: RepoCredential,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const checked = checkedCredential(credential);
    if (this.closed) throw repoClosed();
    if (!this.locked || this.#unlocking)
      throw new RepoError("EINVAL", { message: "the repo is not locked", syscall: "unlock" });
    const attempt = new AbortController();
    const giveUp = (): void => {
      attempt.abort(signal?.reason);
    };
    this.#unlocking = attempt;
    signal?.addEventListener("abort", giveUp);
    try {
      if (signal?.aborted === true) giveUp();
      await this.#locking?.catch(() => undefined);
      attempt.signal.throwIfAborted();
      const connection = await this.#binding.connect(checked, ++this.#session, attempt.signal);
      if (attempt.signal.aborted) {
        await letGo(connection);
        throw attempt.signal.reason;
      }
      this.#locking = undefined;
      this.#attach(connection);
    } finally {
      signal?.removeEventListener("abort", giveUp);
      wipeCredentials(checked);
      this.#unlocking = undefined;
    }
    this.#binding.notify({ type: "unlocked" });
  }

  /**
   * Puts `next` in the place of the password `current`, durably when it resolves; the data stays as it is, byte for
   * byte. After a crash before that, one of the two opens the repo. A repo that somebody has a copy of opens there with the old
   * password for ever; see also `rotateMasterKey`.
   *
   * @throws UNLOCK_FAILED if `current` is none of the repo's passwords; EEXIST if `next` is one of the others; EINVAL for a third cost of derivation; EROFS;
   * KDF_TOO_WEAK, KDF_LIMIT; TypeError, RangeError; what a commit throws
   * @example
   * ```ts
   * import { openRepo } from "cofferfs";
   *
   * const repo = await openRepo("local://notes", { password: "correct horse" });
   * await repo.resetPassword("correct horse", "correct horse battery staple", { kdf: "moderate" });
   * ```
   */
  async resetPassword(
    current: string | Uint8Array,
    next: string | Uint8Array,
    { kdf }: { readonly kdf?: KdfChoice | undefined } = {},
  ): Promise<void> {
    const credentials = [{ password: checkedPassword(next) }];
    const wanted = { type: "replace", credentials, kdf: checkedKdf(kdf) } as const;
    await this.keys.change(wanted, { current: { password: current } });
  }

  /**
   * Exchanges the master key. The credentials in `keep` open the repo afterwards; all others are dropped and returned. What is
   * written from now on is sealed under the new key. What is there is sealed anew in the background, see `finishRotation`; until then
   * the old key is kept in the repo, wrapped under the new one, and who has had it can still read such data in the storage.
   *
   * @throws UNLOCK_FAILED if `current` or one of `keep` opens nothing; EINVAL if `keep` is empty; EBUSY after 62
   * rotations while data is sealed under the first of these keys; EROFS; PASSKEY_CANCELLED, PASSKEY_UNSUPPORTED; TypeError,
   * RangeError; what a commit throws
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function shutOutOthers(repo: Repo, password: string): Promise<number> {
   *   const mine = { password };
   *   const { dropped } = await repo.rotateMasterKey({ current: mine, keep: [mine] });
   *   return dropped.length;
   * }
   * ```
   */
  async rotateMasterKey(
    options: RotationOptions,
  ): Promise<{ readonly dropped: readonly KeyInfo[] }> {
    const { dropped } = await this.keys.rotate(options);
    return { dropped };
  }

  /**
   * Waits until everything is sealed under the newest master key and older ones are dropped. That goes on in the background after a
   * rotation and after each opening, so nobody has to call this; it tells when who has had an old key can read nothing
   * in the storage any more. Keys stay while a snapshot, a transaction or an export that needs them is open, and where content is
   * damaged; then `false`, and the next opening goes on. Giving up stops the waiting only.
   *
   * @throws ENOSPC where sealing anew finds no room; INTEGRITY if a node of the tree is damaged; what a commit throws; the
   * reason of `signal`
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function changeLocks(repo: Repo, password: string): Promise<boolean> {
   *   await repo.rotateMasterKey({ current: { password }, keep: [{ password }] });
   *   return repo.finishRotation();
   * }
   * ```
   */
  async finishRotation(options: TransferOptions = {}): Promise<boolean> {
    await followTask(this.#remote, () => this.#remote.beginResealing(), options);
    return (await this.info()).keyGenerations === 1;
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
    const remote = this.#remote;
    const source = { remote, begin: () => remote.beginExport(), release: async () => undefined };
    return exportStream(() => source, options);
  }

  /** What a tree's files have beside calls. */
  get #besides(): BesideCalls {
    return { watches: this.#watches, channels: this.#channels };
  }

  async #close(): Promise<void> {
    this.#stopWatching();
    this.#watches.fail(repoClosed);
    this.#channels.endAll("REPO_CLOSED");
    this.#unlocking?.abort(repoClosed());
    try {
      await this.#locking?.catch(() => undefined);
      if (this.#connection) await letGo(this.#connection);
    } finally {
      if (this.#dead === undefined) this.#binding.notify({ type: "closed" });
    }
  }

  #attach(connection: RepoConnection): void {
    this.#connection = connection;
    connection.onChange((change) => {
      this.#watches.tell(change);
    });
    void connection.death.then((cause) => {
      if (this.#connection !== connection) return;
      this.#dead = cause;
      this.#channels.endAll("WORKER_FAILED");
      this.#stopWatching();
      this.#watches.fail(() => cause);
      this.#binding.notify({ type: "closed", cause });
    });
    void connection.locked.then((reason) => {
      if (this.#connection === connection) this.#lock(reason).catch(() => undefined);
    });
  }

  #lock(reason: LockReason): Promise<void> {
    if (this.closed) return Promise.reject(repoClosed());
    const connection = this.#connection;
    if (connection === undefined) {
      // Whoever locks wants it locked, whatever is under way.
      this.#unlocking?.abort(repoLocked());
      return this.#locking ?? Promise.resolve();
    }
    this.#connection = undefined;
    this.#watches.fail(repoLocked);
    this.#channels.endAll("REPO_LOCKED");
    this.#locking = this.#letGoSoon(connection).finally(() => {
      this.#binding.notify({ type: "locked", reason });
    });
    return this.#locking;
  }

  async #letGoSoon(connection: RepoConnection): Promise<void> {
    let cancel: () => void = () => undefined;
    const outOfPatience = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOCK_PATIENCE_MS);
      cancel = () => {
        clearTimeout(timer);
      };
    });
    try {
      await Promise.race([connection.remote.close(), outOfPatience]);
    } finally {
      cancel();
      await connection.release(true);
    }
  }

  /** Calls the worker that is behind the repo now. */
  async #call(name: string | symbol, args: readonly unknown[]): Promise<unknown> {
    try {
      if (this.#connection === undefined) throw this.#closing ? repoClosed() : repoLocked();
      const { remote } = this.#connection;
      return await Reflect.apply(Reflect.get(remote, name) as RemoteCall, remote, args);
    } catch (error) {
      throw this.locked && isRepoError(error, "REPO_CLOSED") ? repoLocked() : error;
    }
  }
}

type RemoteCall = (...args: unknown[]) => Promise<unknown>;

/** A remote whose every method is `forward`, by its name. */
function forwarding(
  forward: (name: string | symbol, args: readonly unknown[]) => Promise<unknown>,
): RemoteRepo {
  const get = (_: unknown, name: string | symbol): RemoteCall => {
    return (...args) => forward(name, args);
  };
  return new Proxy<RemoteRepo>(Object.create(null) as RemoteRepo, { get });
}

async function letGo(connection: RepoConnection): Promise<void> {
  try {
    await connection.remote.close();
  } finally {
    await connection.release();
  }
}
