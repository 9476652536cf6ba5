/**
 * Streams of Node over files, made with the classes that the caller has: a page has none, and whoever needs them has brought
 * `readable-stream` or something like it along. They open their file at once, and it is closed with them.
 */
import { abortError } from "../api/node-errors.js";
import type { ToBytes } from "./bytes.js";
import { later } from "./callback.js";
import { assertDescriptor, type Descriptors } from "./descriptors.js";
import { resolved, type PromisesFs } from "./promises-fs.js";
import { planOf, type StreamPlan } from "./stream-options.js";

/** A stream, as far as it is known here. */
export interface StreamLike {
  destroy(error?: Error): unknown;
  emit(event: string, ...details: unknown[]): boolean;
  once(event: string, listener: () => void): unknown;
}

export interface ReadableLike extends StreamLike {
  push(piece: Uint8Array | null): boolean;
}

type Done = (error: Error | null) => void;

/** `Readable` of `node:stream`, or of the package `readable-stream`. */
export type ReadableClass<R> = new (options: {
  readonly read: (size: number) => void;
  readonly destroy: (error: Error | null, done: Done) => void;
}) => R;

/** `Writable` of the same. */
export type WritableClass<W> = new (options: {
  readonly write: (piece: Uint8Array, encoding: string, done: Done) => void;
  readonly writev: (pieces: ArrayLike<{ readonly chunk: Uint8Array }>, done: Done) => void;
  readonly destroy: (error: Error | null, done: Done) => void;
}) => W;

/** The open file of a stream, and what a stream tells of it. */
class StreamedFile {
  readonly #descriptors: Descriptors;
  readonly #plan: StreamPlan;
  readonly #opening: Promise<object>;
  #fd: number | undefined;
  #at: number | undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(fs: PromisesFs, descriptors: Descriptors, plan: StreamPlan) {
    this.#descriptors = descriptors;
    this.#plan = plan;
    this.#at = plan.start;
    this.#opening = this.#open(fs);
    // Whoever reads or writes is told; so is the stream.
    this.#opening.catch(() => undefined);
  }

  get fd(): number | null {
    return this.#fd ?? null;
  }

  async opened(): Promise<object> {
    return this.#opening;
  }

  /** The next bytes, none at the end. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await this.#opening;
    const buffer = new Uint8Array(length);
    const result = await this.#work(resolved(handle, "read", [buffer, 0, length, this.#at]));
    const bytesRead = count(result, "bytesRead");
    if (this.#at !== undefined) this.#at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** All of it, also where a system writes a part at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    const handle = await this.#opening;
    for (let from = 0; from < bytes.length;) {
      const args = [bytes, from, bytes.length - from, this.#at];
      const written = count(await this.#work(resolved(handle, "write", args)), "bytesWritten");
      from += written;
      if (this.#at !== undefined) this.#at += written;
    }
  }

  /** After what is under way; of a file that was never opened there is nothing to close. */
  async close(flush: boolean): Promise<void> {
    const handle = await this.#opening.catch(() => undefined);
    if (handle === undefined) return;
    await this.#working.catch(() => undefined);
    try {
      if (flush) await resolved(handle, "sync", []);
    } finally {
      const fd = this.#fd;
      this.#fd = undefined;
      if (fd !== undefined) this.#descriptors.take(fd);
      await resolved(handle, "close", []);
    }
  }

  #work<T>(work: Promise<T>): Promise<T> {
    this.#working = work;
    return work;
  }

  async #open(fs: PromisesFs): Promise<object> {
    const { fd, path, flags, mode } = this.#plan;
    if (typeof fd === "object") return fd;
    if (fd !== undefined) {
      this.#fd = fd;
      return this.#descriptors.get(fd, "read");
    }
    const handle = (await resolved(fs, "open", [path, flags, mode])) as object;
    this.#fd = this.#descriptors.add(handle);
    return handle;
  }
}

function count(result: unknown, name: string): number {
  return Number(Reflect.get(result as object, name));
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** What all of them have in common: properties, events, and ways to end. */
function dressed<S extends StreamLike>(stream: S, file: StreamedFile, plan: StreamPlan): S {
  const { path, flags, mode, start, autoClose, fd, signal } = plan;
  let isClosed = false;
  const close = (callback?: () => void): void => {
    if (callback !== undefined) {
      if (isClosed) later(callback);
      else stream.once("close", callback);
    }
    stream.destroy();
  };
  Object.assign(stream, { path, flags, mode, start, autoClose, close });
  Object.defineProperties(stream, {
    fd: { get: () => file.fd, configurable: true, enumerable: true },
    pending: { get: () => file.fd === null, configurable: true, enumerable: true },
  });
  file.opened().then(
    () => {
      if (fd !== undefined) return;
      later(() => stream.emit("open", file.fd));
      later(() => stream.emit("ready"));
    },
    (error: unknown) => {
      fail(stream, plan, error);
    },
  );
  const abort = (): void => {
    if (signal !== undefined) stream.destroy(abortError(signal));
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  stream.once("close", () => {
    isClosed = true;
    signal?.removeEventListener("abort", abort);
  });
  return stream;
}

/** A file that is not closed by itself is left as it is. */
function fail(stream: StreamLike, { autoClose }: StreamPlan, error: unknown): void {
  if (autoClose) stream.destroy(errorOf(error));
  else stream.emit("error", errorOf(error));
}

/**
 * Tells `done` of how it ended, and of its error if there was none before. Like all that makes listeners run, it is called outside of
 * every promise: what they throw is an uncaught exception and no error of the file.
 */
function ended(work: Promise<unknown>, done: Done, before: Error | null = null): void {
  work.then(
    () => {
      later(() => {
        done(before);
      });
    },
    (error: unknown) => {
      later(() => {
        done(before ?? errorOf(error));
      });
    },
  );
}

const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 16 * 1024;

export function readStreams<R extends ReadableLike>(
  fs: PromisesFs,
  descriptors: Descriptors,
  Readable: ReadableClass<R>,
  toBytes: ToBytes,
): (path: unknown, options?: unknown) => R {
  return (path, options) => {
    const plan = planOf(path, options, { flags: "r", highWaterMark: READ_BYTES });
    const file = openFile(fs, descriptors, plan);
    let left = plan.end - (plan.start ?? 0) + 1;
    const read = async (size: number): Promise<void> => {
      try {
        const length = Math.min(size, left);
        const bytes = length > 0 ? await file.read(length) : new Uint8Array(0);
        left -= bytes.length;
        Object.assign(stream, { bytesRead: stream.bytesRead + bytes.length });
        later(() => stream.push(bytes.length === 0 ? null : toBytes(bytes)));
      } catch (error) {
        fail(stream, plan, error);
      }
    };
    const given = {
      ...plan.base,
      read: (size: number) => void read(size),
      destroy: (error: Error | null, done: Done) => {
        ended(file.close(false), done, error);
      },
    };
    const stream = Object.assign(new Readable(given), { bytesRead: 0, end: plan.end });
    return dressed(stream, file, plan);
  };
}

export function writeStreams<W extends StreamLike>(
  fs: PromisesFs,
  descriptors: Descriptors,
  Writable: WritableClass<W>,
): (path: unknown, options?: unknown) => W {
  return (path, options) => {
    const plan = planOf(path, options, { flags: "w", highWaterMark: WRITE_BYTES });
    const file = openFile(fs, descriptors, plan);
    const write = async (bytes: Uint8Array): Promise<void> => {
      await file.write(bytes);
      Object.assign(stream, { bytesWritten: stream.bytesWritten + bytes.length });
    };
    const given = {
      ...plan.base,
      write: (piece: Uint8Array, _: string, done: Done) => {
        ended(write(piece), done);
      },
      writev: (pieces: ArrayLike<{ readonly chunk: Uint8Array }>, done: Done) => {
        ended(write(joined(Array.from(pieces, ({ chunk }) => chunk))), done);
      },
      destroy: (error: Error | null, done: Done) => {
        ended(file.close(plan.flush && error === null), done, error);
      },
    };
    const stream = Object.assign(new Writable(given), { bytesWritten: 0 });
    return dressed(stream, file, plan);
  };
}

function openFile(fs: PromisesFs, descriptors: Descriptors, plan: StreamPlan): StreamedFile {
  if (typeof plan.fd === "number") assertDescriptor(plan.fd);
  return new StreamedFile(fs, descriptors, plan);
}

/** What has waited goes in one write, which is one transaction. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
