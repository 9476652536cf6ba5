/**
 * WorkbenchProvider: the same files in the shape of VS Code's internal `IFileSystemProvider`, which is what editors built from its workbench
 * (monaco-vscode-api among them) register.
 */
import type { EditorEvent, FileStat, UriLike, WatchRequest } from "./editor-types.js";
import { Emitter } from "./emitter.js";
import { ProviderCore, type EditorModule, type ProviderOptions } from "./file-system-provider.js";
import type { ProvidedFs } from "./provided-fs.js";
import { ProviderError } from "./provider-errors.js";

/** Bits of `capabilities`. */
const CAPABILITY = {
  fileReadWrite: 2,
  fileFolderCopy: 8,
  pathCaseSensitive: 1024,
  readonly: 2048,
  fileAtomicRead: 16_384,
  fileAtomicWrite: 32_768,
  fileRealpath: 262_144,
} as const;

export interface WorkbenchChange<Uri> {
  /** 0 for changed, 1 for created, 2 for deleted. */
  readonly type: number;
  readonly resource: Uri;
  /** That of the watch. */
  readonly cId?: number;
}

/**
 * Can be given wherever `IFileSystemProvider` is asked for. Methods do what those of {@link FileSystemProvider} do, and reject with
 * the same errors.
 */
export interface WorkbenchFileSystemProvider<Uri extends UriLike = UriLike> {
  /**
   * Reading and writing of whole files, each at once, copying of folders, real paths, names that differ by case; read-only if
   * the options say so.
   */
  readonly capabilities: number;
  readonly onDidChangeCapabilities: EditorEvent<void>;
  readonly onDidChangeFile: EditorEvent<readonly WorkbenchChange<Uri>[]>;
  watch(resource: Uri, options: WatchRequest): { dispose(): void };
  stat(resource: Uri): Promise<FileStat>;
  mkdir(resource: Uri): Promise<void>;
  readdir(resource: Uri): Promise<[name: string, type: number][]>;
  readFile(resource: Uri): Promise<Uint8Array>;
  writeFile(
    resource: Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void>;
  delete(resource: Uri, options: { readonly recursive: boolean }): Promise<void>;
  rename(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void>;
  copy(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void>;
  realpath(resource: Uri): Promise<string>;
  /** Ends all watches. */
  dispose(): void;
}

/**
 * Files for an editor that is built from VS Code's workbench. Say `readOnly` of what is: the workbench asks before there is an
 * answer of the file system.
 *
 * @param vscode the class of errors, as for {@link fileSystemProvider}; none is needed
 * @example
 * ```ts
 * import { registerFileSystemOverlay } from "@codingame/monaco-vscode-files-service-override";
 * import type { Repo } from "cofferfs";
 * import { workbenchFileSystemProvider } from "cofferfs/vscode";
 *
 * export function show(repo: Repo): void {
 *   registerFileSystemOverlay(1, workbenchFileSystemProvider(repo.fs, undefined, { root: "/project" }));
 * }
 * ```
 */
export function workbenchFileSystemProvider<Uri extends UriLike = UriLike>(
  fs: ProvidedFs,
  vscode: EditorModule<Uri> = { FileSystemError: ProviderError },
  options: ProviderOptions = {},
): WorkbenchFileSystemProvider<Uri> {
  return new WorkbenchProvider(fs, vscode, options);
}

class WorkbenchProvider<Uri extends UriLike> implements WorkbenchFileSystemProvider<Uri> {
  readonly #core: ProviderCore<Uri>;
  readonly #changes = new Emitter<readonly WorkbenchChange<Uri>[]>();
  readonly capabilities: number;
  readonly onDidChangeFile = this.#changes.event;
  /** They never do. */
  readonly onDidChangeCapabilities: EditorEvent<void> = new Emitter<undefined>().event;

  constructor(fs: ProvidedFs, vscode: EditorModule<Uri>, options: ProviderOptions) {
    this.#core = new ProviderCore(fs, vscode, options);
    this.capabilities =
      CAPABILITY.fileReadWrite |
      CAPABILITY.fileFolderCopy |
      CAPABILITY.pathCaseSensitive |
      CAPABILITY.fileAtomicRead |
      CAPABILITY.fileAtomicWrite |
      CAPABILITY.fileRealpath |
      (options.readOnly === true ? CAPABILITY.readonly : 0);
    this.#core.onDidChangeFile((changes) => {
      // A batch belongs to one watch, or to those that have not asked for a mark.
      for (const id of new Set(changes.map(({ correlationId }) => correlationId)))
        this.#changes.fire(
          changes
            .filter(({ correlationId }) => correlationId === id)
            .map(({ type, uri }) => ({
              type: type - 1,
              resource: uri,
              ...(id !== undefined && { cId: id }),
            })),
        );
    });
  }

  watch(resource: Uri, options: WatchRequest): { dispose(): void } {
    return this.#core.watch(resource, options);
  }

  stat(resource: Uri): Promise<FileStat> {
    return this.#core.stat(resource);
  }

  mkdir(resource: Uri): Promise<void> {
    return this.#core.createDirectory(resource);
  }

  readdir(resource: Uri): Promise<[string, number][]> {
    return this.#core.readDirectory(resource);
  }

  readFile(resource: Uri): Promise<Uint8Array> {
    return this.#core.readFile(resource);
  }

  writeFile(
    resource: Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    return this.#core.writeFile(resource, content, options);
  }

  delete(resource: Uri, options: { readonly recursive: boolean }): Promise<void> {
    return this.#core.delete(resource, options);
  }

  rename(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.#core.rename(from, to, options);
  }

  copy(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.#core.copy(from, to, options);
  }

  realpath(resource: Uri): Promise<string> {
    return this.#core.realPath(resource);
  }

  dispose(): void {
    this.#core.dispose();
    this.#changes.dispose();
  }
}
