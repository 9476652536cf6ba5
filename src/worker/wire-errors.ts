/**
 * The worker's half of how errors cross the boundary: what Comlink drops (class, code, syscall, path,
 * cause) is written out here; api/wire-errors.ts is the half that makes errors of it again.
 */
import { transferHandlers } from "comlink";
import { assert, AssertionFailed } from "../assert.js";
import { RepoError } from "../errors.js";
import type { ThrownMessage, WireError, WireThrown } from "./protocol.js";

/** Causes of causes beyond this are left out, which also ends a circle. */
const MAX_CAUSES = 8;

/** By names that no minifier changes. */
const CLASSES = {
  RepoError,
  DOMException,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
  AssertionFailed,
};

/** What was thrown where an error was meant. */
export function encodeError(thrown: unknown, causes = MAX_CAUSES): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  const known = Object.entries(CLASSES).find(([, type]) => error instanceof type);
  return {
    class: known?.[0] ?? "Error",
    name,
    message,
    stack,
    ...systemFields(error),
    ...(cause === undefined || causes === 0 ? {} : { cause: encodeThrown(cause, causes - 1) }),
  };
}

/** What another worker threw, on its way to the page. */
export class ForwardedError extends Error {
  readonly thrown: WireThrown;

  constructor(thrown: WireThrown) {
    super("failed in another worker");
    this.thrown = thrown;
  }
}

export function encodeThrown(thrown: unknown, causes = MAX_CAUSES): WireThrown {
  if (thrown instanceof ForwardedError) return thrown.thrown;
  if (thrown instanceof Error) return { error: encodeError(thrown, causes) };
  return { value: isCloneable(thrown) ? thrown : String(thrown) };
}

function systemFields(error: Error): Pick<WireError, "code" | "syscall" | "path" | "dest"> {
  if (!(error instanceof RepoError)) return {};
  const { code, syscall, path, dest } = error;
  return { code, syscall, path, dest };
}

/** Whether it is a value that every message can carry. */
function isCloneable(value: unknown): boolean {
  return value === null || !["object", "function", "symbol"].includes(typeof value);
}

/** Replaces Comlink's way of sending what a call threw, for this worker. */
export function sendWholeErrors(): void {
  const handler = transferHandlers.get("throw");
  assert(handler !== undefined, "Comlink has a throw handler");
  transferHandlers.set("throw", {
    ...handler,
    serialize(box) {
      const thrown = typeof box === "object" && box !== null && "value" in box ? box.value : box;
      return [{ whole: encodeThrown(thrown) } satisfies ThrownMessage, []];
    },
  });
}
