/**
 * ProviderErrors: failures of file system calls as the kinds that an editor knows. What has no kind, a full disk or damaged data, is
 * the class itself, whose code is `Unknown`, with the message of the failure. `cause` is always the failure.
 */
import type { ErrorKind, FileSystemErrorClass, UriLike } from "./editor-types.js";
import { codeOf } from "./provided-fs.js";

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOENT: "FileNotFound",
  EEXIST: "FileExists",
  ERR_FS_CP_EEXIST: "FileExists",
  ENOTDIR: "FileNotADirectory",
  EISDIR: "FileIsADirectory",
  ERR_FS_EISDIR: "FileIsADirectory",
  EACCES: "NoPermissions",
  EPERM: "NoPermissions",
  EROFS: "NoPermissions",
  EBUSY: "Unavailable",
  EMFILE: "Unavailable",
  ENFILE: "Unavailable",
  EIO: "Unavailable",
  REPO_BUSY: "Unavailable",
  REPO_CLOSED: "Unavailable",
  REPO_LOCKED: "Unavailable",
  REPO_MISSING: "Unavailable",
  REPO_NOT_FOUND: "Unavailable",
  REPO_POISONED: "Unavailable",
  STALE_WRITER: "Unavailable",
  TRANSACTION_ENDED: "Unavailable",
  BACKEND_IO: "Unavailable",
  BACKEND_UNAVAILABLE: "Unavailable",
  WORKER_FAILED: "Unavailable",
};

/** What the workbench calls the kinds, in the names of errors, which are what survives its messages. */
const WORKBENCH_NAMES: Readonly<Record<ErrorKind, string>> = {
  FileNotFound: "EntryNotFound",
  FileExists: "EntryExists",
  FileNotADirectory: "EntryNotADirectory",
  FileIsADirectory: "EntryIsADirectory",
  NoPermissions: "NoPermissions",
  Unavailable: "Unavailable",
};

/**
 * What a provider throws that was given no class of the editor's. Its `code` is that of an extension's `FileSystemError`, and its
 * `name` what VS Code's workbench knows errors by.
 */
export class ProviderError extends Error {
  override readonly name: string;
  /** The kind, or `Unknown`. */
  readonly code: ErrorKind | "Unknown";

  constructor(messageOrUri?: string | UriLike, kind?: ErrorKind) {
    super(messageOrUri?.toString());
    this.name = `${kind === undefined ? "Unknown" : WORKBENCH_NAMES[kind]} (FileSystemError)`;
    this.code = kind ?? "Unknown";
  }

  static readonly FileNotFound = kind("FileNotFound");
  static readonly FileExists = kind("FileExists");
  static readonly FileNotADirectory = kind("FileNotADirectory");
  static readonly FileIsADirectory = kind("FileIsADirectory");
  static readonly NoPermissions = kind("NoPermissions");
  static readonly Unavailable = kind("Unavailable");
}

function kind(code: ErrorKind) {
  return (messageOrUri?: string | UriLike): ProviderError => new ProviderError(messageOrUri, code);
}

/** Errors of one editor, about its own URIs. */
export class ProviderErrors<Uri> {
  readonly #class: FileSystemErrorClass<Uri>;

  constructor(errorClass: FileSystemErrorClass<Uri>) {
    this.#class = errorClass;
  }

  of(kind: ErrorKind, uri: Uri): Error {
    return this.#class[kind](uri);
  }

  /** The failure of a call about `uri`, as the editor knows it. */
  from(failure: unknown, uri: Uri): Error {
    if (failure instanceof this.#class) return failure;
    const kind = KINDS[codeOf(failure) ?? ""];
    const message = failure instanceof Error ? failure.message : String(failure);
    const error = kind === undefined ? new this.#class(message) : this.#class[kind](uri);
    return Object.assign(error, { cause: failure });
  }
}
