/** File: an open file of which every finished change is a version; and a version, open for reading. In the shape of ZboxFS. */
import { RepoError } from "../errors.js";
import type { FileMetadata, RemoteRepo, SeekFrom, VersionInfo } from "../worker/protocol.js";
import { argumentError, toInteger, viewBytes, type Data } from "./arguments.js";
import { decodeText } from "./encoding.js";
import { readableOf, writableOf } from "./file-streams.js";
import { dataPayload } from "./payload.js";

const SEEK_FROM: readonly SeekFrom[] = ["start", "current", "end"];

/**
 * An open file. It has a position, which reads and finished writes move; it stays readable and writable when
 * the file is renamed or removed. Close it when done.
 *
 * `writeOnce` makes a version at once. `write`, any number of times, and `finish` make one together: until then
 * nobody sees anything of it, this file's own reads included, and nothing of it is left after a crash. Others
 * can go on writing meanwhile, also to the same file; whoever finishes last has written over the others.
 * However much is written, little of it is in memory. What is behind the end and before a write reads as zeros.
 *
 * Calls of one file take turns, in the order in which they were made. Every method rejects with EBADF if the
 * file is closed or was not opened for it, and with what a write or commit of the repo rejects with. After a
 * `repo.restore` that takes the file away: ESTALE.
 *
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 *
 * export async function saveInParts(repo: Repo, parts: readonly Uint8Array[]): Promise<void> {
 *   await using file = await repo.createFile("/large.bin");
 *   for (const part of parts) await file.write(part);
 *   await file.finish();
 * }
 * ```
 */
export class File implements AsyncDisposable {
  readonly #remote: RemoteRepo;
  readonly #id: number;
  #closing: Promise<void> | undefined;

  /** @internal Files come from `repo.openFile` and `repo.createFile`. */
  constructor(remote: RemoteRepo, id: number) {
    this.#remote = remote;
    this.#id = id;
  }

  /**
   * Reads from the position on as much as `into` holds, less only at the end of the file. Resolves to the part of
   * it that was filled.
   */
  async read(into: Uint8Array | ArrayBuffer): Promise<Uint8Array> {
    const buffer = bufferOf(into);
    return filled(buffer, await this.#remote.fileRead(this.#id, buffer.length));
  }

  /** All that the file holds from the position on. @throws EFBIG above 2 GiB */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#remote.fileReadAll(this.#id);
  }

  /** The same as text, decoded as UTF-8. */
  async readAllString(): Promise<string> {
    return decodeText(await this.readAll(), "utf8");
  }

  /**
   * Adds a part to the write that began at the position, or begins one. Text is UTF-8; buffers are copied.
   * Resolves to the number of bytes; nothing of the part is added if it rejects.
   *
   * @throws EFBIG, ENOSPC
   */
  async write(data: Data): Promise<number> {
    const bytes = dataPayload(data, "utf8", false);
    const { length } = bytes;
    await this.#remote.fileWrite(this.#id, bytes);
    return length;
  }

  /**
   * Makes what was written the next version, in one transaction, and puts the position behind it. If it rejects it
   * can be tried again.
   *
   * @throws EINVAL if nothing was written; ENOSPC
   */
  async finish(): Promise<void> {
    return this.#remote.fileFinish(this.#id);
  }

  /**
   * Writes at the position and makes it the next version, also if it changes nothing.
   *
   * @throws EBUSY while a write is not finished; EFBIG, ENOSPC
   */
  async writeOnce(data: Data): Promise<void> {
    return this.#remote.fileWriteOnce(this.#id, dataPayload(data, "utf8", false));
  }

  /**
   * What the file holds from the position on, as a Web stream of bytes. A piece is read when it is asked for, which moves
   * the position; cancelling reads no more, and the file stays open. A version that is finished meanwhile is
   * what is read from then on; `versionReader(…)` has streams that stay with theirs.
   *
   * @throws As errors of the stream: EBADF, and what reads reject with
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function upload(repo: Repo, path: string, url: string): Promise<void> {
   *   await using file = await repo.openFile(path);
   *   await fetch(url, { method: "POST", body: await new Response(file.readable()).blob() });
   * }
   * ```
   */
  readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return readableOf((length) => this.#remote.fileRead(this.#id, length));
  }

  /**
   * A Web stream into the file at the position. All that is written to it, bytes or text, becomes the next version when it
   * is closed, in one transaction; nothing of it is left if it is aborted, if a part of it fails, or after a crash. One part is on its
   * way at a time, and however much is written, little of it is in memory. Buffers are copied. The file stays open, also
   * afterwards; a write of its own that is not finished becomes part of the stream's.
   *
   * @throws As errors of the stream: EBADF, EFBIG, ENOSPC; TypeError for what is no data
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function download(repo: Repo, url: string, path: string): Promise<void> {
   *   const { body } = await fetch(url);
   *   await using file = await repo.createFile(path);
   *   await body?.pipeTo(file.writable());
   * }
   * ```
   */
  writable(): WritableStream<Data> {
    return writableOf({
      write: (data) => this.write(data),
      finish: () => this.finish(),
      discard: () => this.#remote.fileDiscard(this.#id),
    });
  }

  /**
   * Moves the position by `offset` bytes from the start, the end, or where it is, also behind the end. Resolves to
   * where it is then.
   *
   * @throws EINVAL for a place before the start or above 2⁵³ − 1; EBUSY while a write is not finished; TypeError
   */
  async seek(offset: number, from: SeekFrom = "start"): Promise<number> {
    if (typeof offset !== "number") throw argumentError("offset", "a number", offset);
    return this.#remote.fileSeek(this.#id, offset, seekFrom(from));
  }

  /**
   * Cuts the file, or makes it longer with zeros, as the next version; there is none if it has the length already.
   *
   * @throws EBUSY while a write is not finished; EFBIG; RangeError
   */
  async setLen(length: number): Promise<void> {
    return this.#remote.fileSetLen(this.#id, toInteger(length, "length"));
  }

  /** Number of the present version, from 1. */
  async currVersion(): Promise<number> {
    return (await this.metadata()).version;
  }

  /** Of the present version. */
  async metadata(): Promise<FileMetadata> {
    return this.#remote.fileMetadata(this.#id);
  }

  /** The versions that are kept, oldest first; the last is the present one. */
  async history(): Promise<VersionInfo[]> {
    return this.#remote.fileHistory(this.#id);
  }

  /** Opens a version for reading. @throws NO_VERSION */
  async versionReader(version: number): Promise<VersionReader> {
    const { fd, size } = await this.#remote.fileVersion(this.#id, toInteger(version, "version"));
    return new VersionReader(this.#remote, fd, size);
  }

  /** Closes the file after everything that was asked of it; a write that is not finished is gone. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#remote.fileClose(this.#id);
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * A version of a file, open for reading. It has a position of its own. Reads reject with NO_VERSION once newer
 * versions have taken its place, and with EBADF when it is closed.
 */
export class VersionReader implements AsyncDisposable {
  /** Length of the version's content, in bytes. */
  readonly size: number;
  readonly #remote: RemoteRepo;
  readonly #fd: number;
  #position = 0;
  #closing: Promise<void> | undefined;

  /** @internal They come from `file.versionReader`. */
  constructor(remote: RemoteRepo, fd: number, size: number) {
    this.#remote = remote;
    this.#fd = fd;
    this.size = size;
  }

  /** Reads from the position on as much as `into` holds. Resolves to the part of it that was filled. */
  async read(into: Uint8Array | ArrayBuffer): Promise<Uint8Array> {
    const buffer = bufferOf(into);
    return filled(buffer, await this.#next(buffer.length));
  }

  /** All from the position on. @throws EFBIG above 2 GiB */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#next(this.size);
  }

  /** The same as text, decoded as UTF-8. */
  async readAllString(): Promise<string> {
    return decodeText(await this.readAll(), "utf8");
  }

  /** The same as a Web stream, which moves the position as it is read. */
  readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return readableOf((length) => this.#next(length));
  }

  /** As of a File; EINVAL for a place before the start or above 2⁵³ − 1. */
  async seek(offset: number, from: SeekFrom = "start"): Promise<number> {
    const base = { start: 0, current: this.#position, end: this.size }[seekFrom(from)];
    const position = base + offset;
    if (!Number.isSafeInteger(position) || position < 0)
      throw new RepoError("EINVAL", { syscall: "lseek" });
    return (this.#position = position);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#remote.fdClose(this.#fd);
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The position moves at once, so that calls in a row read one after the other. */
  #next(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const at = this.#position;
    this.#position = Math.max(at, Math.min(at + length, this.size));
    return this.#remote.fdRead(this.#fd, this.#position - at, at);
  }
}

function bufferOf(into: Uint8Array | ArrayBuffer): Uint8Array {
  const bytes = viewBytes(into);
  if (bytes === undefined) throw argumentError("into", "a buffer or a view of one", into);
  return bytes;
}

function filled(buffer: Uint8Array, bytes: Uint8Array): Uint8Array {
  buffer.set(bytes);
  return buffer.subarray(0, bytes.length);
}

function seekFrom(from: SeekFrom): SeekFrom {
  if (!SEEK_FROM.includes(from)) throw argumentError("from", SEEK_FROM.join(" or "), from);
  return from;
}
