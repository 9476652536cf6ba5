/** Errors of handles: DOMExceptions by the names of the File System standard. The RepoError that each stands for is its `cause`. */
import { isRepoError, type RepoErrorCode } from "../../errors.js";

export type ErrorName =
  | "InvalidModificationError"
  | "InvalidStateError"
  | "NoModificationAllowedError"
  | "NotAllowedError"
  | "NotFoundError"
  | "NotReadableError"
  | "NotSupportedError"
  | "QuotaExceededError"
  | "SyntaxError"
  | "TypeMismatchError";

export type ErrorNames = Partial<Record<RepoErrorCode, ErrorName>>;

const NAMES: ErrorNames = {
  ENOENT: "NotFoundError",
  ELOOP: "NotFoundError",
  ENOTDIR: "TypeMismatchError",
  EISDIR: "TypeMismatchError",
  EEXIST: "InvalidModificationError",
  ENOTEMPTY: "InvalidModificationError",
  EINVAL: "InvalidModificationError",
  EBUSY: "NoModificationAllowedError",
  EROFS: "NotAllowedError",
  ENOSPC: "QuotaExceededError",
  EDQUOT: "QuotaExceededError",
  EFBIG: "QuotaExceededError",
  INTEGRITY: "NotReadableError",
  BACKEND_IO: "NotReadableError",
};

/** A DOMException in the place of a RepoError; what is none stays as it is. `names` go before those that hold otherwise. */
export function handleError(error: unknown, names: ErrorNames = {}): unknown {
  if (!isRepoError(error)) return error;
  if (error.code === "ENAMETOOLONG") return new TypeError("Name is too long", { cause: error });
  // Whatever else there is says that the files are not to be had any more.
  const name = names[error.code] ?? NAMES[error.code] ?? "InvalidStateError";
  return domException(name, error.message, error);
}

export function domException(name: ErrorName, message: string, cause?: unknown): DOMException {
  const exception = new DOMException(message, name);
  if (cause !== undefined)
    Object.defineProperty(exception, "cause", { value: cause, configurable: true, writable: true });
  return exception;
}

/** `work`, with errors as handles have them. */
export async function handled<T>(work: Promise<T>, names?: ErrorNames): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw handleError(error, names);
  }
}
