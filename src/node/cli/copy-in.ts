/** CopyIn: files of the local disk into a repo. A file appears whole, under its name, or not at all. */
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Repo } from "../../api/repo.js";
import { isRepoError, RepoError } from "../../errors.js";
import { joinPath, PIECE_BYTES } from "./copy.js";
import type { Progress } from "./progress.js";
import { printable } from "./terminal.js";

export interface CopyInOptions {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Replaces files that exist. */
  readonly force: boolean;
}

export class CopyIn {
  readonly #repo: Repo;
  readonly #options: CopyInOptions;

  constructor(repo: Repo, options: CopyInOptions) {
    this.#repo = repo;
    this.#options = options;
  }

  /** A file, link or directory with everything below. */
  async tree(from: string, to: string): Promise<void> {
    const stats = await lstat(from);
    if (stats.isSymbolicLink()) await this.#link(from, to);
    else if (stats.isFile()) await this.file(from, to);
    else if (stats.isDirectory()) await this.#directory(from, to);
    else this.#options.progress.note(`skipped ${printable(from)}: neither file, folder nor link`);
  }

  async file(from: string, to: string): Promise<void> {
    const { mode, atime, mtime } = await lstat(from);
    const content = createReadStream(from, { highWaterMark: PIECE_BYTES });
    await this.content(content, to, mode & 0o7777);
    await this.#repo.fs.utimes(to, atime, mtime);
  }

  /** Written under another name first, so that nobody ever sees a part of it. */
  async content(
    content: AsyncIterable<Uint8Array | string>,
    to: string,
    mode?: number,
  ): Promise<void> {
    const { fs } = this.#repo;
    const { signal, progress, force } = this.#options;
    if (!force && (await exists(this.#repo, to))) throw new RepoError("EEXIST", { path: to });
    const draft = joinPath(to.slice(0, to.lastIndexOf("/") + 1), `.put-${crypto.randomUUID()}`);
    progress.begin(to);
    try {
      const file = await fs.open(draft, "wx", mode);
      try {
        for await (const piece of content) {
          signal.throwIfAborted();
          const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
          await file.write(bytes);
          progress.add(bytes.length);
        }
      } finally {
        await file.close();
      }
      await fs.rename(draft, to);
      progress.end();
    } catch (error) {
      await fs.rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async #directory(from: string, to: string): Promise<void> {
    await this.#repo.fs.mkdir(to, { recursive: true });
    for (const name of (await readdir(from)).sort()) {
      this.#options.signal.throwIfAborted();
      await this.tree(join(from, name), joinPath(to, name));
    }
  }

  async #link(from: string, to: string): Promise<void> {
    const { fs } = this.#repo;
    if (this.#options.force && (await exists(this.#repo, to))) await fs.unlink(to);
    await fs.symlink(await readlink(from), to);
  }
}

async function exists(repo: Repo, path: string): Promise<boolean> {
  try {
    await repo.fs.lstat(path);
    return true;
  } catch (error) {
    if (isRepoError(error, "ENOENT")) return false;
    throw error;
  }
}
