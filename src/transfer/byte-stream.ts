/** Streams of bytes: what callers give, and what is known of it afterwards. */
import { argumentError, viewBytes } from "../api/arguments.js";

/** An archive, however the caller has it. */
export type ArchiveSource = ReadableStream<Uint8Array> | Blob | ArrayBuffer | ArrayBufferView;

/** A Blob of what is in memory or a Blob already; a stream has no random access. */
export function toBlob(source: ArchiveSource): Blob | undefined {
  if (source instanceof Blob) return source;
  const bytes = viewBytes(source);
  return bytes === undefined ? undefined : new Blob([new Uint8Array(bytes)]);
}

export function toStream(source: ArchiveSource): ReadableStream<Uint8Array> {
  const stream = toBlob(source)?.stream() ?? source;
  if (!(stream instanceof ReadableStream))
    throw argumentError("source", "a ReadableStream, a Blob or bytes", source);
  return stream;
}

/** A stream that counts, and remembers what it failed with, so that this is told apart from what its reader thinks of it. */
export class WatchedStream {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  bytes = 0;
  failure: { readonly reason: unknown } | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #last: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(source: ReadableStream<Uint8Array>) {
    this.#reader = source.getReader();
    this.stream = new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.#next();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: (reason) => this.#reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of the source, whoever reads the stream. */
  cancel(reason: unknown): void {
    this.#reader.cancel(reason).catch(() => undefined);
  }

  /** Small pieces: a decompressor gives all that comes of a piece at once, up to a thousand times as much. */
  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#last.length === 0) {
      const chunk = await this.#read();
      if (chunk === undefined) return undefined;
      this.#last = chunk;
    }
    const piece = this.#last.slice(0, PIECE_BYTES);
    this.#last = this.#last.subarray(PIECE_BYTES);
    this.bytes += piece.length;
    return piece;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        const bytes = viewBytes(value);
        if (bytes === undefined) throw argumentError("source", "a stream of Uint8Array", value);
        if (bytes.length > 0) return new Uint8Array(bytes);
      }
    } catch (reason) {
      this.failure = { reason };
      throw reason;
    }
  }
}

const PIECE_BYTES = 16 * 1024;
