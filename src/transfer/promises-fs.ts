/**
 * PromisesFs: as much of `node:fs/promises` as imports and exports use, so that `repo.fs`, Node's own module, `fs.promises` of ZenFS and
 * LightningFS, and others of that shape can be either side.
 */

export interface PromisesStats {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  readonly size: number;
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
}

export interface PromisesHandle {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** What is read. */
export interface ReadableFs {
  readdir(path: string): Promise<readonly string[]>;
  lstat(path: string): Promise<PromisesStats>;
  readFile(path: string): Promise<Uint8Array | string>;
  readlink(path: string): Promise<string>;
  /** Without it, files are read in one piece. */
  open?(path: string, flags: string): Promise<PromisesHandle>;
}

export interface WritableHandle extends PromisesHandle {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** What is written. */
export interface PromisesFs {
  lstat(path: string): Promise<PromisesStats>;
  mkdir(path: string, options?: { readonly recursive?: boolean }): Promise<unknown>;
  open(path: string, flags: string): Promise<WritableHandle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  utimes(path: string, atime: Date, mtime: Date): Promise<void>;
}
