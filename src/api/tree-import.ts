/**
 * TreeImport: one import under way. Entries are read one by one; small ones are gathered into batches, one of which is on
 * its way while the next is filled, so that neither side waits for the other and their order stays. Large files are written piece by
 * piece to a file without a name, which gets its name last. So a file is there whole or not at all, and
 * memory is bounded by two batches and a piece.
 */
import type { Conflict, FileType } from "../worker/protocol.js";
import { argumentError, choiceError, toMode } from "./arguments.js";
import { iterated, piecesOf, type EntryData } from "./entry-data.js";
import { entryPath } from "./entry-path.js";
import type { EntrySink, NamelessFile, SinkEntry, SinkOutcome } from "./entry-sink.js";

/** What is imported: a file, a directory, a symlink, or another name of a file that was imported before. */
export interface TreeEntry {
  /** Names with slashes between them, below the destination. Directories on the way are made. */
  readonly path: string;
  /** Default `"file"`. */
  readonly type?: FileType | "link" | undefined;
  /** Of a file. Default: nothing. */
  readonly data?: EntryData | undefined;
  /** Of a symlink: where it leads. Of a link: the file, as a path below the destination. */
  readonly target?: string | undefined;
  /** Permission bits. Default: as `repo.fs` makes files and directories. */
  readonly mode?: number | undefined;
  /** Of the last change, in milliseconds since 1970 or as a Date. Default: now. */
  readonly mtime?: number | Date | undefined;
}

/** How far an import or export is. */
export interface TreeProgress {
  /** Entries that are done. */
  readonly entries: number;
  /** Of files' content, those under way included. Never less than before. */
  readonly bytes: number;
  /** If the source tells. */
  readonly totalBytes: number | undefined;
  /** The entry that was worked on last; undefined before the first. */
  readonly path: string | undefined;
}

export interface ImportTreeOptions {
  /** The directory below which everything goes; made if it is missing. Default the root. */
  readonly to?: string | undefined;
  /** What is to become of an entry whose name is taken. Default `"error"`, EEXIST. Directories are no conflict. */
  readonly conflict?: Conflict | undefined;
  /** Gives up: rejects with the signal's reason once what was under way has ended. */
  readonly signal?: AbortSignal | undefined;
  /** Called as it goes on, and once more before the promise settles, also if it rejects: that call says what is there. */
  readonly onProgress?: ((progress: TreeProgress) => void) | undefined;
}

/** What an import has done. */
export interface ImportTreeResult {
  /** Entries that are there now: what was made, and directories that were there already. */
  readonly entries: number;
  /** With `conflict: "skip"`: entries that were left as they were. */
  readonly skipped: number;
  /** Of content, that of skipped files included. */
  readonly bytes: number;
}

/** Of batches, and of the pieces of large files. */
const PIECE_BYTES = 2 ** 20;
const BATCH_ENTRIES = 512;
const CONFLICTS: readonly unknown[] = ["error", "overwrite", "skip"];
const TYPES: readonly unknown[] = ["file", "directory", "symlink", "link"];

/** Imports everything that `entries` yields. */
export function importEntries(
  sink: EntrySink,
  entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>,
  options: ImportTreeOptions,
  totalBytes?: number,
): Promise<ImportTreeResult> {
  const { conflict = "error" } = options;
  if (!CONFLICTS.includes(conflict)) throw choiceError("conflict", CONFLICTS, conflict);
  return new TreeImport(sink, options, totalBytes).run(entries);
}

class TreeImport {
  readonly #sink: EntrySink;
  readonly #base: string;
  readonly #conflict: Conflict;
  readonly #options: ImportTreeOptions;
  readonly #totalBytes: number | undefined;
  /** Their attributes are set at the end: making their entries changes their times. */
  readonly #directories = new Map<string, SinkEntry>();
  #batch: SinkEntry[] = [];
  #batchBytes = 0;
  #underWay: Promise<void> = Promise.resolve();
  #entries = 0;
  #skipped = 0;
  #bytes = 0;
  #last: string | undefined;

  constructor(sink: EntrySink, options: ImportTreeOptions, totalBytes: number | undefined) {
    const { to = "/", conflict = "error" } = options;
    this.#sink = sink;
    this.#base = to;
    this.#conflict = conflict;
    this.#options = options;
    this.#totalBytes = totalBytes;
  }

  async run(entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>): Promise<ImportTreeResult> {
    const { signal } = this.#options;
    try {
      signal?.throwIfAborted();
      await this.#sink.prepare(this.#base);
      try {
        for await (const entry of iterated(entries, signal)) await this.#add(entry);
      } catch (error) {
        // What was read whole before the source failed belongs there as well.
        if (signal?.aborted !== true) await this.#sendLast();
        throw error;
      }
      await this.#sendLast();
      await this.#settle();
    } finally {
      await this.#end();
    }
    return { entries: this.#entries, skipped: this.#skipped, bytes: this.#bytes };
  }

  async #add(entry: TreeEntry): Promise<void> {
    const { type = "file", mode, mtime, target } = entry;
    if (typeof entry.path !== "string") throw argumentError("path", "a string", entry.path);
    if (!TYPES.includes(type)) throw choiceError("type", TYPES, type);
    const path = entryPath(entry.path);
    const mtimeMs = mtime === undefined ? undefined : Math.floor(Number(mtime));
    const bits = mode === undefined ? undefined : toMode(mode);
    const attributes = { path, type, mode: bits, mtimeMs };
    switch (type) {
      case "file":
        await this.#addFile(attributes, entry.data);
        break;
      case "directory":
        await this.#gather(attributes);
        break;
      case "symlink":
        await this.#gather({ ...attributes, target: checkedTarget(target) });
        break;
      case "link":
        await this.#gather({ path, type, target: entryPath(checkedTarget(target)) });
    }
  }

  async #addFile(entry: SinkEntry, data: EntryData | undefined): Promise<void> {
    const pieces = piecesOf(data, PIECE_BYTES, this.#options.signal);
    try {
      const { value: first } = await pieces.next();
      const content = first ?? new Uint8Array(0);
      if (content.length < PIECE_BYTES) await this.#gather({ ...entry, content });
      else await this.#addLargeFile(entry, content, pieces);
    } finally {
      await pieces.return();
    }
  }

  async #addLargeFile(
    entry: SinkEntry,
    first: Uint8Array<ArrayBuffer>,
    rest: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const file = await this.#sink.openNameless(this.#base);
    try {
      await this.#write(entry.path, file, first);
      for await (const piece of rest) await this.#write(entry.path, file, piece);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#gather({ ...entry, file });
  }

  async #write(path: string, file: NamelessFile, piece: Uint8Array<ArrayBuffer>): Promise<void> {
    const { length } = piece;
    await file.write(piece);
    this.#bytes += length;
    this.#tell(path);
  }

  async #gather(entry: SinkEntry): Promise<void> {
    const { length } = entry.content ?? { length: 0 };
    if (this.#batchBytes + length > PIECE_BYTES || this.#batch.length === BATCH_ENTRIES)
      await this.#send();
    this.#batch.push(entry);
    this.#batchBytes += length;
  }

  /** Sends the batch once the one before it has been taken. */
  async #send(): Promise<void> {
    await this.#underWay;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const landing = this.#land(batch);
    // Whoever sends the next one learns of it.
    landing.catch(() => undefined);
    this.#underWay = landing;
  }

  async #sendLast(): Promise<void> {
    await this.#send();
    await this.#underWay;
  }

  async #land(batch: readonly SinkEntry[]): Promise<void> {
    let outcome: SinkOutcome;
    try {
      outcome = await this.#sink.place(this.#base, batch, this.#conflict);
    } finally {
      await closeFiles(batch);
    }
    outcome.placed.forEach((placed, index) => {
      const entry = batch[index];
      if (entry !== undefined) this.#count(entry, placed);
    });
    this.#tell(this.#last);
    if (outcome.failure !== undefined) throw outcome.failure.thrown;
  }

  #count(entry: SinkEntry, placed: "made" | "there"): void {
    const { path, type, content } = entry;
    const isDirectory = type === "directory";
    if (placed === "made" || isDirectory) this.#entries++;
    else this.#skipped++;
    // Who skips what is there leaves its attributes alone as well.
    if (isDirectory && (placed === "made" || this.#conflict !== "skip"))
      this.#directories.set(path, entry);
    this.#bytes += content?.length ?? 0;
    this.#last = path;
  }

  async #settle(): Promise<void> {
    const { signal } = this.#options;
    const settled = [...this.#directories.values()]
      .filter(({ mode, mtimeMs }) => mode !== undefined || mtimeMs !== undefined)
      // What is below comes first: a mode may keep whoever comes later out.
      .toReversed();
    for (let at = 0; at < settled.length; at += BATCH_ENTRIES) {
      signal?.throwIfAborted();
      const batch = settled
        .slice(at, at + BATCH_ENTRIES)
        .map((entry) => ({ ...entry, merge: true }));
      const { failure } = await this.#sink.place(this.#base, batch, this.#conflict);
      if (failure !== undefined) throw failure.thrown;
    }
  }

  /** Waits until nothing is under way any more, and says what is there. */
  async #end(): Promise<void> {
    await this.#underWay.catch(() => undefined);
    await closeFiles(this.#batch).catch(() => undefined);
    this.#tell(this.#last);
  }

  #tell(path: string | undefined): void {
    this.#options.onProgress?.({
      entries: this.#entries,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      path,
    });
  }
}

async function closeFiles(batch: readonly SinkEntry[]): Promise<void> {
  for (const { file } of batch) await file?.close();
}

function checkedTarget(target: unknown): string {
  if (typeof target !== "string") throw argumentError("target", "a string", target);
  return target;
}
