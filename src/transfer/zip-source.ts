/**
 * ZipSource: the entries of a zip archive, by its central directory. zip.js reads it; what it is asked to check: CRCs, sizes, that
 * local headers agree, and that no two entries share bytes. It runs on this thread, with the platform's own inflater: workers made of
 * Blobs are what content security policies forbid.
 */
import {
  ERR_ENCRYPTED,
  ERR_SPLIT_ZIP_FILE,
  ERR_UNSUPPORTED_COMPRESSION,
  ERR_UNSUPPORTED_ENCRYPTION,
  Reader,
  ZipReader,
  type Entry,
  type FileEntry,
} from "./zip-library.js";
import { refused } from "../api/entry-path.js";
import { isRepoError } from "../errors.js";
import { damaged, unsupported } from "./archive-errors.js";
import type { SourceEntry } from "./source-entry.js";

/** Something that can be read anywhere. */
export interface RandomAccess {
  readonly size: number;
  read(at: number, length: number): Promise<Uint8Array>;
}

const UNIX = 3;
const TYPE_BITS = 0o170000;
const FILE_TYPES: Readonly<Record<number, SourceEntry["type"]>> = {
  0: "file",
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
};
const MAX_TARGET_BYTES = 4096;
const UNSUPPORTED: Readonly<Record<string, string>> = {
  [ERR_ENCRYPTED]: "the entry is encrypted",
  [ERR_UNSUPPORTED_ENCRYPTION]: "the entry is encrypted",
  [ERR_UNSUPPORTED_COMPRESSION]: "a compression that is neither deflate nor none",
  [ERR_SPLIT_ZIP_FILE]: "an archive in several files",
};

export async function* zipEntries(archive: RandomAccess): AsyncGenerator<SourceEntry, void> {
  const failures: unknown[] = [];
  const reader = new ZipReader(new ArchiveReader(archive, failures), {
    strictness: "balanced",
    // Names are checked where those of all sources are.
    filenameValidation: "tolerant",
    checkSignature: true,
    checkLocalFilename: true,
    checkOverlappingEntry: true,
    useWebWorkers: false,
  });
  const entries = reader.getEntriesGenerator();
  try {
    for (;;) {
      const { done, value } = await entries.next().catch((error: unknown) => {
        throw archiveError(error, undefined, failures);
      });
      if (done === true) return;
      yield await toSourceEntry(value, failures);
    }
  } finally {
    await reader.close();
  }
}

async function toSourceEntry(entry: Entry, failures: readonly unknown[]): Promise<SourceEntry> {
  const { filename: name } = entry;
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : undefined;
  const type = typeOf(entry, mode);
  const attributes = {
    name,
    type,
    // Without a type the bits are not of Unix, whatever made the archive.
    mode: mode === undefined || mode === 0 ? undefined : mode & 0o7777,
    mtimeMs: entry.lastModDate.getTime(),
  };
  if (entry.directory || type === "other") return attributes;
  const data = entryData(entry, failures);
  if (type === "symlink") return { ...attributes, target: await readTarget(name, data) };
  return { ...attributes, data };
}

function typeOf(entry: Entry, mode: number | undefined): SourceEntry["type"] {
  if (entry.directory) return "directory";
  return FILE_TYPES[(mode ?? 0) & TYPE_BITS] ?? "other";
}

async function readTarget(name: string, data: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let target = "";
  try {
    for await (const piece of data) {
      target += decoder.decode(piece, { stream: true });
      if (target.length > MAX_TARGET_BYTES) throw refused("a symlink to a path too long", name);
    }
    return target + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw refused("a symlink to what is no UTF-8", name, error);
    throw error;
  }
}

/** The content, inflated as it is asked for and checked at the end. */
async function* entryData(
  entry: FileEntry,
  failures: readonly unknown[],
): AsyncGenerator<Uint8Array, void> {
  const stop = new AbortController();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const written = entry.getData(writable, { signal: stop.signal }).then(
    () => undefined,
    async (thrown: unknown) => {
      // It may have failed before it wrote anything: then nobody has told the readable side.
      await writable.abort(thrown).catch(() => undefined);
      return { thrown };
    },
  );
  const chunks = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await chunks.read().catch(async (error: unknown) => {
        throw archiveError((await written)?.thrown ?? error, entry.filename, failures);
      });
      if (done) break;
      yield value;
    }
    const failure = await written;
    if (failure !== undefined) throw archiveError(failure.thrown, entry.filename, failures);
  } finally {
    stop.abort();
    await chunks.cancel().catch(() => undefined);
    await written;
  }
}

/** What the storage of the archive failed with is no damage of the archive. */
function archiveError(
  error: unknown,
  name: string | undefined,
  failures: readonly unknown[],
): unknown {
  if (failures.length > 0) return failures[0];
  if (isRepoError(error)) return error;
  const what = error instanceof Error ? UNSUPPORTED[error.message] : undefined;
  return what === undefined ? damaged(name, error) : unsupported(what, name, error);
}

class ArchiveReader extends Reader<RandomAccess> {
  readonly #archive: RandomAccess;
  readonly #failures: unknown[];

  constructor(archive: RandomAccess, failures: unknown[]) {
    super(archive);
    this.#archive = archive;
    this.#failures = failures;
    this.size = archive.size;
  }

  override async readUint8Array(at: number, length: number): Promise<Uint8Array> {
    try {
      // Whoever is told a length reads that much, or finds out.
      return await this.#archive.read(at, Math.max(0, Math.min(length, this.size - at)));
    } catch (error) {
      this.#failures.push(error);
      throw error;
    }
  }
}
