/**
 * PathSink: imported entries by Node's calls, for file systems that are not ours. Every file is written under a name of its own and
 * renamed, so it is there whole or not at all. Directories on the way are looked at before anything is made in them, which holds off whatever
 * an archive says; whoever changes the destination at the same time is not held off.
 */
import { refused } from "../api/entry-path.js";
import type { EntrySink, NamelessFile, SinkEntry, SinkOutcome } from "../api/entry-sink.js";
import { RepoError } from "../errors.js";
import type { ImportTreeOptions } from "../api/tree-import.js";
import type { PromisesFs, PromisesStats, WritableHandle } from "./promises-fs.js";

type Conflict = NonNullable<ImportTreeOptions["conflict"]>;

export class PathSink implements EntrySink {
  readonly #fs: PromisesFs;
  /** Known to be directories, and made or seen by this import. */
  readonly #directories = new Set<string>();

  constructor(fs: PromisesFs) {
    this.#fs = fs;
  }

  async prepare(base: string): Promise<void> {
    await this.#fs.mkdir(base, { recursive: true });
  }

  async place(
    base: string,
    entries: readonly SinkEntry[],
    conflict: Conflict,
  ): Promise<SinkOutcome> {
    const placed: ("made" | "there")[] = [];
    try {
      for (const entry of entries) placed.push(await this.#place(base, entry, conflict));
      return { placed };
    } catch (thrown) {
      return { placed, failure: { thrown } };
    }
  }

  async openNameless(base: string): Promise<TemporaryFile> {
    const path = `${base}/.import-${randomName()}`;
    return new TemporaryFile(this.#fs, path, await this.#fs.open(path, "wx+"));
  }

  async #place(base: string, entry: SinkEntry, conflict: Conflict): Promise<"made" | "there"> {
    const path = `${base}/${entry.path}`;
    await this.#reach(base, entry.path);
    const there = await this.#find(path);
    if (entry.type === "directory") return this.#placeDirectory(path, entry, there);
    if (there !== undefined) {
      if (conflict === "skip") return "there";
      if (there.isDirectory()) throw blocked("EISDIR", path);
      if (conflict === "error") throw blocked("EEXIST", path);
    }
    switch (entry.type) {
      case "file":
        await this.#placeFile(base, path, entry);
        break;
      case "symlink":
        if (there !== undefined) await this.#fs.unlink(path);
        await this.#fs.symlink(entry.target ?? "", path);
        break;
      case "link": {
        const target = entry.target ?? "";
        await this.#reach(base, target);
        if ((await this.#find(`${base}/${target}`))?.isFile() !== true)
          throw refused(`a link to '${target}'`, entry.path);
        if (target === entry.path) return "there";
        if (there !== undefined) await this.#fs.unlink(path);
        await this.#fs.link(`${base}/${target}`, path);
      }
    }
    return "made";
  }

  async #placeDirectory(
    path: string,
    entry: SinkEntry,
    there: PromisesStats | undefined,
  ): Promise<"made" | "there"> {
    if (there === undefined) await this.#fs.mkdir(path);
    else if (!there.isDirectory())
      throw blocked(there.isSymbolicLink() ? "ELOOP" : "ENOTDIR", path);
    this.#directories.add(path);
    if (entry.merge === true) await this.#setAttributes(path, entry);
    return there === undefined ? "made" : "there";
  }

  async #placeFile(base: string, path: string, entry: SinkEntry): Promise<void> {
    const { content } = entry;
    const file = entry.file instanceof TemporaryFile ? entry.file : await this.openNameless(base);
    try {
      if (content !== undefined) await file.write(content);
      await file.finish();
      await this.#setAttributes(file.path, entry);
      await this.#fs.rename(file.path, path);
      file.hasName = true;
    } finally {
      await file.close();
    }
  }

  async #setAttributes(path: string, { mode, mtimeMs }: SinkEntry): Promise<void> {
    if (mode !== undefined) await this.#fs.chmod(path, mode);
    if (mtimeMs !== undefined) await this.#fs.utimes(path, new Date(mtimeMs), new Date(mtimeMs));
  }

  /** Makes what is missing above the path, and makes sure that none of it is a symlink. */
  async #reach(base: string, path: string): Promise<void> {
    const names = path.split("/").slice(0, -1);
    let above = base;
    for (const name of names) {
      above += `/${name}`;
      if (!this.#directories.has(above))
        await this.#placeDirectory(above, { path, type: "directory" }, await this.#find(above));
    }
  }

  async #find(path: string): Promise<PromisesStats | undefined> {
    try {
      return await this.#fs.lstat(path);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

/** A file under a name that nobody knows. */
class TemporaryFile implements NamelessFile {
  readonly path: string;
  readonly #fs: PromisesFs;
  readonly #handle: WritableHandle;
  hasName = false;
  #end = 0;
  #open = true;

  constructor(fs: PromisesFs, path: string, handle: WritableHandle) {
    this.#fs = fs;
    this.path = path;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const left = bytes.length - at;
      const { bytesWritten } = await this.#handle.write(bytes, at, left, this.#end);
      at += bytesWritten;
      this.#end += bytesWritten;
    }
  }

  async read(length: number, at: number): Promise<Uint8Array<ArrayBuffer>> {
    const into = new Uint8Array(length);
    const { bytesRead } = await this.#handle.read(into, 0, length, at);
    return into.subarray(0, bytesRead);
  }

  /** Closes it, so that it can be renamed wherever that matters. */
  async finish(): Promise<void> {
    if (this.#open) await this.#handle.close();
    this.#open = false;
  }

  async close(): Promise<void> {
    await this.finish();
    if (!this.hasName) await this.#fs.unlink(this.path).catch(() => undefined);
    this.hasName = true;
  }
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function blocked(code: "EISDIR" | "EEXIST" | "ENOTDIR" | "ELOOP", path: string): RepoError {
  return new RepoError(code, { syscall: "import", path });
}
