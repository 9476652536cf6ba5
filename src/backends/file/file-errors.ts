/**
 * Node's system errors as ours. Of a change whose outcome is not known, BACKEND_IO; a disk that is full or
 * a quota that is used up, ENOSPC.
 */
import { AssertionFailed } from "../../assert.js";
import { RepoError, type RepoErrorCode } from "../../errors.js";

const FULL = ["ENOSPC", "EDQUOT", "EFBIG"];

/** What keeps a file from being opened, and is the caller's to mend. */
const ACCESS = [
  "ENOENT",
  "EACCES",
  "EPERM",
  "EROFS",
  "EISDIR",
  "ENOTDIR",
  "ELOOP",
  "EMFILE",
  "ENAMETOOLONG",
] as const satisfies RepoErrorCode[];

export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Runs `action`; what it throws is thrown as an error of reading or writing. */
export async function withFileErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw ioError(error);
  }
}

/** Runs `action`; what keeps `path` from being opened keeps its code. */
export async function withAccessErrors<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = ACCESS.find((known) => known === systemCode(error));
    if (code === undefined || error instanceof RepoError) throw ioError(error);
    throw new RepoError(code, { syscall: "open", path, cause: error });
  }
}

/** What `action` gives, or undefined if there is no such file. */
export async function unlessMissing<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (systemCode(error) === "ENOENT" && !(error instanceof RepoError)) return undefined;
    throw error;
  }
}

function ioError(error: unknown): Error {
  if (error instanceof RepoError || error instanceof AssertionFailed) return error;
  const isFull = FULL.includes(systemCode(error) ?? "");
  return new RepoError(isFull ? "ENOSPC" : "BACKEND_IO", { cause: error });
}
