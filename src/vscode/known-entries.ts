/**
 * KnownEntries: what the provider has told the editor of. Where anything may have changed, because another tree was restored or too
 * much happened at once, this is what the editor must be told of, and nothing else.
 */
import { find, saysMissing, type ProvidedFs } from "./provided-fs.js";
import { FILE_CHANGE } from "./editor-types.js";
import { below, nameOf, parentOf } from "./uri-paths.js";

interface KnownDirectory {
  /** Its entries, as far as they were told. */
  readonly names: Set<string>;
  /** Whether all of them were. */
  listed: boolean;
}

export interface PathChange {
  readonly path: string;
  readonly type: number;
}

export class KnownEntries {
  readonly #fs: ProvidedFs;
  readonly #directories = new Map<string, KnownDirectory>();

  constructor(fs: ProvidedFs) {
    this.#fs = fs;
  }

  /** There is something at the path. */
  add(path: string): void {
    if (path !== "/") this.#directory(parentOf(path)).names.add(nameOf(path));
  }

  /** These, and no others, are the entries of the directory. */
  list(path: string, names: readonly string[]): void {
    this.#directories.set(path, { names: new Set(names), listed: true });
  }

  /** There is nothing at the path any more, nor below. */
  forget(path: string): void {
    this.#directories.get(parentOf(path))?.names.delete(nameOf(path));
    for (const directory of this.#directories.keys())
      if (isWithin(directory, path)) this.#directories.delete(directory);
  }

  /** What the editor must think of anew in a directory, or with `recursive` below it. */
  async review(root: string, recursive: boolean): Promise<PathChange[]> {
    const directories = [...this.#directories].filter(
      ([path]) => path === root || (recursive && isWithin(path, root)),
    );
    const changes = await Promise.all(
      directories.map(([path, known]) => this.#reviewDirectory(path, known)),
    );
    return changes.flat();
  }

  async #reviewDirectory(path: string, known: KnownDirectory): Promise<PathChange[]> {
    const { deleted, created, changed } = FILE_CHANGE;
    const now = known.listed ? await this.#namesIn(path) : undefined;
    const reviewed = [...known.names].map(async (name) => {
      const entry = below(path, name);
      const isThere = now?.has(name) ?? (await find(this.#fs, entry)) !== undefined;
      if (!isThere) this.forget(entry);
      return { path: entry, type: isThere ? changed : deleted };
    });
    const fresh = [...(now ?? [])].filter((name) => !known.names.has(name));
    for (const name of fresh) known.names.add(name);
    return [
      ...(await Promise.all(reviewed)),
      ...fresh.map((name) => ({ path: below(path, name), type: created })),
    ];
  }

  async #namesIn(path: string): Promise<ReadonlySet<string>> {
    try {
      const entries = await this.#fs.readdir(path, { withFileTypes: true });
      return new Set(entries.map(({ name }) => name));
    } catch (error) {
      if (saysMissing(error)) return new Set();
      throw error;
    }
  }

  #directory(path: string): KnownDirectory {
    const known = this.#directories.get(path) ?? { names: new Set(), listed: false };
    this.#directories.set(path, known);
    return known;
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || directory === "/" || path.startsWith(`${directory}/`);
}
