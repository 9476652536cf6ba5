/**
 * The body of a response: a part of a file as a stream, all of it of one state. The file is opened when somebody reads, and
 * looked at after every piece: if it is not what it was when the response was made, the stream fails, and what was given before is of
 * that state. Nobody who forgets a body keeps a file open: after a while it is closed, and opened again by whoever reads on.
 */
import { RepoError } from "../errors.js";
import type { ByteRange } from "./byte-range.js";
import { settled, stateOf, type FileStats } from "./validators.js";

/** An open file, as far as it matters here. */
export interface ResponseFile {
  stat(): Promise<FileStats>;
  read(
    buffer: Uint8Array<ArrayBuffer>,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

const PIECE_BYTES = 256 * 1024;
/** So long an open file waits for the next piece to be asked for. */
const IDLE_MS = 30_000;

export interface FilePart extends ByteRange {
  readonly open: () => Promise<ResponseFile>;
  /** What the file was when the response was made. */
  readonly state: string;
}

class BodySource implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  readonly #part: FilePart;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new AbortController();
  #at: number;
  #file: ResponseFile | undefined;
  #reading: Promise<unknown> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(part: FilePart, signal: AbortSignal | undefined) {
    this.#part = part;
    this.#signal = signal;
    this.#at = part.first;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    const abort = (): void => {
      controller.error(this.#signal?.reason);
      void this.cancel();
    };
    this.#signal?.addEventListener("abort", abort, { signal: this.#ended.signal });
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    clearTimeout(this.#idle);
    const reading = this.#next();
    this.#reading = reading;
    try {
      const piece = await reading;
      if (this.#ended.signal.aborted) return;
      controller.enqueue(piece);
      if (this.#at === this.#part.end) {
        controller.close();
        await this.cancel();
      } else this.#idle = setTimeout(() => void this.#letGo(), IDLE_MS);
    } catch (error) {
      await this.cancel();
      throw error;
    }
  }

  cancel(): Promise<void> {
    this.#ended.abort();
    clearTimeout(this.#idle);
    return this.#letGo();
  }

  /** Also what is being opened just now is closed; a failure to close loses nothing. */
  async #letGo(): Promise<void> {
    await this.#reading?.catch(() => undefined);
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #next(): Promise<Uint8Array<ArrayBuffer>> {
    const file = (this.#file ??= await this.#open());
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.#part.end - this.#at));
    for (let filled = 0; filled < piece.length;) {
      const at = this.#at + filled;
      const { bytesRead } = await file.read(piece, filled, piece.length - filled, at);
      if (bytesRead === 0) throw changed();
      filled += bytesRead;
    }
    this.#assertSame(await file.stat());
    this.#at += piece.length;
    return piece;
  }

  /** From here on a change shows: the millisecond of the last one is over. */
  async #open(): Promise<ResponseFile> {
    const file = await this.#part.open();
    try {
      const stats = await file.stat();
      this.#assertSame(stats);
      await settled(stats);
      return file;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  #assertSame(stats: FileStats): void {
    if (stateOf(stats) !== this.#part.state) throw changed();
  }
}

function changed(): RepoError {
  return new RepoError("ESTALE", { message: "the file has changed since the response was made" });
}

/** A stream of the part. `signal` ends it with its reason. */
export function fileBody(
  part: FilePart,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // Nothing before somebody reads: a body that is thrown away has opened nothing.
  return new ReadableStream(new BodySource(part, signal), { highWaterMark: 0 });
}
