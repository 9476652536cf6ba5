/**
 * Callback: how a caller is told of what came of a call. Once, later than the call returns, and outside of every promise: what a
 * callback throws is an uncaught exception, as in Node, and neither a second call nor a rejection that somebody passes over.
 */
import { codedError, invalidType } from "../api/node-errors.js";

export type AnyCallback = (...results: readonly unknown[]) => unknown;

export interface Asked {
  /** What comes before the callback. */
  readonly given: readonly unknown[];
  readonly callback: AnyCallback;
}

function isCallback(value: unknown): value is AnyCallback {
  return typeof value === "function";
}

/**
 * The last function among `count` arguments is the callback; what follows is passed over.
 *
 * @throws TypeError with ERR_INVALID_ARG_TYPE if there is none
 */
export function asked(args: readonly unknown[], count: number): Asked {
  const possible = args.slice(0, count);
  const at = possible.findLastIndex(isCallback);
  const callback = possible[at];
  if (!isCallback(callback)) throw invalidType("cb", "of type function", possible[count - 1]);
  return { given: possible.slice(0, at), callback };
}

/** Not within the promise, which would make a rejection of what the callback throws. */
export function later(callback: AnyCallback, ...results: readonly unknown[]): void {
  queueMicrotask(() => {
    callback(...results);
  });
}

/** Tells of what work resolves to, or of its error, beside which `otherwise` takes the place of results. */
export function tell(
  callback: AnyCallback,
  work: Promise<readonly unknown[]>,
  otherwise: readonly unknown[] = [],
): void {
  work.then(
    (results) => {
      later(callback, null, ...results);
    },
    (error: unknown) => {
      later(callback, truthy(error), ...otherwise);
    },
  );
}

/** A callback takes what is falsy for success. */
function truthy(error: unknown): unknown {
  return error || codedError("ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
}
