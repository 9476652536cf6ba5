/**
 * Linux as the oracle: a FileSystem over Node's own fs in a temporary folder, for differential tests. It
 * is as thin as can be; symlinks must be relative, since the folder is not the real root.
 */
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import type { Attributes, DirEntry, FileType, OpenFlags } from "../../src/vfs/file-system.js";

function flagsOf(flags: OpenFlags): number {
  const writes = flags.write === true || flags.append === true;
  const access = !writes
    ? constants.O_RDONLY
    : flags.read === true
      ? constants.O_RDWR
      : constants.O_WRONLY;
  return (
    access |
    (flags.append === true ? constants.O_APPEND : 0) |
    (flags.create === true ? constants.O_CREAT : 0) |
    (flags.exclusive === true ? constants.O_EXCL : 0) |
    (flags.truncate === true ? constants.O_TRUNC : 0) |
    (flags.noFollow === true ? constants.O_NOFOLLOW : 0)
  );
}

interface KnowsType {
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function typeOf(entry: KnowsType): FileType {
  return entry.isDirectory() ? "directory" : entry.isSymbolicLink() ? "symlink" : "file";
}

export interface PlainStats {
  readonly type: FileType;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
}

export class NodeHandle {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, at)).bytesRead;
  }

  async write(bytes: Uint8Array, at: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, at)).bytesWritten;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export class NodeFileSystem {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Not `join`, which would resolve `..` by the text alone. */
  #at(path: string): string {
    return this.#root + path;
  }

  async lstat(path: string): Promise<PlainStats> {
    const stats = await fs.lstat(this.#at(path));
    const type = typeOf(stats);
    const { nlink, mode } = stats;
    return { type, mode: mode & 0o7777, nlink, size: type === "directory" ? 0 : stats.size };
  }

  async open(path: string, flags: OpenFlags, mode = 0o666): Promise<NodeHandle> {
    return new NodeHandle(await fs.open(this.#at(path), flagsOf(flags), mode));
  }

  readFile(path: string): Promise<Uint8Array> {
    return fs.readFile(this.#at(path));
  }

  async writeFile(path: string, bytes: Uint8Array, flags: OpenFlags, mode = 0o666): Promise<void> {
    await fs.writeFile(this.#at(path), bytes, { flag: flagsOf(flags) as unknown as string, mode });
  }

  mkdir(path: string, mode = 0o777): Promise<void> {
    return fs.mkdir(this.#at(path), { mode }).then(() => undefined);
  }

  rmdir(path: string): Promise<void> {
    return fs.rmdir(this.#at(path));
  }

  unlink(path: string): Promise<void> {
    return fs.unlink(this.#at(path));
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(this.#at(from), this.#at(to));
  }

  link(existing: string, path: string): Promise<void> {
    return fs.link(this.#at(existing), this.#at(path));
  }

  symlink(target: string, path: string): Promise<void> {
    return fs.symlink(target, this.#at(path));
  }

  readlink(path: string): Promise<string> {
    return fs.readlink(this.#at(path));
  }

  async readdir(path: string): Promise<Pick<DirEntry, "name" | "type">[]> {
    const entries = await fs.readdir(this.#at(path), { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, type: typeOf(entry) }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  async realpath(path: string): Promise<string> {
    const real = await fs.realpath(this.#at(path));
    const root = await fs.realpath(this.#root);
    return real === root ? "/" : real.slice(root.length);
  }

  truncate(path: string, size: number): Promise<void> {
    return fs.truncate(this.#at(path), size);
  }

  async setattr(path: string, changes: Attributes): Promise<void> {
    if (changes.mode !== undefined) await fs.chmod(this.#at(path), changes.mode);
  }
}
