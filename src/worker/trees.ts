/**
 * Trees: file trees that a page has open beside the live one, by number: transactions and snapshots. Calls
 * for one of them come through the repo's own channel, so that they end with it.
 */
import { RepoError } from "../errors.js";
import type { Transaction } from "../engine/transaction.js";
import type { FileTree } from "../engine/file-tree.js";
import { RepoFileSystem } from "../vfs/repo-fs.js";
import { FileService, type NotifyChange } from "./file-service.js";
import { firstNumber } from "./open-files.js";
import type { TreeMethod } from "./protocol.js";

interface OpenTree {
  readonly files: FileService;
  readonly tree: FileTree;
}

export class Trees {
  readonly #open = new Map<number, OpenTree>();
  readonly #transactions = new Map<number, Transaction>();
  readonly #session: number;
  readonly #notifyChange: NotifyChange;
  #last: number;

  /** A repo that is opened again by the same object of the page goes on counting elsewhere. */
  constructor(session: number, notifyChange: NotifyChange) {
    this.#notifyChange = notifyChange;
    this.#session = session;
    this.#last = firstNumber(session);
  }

  add(tree: FileTree): number {
    const id = ++this.#last;
    const fs = new RepoFileSystem(tree);
    this.#open.set(id, { files: new FileService(fs, this.#session, this.#notifyChange), tree });
    return id;
  }

  addTransaction(transaction: Transaction): number {
    const id = this.add(transaction);
    this.#transactions.set(id, transaction);
    return id;
  }

  /** Throws TRANSACTION_ENDED if the tree is not open any more. */
  call(id: number, method: TreeMethod, args: readonly unknown[]): unknown {
    const { files } = this.#get(id);
    if (!Object.hasOwn(FileService.prototype, method)) throw new RepoError("EINVAL");
    const call = files[method].bind(files) as (...all: readonly unknown[]) => unknown;
    return call(...args);
  }

  /** The number is free afterwards, whether it is committed or not. */
  async commit(id: number): Promise<void> {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) throw new RepoError("TRANSACTION_ENDED");
    this.#forget(id);
    await transaction.commit();
  }

  async close(id: number): Promise<void> {
    const { tree } = this.#get(id);
    this.#forget(id);
    await tree.close();
  }

  async closeAll(): Promise<void> {
    for (const id of [...this.#open.keys()]) await this.close(id);
  }

  #get(id: number): OpenTree {
    const open = this.#open.get(id);
    if (open === undefined) throw new RepoError("TRANSACTION_ENDED");
    return open;
  }

  #forget(id: number): void {
    this.#open.delete(id);
    this.#transactions.delete(id);
  }
}
