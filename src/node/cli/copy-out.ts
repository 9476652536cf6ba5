/**
 * CopyOut: files of a repo onto the local disk. What is there is never followed and never written through:
 * files are made anew, and links last, so that nothing goes where a hostile container points.
 */
import { mkdir, open, rename, symlink, unlink, utimes } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { Repo } from "../../api/repo.js";
import { isRepoError, RepoError } from "../../errors.js";
import { contentOf, joinPath } from "./copy.js";
import { exitCodeOf, EXIT, type ExitCode } from "./exit-code.js";
import type { Progress } from "./progress.js";
import { printable } from "./terminal.js";

export interface CopyOutOptions {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Replaces files that exist. */
  readonly force: boolean;
}

export class CopyOut {
  readonly #repo: Repo;
  readonly #options: CopyOutOptions;
  readonly #links: { readonly from: string; readonly to: string }[] = [];
  /** The gravest of what went wrong with single files. */
  #exit: ExitCode = EXIT.ok;

  constructor(repo: Repo, options: CopyOutOptions) {
    this.#repo = repo;
    this.#options = options;
  }

  /** One file; it appears whole or not at all. */
  async file(from: string, to: string): Promise<void> {
    const { signal, progress, force } = this.#options;
    const { mode, atime, mtime } = await this.#repo.fs.stat(from);
    const draft = join(dirname(to), `.cofferfs-${crypto.randomUUID()}`);
    const target = force ? undefined : await open(to, "wx");
    await target?.close();
    progress.begin(from);
    try {
      // Modes in a repo know no umask; here they get this system's.
      const file = await open(draft, "wx", mode & 0o777);
      try {
        for await (const piece of contentOf(this.#repo, from, signal)) {
          await file.writeFile(piece);
          progress.add(piece.length);
        }
      } finally {
        await file.close();
      }
      await utimes(draft, atime, mtime);
      await rename(draft, to);
      progress.end();
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      if (target !== undefined) await unlink(to).catch(() => undefined);
      throw error;
    }
  }

  /** Everything in a directory; what fails is reported and passed over. `to` exists. */
  async tree(from: string, to: string): Promise<ExitCode> {
    await this.#directory(from, to);
    for (const link of this.#links) await this.#orReport(link.from, () => this.#link(link));
    return this.#exit;
  }

  async #directory(from: string, to: string): Promise<void> {
    const entries = await this.#orReport(from, () =>
      this.#repo.fs.readdir(from, { withFileTypes: true }),
    );
    for (const entry of entries ?? []) {
      this.#options.signal.throwIfAborted();
      const path = joinPath(from, entry.name);
      await this.#orReport(path, async () => {
        const target = join(to, safeName(entry.name));
        if (entry.isSymbolicLink()) this.#links.push({ from: path, to: target });
        else if (entry.isFile()) await this.file(path, target);
        else {
          await mkdir(target).catch((error: unknown) => {
            if (!this.#options.force) throw error;
          });
          await this.#directory(path, target);
        }
      });
    }
  }

  async #link({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    const target = await this.#repo.fs.readlink(from);
    if (this.#options.force) await unlink(to).catch(() => undefined);
    await symlink(target, to);
  }

  async #orReport<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const code = exitCodeOf(error);
      if (code === EXIT.interrupted || isRepoError(error, "REPO_POISONED")) throw error;
      this.#exit = this.#exit === EXIT.damage ? this.#exit : code;
      const what = code === EXIT.damage ? "damaged" : "failed ";
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.progress.skip(`${what} ${printable(path)}: ${printable(reason)}`);
      return undefined;
    }
  }
}

/** A name that this system takes for a name. The repo itself has none with `/`, `.` or `..`. */
function safeName(name: string): string {
  if (sep === "\\" && /[\\:*?"<>|]|[. ]$/.test(name))
    throw new RepoError("EINVAL", { syscall: "export", path: name });
  return name;
}
