/** What a file that is imported holds, however the caller has it, as pieces of a bounded size. */
import { abortable } from "./abortable.js";
import { argumentError, viewBytes } from "./arguments.js";
import { encodeText } from "./encoding.js";

/** Text is UTF-8. A stream or iterable is read once, as fast as its pieces are taken. */
export type EntryData =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Pieces of `pieceBytes` each, but for the last; they belong to whoever gets them. None for no content. */
export async function* piecesOf(
  data: EntryData | undefined,
  pieceBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(data, signal)) {
    let rest = chunk;
    while (length + rest.length >= pieceBytes) {
      const missing = pieceBytes - length;
      yield joined([...parts, rest.subarray(0, missing)], pieceBytes);
      [parts, length, rest] = [[], 0, rest.subarray(missing)];
    }
    // Whoever gave it may fill it anew before the next one is asked for.
    if (rest.length > 0) parts.push(rest.slice());
    length += rest.length;
  }
  if (length > 0) yield joined(parts, length);
}

export function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What an iterator of either kind yields; does not wait for one that says nothing, once it is aborted. */
export async function* iterated<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await abortable(signal, async () => iterator.next());
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (!ended) {
      const ending = Promise.resolve(iterator.return?.()).catch(() => undefined);
      // One that is stuck in `next` answers this no sooner.
      if (signal?.aborted !== true) await ending;
    }
  }
}

async function* chunksOf(
  data: EntryData | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  if (data === undefined) return;
  if (typeof data === "string") {
    yield encodeText(data);
    return;
  }
  const bytes = viewBytes(data);
  if (bytes !== undefined) {
    yield bytes;
    return;
  }
  const source = data instanceof Blob ? data.stream() : data;
  const chunks: unknown = source instanceof ReadableStream ? readAll(source) : source;
  if (!isIterable(chunks)) throw argumentError("data", "bytes, text, a Blob or a stream", data);
  for await (const chunk of iterated(chunks, signal)) {
    const view = viewBytes(chunk);
    if (view === undefined) throw argumentError("data", "a stream of Uint8Array", chunk);
    yield view;
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

async function* readAll(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
