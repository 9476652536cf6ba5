/** RepoPaths: what a repo does with paths, in the shape of ZboxFS; the base of Repo. */
import { isRepoError, type RepoErrorCode } from "../errors.js";
import type {
  EntryMetadata,
  FileMetadata,
  OpenFlags,
  RemoteRepo,
  VersionInfo,
} from "../worker/protocol.js";
import { toBoolean, toPath, toVersionLimit, type PathLike } from "./arguments.js";
import { File } from "./file.js";
import { FileHandle } from "./file-handle.js";

/** How a file is opened. Everything but `read` and `write` implies `write`. */
export interface OpenFileOptions {
  /** Default true. */
  readonly read?: boolean | undefined;
  /** Default false. */
  readonly write?: boolean | undefined;
  /** Every write lands at the end of the file, wherever that is by then. */
  readonly append?: boolean | undefined;
  /** Makes a version without content, unless the file is empty. */
  readonly truncate?: boolean | undefined;
  /** Makes the file if there is none. */
  readonly create?: boolean | undefined;
  /** Makes the file; EEXIST if there is one. */
  readonly createNew?: boolean | undefined;
  /** Versions to keep of the file if this call makes it, 1–255. Default: as the repo says. */
  readonly versionLimit?: number | undefined;
  /** Whether the file shares equal content with others, if this call makes it. Default: as the repo says. */
  readonly dedupChunk?: boolean | undefined;
}

/** What it means that a path leads nowhere. */
const NOWHERE: readonly RepoErrorCode[] = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"];

/**
 * Paths start at the root; `..` is resolved inside the tree. Every call is one transaction or reads one snapshot,
 * unless it says otherwise; calls that change something reject with EROFS in a repo that is open for reading, and with
 * ENOSPC where there is no room.
 */
export class RepoPaths {
  readonly #remote: RemoteRepo;

  /** @internal */
  constructor(remote: RemoteRepo) {
    this.#remote = remote;
  }

  /**
   * Opens a file for reading and writing; makes it if there is none, and a version without content if it is not
   * empty. A new file is version 1.
   *
   * @throws EISDIR, ENOTDIR, ENOENT for a directory that is missing
   * @example
   * ```ts
   * import type { Repo } from "cofferfs";
   *
   * export async function saveLetter(repo: Repo, text: string): Promise<void> {
   *   await using file = await repo.createFile("/letter.txt");
   *   await file.writeOnce(text);
   * }
   * ```
   */
  createFile(path: PathLike): Promise<File> {
    return this.openFile(path, { create: true, truncate: true });
  }

  /**
   * Opens a file, by default for reading. Any number of files can be open, and one file any number of times.
   *
   * @throws ENOENT, EEXIST, EISDIR, ENOTDIR, EROFS; TypeError or RangeError for bad options
   */
  async openFile(path: PathLike, options: OpenFileOptions = {}): Promise<File> {
    const flags = toFlags(options);
    return new File(this.#remote, await this.#remote.openFile(toPath(path), flags));
  }

  /** Makes an empty directory. @throws EEXIST, ENOENT, ENOTDIR */
  async createDir(path: PathLike): Promise<void> {
    return this.#remote.mkdir(toPath(path));
  }

  /**
   * Makes a directory and all that are missing above it, each in a transaction of its own; it may be there already.
   *
   * @throws EEXIST if something else is there, ENOTDIR
   */
  async createDirAll(path: PathLike): Promise<void> {
    await this.#remote.makeDirectories(toPath(path));
  }

  /** The entries of a directory in the order of their names' bytes, each with its metadata. @throws ENOENT, ENOTDIR */
  async readDir(path: PathLike): Promise<EntryMetadata[]> {
    return this.#remote.listMetadata(toPath(path));
  }

  /** What there is to know of a file or directory. @throws ENOENT, ENOTDIR */
  async metadata(path: PathLike): Promise<FileMetadata> {
    return this.#remote.metadata(toPath(path));
  }

  /**
   * The versions that are kept of a file's content (`versionLimit`), oldest first; the last is
   * the present one. Each `writeOnce`, `finish` and `setLen` of a File makes one, as do `writeFile`, `appendFile` and `truncate`, and
   * the changes of a FileHandle until it is closed.
   *
   * @throws ENOENT, EISDIR
   */
  async history(path: PathLike): Promise<VersionInfo[]> {
    return this.#remote.history(toPath(path));
  }

  /**
   * A version of a file, for reading. Once newer versions have taken its place, reads reject with NO_VERSION.
   *
   * @throws NO_VERSION, ENOENT, EISDIR
   */
  async openVersion(path: PathLike, version: number): Promise<FileHandle> {
    const fd = await this.#remote.openVersion(toPath(path), version);
    return new FileHandle(this.#remote, fd, false);
  }

  /**
   * Makes `to` a file with the content of `from`, as `fs.copyFile` does: content is shared, not copied, and a file that is
   * there gets a version. Does nothing if both are one file.
   *
   * @throws ENOENT, EISDIR, ENOTDIR; EBUSY if others keep changing `from`
   */
  async copy(from: PathLike, to: PathLike): Promise<void> {
    return this.#remote.copyFile(toPath(from, "from"), toPath(to, "to"), false);
  }

  /**
   * Copies a directory with everything below it, each entry in a transaction of its own. `to` is made if it is missing; what is
   * in it stays, and files of the same name are replaced.
   *
   * @throws ENOENT, ENOTDIR; EISDIR for a file where there is a directory; EINVAL into itself
   */
  async copyDirAll(from: PathLike, to: PathLike): Promise<void> {
    return this.#remote.copyDirectory(toPath(from, "from"), toPath(to, "to"));
  }

  /** Removes a file or a symlink. Who has it open can go on with it. @throws ENOENT, EISDIR, ENOTDIR */
  async removeFile(path: PathLike): Promise<void> {
    return this.#remote.unlink(toPath(path));
  }

  /** Removes an empty directory. @throws ENOENT, ENOTDIR, ENOTEMPTY, EBUSY for the root */
  async removeDir(path: PathLike): Promise<void> {
    return this.#remote.rmdir(toPath(path));
  }

  /**
   * Removes a directory and everything below it, each entry in a transaction of its own; of the root only what is in it.
   *
   * @throws ENOENT, ENOTDIR
   */
  async removeDirAll(path: PathLike): Promise<void> {
    return this.#remote.removeDirectoryTree(toPath(path));
  }

  /**
   * Gives a file or directory another name. Unlike `fs.rename` it replaces nothing.
   *
   * @throws ENOENT, ENOTDIR, EEXIST; EINVAL to itself or into itself; EBUSY for the root
   */
  async rename(from: PathLike, to: PathLike): Promise<void> {
    return this.#remote.renameNew(toPath(from, "from"), toPath(to, "to"));
  }

  /** Whether the path leads to a file or directory. */
  async pathExists(path: PathLike): Promise<boolean> {
    return (await this.#typeOf(path)) !== undefined;
  }

  /** Whether the path leads to a file. */
  async isFile(path: PathLike): Promise<boolean> {
    return (await this.#typeOf(path)) === "file";
  }

  /** Whether the path leads to a directory. */
  async isDir(path: PathLike): Promise<boolean> {
    return (await this.#typeOf(path)) === "directory";
  }

  async #typeOf(path: PathLike): Promise<FileMetadata["type"] | undefined> {
    try {
      return (await this.metadata(path)).type;
    } catch (error) {
      if (isRepoError(error) && NOWHERE.includes(error.code)) return undefined;
      throw error;
    }
  }
}

function toFlags(options: OpenFileOptions): OpenFlags {
  const has = (name: Exclude<keyof OpenFileOptions, "versionLimit">): boolean =>
    toBoolean(options[name], name);
  const { versionLimit, dedupChunk } = options;
  const [append, truncate, exclusive] = [has("append"), has("truncate"), has("createNew")];
  const create = has("create") || exclusive;
  const write = has("write") || append || truncate || create;
  const read = toBoolean(options.read, "read", true);
  return {
    ...{ read, write, append, truncate, create, exclusive },
    ...(versionLimit !== undefined && { versionLimit: toVersionLimit(versionLimit) }),
    ...(dedupChunk !== undefined && { dedup: has("dedupChunk") }),
  };
}
