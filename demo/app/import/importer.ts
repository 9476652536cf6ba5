/**
 * Importer: writes many files into a vault, several at a time, making folders as it goes. A small file
 * is one call and so one transaction; a large one is written beside its place and renamed into it, or, over
 * a file that is there, as its next version: so a file is there whole or not at all.
 */
import { isRepoError, type Repo } from "cofferfs";
import { replaceContent } from "../files/replace-content.js";
import { ConflictQuestions } from "../shared/conflict-dialog.js";
import { explain } from "../shared/explain.js";
import { freeName, joinPath, nameOf, nameProblem, parentOf } from "../shared/paths.js";
import type { ImportSource } from "./sources.js";

export interface ImportProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ImportResult {
  readonly imported: number;
  readonly bytes: number;
  readonly skipped: number;
  readonly failures: readonly { readonly path: string; readonly reason: string }[];
  readonly cancelled: boolean;
}

/** Writes in flight: the worker seals some while the next are read here. */
const IN_FLIGHT = 16;
/** Up to here a file is read and written in one piece. */
const WHOLE_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 2 * 1024 * 1024;

/** A folder that files go to: what it holds, including what this import has put there. */
interface Destination {
  readonly path: string;
  /** Name to whether it is a folder. */
  readonly names: Map<string, boolean>;
}

interface ChosenName {
  readonly name: string;
  /** There is a file of this name. */
  readonly replaces: boolean;
}

export class Importer {
  readonly #repo: Repo;
  readonly #root: string;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: ImportProgress) => void;
  readonly #questions = new ConflictQuestions();
  readonly #destinations = new Map<string, Promise<Destination>>();
  readonly #failures: { path: string; reason: string }[] = [];
  #replacing: Promise<void> = Promise.resolve();
  #stopped = false;
  #imported = 0;
  #skipped = 0;
  #files = 0;
  #bytes = 0;
  #totalFiles = 0;
  #totalBytes = 0;

  constructor(
    repo: Repo,
    root: string,
    signal: AbortSignal,
    onProgress: (progress: ImportProgress) => void,
  ) {
    this.#repo = repo;
    this.#root = root;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  /** Resolves when all is written and synced, or as much as there was until it was cancelled. */
  async run(sources: readonly ImportSource[]): Promise<ImportResult> {
    this.#totalFiles = sources.filter(({ file }) => file !== undefined).length;
    this.#totalBytes = sources.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
    this.#report();
    const queue = sources[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (const source of queue) {
        if (this.#ended) return;
        await this.#take(source);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    await this.#repo.sync();
    return {
      imported: this.#imported,
      bytes: this.#bytes,
      skipped: this.#skipped,
      failures: this.#failures,
      cancelled: this.#ended,
    };
  }

  get #ended(): boolean {
    return this.#stopped || this.#signal.aborted;
  }

  async #take({ path, file }: ImportSource): Promise<void> {
    try {
      checkNames(path);
      if (file === undefined) {
        await this.#destination(path);
        return;
      }
      const destination = await this.#destination(path.includes("/") ? parentOf(path) : "");
      const name = await this.#chooseName(destination, nameOf(path));
      if (name === undefined) this.#pass(file);
      else {
        await this.#write(joinPath(destination.path, name.name), file, name.replaces);
        this.#imported += 1;
      }
    } catch (error) {
      if (this.#ended) return;
      this.#failures.push({ path, reason: explain(error) });
      // A full disk fails every file after this one too: say it once.
      if (isRepoError(error, "ENOSPC") || isRepoError(error, "REPO_POISONED")) this.#stopped = true;
    }
    if (file !== undefined) this.#files += 1;
    this.#report();
  }

  /** The folder `relative` to the root of the import, made if need be, once. */
  #destination(relative: string): Promise<Destination> {
    const known = this.#destinations.get(relative);
    if (known !== undefined) return known;
    const made = this.#makeDestination(relative);
    this.#destinations.set(relative, made);
    return made;
  }

  async #makeDestination(relative: string): Promise<Destination> {
    const path = relative === "" ? this.#root : joinPath(this.#root, relative);
    await this.#repo.fs.mkdir(path, { recursive: true });
    const entries = await this.#repo.fs.readdir(path, { withFileTypes: true });
    return { path, names: new Map(entries.map((entry) => [entry.name, entry.isDirectory()])) };
  }

  /** The name to write under, reserved; undefined leaves the file out. */
  async #chooseName(destination: Destination, name: string): Promise<ChosenName | undefined> {
    const { path, names } = destination;
    const isFolder = names.get(name);
    if (isFolder === undefined) {
      names.set(name, false);
      return { name, replaces: false };
    }
    const choice = await this.#questions.ask({ name, folder: path, canReplace: !isFolder });
    if (choice === "stop") this.#stopped = true;
    if (choice === "replace") return { name, replaces: true };
    if (choice !== "keepBoth") return undefined;
    const free = freeName(name, (candidate) => names.has(candidate));
    names.set(free, false);
    return { name: free, replaces: false };
  }

  #pass(file: File): void {
    this.#skipped += 1;
    this.#totalBytes -= file.size;
  }

  async #write(path: string, file: File, replaces: boolean): Promise<void> {
    if (file.size <= WHOLE_BYTES) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { length } = bytes;
      this.#signal.throwIfAborted();
      await this.#repo.fs.writeFile(path, bytes, { transfer: true });
      this.#wrote(length);
    } else if (replaces) {
      await this.#inTurn(() => this.#writeOver(path, file));
    } else {
      await this.#writeLarge(path, file);
    }
    await this.#repo.fs.utimes(path, file.lastModified / 1000, file.lastModified / 1000);
  }

  /** Its content is in memory until all of it is written, hence one at a time. */
  async #writeOver(path: string, file: File): Promise<void> {
    this.#signal.throwIfAborted();
    await replaceContent(this.#repo, path, file.size, () => piecesOfFile(file, this.#signal));
    this.#wrote(file.size);
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#replacing.then(task);
    this.#replacing = done.catch(() => undefined);
    return done;
  }

  async #writeLarge(path: string, file: File): Promise<void> {
    const beside = `${parentOf(path)}/.import-${crypto.randomUUID()}`.replace("//", "/");
    try {
      const handle = await this.#repo.fs.open(beside, "wx");
      try {
        await this.#writePieces(file, (bytes, position) =>
          handle.write(bytes, { position, transfer: true }),
        );
      } finally {
        await handle.close();
      }
      await this.#repo.fs.rename(beside, path);
    } catch (error) {
      await this.#repo.fs.rm(beside, { force: true });
      throw error;
    }
  }

  /** While one piece is written the next is read. */
  async #writePieces(
    file: File,
    write: (bytes: Uint8Array, at: number) => Promise<unknown>,
  ): Promise<void> {
    let last: Promise<unknown> = Promise.resolve();
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      const bytes = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
      const { length } = bytes;
      await last;
      this.#signal.throwIfAborted();
      last = write(bytes, at).then(() => {
        this.#wrote(length);
      });
      // Awaited in the next round or below; until then a failure is not an unhandled one.
      last.catch(() => undefined);
    }
    await last;
  }

  #wrote(bytes: number): void {
    this.#bytes += bytes;
    this.#report();
  }

  #report(): void {
    this.#onProgress({
      files: this.#files,
      totalFiles: this.#totalFiles,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
    });
  }
}

/** A path from outside must stay inside, whatever it says. */
function checkNames(path: string): void {
  for (const name of path.split("/")) {
    const problem = nameProblem(name);
    if (problem !== undefined) throw new Error(problem);
  }
}

async function* piecesOfFile(
  file: File,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    signal.throwIfAborted();
    yield new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
  }
}
