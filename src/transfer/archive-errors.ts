/** What goes wrong with an archive, in words of our own: the libraries throw plain Errors. */
import { RepoError } from "../errors.js";

export function damaged(path: string | undefined, cause: unknown): RepoError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the archive is damaged, or is none (${reason})`;
  return new RepoError("ARCHIVE_DAMAGED", { message, syscall: "import", path, cause });
}

export function unsupported(what: string, path: string | undefined, cause?: unknown): RepoError {
  return new RepoError("ARCHIVE_UNSUPPORTED", { message: what, syscall: "import", path, cause });
}

/** A store that gives no bytes for a file that it lists. */
export function damagedFile(path: string): RepoError {
  return new RepoError("BACKEND_IO", { syscall: "import", path });
}
