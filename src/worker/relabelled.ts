/** Errors of an operation that is made of others, under the name that the caller knows. */
import { RepoError } from "../errors.js";

export interface Label {
  readonly syscall: string;
  readonly path: string;
  readonly dest?: string;
}

/** Runs `work`; an error that Node would have is thrown as one of the call in `label`. */
export async function relabelled<T>(label: Label, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RepoError) || error.errno === undefined) throw error;
    throw new RepoError(error.code, { ...label, cause: error.cause });
  }
}
