/**
 * OpenFiles: the handles that the page knows by number, each with the position that POSIX gives an open
 * file. Calls that use the position take turns; calls that name their place do not wait for anyone.
 */
import { RepoError } from "../errors.js";
import type { FileHandle } from "../vfs/file-system.js";

/** A read of more than this asks for the file's size first: nobody allocates what he will not fill. */
const BLIND_READ_BYTES = 64 * 1024;
/** The largest content that one call can read. */
const MAX_READ_BYTES = 2 ** 31 - 1;

export class OpenFile {
  readonly #handle: FileHandle;
  readonly #appends: boolean;
  #position = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(handle: FileHandle, appends: boolean) {
    this.#handle = handle;
    this.#appends = appends;
  }

  /** Up to `length` bytes, fewer only at the end of the file. */
  read(length: number, at?: number): Promise<Uint8Array> {
    if (at !== undefined) return this.use(() => this.#readAt(length, at));
    return this.#inTurn(async () => {
      const bytes = await this.#readAt(length, this.#position);
      this.#position += bytes.length;
      return bytes;
    });
  }

  write(bytes: Uint8Array, owned: boolean, at?: number): Promise<number> {
    if (at !== undefined) return this.use((handle) => handle.write(bytes, at, owned));
    return this.#inTurn(async () => {
      const { length } = bytes;
      await this.#handle.write(bytes, this.#position, owned);
      // An append leaves the position at the end, wherever that was.
      this.#position = this.#appends ? (await this.#handle.stat()).size : this.#position + length;
      return length;
    });
  }

  /** Runs `action` such that `close` waits for it. */
  use<T>(action: (handle: FileHandle) => Promise<T>): Promise<T> {
    const work = action(this.#handle);
    this.#pending.add(work);
    const done = (): void => {
      this.#pending.delete(work);
    };
    work.then(done, done);
    return work;
  }

  /** Closes the handle after everything that was asked of it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    return this.#handle.close();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    return this.use(() => {
      const work = this.#turn.then(action);
      this.#turn = work.catch(() => undefined);
      return work;
    });
  }

  async #readAt(length: number, at: number): Promise<Uint8Array> {
    const wanted = length > BLIND_READ_BYTES ? await this.#left(length, at) : length;
    if (this.#handle.readPiece !== undefined) return this.#handle.readPiece(wanted, at);
    const into = new Uint8Array(wanted);
    const count = await this.#handle.read(into, at);
    return count === into.length ? into : into.slice(0, count);
  }

  async #left(length: number, at: number): Promise<number> {
    const { size } = await this.#handle.stat();
    const left = Math.max(0, Math.min(length, size - at));
    if (left > MAX_READ_BYTES) throw new RepoError("EFBIG", { syscall: "read" });
    return left;
  }
}

/** Below all numbers that handles and exports of a session get. */
export function firstNumber(session: number): number {
  return session * 2 ** 32;
}

export class OpenFiles {
  readonly #files = new Map<number, OpenFile>();
  /** Numbers are not used again, so that a stale one never meets somebody else's file. */
  #next: number;

  /** A repo that is opened again by the same object of the page goes on counting elsewhere. */
  constructor(session = 0) {
    this.#next = 3 + firstNumber(session);
  }

  add(file: OpenFile): number {
    const fd = this.#next++;
    this.#files.set(fd, file);
    return fd;
  }

  /** @throws EBADF if it is closed */
  get(fd: number, syscall: string): OpenFile {
    const file = this.#files.get(fd);
    if (file === undefined) throw new RepoError("EBADF", { syscall });
    return file;
  }

  close(fd: number): Promise<void> {
    const file = this.get(fd, "close");
    this.#files.delete(fd);
    return file.close();
  }
}
