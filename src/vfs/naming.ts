/** Gives errors from inside the tree the call and the paths that the user knows. */
import { RepoError } from "../errors.js";

/** `work`, but its error carries `syscall`, `path` and `dest`. */
export async function named<T>(
  syscall: string,
  path: string | undefined,
  work: Promise<T>,
  dest?: string,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RepoError) || error.syscall !== undefined) throw error;
    if (!error.code.startsWith("E") && !["INTEGRITY", "NO_VERSION"].includes(error.code))
      throw error;
    throw new RepoError(error.code, { syscall, path, dest, cause: error.cause });
  }
}
