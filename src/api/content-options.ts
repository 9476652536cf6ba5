/** Options of reading and writing content, of paths and of handles. */
import type { Mode } from "./arguments.js";
import type { Encoding } from "./encoding.js";
import type { Flags } from "./flags.js";

export interface HandleReadFileOptions {
  /** Text of this encoding instead of bytes. */
  readonly encoding?: Encoding | null | undefined;
  /** Stops waiting; the promise rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadFileOptions extends HandleReadFileOptions {
  /** Default `"r"`. */
  readonly flag?: Flags | undefined;
}

export interface HandleWriteFileOptions {
  /** Of data that is text. Default `utf8`. */
  readonly encoding?: Encoding | null | undefined;
  /** Stops waiting; the promise rejects with an AbortError, and the write happens or not. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives the data's whole ArrayBuffer to the worker instead of a copy: the call detaches it. Saves about
   * half the time of a large write.
   */
  readonly transfer?: boolean | undefined;
}

export interface WriteFileOptions extends HandleWriteFileOptions {
  /** Default `"w"`, for appendFile `"a"`. */
  readonly flag?: Flags | undefined;
  /** Permission bits if the file is made. Default 0o666; there is no umask. */
  readonly mode?: Mode | null | undefined;
  /** Resolve only when the content is on storage. */
  readonly flush?: boolean | null | undefined;
}

/** Options that ask for text. */
export type AsText<T> = Encoding | (T & { readonly encoding: Encoding });
/** Options that ask for bytes. */
export type AsBytes<T> = (T & { readonly encoding?: null | undefined }) | null;
