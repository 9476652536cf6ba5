/** TarSource: the entries of a tar archive, as they come. modern-tar reads it, strictly: checksums, and the end where it belongs. */
import { createTarDecoder, type ParsedTarEntry, type TarHeader } from "modern-tar";
import { isRepoError } from "../errors.js";
import { damaged, unsupported } from "./archive-errors.js";
import type { WatchedStream } from "./byte-stream.js";
import type { SourceEntry } from "./source-entry.js";
import { TarTypes } from "./tar-types.js";

const GZIP = [0x1f, 0x8b];
const TYPES: Readonly<Record<string, SourceEntry["type"]>> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  link: "link",
};

export async function* tarEntries(source: WatchedStream): AsyncGenerator<SourceEntry, void> {
  let name: string | undefined;
  const explain = (error: unknown): unknown => {
    if (source.failure !== undefined) return source.failure.reason;
    return isRepoError(error) ? error : damaged(name, error);
  };
  const types = new TarTypes();
  const reader = (await decoded(source, types, explain)).getReader();
  try {
    for (let index = 0; ; index++) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw explain(error);
      });
      if (done) return;
      ({ name } = value.header);
      if (types.unknown?.index === index) throw types.unknown.error;
      assertPlain(value.header);
      yield toSourceEntry(value, explain);
      // What nobody wanted to read.
      if (!value.body.locked) await value.body.cancel();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A sparse file of the newer kinds says so in its attributes. */
function assertPlain({ name, pax }: TarHeader): void {
  if (Object.keys(pax ?? {}).some((key) => key.startsWith("GNU.sparse.")))
    throw unsupported("a sparse file", name);
}

function toSourceEntry(
  { header, body }: ParsedTarEntry,
  explain: (error: unknown) => unknown,
): SourceEntry {
  const { name, type = "file", linkname, mode, mtime, pax } = header;
  const entry: SourceEntry = {
    name,
    type: TYPES[type] ?? "other",
    target: linkname,
    mode: mode === undefined ? undefined : mode & 0o7777,
    mtimeMs: exactTime(pax?.["mtime"]) ?? mtime?.getTime(),
  };
  return entry.type === "file" ? { ...entry, data: contentOf(body, explain) } : entry;
}

/** Seconds with decimals, to the millisecond: as floating-point numbers they would end up a little too early. */
function exactTime(seconds: string | undefined): number | undefined {
  const parts = /^(-?\d+)(?:\.(\d*))?$/.exec(seconds ?? "");
  if (parts === null) return undefined;
  const [, whole = "0", fraction = ""] = parts;
  const sign = whole.startsWith("-") ? -1 : 1;
  return Number(whole) * 1000 + sign * Number(fraction.padEnd(3, "0").slice(0, 3));
}

async function* contentOf(
  body: ReadableStream<Uint8Array>,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw explain(error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** Inflated if it is gzip, looked at, and taken apart. */
async function decoded(
  source: WatchedStream,
  types: TarTypes,
  explain: (error: unknown) => unknown,
): Promise<ReadableStream<ParsedTarEntry>> {
  const reader = source.stream.getReader();
  const head: Uint8Array<ArrayBuffer>[] = [];
  while (head.reduce((sum, { length }) => sum + length, 0) < GZIP.length) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw explain(error);
    });
    if (done) break;
    head.push(value);
  }
  const [first = 0, second = 0] = head.flatMap((part) => [...part.subarray(0, GZIP.length)]);
  const raw = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const kept = head.shift();
      const piece = kept ?? (await reader.read()).value;
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const isGzip = first === GZIP[0] && second === GZIP[1];
  const looked = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      types.pass(chunk);
      controller.enqueue(chunk);
    },
  });
  const plain = isGzip ? raw.pipeThrough(new DecompressionStream("gzip")) : raw;
  return plain.pipeThrough(looked).pipeThrough(createTarDecoder({ strict: true }));
}
