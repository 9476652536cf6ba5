/**
 * The page's half of how errors cross the boundary (the worker's half: worker/wire-errors.ts): they
 * arrive with class, code, syscall, path, dest and the whole chain of causes.
 */
import { transferHandlers } from "comlink";
import { assert, AssertionFailed } from "../assert.js";
import { RepoError } from "../errors.js";
import type { ThrownMessage, WireError, WireThrown } from "../worker/protocol.js";

/** By names that no minifier changes. */
const CLASSES: Readonly<Record<string, ErrorConstructor | typeof AssertionFailed | undefined>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
  AssertionFailed,
};

export function decodeError(wire: WireError): Error {
  const { name, message, stack } = wire;
  if (wire.class === "DOMException") return new DOMException(message, name);
  const error = rebuild(wire, wire.cause && { cause: decodeThrown(wire.cause) });
  error.message = message;
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function rebuild(wire: WireError, options: ErrorOptions | undefined): Error {
  const { code, syscall, path, dest } = wire;
  if (code !== undefined) return new RepoError(code, { syscall, path, dest, ...options });
  return new (CLASSES[wire.class] ?? Error)(wire.message, options);
}

export function decodeThrown(thrown: WireThrown): unknown {
  return "error" in thrown ? decodeError(thrown.error) : thrown.value;
}

/** What a call is answered with when no answer will come. */
export interface LocalFailure {
  readonly local: Error;
}

let receiving = false;

/** Replaces Comlink's way of throwing what a call threw; workers that are not ours keep it. */
export function receiveWholeErrors(): void {
  if (receiving) return;
  receiving = true;
  const handler = transferHandlers.get("throw");
  assert(handler !== undefined, "Comlink has a throw handler");
  transferHandlers.set("throw", {
    ...handler,
    deserialize(thrown: ThrownMessage | LocalFailure) {
      if ("local" in thrown) throw thrown.local;
      if ("whole" in thrown) throw decodeThrown(thrown.whole);
      return handler.deserialize(thrown);
    },
  });
}
