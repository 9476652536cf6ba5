/** Transactions and snapshots on the page: trees of files beside the live one. */
import { isRepoError, RepoError } from "../errors.js";
import type { RemoteTrees } from "../worker/protocol.js";
import { argumentError, assertOptions, toInteger } from "./arguments.js";
import { createFs } from "./create-fs.js";
import type { RepoFs } from "./fs.js";
import { createRoot } from "./root/create-root.js";
import type { RootDirectoryHandle } from "./root/root.js";
import type { SyncChannel, SyncChannels } from "./sync-channel.js";
import { treeFiles } from "./tree-files.js";
import type { Watches } from "./watches.js";

/** What the files of a repo and of its trees have that is no call and answer. */
export interface BesideCalls {
  readonly watches: Watches;
  readonly channels: SyncChannels;
}

/** What the function of a transaction gets. */
export interface Transaction {
  /** The repo's files as the transaction sees them. Its calls reject with TRANSACTION_ENDED afterwards. */
  readonly fs: RepoFs;
  /** The same as handles. What is written through them is closed before the function ends, or has not happened. */
  readonly root: RootDirectoryHandle;
  /** As `repo.syncChannel`, for these files. */
  syncChannel(): Promise<SyncChannel>;
}

export interface TransactionOptions {
  /** How often the function is run again after TRANSACTION_CONFLICT, from the start. Default 0. */
  readonly retries?: number | undefined;
}

const TRANSACTION_OPTIONS = { retries: true } as const;

export async function runTransaction<T>(
  remote: RemoteTrees,
  besides: BesideCalls,
  work: (transaction: Transaction) => Promise<T> | T,
  options: TransactionOptions,
): Promise<T> {
  assertOptions(options, TRANSACTION_OPTIONS, "options");
  const { retries = 0 } = options;
  if (typeof work !== "function") throw argumentError("work", "a function", work);
  for (let left = toInteger(retries, "retries"); ; left--)
    try {
      return await runOnce(remote, besides, work);
    } catch (error) {
      if (left <= 0 || !isRepoError(error, "TRANSACTION_CONFLICT")) throw error;
    }
}

async function runOnce<T>(
  remote: RemoteTrees,
  besides: BesideCalls,
  work: (transaction: Transaction) => Promise<T> | T,
): Promise<T> {
  const id = await remote.beginTransaction();
  const branch = besides.watches.branch();
  let result: T;
  try {
    const files = treeFiles(remote, id);
    result = await work({
      fs: createFs(files, branch),
      root: createRoot(files, branch),
      syncChannel: () => besides.channels.open(id),
    });
  } catch (error) {
    await remote.closeTree(id).catch(() => undefined);
    throw error;
  } finally {
    besides.watches.drop(branch, treeEnded);
  }
  await remote.commitTransaction(id);
  return result;
}

/** What calls of a tree reject with that is open no more. */
function treeEnded(): RepoError {
  return new RepoError("TRANSACTION_ENDED");
}

/** A snapshot, open for reading. It cannot be deleted meanwhile. */
export class Snapshot implements AsyncDisposable {
  readonly name: string;
  /** Changes reject with EROFS. */
  readonly fs: RepoFs;
  /** The same as handles; `queryPermission` says `denied` to `readwrite`. */
  readonly root: RootDirectoryHandle;
  /** As `repo.syncChannel`, for these files. */
  readonly syncChannel: () => Promise<SyncChannel>;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @internal Snapshots come from `repo.openSnapshot`. */
  constructor(name: string, remote: RemoteTrees, { watches, channels }: BesideCalls, id: number) {
    const branch = watches.branch();
    this.name = name;
    const files = treeFiles(remote, id);
    this.fs = createFs(files, branch);
    this.root = createRoot(files, branch);
    this.syncChannel = () => channels.open(id);
    this.#close = () => {
      watches.drop(branch, treeEnded);
      return remote.closeTree(id);
    };
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
