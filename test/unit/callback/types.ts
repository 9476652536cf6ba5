/**
 * Types: whoever calls a function of Node's fs with a callback can call ours instead, with the same arguments and with a callback
 * that has Node's types, overload by overload; but for what is listed. The list is exact: a function that fits and is listed does not
 * compile, and neither does one that does not fit and is not. docs/CALLBACK-FS.md has the reasons as well.
 */
import type * as node from "node:fs";
import type { CallbackFs, StreamCalls } from "../../../src/callback/index.js";
import type { Readable, Writable } from "node:stream";

type Args = readonly unknown[];

/** The parameters of each overload, which can be had for a known number of them only. */
type Overloads<F> = F extends {
  (...args: infer A): unknown;
  (...args: infer B): unknown;
  (...args: infer C): unknown;
  (...args: infer D): unknown;
  (...args: infer E): unknown;
  (...args: infer G): unknown;
}
  ? A | B | C | D | E | G
  : F extends (...args: infer A) => unknown
    ? A
    : never;

/** `never` if every overload of `Theirs` can be called on `Ours`. */
type Unmet<Ours, Theirs> = Theirs extends infer A
  ? A extends Args
    ? Ours extends (...args: A) => unknown
      ? never
      : A
    : never
  : never;

type Ours = CallbackFs<Buffer<ArrayBuffer>> & StreamCalls<Readable, Writable>;

/** Functions of Node's that have a callback, and those like them. */
type Names = Exclude<
  {
    [K in keyof typeof node]: (typeof node)[K] extends (...args: never) => unknown ? K : never;
  }[keyof typeof node],
  `${string}Sync` | "Stats" | "Dirent" | "Dir" | "ReadStream" | "WriteStream" | "StatsFs"
>;

type Unfit = {
  [K in Names]: K extends keyof Ours
    ? [Unmet<Ours[K], Overloads<(typeof node)[K]>>] extends [never]
      ? never
      : K
    : K;
}[Names];

export const CALLBACK_TYPES: Readonly<Record<Unfit, string>> = {
  lchmod: "missing where the `fs` beneath has none",
  openAsBlob: "not here",
  opendir: "directories without synchronous calls",
  unwatchFile: "not here",
  watch: "`filename` may be bytes or null, as `encoding` says",
  watchFile: "not here",
};
