/** Responses that say no. Their bodies are a number and its standard words: no names, no paths, nothing of an error's message. */

const WORDS = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  412: "Precondition Failed",
  416: "Range Not Satisfiable",
  423: "Locked",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

export type FailureStatus = keyof typeof WORDS;

/** By the code of an error; what is not here is our failure: 500. */
const STATUS_BY_CODE: Readonly<Record<string, FailureStatus>> = {
  ENOENT: 404,
  ENOTDIR: 404,
  EISDIR: 404,
  ELOOP: 404,
  EINVAL: 404,
  ENAMETOOLONG: 404,
  ERR_INVALID_ARG_VALUE: 404,
  EACCES: 403,
  EPERM: 403,
  REPO_LOCKED: 423,
  REPO_CLOSED: 503,
  REPO_BUSY: 503,
  STALE_WRITER: 503,
  WORKER_FAILED: 503,
  EMFILE: 503,
  ESTALE: 503,
};

export function failureStatus(error: unknown): FailureStatus {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (typeof code !== "string" || !Object.hasOwn(STATUS_BY_CODE, code)) return 500;
  return STATUS_BY_CODE[code] ?? 500;
}

/** A response of that status. `headers` beside the usual ones. */
export function failure(
  status: FailureStatus,
  { method }: Pick<Request, "method">,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const words = `${status} ${WORDS[status]}`;
  return new Response(method === "HEAD" ? null : words, {
    status,
    statusText: WORDS[status],
    headers: {
      "Cache-Control": "no-store",
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      ...headers,
    },
  });
}
