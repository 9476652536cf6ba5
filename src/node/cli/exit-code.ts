/** What the command line's exit codes mean, and which one an error gets. */
import { isRepoError, type RepoErrorCode } from "../../errors.js";

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  unlockFailed: 3,
  damage: 4,
  notFound: 5,
  busy: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    failed for another reason, which stderr tells
  2    the command line makes no sense
  3    wrong password or key, or the key slots are damaged
  4    damage was found
  5    there is no such container, or nothing at that path in it
  6    another process has the container
  130  interrupted`;

/** Thrown for a command line that makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const BY_CODE: Partial<Record<RepoErrorCode, ExitCode>> = {
  UNLOCK_FAILED: EXIT.unlockFailed,
  INTEGRITY: EXIT.damage,
  ROLLBACK: EXIT.damage,
  REPO_NOT_FOUND: EXIT.notFound,
  ENOENT: EXIT.notFound,
  ENOTDIR: EXIT.notFound,
  REPO_BUSY: EXIT.busy,
  STALE_WRITER: EXIT.busy,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || isParseArgsError(error)) return EXIT.usage;
  if (error instanceof Error && error.name === "AbortError") return EXIT.interrupted;
  return (isRepoError(error) ? BY_CODE[error.code] : undefined) ?? EXIT.failure;
}

function isParseArgsError(error: unknown): boolean {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("ERR_PARSE_ARGS_");
}
