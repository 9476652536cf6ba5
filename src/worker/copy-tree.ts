/**
 * cp: a file, a symlink, or a directory and everything below it, each entry in transactions of its own. What is copied, what is
 * refused and in which words is as in Node. It never leaves the worker, but to ask a filter of the page.
 */
import { isRepoError, RepoError, type CallErrorCode } from "../errors.js";
import type { DirEntry, FileSystem, Stats } from "../vfs/file-system.js";
import { makeDirectories } from "./make-directories.js";
import type { AskPage } from "./page-question.js";
import { dirname, isAbsolute, isBelow, join, resolved } from "./path-text.js";
import type { CopyOptions } from "./protocol.js";

/** Entries that are listed at a time: a directory may be larger than memory. */
const BATCH = 1000;

type Options = CopyOptions & { readonly filter?: AskPage | undefined };

export function copyTree(
  fs: FileSystem,
  from: string,
  to: string,
  options: Options,
): Promise<void> {
  return new TreeCopy(fs, options).run(from, to);
}

/** A source that may be copied, and what is at the destination. */
interface Pair {
  readonly from: string;
  readonly to: string;
  readonly source: Stats;
  readonly target: Stats | undefined;
}

class TreeCopy {
  readonly #fs: FileSystem;
  readonly #options: Options;

  constructor(fs: FileSystem, options: Options) {
    this.#fs = fs;
    this.#options = options;
  }

  async run(from: string, to: string): Promise<void> {
    const pair = await this.#admitted(from, to);
    if (pair === undefined) return;
    await this.#assertNotAbove(pair);
    const parent = dirname(to);
    if ((await this.#find(parent, true)) === undefined) await makeDirectories(this.#fs, parent);
    await this.#copy(pair);
  }

  /** Undefined if the filter leaves it out. */
  async #admitted(from: string, to: string): Promise<Pair | undefined> {
    const { filter, dereference } = this.#options;
    if (filter !== undefined && !(await filter(from, to))) return undefined;
    const source = await this.#stats(from, dereference);
    const target = await this.#find(to, dereference);
    const isDirectory = source.type === "directory";
    if (target !== undefined) {
      if (target.ino === source.ino)
        throw refusal("ERR_FS_CP_EINVAL", to, "src and dest cannot be the same");
      if (isDirectory && target.type !== "directory")
        throw refusal(
          "ERR_FS_CP_DIR_TO_NON_DIR",
          to,
          `cannot overwrite non-directory ${to} with directory ${from}`,
        );
      if (!isDirectory && target.type === "directory")
        throw refusal(
          "ERR_FS_CP_NON_DIR_TO_DIR",
          to,
          `cannot overwrite directory ${to} with non-directory ${from}`,
        );
    }
    if (isDirectory && isBelow(to, from)) throw intoItself(from, to);
    return { from, to, source, target };
  }

  /** The text may hide that the destination is below the source. */
  async #assertNotAbove({ from, to, source }: Pair): Promise<void> {
    const end = resolved(dirname(from));
    for (
      let above = resolved(dirname(to));
      above !== end && above !== "/";
      above = dirname(above)
    ) {
      const stats = await this.#find(above, true);
      if (stats === undefined) return;
      if (stats.ino === source.ino) throw intoItself(from, to);
    }
  }

  #stats(path: string, follow: boolean): Promise<Stats> {
    return follow ? this.#fs.stat(path) : this.#fs.lstat(path);
  }

  async #find(path: string, follow: boolean): Promise<Stats | undefined> {
    try {
      return await this.#stats(path, follow);
    } catch (error) {
      if (isRepoError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #copy(pair: Pair): Promise<void> {
    const { from, source } = pair;
    switch (source.type) {
      case "file":
        return this.#copyFile(pair);
      case "symlink":
        return this.#copyLink(pair);
      case "directory":
        if (!this.#options.recursive)
          throw refusal("ERR_FS_EISDIR", from, `${from} is a directory (not copied)`);
        return this.#copyDirectory(pair);
    }
  }

  async #copyFile({ from, to, source, target }: Pair): Promise<void> {
    const { force, errorOnExist, exclusive, preserveTimestamps } = this.#options;
    if (target !== undefined) {
      if (!force) {
        if (errorOnExist) throw refusal("ERR_FS_CP_EEXIST", to, `${to} already exists`);
        return;
      }
      await this.#fs.unlink(to);
    }
    await this.#fs.copyFile(from, to, exclusive);
    if (preserveTimestamps) {
      const { atimeMs, mtimeMs } = await this.#fs.stat(from);
      await this.#fs.setattr(to, { atimeMs, mtimeMs });
    }
    await this.#fs.setattr(to, { mode: source.mode });
  }

  async #copyDirectory({ from, to, source, target }: Pair): Promise<void> {
    if (target === undefined) await this.#fs.mkdir(to);
    for (let after: string | undefined; ;) {
      const entries = await this.#entries(from, after);
      for (const { name } of entries) {
        const pair = await this.#admitted(join(from, name), join(to, name));
        if (pair !== undefined) await this.#copy(pair);
      }
      after = entries.at(-1)?.name;
      if (entries.length < BATCH) break;
    }
    if (target === undefined) await this.#fs.setattr(to, { mode: source.mode });
  }

  #entries(path: string, after: string | undefined): Promise<DirEntry[]> {
    return this.#fs.readdir(path, { limit: BATCH, ...(after !== undefined && { after }) });
  }

  async #copyLink({ from, to, target }: Pair): Promise<void> {
    const text = await this.#fs.readlink(from);
    const asIs = this.#options.verbatimSymlinks || isAbsolute(text);
    const leadsTo = asIs ? text : resolved(text, dirname(from));
    if (target !== undefined) {
      // What is no link is in the way, and `symlink` says so.
      if (target.type === "symlink") await this.#makeRoom(from, to, leadsTo);
    }
    await this.#fs.symlink(leadsTo, to);
  }

  /** Removes the link at the destination, unless one of the two would lead into the other. */
  async #makeRoom(from: string, to: string, leadsTo: string): Promise<void> {
    const there = await this.#fs.readlink(to);
    const replaced = isAbsolute(there) ? there : resolved(there, dirname(to));
    if (isBelow(replaced, leadsTo)) throw intoItself(leadsTo, replaced, to);
    if ((await this.#fs.stat(from)).type === "directory" && isBelow(leadsTo, replaced))
      throw refusal(
        "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
        to,
        `cannot overwrite ${replaced} with ${leadsTo}`,
      );
    await this.#fs.unlink(to);
  }
}

function refusal(code: CallErrorCode, path: string, message: string): RepoError {
  return new RepoError(code, { syscall: "cp", path, message });
}

function intoItself(from: string, to: string, path = to): RepoError {
  return refusal("ERR_FS_CP_EINVAL", path, `cannot copy ${from} to a subdirectory of self ${to}`);
}
