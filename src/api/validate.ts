/** What Node asks of an argument, each check with Node's error. */
import type { Encoding } from "./encoding.js";
import { invalidType, invalidValue, outOfRange, typeError } from "./node-errors.js";

export function assertBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw invalidType(name, "of type boolean", value);
}

export function assertString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw invalidType(name, "of type string", value);
}

export function assertFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw invalidType(name, "of type function", value);
}

/** An object that is no array. */
export function assertObject(value: unknown, name = "options"): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidType(name, "of type object", value);
}

export function assertSignal(
  signal: unknown,
  name: string,
): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidType(name, "an instance of AbortSignal", signal);
}

export function assertInteger(
  value: unknown,
  name: string,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== "number") throw invalidType(name, "of type number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

export function assertUint32(value: unknown, name: string, min = 0): asserts value is number {
  assertInteger(value, name, min, 0xffff_ffff);
}

const ENCODINGS = /^(?:utf-?8|ucs-?2|utf-?16le|latin1|binary|ascii|base64|base64url|hex)$/i;

export function isEncoding(encoding: unknown): encoding is Encoding {
  return typeof encoding === "string" && ENCODINGS.test(encoding);
}

/** `buffer` where bytes can be asked for. */
export function assertEncoding(encoding: unknown, orBuffer = false): void {
  if (!encoding || (orBuffer && encoding === "buffer")) return;
  if (!isEncoding(encoding)) throw invalidValue("encoding", encoding, "is invalid encoding");
}

/** Of data: bytes have no encoding. */
export function assertEncodingKnown(encoding: string): void {
  if (encoding === "buffer") throw typeError("ERR_UNKNOWN_ENCODING", "Unknown encoding: buffer");
}

/** What most calls take as options: nothing, the name of an encoding, or an object, of which encoding and signal are checked. */
export function checkedOptions<T extends object>(
  options: T | string | null | undefined,
): Partial<T> {
  if (options === undefined || options === null || typeof options === "function") return {};
  const chosen: object = typeof options === "string" ? { encoding: options } : options;
  if (typeof chosen !== "object")
    throw invalidType("options", "one of type string or object", options);
  const { encoding, signal } = chosen as { readonly encoding?: unknown; readonly signal?: unknown };
  assertEncoding(encoding, true);
  assertSignal(signal, "options.signal");
  return chosen;
}

const BYTES = "of type string or an instance of Buffer, TypedArray, or DataView";

export function notData(data: unknown, name = "data"): TypeError {
  return invalidType(name, BYTES, data);
}
