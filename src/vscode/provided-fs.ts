/**
 * ProvidedFs: what a provider needs of the files that it shows, in the shape of `node:fs/promises`. A RepoFs has it, whether of a repo,
 * a transaction or a snapshot, and so has Node's own module.
 */

/** An entry of a directory, or what `stat` tells of its kind. */
export interface EntryKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export interface FsStats extends EntryKind {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly birthtimeMs: number;
}

export interface FsEntry extends EntryKind {
  readonly name: string;
}

export interface FsChange {
  readonly eventType: string;
  readonly filename: string | null;
}

export interface ProvidedFs {
  readonly constants: {
    readonly COPYFILE_EXCL: number;
    readonly O_TRUNC: number;
    readonly O_WRONLY: number;
    readonly W_OK: number;
  };
  stat(path: string): Promise<FsStats>;
  lstat(path: string): Promise<FsStats>;
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<readonly FsEntry[]>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(
    path: string,
    data: Uint8Array,
    options: { readonly flag: string | number },
  ): Promise<void>;
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rm(path: string, options: { readonly recursive: true; readonly force?: boolean }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;
  cp(
    from: string,
    to: string,
    options: { readonly recursive: true; readonly verbatimSymlinks: true },
  ): Promise<void>;
  access(path: string, mode: number): Promise<void>;
  realpath(path: string): Promise<string>;
  watch(
    path: string,
    options: { readonly recursive: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<FsChange>;
}

/** The code of an error of such a call, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Whether the error says that there is nothing at the path. */
export function saysMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** What is at the path itself, if anything is. */
export async function find(fs: ProvidedFs, path: string): Promise<FsStats | undefined> {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (saysMissing(error)) return undefined;
    throw error;
  }
}
