/**
 * The shape of VS Code's `FileSystemProvider`, so that nothing of the editor is imported: `Uri` is whatever class the editor has.
 * A test holds these types against those of `@types/vscode`.
 */

/** What is needed of an editor's `Uri`. */
export interface UriLike {
  readonly path: string;
  with(change: { readonly path: string }): this;
  toString(): string;
}

export interface DisposableLike {
  dispose(): unknown;
}

/** Calls the listener at each event until what it returns is disposed of. */
export type EditorEvent<T> = (
  listener: (event: T) => unknown,
  thisArg?: unknown,
  disposables?: DisposableLike[],
) => { dispose(): void };

/** Bits of `FileStat.type`: a symlink has its own and that of what it leads to, `unknown` if that is nothing. */
export const FILE_TYPE = { unknown: 0, file: 1, directory: 2, symbolicLink: 64 } as const;

/** Bits of `FileStat.permissions`. */
export const FILE_PERMISSION = { readonly: 1 } as const;

/** Values of `FileChange.type`. */
export const FILE_CHANGE = { changed: 1, created: 2, deleted: 3 } as const;

export interface FileStat {
  /** Bits, see {@link FILE_TYPE}. */
  readonly type: number;
  /** When it was made, in milliseconds since 1970. */
  readonly ctime: number;
  /** When its content was last changed, in milliseconds since 1970. */
  readonly mtime: number;
  /** In bytes. */
  readonly size: number;
  /** Bits, see {@link FILE_PERMISSION}; missing if none is set. */
  readonly permissions?: number;
}

export interface FileChange<Uri> {
  /** One of {@link FILE_CHANGE}. */
  readonly type: number;
  readonly uri: Uri;
}

/** What can be wrong, as the editor tells it apart. */
export type ErrorKind =
  | "FileNotFound"
  | "FileExists"
  | "FileNotADirectory"
  | "FileIsADirectory"
  | "NoPermissions"
  | "Unavailable";

/** The class `FileSystemError` of the module `vscode`. */
export type FileSystemErrorClass<Uri> = (new (messageOrUri?: string | Uri) => Error) &
  Readonly<Record<ErrorKind, (messageOrUri?: string | Uri) => Error>>;

export interface WatchRequest {
  /** With everything below. */
  readonly recursive: boolean;
  /** Absolute paths, paths relative to what is watched, and glob patterns; what they match is left out, with everything below. */
  readonly excludes: readonly string[];
  /** Comes back with every change that this watch tells of; VS Code's workbench uses it, extensions do not. */
  readonly correlationId?: number | undefined;
}
