/**
 * FileSystemProvider: files in the shape of `node:fs/promises` as VS Code's extensions provide them. One core, of which the
 * workbench's own interface is another face (workbench-provider.ts).
 */
import {
  FILE_PERMISSION,
  FILE_TYPE,
  type DisposableLike,
  type EditorEvent,
  type FileChange,
  type FileStat,
  type FileSystemErrorClass,
  type UriLike,
  type WatchRequest,
} from "./editor-types.js";
import { Emitter } from "./emitter.js";
import { excluder } from "./excludes.js";
import { KnownEntries } from "./known-entries.js";
import { Placer, type Placement } from "./placement.js";
import {
  codeOf,
  saysMissing,
  type EntryKind,
  type FsStats,
  type ProvidedFs,
} from "./provided-fs.js";
import { ProviderError, ProviderErrors } from "./provider-errors.js";
import { Staging } from "./staging.js";
import { Turns } from "./turns.js";
import { below, relativePath, UriPaths } from "./uri-paths.js";
import { Watches, type WatchedChange } from "./watches.js";

export interface ProviderOptions {
  /** The directory that is shown as the root of every URI. Default `/`. Symlinks may lead out of it. */
  readonly root?: string | undefined;
  /** Shows everything as read-only and refuses every change. Default: as the file system itself says. */
  readonly readOnly?: boolean | undefined;
  /** How long changes are gathered before they are told, in milliseconds. Default 30. */
  readonly coalesceMs?: number | undefined;
}

/** What is needed of the module `vscode`: its class of errors. */
export interface EditorModule<Uri> {
  readonly FileSystemError: FileSystemErrorClass<Uri>;
}

/**
 * Can be given wherever `vscode.FileSystemProvider` is asked for. Every method rejects with the editor's `FileSystemError`, of the kind that VS Code's
 * documentation names; `cause` is the failure of the file system. What has no kind there (a folder that is not empty, a full disk, damaged data)
 * has the code `Unknown`, and whatever makes the repo unusable for now (locked, closed, its worker gone) is `Unavailable`.
 */
export interface FileSystemProvider<Uri extends UriLike = UriLike> extends DisposableLike {
  /** Batches of changes below what is watched, each path once. */
  readonly onDidChangeFile: EditorEvent<FileChange<Uri>[]>;

  /**
   * Follows a path, also if nothing is there yet. What `excludes` match is left out, with everything below. If the repo is locked, it goes on after the
   * first call that succeeds.
   */
  watch(uri: Uri, options: WatchRequest): { dispose(): void };

  /** Of what a symlink leads to, with the link's bit; of the link itself if that is nothing. @throws FileNotFound */
  stat(uri: Uri): Promise<FileStat>;

  /** Names and types of a folder's entries. @throws FileNotFound, FileNotADirectory */
  readDirectory(uri: Uri): Promise<[name: string, type: number][]>;

  /** A new folder in one that is there. @throws FileExists, FileNotFound, NoPermissions */
  createDirectory(uri: Uri): Promise<void>;

  /** The whole content. @throws FileNotFound, FileIsADirectory */
  readFile(uri: Uri): Promise<Uint8Array>;

  /**
   * Replaces the content, at once: readers see the old or the new one, also after a crash. With neither `create` nor `overwrite` it never
   * succeeds.
   *
   * @throws FileNotFound without `create`, or for a folder that is missing; FileExists without `overwrite`; FileIsADirectory, NoPermissions
   */
  writeFile(
    uri: Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void>;

  /** A symlink goes itself. @throws FileNotFound, NoPermissions for the root; of code `Unknown` for a folder with entries, unless `recursive` */
  delete(uri: Uri, options: { readonly recursive: boolean }): Promise<void>;

  /**
   * Atomic where nothing is replaced, and where a file replaces a file. What else is replaced is out of the way first and removed last; if it
   * fails, it is back.
   *
   * @throws FileNotFound, FileExists without `overwrite`, NoPermissions for the root
   */
  rename(oldUri: Uri, newUri: Uri, options: { readonly overwrite: boolean }): Promise<void>;

  /**
   * A copy with everything below, which appears whole; what it replaces is not merged with it. Symlinks are copied as links.
   *
   * @throws FileNotFound, FileExists without `overwrite`, NoPermissions
   */
  copy(source: Uri, destination: Uri, options: { readonly overwrite: boolean }): Promise<void>;

  /** Ends all watches. */
  dispose(): void;
}

const DEFAULT_COALESCE_MS = 30;

/**
 * Files for VS Code and what is made of it: `repo.fs`, that of a snapshot or a transaction, or anything else of the shape of
 * `node:fs/promises`. Names differ by case, so register it with `isCaseSensitive: true`.
 *
 * @param fs the files
 * @param vscode the module `vscode`, for its class of errors; without it they are {@link ProviderError}s
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { fileSystemProvider } from "cofferfs/vscode";
 * import * as vscode from "vscode";
 *
 * export function show(repo: Repo, context: vscode.ExtensionContext): void {
 *   const provider = fileSystemProvider(repo.fs, vscode);
 *   const options = { isCaseSensitive: true };
 *   context.subscriptions.push(
 *     provider,
 *     vscode.workspace.registerFileSystemProvider("coffer", provider, options),
 *   );
 * }
 * ```
 */
export function fileSystemProvider<Uri extends UriLike = UriLike>(
  fs: ProvidedFs,
  vscode: EditorModule<Uri> = { FileSystemError: ProviderError },
  options: ProviderOptions = {},
): FileSystemProvider<Uri> {
  return new ProviderCore(fs, vscode, options);
}

export class ProviderCore<Uri extends UriLike> implements FileSystemProvider<Uri> {
  readonly #fs: ProvidedFs;
  readonly #errors: ProviderErrors<Uri>;
  readonly #paths: UriPaths;
  readonly #changes = new Emitter<WatchedChange<Uri>[]>();
  readonly #known: KnownEntries;
  readonly #watches: Watches<Uri>;
  readonly #staging = new Staging();
  readonly #placer: Placer;
  readonly #turns = new Turns();
  /** Undefined until the file system has said. */
  #isReadOnly: boolean | undefined;
  readonly #refusesChanges: boolean;

  readonly onDidChangeFile: EditorEvent<WatchedChange<Uri>[]> = this.#changes.event;

  constructor(fs: ProvidedFs, { FileSystemError }: EditorModule<Uri>, options: ProviderOptions) {
    this.#fs = fs;
    this.#errors = new ProviderErrors(FileSystemError);
    this.#paths = new UriPaths(options.root ?? "/");
    this.#refusesChanges = options.readOnly === true;
    this.#isReadOnly = options.readOnly;
    this.#known = new KnownEntries(fs);
    this.#placer = new Placer(fs, this.#staging);
    const coalesceMs = options.coalesceMs ?? DEFAULT_COALESCE_MS;
    this.#watches = new Watches(fs, this.#known, coalesceMs, (changes) => {
      this.#changes.fire(changes);
    });
  }

  watch(uri: Uri, { recursive, excludes, correlationId }: WatchRequest): { dispose(): void } {
    const path = this.#paths.pathOf(uri);
    return this.#watches.add({
      path,
      recursive,
      correlationId,
      excludes: excluder(this.#paths.uriPathOf(path), excludes),
      uriOf: (changed) =>
        changed === path ? uri : uri.with({ path: this.#paths.uriPathOf(changed) }),
    });
  }

  stat(uri: Uri): Promise<FileStat> {
    return this.#call(uri, async (path) => {
      const [link, isReadOnly] = await Promise.all([this.#fs.lstat(path), this.#tellsReadOnly()]);
      const target = link.isSymbolicLink() ? await this.#targetOf(path) : undefined;
      const { size, mtimeMs, birthtimeMs } = target ?? link;
      this.#known.add(path);
      return {
        type: typeOf(link, target),
        ctime: birthtimeMs,
        mtime: mtimeMs,
        size,
        ...(isReadOnly && { permissions: FILE_PERMISSION.readonly }),
      };
    });
  }

  readDirectory(uri: Uri): Promise<[string, number][]> {
    return this.#call(uri, async (path) => {
      const all = await this.#fs.readdir(path, { withFileTypes: true });
      const entries = all.filter(({ name }) => !this.#staging.isInUse(below(path, name)));
      this.#known.list(
        path,
        entries.map(({ name }) => name),
      );
      return Promise.all(
        entries.map(async (entry): Promise<[string, number]> => {
          const at = below(path, entry.name);
          const target = entry.isSymbolicLink() ? await this.#targetOf(at) : undefined;
          return [entry.name, typeOf(entry, target)];
        }),
      );
    });
  }

  createDirectory(uri: Uri): Promise<void> {
    return this.#change(uri, async (path) => {
      await this.#fs.mkdir(path);
    });
  }

  readFile(uri: Uri): Promise<Uint8Array> {
    return this.#call(uri, async (path) => {
      const content = await this.#fs.readFile(path);
      this.#known.add(path);
      return content;
    });
  }

  writeFile(
    uri: Uri,
    content: Uint8Array,
    { create, overwrite }: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    return this.#change(uri, async (path) => {
      if (!create && !overwrite) {
        await this.#fs.lstat(path);
        throw this.#errors.of("FileExists", uri);
      }
      await this.#fs.writeFile(path, content, { flag: this.#flagOf(create, overwrite) });
      this.#known.add(path);
    });
  }

  delete(uri: Uri, { recursive }: { readonly recursive: boolean }): Promise<void> {
    return this.#change(uri, async (path) => {
      this.#refuseRoot(uri);
      if (recursive) await this.#fs.rm(path, { recursive });
      else if ((await this.#fs.lstat(path)).isDirectory()) await this.#fs.rmdir(path);
      else await this.#fs.unlink(path);
    });
  }

  rename(oldUri: Uri, newUri: Uri, { overwrite }: { readonly overwrite: boolean }): Promise<void> {
    return this.#place(oldUri, newUri, overwrite, async (placement, source) => {
      this.#refuseRoot(oldUri);
      await this.#placer.move(placement, source);
    });
  }

  copy(
    source: Uri,
    destination: Uri,
    { overwrite }: { readonly overwrite: boolean },
  ): Promise<void> {
    return this.#place(source, destination, overwrite, (placement, stats) =>
      this.#placer.copy(placement, stats),
    );
  }

  /** The path of the URI without symlinks; as it is where they lead out of the root. */
  realPath(uri: Uri): Promise<string> {
    return this.#call(uri, async (path) => {
      const [root, real] = await Promise.all(
        [this.#paths.root, path].map((given) => this.#fs.realpath(given)),
      );
      return relativePath(root ?? "/", real ?? path) ?? uri.path;
    });
  }

  dispose(): void {
    this.#watches.dispose();
    this.#changes.dispose();
  }

  /** Runs a call about a URI, so that it fails in the editor's words. */
  async #call<T>(uri: Uri, work: (path: string) => Promise<T>): Promise<T> {
    try {
      const result = await work(this.#paths.pathOf(uri));
      this.#watches.revive();
      return result;
    } catch (error) {
      throw this.#errors.from(error, uri);
    }
  }

  /** The same for one that makes or removes what the URI names, in turn with others that do. */
  #change(uri: Uri, work: (path: string) => Promise<void>): Promise<void> {
    return this.#call(uri, async (path) => {
      if (this.#refusesChanges) throw this.#errors.of("NoPermissions", uri);
      await this.#turns.take(path, () => work(path));
    });
  }

  #place(
    from: Uri,
    to: Uri,
    overwrite: boolean,
    work: (placement: Placement, source: FsStats) => Promise<void>,
  ): Promise<void> {
    return this.#change(to, async (path) => {
      const origin = this.#paths.pathOf(from);
      const source = await this.#call(from, () => this.#fs.lstat(origin));
      if (overwrite && origin === path) return;
      if (overwrite && this.#paths.isRoot(to)) throw this.#errors.of("NoPermissions", to);
      await work({ from: origin, to: path, overwrite }, source);
    });
  }

  #refuseRoot(uri: Uri): void {
    if (this.#paths.isRoot(uri)) throw this.#errors.of("NoPermissions", uri);
  }

  #flagOf(create: boolean, overwrite: boolean): string | number {
    const { O_TRUNC, O_WRONLY } = this.#fs.constants;
    if (!create) return O_WRONLY | O_TRUNC;
    return overwrite ? "w" : "wx";
  }

  /** What a symlink leads to, if it leads anywhere. */
  async #targetOf(link: string): Promise<FsStats | undefined> {
    try {
      return await this.#fs.stat(link);
    } catch (error) {
      if (saysMissing(error) || codeOf(error) === "ELOOP") return undefined;
      throw error;
    }
  }

  async #tellsReadOnly(): Promise<boolean> {
    if (this.#isReadOnly !== undefined) return this.#isReadOnly;
    try {
      await this.#fs.access(this.#paths.root, this.#fs.constants.W_OK);
      this.#isReadOnly = false;
    } catch (error) {
      // Anything else may be otherwise the next time.
      if (codeOf(error) === "EROFS" || codeOf(error) === "EACCES") this.#isReadOnly = true;
    }
    return this.#isReadOnly ?? false;
  }
}

/** `target` is what a symlink leads to. */
function typeOf(entry: EntryKind, target: EntryKind | undefined): number {
  if (entry.isSymbolicLink())
    return (
      FILE_TYPE.symbolicLink |
      (target === undefined ? FILE_TYPE.unknown : typeOf(target, undefined))
    );
  if (entry.isFile()) return FILE_TYPE.file;
  return entry.isDirectory() ? FILE_TYPE.directory : FILE_TYPE.unknown;
}
