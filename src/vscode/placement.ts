/**
 * Placement: moving and copying to a path at which there may be something. What is there is replaced, not merged, and
 * only once what replaces it is whole; whatever fails leaves it as it was.
 */
import { codeOf, find, type FsStats, type ProvidedFs } from "./provided-fs.js";
import type { Staging } from "./staging.js";
import { parentOf } from "./uri-paths.js";

export interface Placement {
  readonly from: string;
  readonly to: string;
  /** Whether what is at `to` may be replaced; otherwise EEXIST. */
  readonly overwrite: boolean;
}

export class Placer {
  readonly #fs: ProvidedFs;
  readonly #staging: Staging;

  constructor(fs: ProvidedFs, staging: Staging) {
    this.#fs = fs;
    this.#staging = staging;
  }

  /** `source` is what is at `from`. */
  async move({ from, to, overwrite }: Placement, source: FsStats): Promise<void> {
    const fs = this.#fs;
    const target = await find(fs, to);
    if (target !== undefined && !overwrite) throw occupied(to);
    if (target === undefined || isReplacedByRename(source, target)) {
      await fs.rename(from, to);
      return;
    }
    await this.#staging.beside(to, async (aside) => {
      await fs.rename(to, aside);
      try {
        await fs.rename(from, to);
      } catch (error) {
        await fs.rename(aside, to);
        throw error;
      }
      await fs.rm(aside, { recursive: true, force: true });
    });
  }

  /** Content and links as they are; the copy appears whole. */
  async copy(placement: Placement, source: FsStats): Promise<void> {
    const { from, to, overwrite } = placement;
    const fs = this.#fs;
    const target = await find(fs, to);
    if (target !== undefined && !overwrite) throw occupied(to);
    if (source.isFile() && (target === undefined || target.isFile())) {
      // Onto itself, also by another name, there is nothing to do.
      if (target !== undefined && isSameInode(source, target)) return;
      await fs.copyFile(from, to, overwrite ? 0 : fs.constants.COPYFILE_EXCL);
      return;
    }
    // `cp` would make the folders above.
    await fs.stat(`${parentOf(to)}/`);
    await this.#staging.beside(to, async (staged) => {
      try {
        await fs.cp(from, staged, { recursive: true, verbatimSymlinks: true });
        await this.move({ from: staged, to, overwrite }, source);
      } catch (error) {
        await this.#discard(staged);
        throw error;
      }
    });
  }

  async #discard(staged: string): Promise<void> {
    try {
      await this.#fs.rm(staged, { recursive: true, force: true });
    } catch (error) {
      // What made the copy fail is what the caller is told; here it is the same again.
      if (codeOf(error) === undefined) throw error;
    }
  }
}

function occupied(path: string): Error {
  return Object.assign(new Error(`EEXIST: file already exists '${path}'`), { code: "EEXIST" });
}

/** Two names of one file are left as they are by a rename, and directories are replaced only if they are empty. */
function isReplacedByRename(source: FsStats, target: FsStats): boolean {
  return !source.isDirectory() && !target.isDirectory() && !isSameInode(source, target);
}

function isSameInode(one: FsStats, other: FsStats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}
