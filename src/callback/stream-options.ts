/** What `createReadStream` and `createWriteStream` are given, checked as Node checks it. */
import type { Mode, PathLike } from "../api/arguments.js";
import type { Encoding } from "../api/encoding.js";
import type { Flags } from "../api/flags.js";
import { outOfRange } from "../api/node-errors.js";
import { assertBoolean, assertFunction, assertInteger, checkedOptions } from "../api/validate.js";

interface StreamOptions {
  /** Default `"r"` for reading, `"w"` for writing. */
  readonly flags?: Flags | undefined;
  readonly encoding?: Encoding | null | undefined;
  /** An open file, by number or as a FileHandle, instead of the path. */
  readonly fd?: number | object | null | undefined;
  /** Permission bits if the file is made. */
  readonly mode?: Mode | undefined;
  /** Closes the file at the end, and after an error. Default true. */
  readonly autoClose?: boolean | undefined;
  readonly emitClose?: boolean | undefined;
  /** The position at which it begins. Default: that of the open file. */
  readonly start?: number | undefined;
  /** How many bytes are read ahead, or wait to be written. Default 64 KiB, for writing 16 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Destroys the stream, with an AbortError. */
  readonly signal?: AbortSignal | null | undefined;
}

export interface ReadStreamOptions extends StreamOptions {
  /** The last byte that is read, itself included. */
  readonly end?: number | undefined;
}

export interface WriteStreamOptions extends StreamOptions {
  /** Makes everything durable before the file is closed. */
  readonly flush?: boolean | undefined;
}

export interface StreamPlan {
  readonly path: PathLike | undefined;
  readonly flags: Flags;
  readonly mode: Mode;
  readonly fd: number | object | undefined;
  readonly start: number | undefined;
  readonly end: number;
  readonly autoClose: boolean;
  readonly flush: boolean;
  readonly signal: AbortSignal | undefined;
  /** For the class that makes the stream. */
  readonly base: object;
}

const DEFAULT_MODE = 0o666;

export function planOf(
  path: unknown,
  options: unknown,
  defaults: { readonly flags: Flags; readonly highWaterMark: number },
): StreamPlan {
  const given = checkedOptions<ReadStreamOptions & WriteStreamOptions>(options as object);
  const { flags, encoding, fd, mode, autoClose = true, emitClose = true, start } = given;
  const { highWaterMark = defaults.highWaterMark, signal, end = Infinity } = given;
  const flush: unknown = given.flush ?? false;
  assertBoolean(flush, "options.flush");
  if (start !== undefined) assertInteger(start, "start", 0);
  if (end !== Infinity) {
    assertInteger(end, "end", 0);
    if (start !== undefined && start > end)
      throw outOfRange("start", `<= "end" (here: ${end})`, start);
  }
  return {
    path: path as PathLike | undefined,
    flags: flags ?? defaults.flags,
    mode: mode ?? DEFAULT_MODE,
    fd: fd ?? undefined,
    start,
    end,
    autoClose,
    flush,
    signal: signal ?? undefined,
    base: { highWaterMark, emitClose, autoDestroy: autoClose, ...encodings(encoding) },
  };
}

/** A reader has the one, a writer the other. */
function encodings(encoding: Encoding | null | undefined): object {
  return encoding ? { encoding, defaultEncoding: encoding } : {};
}

/** The classes of streams that the caller has given. */
export function assertStreamClasses(given: Readonly<Record<string, unknown>>): void {
  assertFunction(given["Readable"], "options.Readable");
  assertFunction(given["Writable"], "options.Writable");
}
