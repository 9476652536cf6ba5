/** Transactions and snapshots on the page: trees of files beside the live one. */
import { isRepoError } from "../errors.js";
import type { RemoteTrees } from "../worker/protocol.js";
import { createFs } from "./create-fs.js";
import type { RepoFs } from "./fs.js";
import { treeFiles } from "./tree-files.js";

/** What the function of a transaction gets. */
export interface Transaction {
  /** The repo's files as the transaction sees them. Its calls reject with TRANSACTION_ENDED afterwards. */
  readonly fs: RepoFs;
}

export interface TransactionOptions {
  /** How often the function is run again after TRANSACTION_CONFLICT, from the start. Default 0. */
  readonly retries?: number | undefined;
}

export async function runTransaction<T>(
  remote: RemoteTrees,
  work: (transaction: Transaction) => Promise<T> | T,
  { retries = 0 }: TransactionOptions,
): Promise<T> {
  for (let left = retries; ; left--)
    try {
      return await runOnce(remote, work);
    } catch (error) {
      if (left <= 0 || !isRepoError(error, "TRANSACTION_CONFLICT")) throw error;
    }
}

async function runOnce<T>(
  remote: RemoteTrees,
  work: (transaction: Transaction) => Promise<T> | T,
): Promise<T> {
  const id = await remote.beginTransaction();
  let result: T;
  try {
    result = await work({ fs: createFs(treeFiles(remote, id)) });
  } catch (error) {
    await remote.closeTree(id).catch(() => undefined);
    throw error;
  }
  await remote.commitTransaction(id);
  return result;
}

/** A snapshot, open for reading. It cannot be deleted meanwhile. */
export class Snapshot implements AsyncDisposable {
  readonly name: string;
  /** Changes reject with EROFS. */
  readonly fs: RepoFs;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @internal Snapshots come from `repo.openSnapshot`. */
  constructor(name: string, remote: RemoteTrees, id: number) {
    this.name = name;
    this.fs = createFs(treeFiles(remote, id));
    this.#close = () => remote.closeTree(id);
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
