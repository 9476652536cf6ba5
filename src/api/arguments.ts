/**
 * Arguments as callers write them (paths, modes, times, data), turned into what goes on the wire. A wrong
 * type is a TypeError and a value out of range a RangeError, with Node's codes.
 */

/** `URL` with the scheme `file:`; bytes are UTF-8. A relative path starts at the root. */
export type PathLike = string | URL | Uint8Array;

/** A number, or octal digits. */
export type Mode = number | string;

/** Seconds since 1970, also as text, or a Date. */
export type TimeLike = number | bigint | string | Date;

/** What can be written. */
export type Data = string | ArrayBufferView | ArrayBufferLike;

export function argumentError(name: string, expected: string, found: unknown): TypeError {
  const error = new TypeError(`${name} must be ${expected}, not ${describe(found)}`);
  return Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}

export function rangeError(name: string, expected: string, found: unknown): RangeError {
  const error = new RangeError(`${name} must be ${expected}, not ${describe(found)}`);
  return Object.assign(error, { code: "ERR_OUT_OF_RANGE" });
}

/** Never shows what a string holds: it may be a secret in the wrong place. */
function describe(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : typeof value;
}

export function toPath(path: PathLike, name = "path"): string {
  const text = pathText(path, name);
  return text === "" || text.startsWith("/") ? text : `/${text}`;
}

/** The path as it was written; for the target of a symlink, which may be relative. */
export function pathText(path: PathLike, name = "path"): string {
  if (typeof path === "string") return path;
  if (path instanceof Uint8Array) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(path);
  if (path instanceof URL && path.protocol === "file:") return decodeURIComponent(path.pathname);
  throw argumentError(name, "a string, a Uint8Array or a file: URL", path);
}

/** Permission bits, or undefined for the default of the call. */
export function toMode(mode: Mode | null | undefined): number | undefined {
  if (mode === undefined || mode === null) return undefined;
  const bits = typeof mode === "string" ? octal(mode) : mode;
  if (typeof bits !== "number") throw argumentError("mode", "a number or octal digits", mode);
  return toInteger(bits, "mode", 0xffff_ffff) & 0o7777;
}

function octal(text: string): number {
  if (!/^[0-7]+$/.test(text)) throw argumentError("mode", "a number or octal digits", text);
  return Number.parseInt(text, 8);
}

export function toOwner(uid: number, gid: number): { uid: number; gid: number } {
  return { uid: toInteger(uid, "uid", 0xffff_ffff), gid: toInteger(gid, "gid", 0xffff_ffff) };
}

export function toTimes(atime: TimeLike, mtime: TimeLike): { atimeMs: number; mtimeMs: number } {
  return { atimeMs: toMilliseconds(atime, "atime"), mtimeMs: toMilliseconds(mtime, "mtime") };
}

/** Milliseconds since 1970. */
function toMilliseconds(time: TimeLike, name: string): number {
  if (time instanceof Date) return checkedTime(time.getTime(), name, time);
  if (typeof time === "string" && time.trim() === "") throw argumentError(name, "a time", time);
  return checkedTime(Number(time) * 1000, name, time);
}

function checkedTime(milliseconds: number, name: string, given: TimeLike): number {
  if (!Number.isFinite(milliseconds)) throw argumentError(name, "a time", given);
  return Math.floor(milliseconds);
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
  toInteger(limit, "versionLimit", 255);
  if (limit < 1) throw rangeError("versionLimit", "a whole number from 1 to 255", limit);
  return limit;
}

/** The length of a file to be: as in Node, a negative one is 0. */
export function toLength(length: number | null | undefined): number {
  if (typeof length === "number" && length < 0) return 0;
  return toInteger(length ?? 0, "len");
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
