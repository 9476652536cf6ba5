/**
 * Arguments as callers write them (paths, modes, times, data), turned into what goes on the wire. A wrong type is a TypeError
 * and a value out of range a RangeError, with Node's codes; for what Node has too also with its words.
 */
import { invalidType, invalidValue, typeError } from "./node-errors.js";
import { assertInteger, assertUint32 } from "./validate.js";

/** `URL` with the scheme `file:`; bytes are UTF-8. A relative path starts at the root. */
export type PathLike = string | URL | Uint8Array;

/** A number, or octal digits. */
export type Mode = number | string;

/** Seconds since 1970, also as text, or a Date. */
export type TimeLike = number | string | Date;

/** What can be written. */
export type Data = string | ArrayBufferView | ArrayBufferLike;

/** What can be written piece by piece. */
export type DataPieces = Iterable<Data> | AsyncIterable<Data>;

export function argumentError(name: string, expected: string, found: unknown): TypeError {
  const error = new TypeError(`${name} must be ${expected}, not ${describe(found)}`);
  return Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}

export function rangeError(name: string, expected: string, found: unknown): RangeError {
  const error = new RangeError(`${name} must be ${expected}, not ${describe(found)}`);
  return Object.assign(error, { code: "ERR_OUT_OF_RANGE" });
}

/** One of a few words was expected, none of which is a secret: the found one may be shown. */
export function choiceError(name: string, choices: readonly unknown[], found: unknown): TypeError {
  const shown = typeof found === "string" ? JSON.stringify(found) : describe(found);
  const error = new TypeError(`${name} must be ${choices.join(" or ")}, not ${shown}`);
  return Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}

/** A misspelt option would be a default that nobody notices. `known` has the names of all there are. @throws TypeError */
export function assertOptions(
  given: unknown,
  known: Readonly<Record<string, true>>,
  name: string,
): void {
  if (typeof given !== "object" || given === null) throw argumentError(name, "an object", given);
  for (const key of Object.keys(given))
    if (!Object.hasOwn(known, key))
      throw Object.assign(new TypeError(`${name} has no ${JSON.stringify(key)}`), {
        code: "ERR_INVALID_ARG_VALUE",
      });
}

/** Never shows what a string holds: it may be a secret in the wrong place. */
function describe(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : typeof value;
}

/** A path as it was written. @throws TypeError as Node does */
export function toPath(path: PathLike, name = "path"): string {
  const text = isUrl(path) ? urlPath(path) : path;
  if (typeof text !== "string") return bytesPath(text, name);
  if (text.includes("\0")) throw withNul(name, text);
  // As in Node: what is half a character has no bytes of its own.
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function bytesPath(path: unknown, name: string): string {
  if (!(path instanceof Uint8Array))
    throw invalidType(name, "of type string or an instance of Buffer or URL", path);
  if (path.includes(0)) throw withNul(name, path);
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(path);
  } catch {
    throw invalidValue(name, path, "must be UTF-8");
  }
}

function withNul(name: string, path: unknown): TypeError {
  return invalidValue(name, path, "must be a string, Uint8Array, or URL without null bytes");
}

/** Also one that is not of this very class, as in Node. */
function isUrl(path: unknown): path is URL {
  if (typeof path !== "object" || path === null) return false;
  const { href, protocol, auth, path: other } = path as Record<string, unknown>;
  return Boolean(href && protocol) && auth === undefined && other === undefined;
}

function urlPath({ protocol, hostname, pathname }: URL): string {
  if (protocol !== "file:")
    throw typeError("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (hostname !== "")
    throw typeError(
      "ERR_INVALID_FILE_URL_HOST",
      'File URL host must be "localhost" or empty on linux',
    );
  if (/%2f/i.test(pathname))
    throw typeError(
      "ERR_INVALID_FILE_URL_PATH",
      "File URL path must not include encoded / characters",
    );
  return decodeURIComponent(pathname);
}

/** What `access` and `copyFile` take, a number from 0 to 7. */
export function toBits(mode: number | null | undefined): number {
  const given: unknown = mode ?? 0;
  if (typeof given !== "number" || Number.isNaN(given))
    throw typeError("ERR_INVALID_ARG_TYPE", "mode must be int32 or null/undefined");
  if (given >= 0 && given < 8) return Math.trunc(given);
  throw Object.assign(new RangeError("mode is out of range: >= 0 && <= 7"), {
    code: "ERR_OUT_OF_RANGE",
  });
}

/** Permission bits; where none are given, those of `otherwise`, or else that is an error. */
export function toMode(mode: Mode | null | undefined, otherwise?: number): number {
  const given: unknown = mode ?? otherwise;
  const bits = typeof given === "string" ? octal(given) : given;
  assertUint32(bits, "mode");
  return bits & 0o7777;
}

function octal(text: string): number {
  if (!/^[0-7]+$/.test(text))
    throw invalidValue("mode", text, "must be a 32-bit unsigned integer or an octal string");
  return Number.parseInt(text, 8);
}

const MAX_ID = 0xffff_ffff;

/** -1, also as the largest number of 32 bits, leaves one as it is. */
export function toOwner(uid: number, gid: number): { uid: number; gid: number } {
  assertInteger(uid, "uid", -1, MAX_ID);
  assertInteger(gid, "gid", -1, MAX_ID);
  return { uid: uid === MAX_ID ? -1 : uid, gid: gid === MAX_ID ? -1 : gid };
}

/** `names` are those of the arguments. */
export function toTimes(
  atime: TimeLike,
  mtime: TimeLike,
  names: readonly [string, string] = ["time", "time"],
): { atimeMs: number; mtimeMs: number } {
  return { atimeMs: toMilliseconds(atime, names[0]), mtimeMs: toMilliseconds(mtime, names[1]) };
}

/** Milliseconds since 1970; a negative number of seconds means now, NaN that the Date was none. */
function toMilliseconds(time: unknown, name: string): number {
  if (typeof time === "string" && !Number.isNaN(Number(time))) return Number(time) * 1000;
  if (typeof time === "number" && Number.isFinite(time))
    return time < 0 ? Date.now() : Math.floor(time * 1000);
  if (time instanceof Date) return time.getTime();
  throw invalidType(name, "an instance of Date or an Time in seconds", time);
}

/** A whole number from 0 to `max`. */
export function toInteger(
  value: number | bigint,
  name: string,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== "number" && typeof value !== "bigint")
    throw argumentError(name, "a number", value);
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > max)
    throw rangeError(name, `a whole number from 0 to ${max}`, value);
  return number;
}

/** A choice of the caller's, or what holds without one. */
export function toBoolean(value: boolean | undefined, name: string, otherwise = false): boolean {
  if (value !== undefined && typeof value !== "boolean")
    throw argumentError(name, "true or false", value);
  return value ?? otherwise;
}

/** How many versions of a file's content are kept. */
export function toVersionLimit(limit: number): number {
  toInteger(limit, "versionLimit");
  if (limit < 1 || limit > 255)
    throw rangeError("versionLimit", "a whole number from 1 to 255", limit);
  return limit;
}

/** The length of a file to be: as in Node, a negative one is 0. */
export function toLength(length: number | undefined = 0): number {
  assertInteger(length, "len");
  return Math.max(0, length);
}

/** The bytes of a buffer or view, not copied; undefined for anything else. */
export function viewBytes(data: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const isBuffer =
    data instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer === "function" && data instanceof SharedArrayBuffer);
  return isBuffer ? new Uint8Array(data) : undefined;
}
