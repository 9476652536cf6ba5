/**
 * DOMExceptions of OPFS and IndexedDB as our errors. What is not known to leave the storage as it
 * was is BACKEND_IO: its outcome is unknown.
 */
import { AssertionFailed } from "../assert.js";
import { RepoError } from "../errors.js";

/** Whether `error` is a DOMException of that name; by name, for newer ones have classes of their own. */
export function isDomError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** The error to throw for `error`; ours and broken assertions pass unchanged. */
export function storageError(error: unknown): Error {
  if (error instanceof RepoError || error instanceof AssertionFailed) return error;
  if (isDomError(error, "QuotaExceededError")) return new RepoError("ENOSPC", { cause: error });
  if (isDomError(error, "SecurityError"))
    return new RepoError("BACKEND_UNAVAILABLE", { cause: error });
  return new RepoError("BACKEND_IO", { cause: error });
}

/** Runs `action`; what it throws is thrown as {@link storageError}. */
export async function withStorageErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw storageError(error);
  }
}

/** Throws BACKEND_UNAVAILABLE, with the reason, unless `condition` holds. */
export function requireBrowser(condition: boolean, reason: string): void {
  if (!condition) throw new RepoError("BACKEND_UNAVAILABLE", { message: reason });
}

/** Storage needs a secure context, and outside one the interfaces are just not there. */
export function requireSecureContext(): void {
  const reason = "storage needs a secure context: serve the page over https or from localhost";
  requireBrowser(globalThis.isSecureContext, reason);
}
