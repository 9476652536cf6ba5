/**
 * CopyBack: files and folders of a snapshot, written into the vault at the paths that they had. A file that is there
 * is replaced only by who says so, and then gets the old content as its next version.
 */
import { isRepoError, type RepoFs } from "cofferfs";
import type { Item } from "../files/listing.js";
import { readFolder } from "../files/listing.js";
import { replaceContent } from "../files/replace-content.js";
import { fileAt, piecesOf } from "../files/stored-file.js";
import { ConflictQuestions } from "../shared/conflict-dialog.js";
import { explain } from "../shared/explain.js";
import { freeName, joinPath, parentOf } from "../shared/paths.js";
import type { Vault } from "../vault.js";

export interface CopyResult {
  readonly copied: number;
  readonly skipped: number;
  readonly failures: readonly { readonly path: string; readonly reason: string }[];
}

export class CopyBack {
  readonly #vault: Vault;
  readonly #from: RepoFs;
  readonly #signal: AbortSignal;
  readonly #questions = new ConflictQuestions();
  readonly #changed = new Set<string>();
  readonly #failures: { path: string; reason: string }[] = [];
  #copied = 0;
  #skipped = 0;
  #stopped = false;

  constructor(vault: Vault, from: RepoFs, signal: AbortSignal) {
    this.#vault = vault;
    this.#from = from;
    this.#signal = signal;
  }

  /** Resolves when all is written and synced. */
  async run(items: readonly Item[]): Promise<CopyResult> {
    try {
      for (const item of items) await this.#copy(item);
      await this.#vault.repo.sync();
    } finally {
      if (!this.#signal.aborted) this.#vault.reportChange(...this.#changed);
    }
    return { copied: this.#copied, skipped: this.#skipped, failures: this.#failures };
  }

  async #copy(item: Item): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#stopped) {
      this.#skipped += Number(item.type === "file");
      return;
    }
    try {
      if (item.type === "directory") await this.#copyFolder(item.path);
      else if (item.type === "symlink") await this.#copyLink(item);
      else await this.#copyFile(item);
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#failures.push({ path: item.path, reason: explain(error) });
    }
  }

  async #copyFolder(path: string): Promise<void> {
    await this.#makeFolder(path);
    for (const child of await readFolder(this.#from, path)) await this.#copy(child);
  }

  async #copyLink(item: Item): Promise<void> {
    const to = await this.#target(item);
    if (to === undefined) return;
    await this.#to.symlink(await this.#from.readlink(item.path), to.path);
    this.#copied += 1;
  }

  async #copyFile(item: Item): Promise<void> {
    const to = await this.#target(item);
    if (to === undefined) return;
    const file = await fileAt(this.#from, item.path);
    try {
      await replaceContent(this.#vault.repo, to.path, file.size, () => piecesOf(file));
    } catch (error) {
      if (!to.exists) await this.#to.rm(to.path, { force: true });
      throw error;
    }
    const seconds = file.mtimeMs / 1000;
    await this.#to.utimes(to.path, seconds, seconds);
    this.#copied += 1;
  }

  /** Where it goes; undefined if it is left out. */
  async #target({
    path,
    name,
    type,
  }: Item): Promise<{ path: string; exists: boolean } | undefined> {
    const folder = parentOf(path);
    await this.#makeFolder(folder);
    const present = await this.#typeAt(path);
    if (present === undefined) return { path, exists: false };
    const canReplace = present === "file" && type === "file";
    const choice = await this.#questions.ask({ name, folder, canReplace });
    if (choice === "replace") return { path, exists: true };
    if (choice === "keepBoth") {
      const names = new Set(await this.#to.readdir(folder));
      const free = freeName(name, (candidate) => names.has(candidate));
      return { path: joinPath(folder, free), exists: false };
    }
    if (choice === "stop") this.#stopped = true;
    this.#skipped += 1;
    return undefined;
  }

  async #makeFolder(path: string): Promise<void> {
    this.#changed.add(path).add(parentOf(path));
    await this.#to.mkdir(path, { recursive: true });
  }

  async #typeAt(path: string): Promise<"file" | "other" | undefined> {
    try {
      return (await this.#to.lstat(path)).isFile() ? "file" : "other";
    } catch (error) {
      if (isRepoError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  get #to(): RepoFs {
    return this.#vault.repo.fs;
  }
}
