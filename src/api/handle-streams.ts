/**
 * Streams over an open file: Web streams, since a page has no streams of Node's (`cofferfs/callback` has). A piece is read when
 * it is asked for, and where a stream has a place of its own in the file, one piece ahead.
 */
import { viewBytes, type Data } from "./arguments.js";
import { textChunks, type Encoding } from "./encoding.js";
import { outOfRange } from "./node-errors.js";
import { assertEncoding, assertInteger, assertObject, assertSignal } from "./validate.js";

/** A stream of which `for await` takes pieces, also in browsers that have not learned it yet. */
export type IterableStream<T> = ReadableStream<T> & AsyncIterable<T>;

interface StreamOptions {
  /** Pieces of text of this encoding. */
  readonly encoding?: Encoding | null | undefined;
  /** Closes the handle at the end. Default true. */
  readonly autoClose?: boolean | undefined;
  /** Where it begins; default the handle's position, which then moves with what has been read. */
  readonly start?: number | undefined;
  /** Size of a piece in bytes. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
}

export interface ReadStreamOptions extends StreamOptions {
  /** The last byte that is read, itself included. Default: the last one of the file. */
  readonly end?: number | undefined;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface WriteStreamOptions extends StreamOptions {
  /** Makes everything durable before it is closed. */
  readonly flush?: boolean | undefined;
}

/** What streams need of a handle. */
export interface StreamedFile {
  /** Undefined if it is closed. */
  read(length: number, at: number | undefined): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(data: Data, encoding: Encoding | null | undefined, at: number | undefined): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

const PIECE_BYTES = 64 * 1024;

function checked<T extends StreamOptions>(options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  assertObject(options);
  const { encoding, start, highWaterMark } = options;
  assertEncoding(encoding);
  if (start !== undefined) assertInteger(start, "start", 0);
  if (highWaterMark !== undefined) assertInteger(highWaterMark, "highWaterMark", 1);
  return options;
}

export function readStream(
  file: StreamedFile,
  options?: ReadStreamOptions,
): IterableStream<Uint8Array<ArrayBuffer> | string> {
  const { encoding, autoClose = true, start, end, ...rest } = checked<ReadStreamOptions>(options);
  const { highWaterMark = PIECE_BYTES, signal } = rest;
  assertSignal(signal, "options.signal");
  if (end !== undefined) assertInteger(end, "end", 0);
  if (start !== undefined && end !== undefined && start > end)
    throw outOfRange("start", `<= "end" (here: ${end})`, start);
  const decode = encoding ? textChunks(encoding) : undefined;
  let at = start;
  let left = end === undefined ? Infinity : end - (start ?? 0) + 1;
  const ended = new AbortController();
  const finish = async (): Promise<void> => {
    ended.abort();
    if (autoClose) await file.close();
  };
  const next = async (
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer> | string>,
  ): Promise<void> => {
    const bytes = await file.read(Math.min(highWaterMark, left), at);
    if (ended.signal.aborted) return;
    const { length } = bytes ?? { length: 0 };
    left -= length;
    if (at !== undefined) at += length;
    const piece = decode === undefined ? bytes : decode(length > 0 ? bytes : undefined);
    if (piece !== undefined && piece.length > 0) controller.enqueue(piece);
    if (length === 0) {
      controller.close();
      await finish();
    } else if (piece?.length === 0) await next(controller);
  };
  return iterable(
    new ReadableStream<Uint8Array<ArrayBuffer> | string>(
      {
        start(controller) {
          const abort = (): void => {
            controller.error(signal?.reason);
            void finish();
          };
          if (signal?.aborted === true) abort();
          else signal?.addEventListener("abort", abort, { signal: ended.signal });
        },
        pull: (controller) => closingIfFails(next(controller), finish),
        cancel: finish,
      },
      // The handle's own position is where the reader is, so nothing may be read ahead of him.
      { highWaterMark: start === undefined ? 0 : 1 },
    ),
  );
}

/** Whoever is told of a failure has no handle to close any more. */
async function closingIfFails(work: Promise<void>, close: () => Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** All of it, as bytes; the handle stays open. */
export function byteStream(file: StreamedFile): IterableStream<Uint8Array<ArrayBuffer>> {
  return iterable(
    new ReadableStream(
      {
        type: "bytes",
        async pull(controller) {
          const bytes = await file.read(PIECE_BYTES, undefined);
          if (bytes !== undefined && bytes.length > 0) controller.enqueue(bytes);
          else {
            controller.close();
            // Whoever reads into a buffer of his own gets it back empty.
            controller.byobRequest?.respond(0);
          }
        },
      },
      { highWaterMark: 0 },
    ),
  );
}

export function writeStream(
  file: StreamedFile,
  options?: WriteStreamOptions,
): WritableStream<Data> {
  const { encoding, autoClose = true, start, ...rest } = checked<WriteStreamOptions>(options);
  const { highWaterMark = PIECE_BYTES, flush } = rest;
  let at = start;
  const finish = async (): Promise<void> => {
    if (autoClose) await file.close();
  };
  const write = async (data: Data): Promise<void> => {
    const count = await file.write(data, encoding, at);
    if (at !== undefined) at += count;
  };
  return new WritableStream<Data>(
    {
      write: (data) => closingIfFails(write(data), finish),
      async close() {
        if (flush === true) await closingIfFails(file.sync(), finish);
        await finish();
      },
      abort: finish,
    },
    { highWaterMark, size: sizeOf },
  );
}

/** What is no data is refused where it is written. */
function sizeOf(data: unknown): number {
  return typeof data === "string" ? data.length : (viewBytes(data)?.length ?? 0);
}

/** The lines of a text without what ends them. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const piece of pieces) {
    rest += piece;
    // A carriage return at the end may be half of what ends the line.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest.endsWith("\r")) rest = rest.slice(0, -1);
  else if (rest === "") return;
  yield rest;
}

function iterable<T>(stream: ReadableStream<T>): IterableStream<T> {
  if (!(Symbol.asyncIterator in stream))
    Object.defineProperty(stream, Symbol.asyncIterator, {
      value: () => piecesOf(stream),
      configurable: true,
    });
  return stream as IterableStream<T>;
}

async function* piecesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
