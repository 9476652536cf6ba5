/**
 * RepoError: the one error class of the package. Every failure that a caller can meet has a code;
 * namespace codes are those of Node, the others are ours (README, "Errors"). Broken invariants are
 * not errors but assertions (assert.ts).
 */

/** Namespace and argument errors, worded as Node words them. */
const NODE_ERRORS = {
  ENOENT: [-2, "no such file or directory"],
  EBADF: [-9, "bad file descriptor"],
  EACCES: [-13, "permission denied"],
  EBUSY: [-16, "resource busy or locked"],
  EEXIST: [-17, "file already exists"],
  EXDEV: [-18, "cross-device link not permitted"],
  ENOTDIR: [-20, "not a directory"],
  EISDIR: [-21, "illegal operation on a directory"],
  EINVAL: [-22, "invalid argument"],
  EMFILE: [-24, "too many open files"],
  EFBIG: [-27, "file too large"],
  ENOSPC: [-28, "no space left on device"],
  EROFS: [-30, "read-only file system"],
  EPERM: [-1, "operation not permitted"],
  EMLINK: [-31, "too many links"],
  ENAMETOOLONG: [-36, "name too long"],
  ENOTEMPTY: [-39, "directory not empty"],
  ELOOP: [-40, "too many symbolic links encountered"],
  ENOTSUP: [-95, "operation not supported on socket"],
  ESTALE: [-116, "stale file handle"],
  EDQUOT: [-122, "disk quota exceeded"],
} as const satisfies Record<string, readonly [errno: number, text: string]>;

/** What `cp` and `rm` of Node say of calls that make no sense; they look different there. */
const CALL_ERRORS = {
  ERR_FS_CP_DIR_TO_NON_DIR: [21, "EISDIR", "Cannot overwrite non-directory with directory"],
  ERR_FS_CP_EEXIST: [17, "EEXIST", "Target already exists"],
  ERR_FS_CP_EINVAL: [22, "EINVAL", "Invalid src or dest"],
  ERR_FS_CP_NON_DIR_TO_DIR: [20, "ENOTDIR", "Cannot overwrite directory with non-directory"],
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: [
    22,
    "EINVAL",
    "Cannot overwrite symlink in subdirectory of self",
  ],
  ERR_FS_EISDIR: [21, "EISDIR", "Path is a directory"],
} as const satisfies Record<string, readonly [errno: number, code: string, text: string]>;

/** Errors of the repo itself, its keys, its integrity, its storage, and of what is imported into it. */
const REPO_ERRORS = {
  REPO_NOT_FOUND: "there is no repo at this address",
  REPO_EXISTS: "there is already a repo at this address",
  REPO_BUSY: "the repo is in use, by another tab or worker or by this very page",
  REPO_CLOSED: "the repo is closed",
  REPO_LOCKED: "the repo is locked",
  REPO_POISONED: "an earlier failure left the outcome of a commit unknown; reopen the repo",
  REPO_MISSING: "a repo that is known to have existed here is gone",
  FORMAT_UNSUPPORTED: "this is not a repo, or its format is newer than this version reads",
  NO_VERSION: "the file has no such version",
  TRANSACTION_CONFLICT: "others have changed what the transaction relies on",
  TRANSACTION_ENDED: "the transaction has ended",
  UNLOCK_FAILED: "wrong credential, or the key slots are damaged",
  PASSKEY_CANCELLED: "no passkey was used: refused, timed out, or none of them is here",
  PASSKEY_UNSUPPORTED: "the browser or authenticator has no passkeys with the prf extension",
  KDF_LIMIT: "the key derivation asks for more than the allowed memory or time",
  KDF_TOO_WEAK: "the key derivation is cheaper than the allowed minimum",
  INTEGRITY: "stored data failed authentication",
  ROLLBACK: "the storage holds an older state than one already seen",
  STALE_WRITER: "another writer has taken over this repo",
  BACKEND_UNAVAILABLE: "the browser lacks what this storage needs",
  BACKEND_IO: "the storage failed to read or write",
  WORKER_FAILED: "the worker died or failed to load",
  ARCHIVE_DAMAGED: "the archive is damaged, or is none",
  ARCHIVE_UNSUPPORTED: "the archive uses what is not supported",
  ENTRY_REFUSED: "the entry is not let in",
} as const;

export type NodeErrorCode = keyof typeof NODE_ERRORS;
/** Of `cp` and `rm`. */
export type CallErrorCode = keyof typeof CALL_ERRORS;
export type RepoErrorCode = NodeErrorCode | CallErrorCode | keyof typeof REPO_ERRORS;

export interface RepoErrorDetails {
  /** The call that failed, as Node names it: `open`, `rename`, … */
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  readonly cause?: unknown;
  /** Replaces the standard text of the code. Never holds keys, passwords or content. */
  readonly message?: string | undefined;
}

function isNodeCode(code: RepoErrorCode): code is NodeErrorCode {
  return code in NODE_ERRORS;
}

function isCallCode(code: RepoErrorCode): code is CallErrorCode {
  return code in CALL_ERRORS;
}

function wording(code: RepoErrorCode, details: RepoErrorDetails): string {
  if (isCallCode(code)) {
    const [, cause, text] = CALL_ERRORS[code];
    return `${text}: ${details.syscall} returned ${cause} (${details.message}) ${details.path}`;
  }
  const text = details.message ?? (isNodeCode(code) ? NODE_ERRORS[code][1] : REPO_ERRORS[code]);
  const syscall = details.syscall === undefined ? "" : `, ${details.syscall}`;
  const path = details.path === undefined ? "" : ` '${details.path}'`;
  const dest = details.dest === undefined ? "" : ` -> '${details.dest}'`;
  return `${code}: ${text}${syscall}${path}${dest}`;
}

/** A failure with a stable {@link RepoErrorCode}; message and fields follow Node's system errors. */
export class RepoError extends Error {
  override readonly name = "RepoError";
  readonly code: RepoErrorCode;
  declare readonly errno?: number;
  declare readonly syscall?: string;
  declare readonly path?: string;
  declare readonly dest?: string;

  constructor(code: RepoErrorCode, details: RepoErrorDetails = {}) {
    super(wording(code, details), details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    if (isNodeCode(code)) this.errno = NODE_ERRORS[code][0];
    if (isCallCode(code)) this.errno = CALL_ERRORS[code][0];
    if (details.syscall !== undefined) this.syscall = details.syscall;
    if (details.path !== undefined) this.path = details.path;
    if (details.dest !== undefined) this.dest = details.dest;
  }
}

/** Whether `error` is a {@link RepoError}, with `code` if one is given. */
export function isRepoError(error: unknown, code?: RepoErrorCode): error is RepoError {
  return error instanceof RepoError && (code === undefined || error.code === code);
}
