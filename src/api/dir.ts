/** Dir: a directory that is read piece by piece, in the shape of Node's. */
import type { RemoteFiles } from "../worker/protocol.js";
import { direntsOf, joined, type AnyDirent, type Dirent } from "./dirent.js";
import type { Encoding } from "./encoding.js";
import { codedError } from "./node-errors.js";
import { assertUint32 } from "./validate.js";

export interface OpenDirOptions {
  /** Of the names. Default `utf8`. */
  readonly encoding?: Encoding | null | undefined;
  /** Entries that are fetched at a time. Default 32. */
  readonly bufferSize?: number | undefined;
  /** With everything below. */
  readonly recursive?: boolean | undefined;
}

/** A directory that is still to be read, and the last name that was. */
interface Unread {
  readonly path: string;
  readonly after: string | undefined;
}

/**
 * An open directory. It is read by its path: entries that come and go meanwhile may be seen or not, and if it is renamed,
 * reading on is ENOENT.
 *
 * Every method rejects with ERR_DIR_CLOSED once it is closed.
 */
export class Dir implements AsyncIterable<Dirent>, AsyncDisposable {
  /** As it was opened. */
  readonly path: string;
  readonly #remote: RemoteFiles;
  readonly #encoding: Encoding | null | undefined;
  readonly #size: number;
  readonly #recursive: boolean;
  readonly #unread: Unread[];
  #entries: AnyDirent[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(remote: RemoteFiles, path: string, options: OpenDirOptions) {
    const { bufferSize = 32, encoding, recursive } = options;
    assertUint32(bufferSize, "options.bufferSize", 1);
    this.path = path;
    this.#remote = remote;
    this.#encoding = encoding;
    this.#size = bufferSize;
    this.#recursive = recursive === true;
    this.#unread = [{ path, after: undefined }];
  }

  /** @internal Directories come from `fs.opendir`. */
  static async open(remote: RemoteFiles, path: string, options: OpenDirOptions): Promise<Dir> {
    const dir = new Dir(remote, path, options);
    await remote.openDirectory(path);
    return dir;
  }

  /** The next entry, null at the end. */
  async read(): Promise<Dirent | null> {
    if (this.#closed) throw dirClosed();
    return this.#inTurn(() => this.#next());
  }

  /** Not idempotent, as in Node. */
  async close(): Promise<void> {
    if (this.#closed) throw dirClosed();
    this.#closed = true;
    await this.#turn;
  }

  /** The entries that are left; it is closed then, also if one does not ask for all of them. */
  async *entries(): AsyncGenerator<Dirent, void> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      await this.close();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Dirent, void> {
    return this.entries();
  }

  /** `close()`, for `await using`; idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const work = this.#turn.then(action);
    this.#turn = work.catch(() => undefined);
    return work;
  }

  async #next(): Promise<Dirent | null> {
    for (;;) {
      const entry = this.#entries.shift();
      // Bytes cannot be asked for, so names are text.
      if (entry !== undefined) return entry as Dirent;
      const unread = this.#unread.pop();
      if (unread === undefined) return null;
      await this.#fill(unread);
    }
  }

  async #fill({ path, after }: Unread): Promise<void> {
    const listing = await this.#remote.listPart(path, after, this.#size);
    const { names, types } = listing;
    this.#entries = direntsOf(listing, path, this.#encoding);
    if (names.length === this.#size) this.#unread.push({ path, after: names.at(-1) });
    if (!this.#recursive) return;
    for (const [i, name] of names.entries())
      if (types[i] === "directory")
        this.#unread.push({ path: joined(path, name), after: undefined });
  }
}

function dirClosed(): Error {
  return codedError("ERR_DIR_CLOSED", "Directory handle was closed");
}
