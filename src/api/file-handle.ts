/** FileHandle: an open file, in the shape of Node's. */
import type { Attributes, RemoteFiles } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import {
  argumentError,
  toInteger,
  toLength,
  toMode,
  viewBytes,
  type Data,
  type Mode,
  toOwner,
  toTimes,
  type TimeLike,
} from "./arguments.js";
import {
  contentOptions,
  type AsBytes,
  type AsText,
  type HandleReadFileOptions,
  type HandleWriteFileOptions,
} from "./content-options.js";
import { decodeText, encodeText, type Encoding } from "./encoding.js";
import { dataPayload, payload } from "./payload.js";
import { Stats } from "./stats.js";

/** Where in a file, in bytes; null, undefined or -1 mean the handle's own position, which then moves. */
export type Position = number | bigint | null | undefined;

/** Which part of a buffer, and where in the file. */
export interface BufferRange {
  /** First byte of the buffer that is used. Default 0. */
  readonly offset?: number | null | undefined;
  /** In bytes. Default: to the end of the buffer. */
  readonly length?: number | null | undefined;
  readonly position?: Position;
}

export interface WriteRange extends BufferRange {
  /** Gives the buffer's whole ArrayBuffer to the worker instead of a copy: it is detached by the call. */
  readonly transfer?: boolean | undefined;
}

/** What a file holds, as bytes or as text. */
export type Content = Uint8Array<ArrayBuffer> | string;

export interface ReadResult<B extends ArrayBufferView> {
  /** 0 only at the end of the file, or if nothing was asked for. */
  readonly bytesRead: number;
  readonly buffer: B;
}

export interface WriteResult<B> {
  /** Always all of them. */
  readonly bytesWritten: number;
  readonly buffer: B;
}

const DEFAULT_BUFFER_BYTES = 16 * 1024;

/**
 * An open file. It stays readable and writable when the file is renamed or removed; close it when done.
 * Every write is one transaction. Calls that name their position run side by side; those that use the
 * handle's own take turns, in the order in which they were made.
 *
 * Every method rejects with EBADF if the handle is closed or was not opened for it, with EINVAL or EFBIG
 * for a position that no file has, and with what a write or commit of the repo rejects with.
 *
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 *
 * export async function readHead(repo: Repo, path: string): Promise<Uint8Array> {
 *   const file = await repo.fs.open(path, "r");
 *   try {
 *     const { bytesRead, buffer } = await file.read(new Uint8Array(64), 0, 64, 0);
 *     return buffer.subarray(0, bytesRead);
 *   } finally {
 *     await file.close();
 *   }
 * }
 * ```
 */
export class FileHandle implements AsyncDisposable {
  readonly #remote: RemoteFiles;
  readonly #fd: number;
  readonly #synchronous: boolean;
  #closing: Promise<void> | undefined;

  /** @internal Handles come from `fs.open`. */
  constructor(remote: RemoteFiles, fd: number, synchronous: boolean) {
    this.#remote = remote;
    this.#fd = fd;
    this.#synchronous = synchronous;
  }

  /** Its number, -1 once it is closed. */
  get fd(): number {
    return this.#closing === undefined ? this.#fd : -1;
  }

  /** Reads up to `length` bytes into `buffer`; fewer only at the end of the file. */
  read(
    options?: BufferRange & { readonly buffer?: undefined },
  ): Promise<ReadResult<Uint8Array<ArrayBuffer>>>;
  read<B extends ArrayBufferView>(
    options: BufferRange & { readonly buffer: B },
  ): Promise<ReadResult<B>>;
  read<B extends ArrayBufferView>(buffer: B, options?: BufferRange): Promise<ReadResult<B>>;
  read<B extends ArrayBufferView>(
    buffer: B,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): Promise<ReadResult<B>>;
  async read(
    first: ArrayBufferView | (BufferRange & { readonly buffer?: ArrayBufferView | undefined }) = {},
    second?: BufferRange | number | null,
    length?: number | null,
    position?: Position,
  ): Promise<ReadResult<ArrayBufferView>> {
    const isBuffer = ArrayBuffer.isView(first);
    const buffer = isBuffer ? first : (first.buffer ?? new Uint8Array(DEFAULT_BUFFER_BYTES));
    const range = isBuffer ? rangeOf(second, length, position) : first;
    const into = partOf(buffer, range);
    const bytes = await this.#remote.fdRead(this.#fd, into.length, toPosition(range.position));
    into.set(bytes);
    return { bytesRead: bytes.length, buffer };
  }

  /**
   * Writes all of the chosen part of `buffer`, which is copied unless `transfer` is set, or a text. With
   * the flag `a` it lands at the end of the file, wherever it was meant to.
   */
  write<B extends ArrayBufferView>(buffer: B, options?: WriteRange): Promise<WriteResult<B>>;
  write<B extends ArrayBufferView>(
    buffer: B,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): Promise<WriteResult<B>>;
  write(
    text: string,
    position?: Position,
    encoding?: Encoding | null,
  ): Promise<WriteResult<string>>;
  async write(
    data: ArrayBufferView | string,
    second?: WriteRange | Position,
    third?: number | Encoding | null,
    fourth?: Position,
  ): Promise<WriteResult<ArrayBufferView | string>> {
    const { bytes, position } =
      typeof data === "string"
        ? textToWrite(data, second, third)
        : partToWrite(data, second, third, fourth);
    const bytesWritten = await this.#remote.fdWrite(this.#fd, bytes, toPosition(position));
    await this.#afterWrite();
    return { bytesWritten, buffer: data };
  }

  /** From the handle's position to the end of the file, which becomes the position. */
  readFile(options: AsText<HandleReadFileOptions>): Promise<string>;
  readFile(options?: AsBytes<HandleReadFileOptions>): Promise<Uint8Array<ArrayBuffer>>;
  readFile(options?: HandleReadFileOptions | Encoding | null): Promise<Content>;
  async readFile(options?: HandleReadFileOptions | Encoding | null): Promise<Content> {
    const { encoding, signal } = contentOptions(options);
    const bytes = await abortable(signal, () => this.#remote.fdReadAll(this.#fd));
    return encoding ? decodeText(bytes, encoding) : bytes;
  }

  /** Writes at the handle's position, in one transaction; what the file held beyond stays. */
  async writeFile(data: Data, options?: HandleWriteFileOptions | Encoding | null): Promise<void> {
    const { encoding, signal, transfer } = contentOptions(options);
    await abortable(signal, () =>
      this.#remote.fdWrite(this.#fd, dataPayload(data, encoding, transfer === true)),
    );
    await this.#afterWrite();
  }

  /** The same as `writeFile`: it appends if the handle was opened to. */
  appendFile(data: Data, options?: HandleWriteFileOptions | Encoding | null): Promise<void> {
    return this.writeFile(data, options);
  }

  /** Cuts the file, or makes it longer with zeros. */
  async truncate(length?: number | null): Promise<void> {
    await this.#remote.fdTruncate(this.#fd, toLength(length));
    await this.#afterWrite();
  }

  async stat(): Promise<Stats> {
    return new Stats(await this.#remote.fdStat(this.#fd));
  }

  /** Resolves when everything acknowledged in the repo so far is on storage. */
  sync(): Promise<void> {
    return this.#remote.fdSync(this.#fd);
  }

  /** The same as `sync`. */
  datasync(): Promise<void> {
    return this.#remote.fdDatasync(this.#fd);
  }

  async utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#setattr(toTimes(atime, mtime));
  }

  async chmod(mode: Mode): Promise<void> {
    return this.#setattr({ mode: toMode(mode) ?? 0 });
  }

  async chown(uid: number, gid: number): Promise<void> {
    return this.#setattr(toOwner(uid, gid));
  }

  /** Closes the handle after everything that was asked of it. Makes nothing durable. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#remote.fdClose(this.#fd);
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #setattr(changes: Attributes): Promise<void> {
    return this.#remote.fdSetattr(this.#fd, changes);
  }

  async #afterWrite(): Promise<void> {
    if (this.#synchronous) await this.datasync();
  }
}

function rangeOf(
  second: WriteRange | Position,
  length: number | null | undefined,
  position: Position,
): WriteRange {
  if (typeof second === "object" && second !== null) return second;
  return { offset: second === undefined || second === null ? 0 : Number(second), length, position };
}

function partOf(view: ArrayBufferView, { offset, length }: BufferRange): Uint8Array {
  const all = viewBytes(view);
  if (all === undefined) throw argumentError("buffer", "a view of a buffer", view);
  const from = toInteger(offset ?? 0, "offset", all.length);
  const count = toInteger(length ?? all.length - from, "length", all.length - from);
  return all.subarray(from, from + count);
}

function toPosition(position: Position): number | undefined {
  if (position === undefined || position === null || Number(position) === -1) return undefined;
  return toInteger(position, "position");
}

interface Write {
  readonly bytes: Uint8Array;
  readonly position: Position;
}

function textToWrite(
  text: string,
  position: WriteRange | Position,
  encoding: number | Encoding | null | undefined,
): Write {
  const bytes = encodeText(text, typeof encoding === "string" ? encoding : "utf8");
  const at = typeof position === "object" ? position?.position : position;
  return { bytes: payload(bytes, true), position: at };
}

function partToWrite(
  view: ArrayBufferView,
  second: WriteRange | Position,
  length: number | Encoding | null | undefined,
  position: Position,
): Write {
  const range = rangeOf(second, typeof length === "number" ? length : undefined, position);
  return { bytes: payload(partOf(view, range), range.transfer === true), position: range.position };
}
