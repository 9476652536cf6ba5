/** FileHandle: an open file, in the shape of Node's. */
import type { Attributes, RemoteFiles } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import {
  toLength,
  toMode,
  toOwner,
  toTimes,
  viewBytes,
  type Data,
  type DataPieces,
  type Mode,
  type TimeLike,
} from "./arguments.js";
import type {
  AsBytes,
  AsText,
  HandleReadFileOptions,
  HandleWriteFileOptions,
} from "./content-options.js";
import { decodeText, type Encoding } from "./encoding.js";
import {
  byteStream,
  linesOf,
  readStream,
  writeStream,
  type IterableStream,
  type ReadStreamOptions,
  type StreamedFile,
  type WriteStreamOptions,
} from "./handle-streams.js";
import { abortError, codedError, invalidState, invalidType } from "./node-errors.js";
import { RepoError } from "../errors.js";
import {
  partToRead,
  partToWriteOf,
  rangeOf,
  textBytes,
  toPosition,
  viewsOf,
  type BufferRange,
  type Position,
  type WriteRange,
} from "./buffer-range.js";
import { dataPayload, isPieces, payload, pieceData } from "./payload.js";
import { statsOf, type BigIntOption, type BigIntStats, type Stats } from "./stats.js";
import {
  assertEncodingKnown,
  assertObject,
  assertString,
  checkedOptions,
  notData,
} from "./validate.js";

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

export interface ReadvResult<B extends readonly ArrayBufferView[]> {
  readonly bytesRead: number;
  readonly buffers: B;
}

export interface WritevResult<B extends readonly ArrayBufferView[]> {
  readonly bytesWritten: number;
  readonly buffers: B;
}

const DEFAULT_BUFFER_BYTES = 16 * 1024;

/**
 * An open file. It stays readable and writable when the file is renamed or removed; close it when done.
 * Every write is one transaction. Calls that name their position run side by side; those that use the
 * handle's own take turns, in the order in which they were made.
 *
 * Every method rejects with EBADF if the handle is closed or was not opened for it, with EFBIG
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
  #streamed = false;
  #closed = false;
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
    first?:
      ArrayBufferView | (BufferRange & { readonly buffer?: ArrayBufferView | undefined }) | null,
    second?: BufferRange | number | null,
    length?: number | null,
    position?: Position,
  ): Promise<ReadResult<ArrayBufferView>> {
    this.#assertOpen("read");
    const { buffer, range } = readRange(first, second, length, position);
    const into = partToRead(buffer, range);
    if (into.length === 0) return { bytesRead: 0, buffer };
    const bytes = await this.#remote.fdRead(this.#fd, into.length, toPosition(range.position));
    into.set(bytes);
    return { bytesRead: bytes.length, buffer };
  }

  /** Fills one buffer after the other. */
  async readv<B extends readonly ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<ReadvResult<B>> {
    this.#assertOpen("readv");
    const parts = viewsOf(buffers);
    if (parts.length === 0) throw new RepoError("EINVAL", { syscall: "read" });
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = await this.#remote.fdRead(this.#fd, length, toPosition(position));
    let from = 0;
    for (const part of parts) {
      part.set(bytes.subarray(from, from + part.length));
      from += part.length;
    }
    return { bytesRead: bytes.length, buffers };
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
    this.#assertOpen("write");
    if (isEmptyBuffer(data)) return { bytesWritten: 0, buffer: data };
    const { bytes, position } = ArrayBuffer.isView(data)
      ? partToWrite(data, second, third, fourth)
      : textToWrite(data, second, third);
    const bytesWritten = await this.#write(bytes, toPosition(position));
    return { bytesWritten, buffer: data };
  }

  /** Writes one buffer after the other, in one transaction. */
  async writev<B extends readonly ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<WritevResult<B>> {
    this.#assertOpen("writev");
    const parts = viewsOf(buffers);
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    if (buffers.length === 0) return { bytesWritten: 0, buffers };
    const bytesWritten = await this.#write(payload(bytes, true), toPosition(position));
    return { bytesWritten, buffers };
  }

  /** From the handle's position to the end of the file, which becomes the position. */
  readFile(options: AsText<HandleReadFileOptions>): Promise<string>;
  readFile(options?: AsBytes<HandleReadFileOptions>): Promise<Uint8Array<ArrayBuffer>>;
  readFile(options?: HandleReadFileOptions | Encoding | null): Promise<Content>;
  async readFile(options?: HandleReadFileOptions | Encoding | null): Promise<Content> {
    this.#assertOpen("readFile");
    const { encoding, signal } = checkedOptions<HandleReadFileOptions>(options);
    const read = (): Promise<Uint8Array<ArrayBuffer>> => this.#remote.fdReadAll(this.#fd);
    const bytes = await abortable(signal, read, abortError);
    return encoding ? decodeText(bytes, encoding) : bytes;
  }

  /**
   * Writes at the handle's position, in one transaction; what the file held beyond stays. What comes in pieces is
   * written piece by piece.
   */
  async writeFile(
    data: Data | DataPieces,
    options?: HandleWriteFileOptions | Encoding | null,
  ): Promise<void> {
    this.#assertOpen("writeFile");
    const { encoding, signal, transfer } = checkedOptions<HandleWriteFileOptions>(options);
    if (!isPieces(data) && typeof data !== "string" && viewBytes(data) === undefined)
      throw notData(data);
    if (encoding) assertEncodingKnown(encoding);
    const write = async (): Promise<void> => {
      if (isPieces(data)) await this.#writePieces(data, encoding, signal);
      else await this.#writeAll(data, encoding, transfer === true);
    };
    await abortable(signal, write, abortError);
  }

  /** The same as `writeFile`: it appends if the handle was opened to. */
  appendFile(
    data: Data | DataPieces,
    options?: HandleWriteFileOptions | Encoding | null,
  ): Promise<void> {
    return this.writeFile(data, options);
  }

  /** The lines from the handle's position on, without what ends them; the handle is closed at the end. */
  readLines(options?: ReadStreamOptions): AsyncIterableIterator<string> {
    const stream = readStream(this.#streamable, { encoding: "utf8", ...options });
    return linesOf(stream as IterableStream<string>);
  }

  /** The content as a Web stream of bytes, or of text with an `encoding`. The handle is closed at the end. */
  createReadStream(
    options: ReadStreamOptions & { readonly encoding: Encoding },
  ): IterableStream<string>;
  createReadStream(
    options?: ReadStreamOptions & { readonly encoding?: null | undefined },
  ): IterableStream<Uint8Array<ArrayBuffer>>;
  createReadStream(options?: ReadStreamOptions): IterableStream<Content>;
  createReadStream(options?: ReadStreamOptions): IterableStream<Content> {
    return readStream(this.#streamable, options);
  }

  /**
   * A Web stream that writes what it is given, bytes or text, each piece in a transaction of its own. The handle is closed
   * with it.
   */
  createWriteStream(options?: WriteStreamOptions): WritableStream<Data> {
    return writeStream(this.#streamable, options);
  }

  /** The content as a Web stream of bytes, once; the handle stays open. @throws ERR_INVALID_STATE, at once */
  readableWebStream(
    options: { readonly type?: string | undefined } = {},
  ): IterableStream<Uint8Array<ArrayBuffer>> {
    if (this.#closing !== undefined)
      throw invalidState(`The FileHandle is ${this.#closed ? "closed" : "closing"}`);
    if (this.#streamed) throw invalidState("The FileHandle is locked");
    this.#streamed = true;
    if (options.type !== undefined) assertString(options.type, "options.type");
    return byteStream(this.#streamable);
  }

  /** Cuts the file, or makes it longer with zeros. */
  async truncate(length?: number): Promise<void> {
    this.#assertOpen("ftruncate");
    await this.#remote.fdTruncate(this.#fd, toLength(length));
    await this.#afterWrite();
  }

  stat(options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  stat(options: { readonly bigint: true }): Promise<BigIntStats>;
  stat(options?: BigIntOption): Promise<Stats | BigIntStats>;
  async stat(options?: BigIntOption): Promise<Stats | BigIntStats> {
    this.#assertOpen("fstat");
    return statsOf(await this.#remote.fdStat(this.#fd), options);
  }

  /** Resolves when everything acknowledged in the repo so far is on storage. */
  async sync(): Promise<void> {
    this.#assertOpen("fsync");
    await this.#remote.fdSync(this.#fd);
  }

  /** The same as `sync`. */
  async datasync(): Promise<void> {
    this.#assertOpen("fdatasync");
    await this.#remote.fdDatasync(this.#fd);
  }

  async utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    this.#assertOpen("futimes");
    return this.#setattr(toTimes(atime, mtime, ["atime", "mtime"]));
  }

  async chmod(mode: Mode): Promise<void> {
    this.#assertOpen("fchmod");
    return this.#setattr({ mode: toMode(mode) });
  }

  /** -1 leaves one as it is. */
  async chown(uid: number, gid: number): Promise<void> {
    this.#assertOpen("fchown");
    return this.#setattr(toOwner(uid, gid));
  }

  /** Closes the handle after everything that was asked of it. Makes nothing durable. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#remote.fdClose(this.#fd).finally(() => {
      this.#closed = true;
    });
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #streamable(): StreamedFile {
    return {
      read: async (length, at) =>
        this.#closing === undefined ? this.#remote.fdRead(this.#fd, length, at) : undefined,
      write: async (data, encoding, at) => {
        this.#assertOpen("write");
        return this.#write(dataPayload(data, encoding, false), at);
      },
      sync: () => this.sync(),
      close: () => this.close(),
    };
  }

  /** As Node says it: no error of the system. */
  #assertOpen(call: string): void {
    if (this.#closing !== undefined)
      throw Object.assign(codedError("EBADF", "file closed"), { syscall: call });
  }

  async #writePieces(
    pieces: DataPieces,
    encoding: Encoding | null | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const piece of pieces) {
      if (signal?.aborted === true) return;
      await this.#writeAll(pieceData(piece), encoding, false);
    }
  }

  /** Of nothing not even the handle is asked, as in Node. */
  async #writeAll(data: Data, encoding: Encoding | null | undefined, give: boolean): Promise<void> {
    const bytes = dataPayload(data, encoding, give);
    if (bytes.length > 0) await this.#write(bytes, undefined);
  }

  async #write(bytes: Uint8Array, at: number | undefined): Promise<number> {
    const count = await this.#remote.fdWrite(this.#fd, bytes, at);
    await this.#afterWrite();
    return count;
  }

  #setattr(changes: Attributes): Promise<void> {
    return this.#remote.fdSetattr(this.#fd, changes);
  }

  async #afterWrite(): Promise<void> {
    if (this.#synchronous) await this.#remote.fdDatasync(this.#fd);
  }
}

/** Also one that is no view, as in Node. */
function isEmptyBuffer(data: unknown): boolean {
  return (data as { readonly byteLength?: unknown } | null | undefined)?.byteLength === 0;
}

const VIEW = "an instance of Buffer, TypedArray, or DataView";

function readRange(
  first:
    | ArrayBufferView
    | (BufferRange & { readonly buffer?: ArrayBufferView | undefined })
    | null
    | undefined,
  second: BufferRange | number | null | undefined,
  length: number | null | undefined,
  position: Position,
): { buffer: ArrayBufferView; range: BufferRange } {
  if (ArrayBuffer.isView(first)) return { buffer: first, range: rangeOf(second, length, position) };
  if (first !== undefined && first !== null) assertObject(first);
  const { buffer = new Uint8Array(DEFAULT_BUFFER_BYTES), ...range } = first ?? {};
  if (!ArrayBuffer.isView(buffer)) throw invalidType("buffer", VIEW, buffer);
  return { buffer, range };
}

interface Write {
  readonly bytes: Uint8Array;
  readonly position: Position;
}

function textToWrite(
  text: unknown,
  position: WriteRange | Position,
  encoding: number | Encoding | null | undefined,
): Write {
  const at = typeof position === "object" ? undefined : position;
  return { bytes: payload(textBytes(text, encoding), true), position: at };
}

function partToWrite(
  view: ArrayBufferView,
  second: WriteRange | Position,
  length: number | Encoding | null | undefined,
  position: Position,
): Write {
  const range = rangeOf(second, typeof length === "number" ? length : undefined, position);
  return {
    bytes: payload(partToWriteOf(view, range), range.transfer === true),
    position: range.position,
  };
}
