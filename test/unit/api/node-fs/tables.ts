/** What tables of cases are made of: paths, values of the wrong kind, and how they are put together. */
import type { Case, Fs } from "./two-sides.js";

/** A value of the wrong kind, or one that is right in spite of its looks. */
export const ODD_PATHS: readonly unknown[] = [
  undefined,
  null,
  5,
  true,
  {},
  [],
  ["f"],
  "a\0b",
  new Uint8Array([97, 0]),
  new Float64Array(1),
  new Date(0),
  10n,
  "\ud800",
  "\udc00x",
  new URL("http://example.org/f"),
  new URL("file://host/f"),
  new URL("file:///a%2Fb"),
  new URL("file:///a%2fb"),
  new URL("file:///a%00b"),
  { href: "file:///f", protocol: "file:" },
];

/** What a path can lead to. */
export const PATHS = [
  "f",
  "./f",
  "d/../f",
  "d//x",
  "d///x",
  "empty",
  "hard",
  "d",
  "d/",
  "d/.",
  "e",
  "e/",
  "e//",
  "lf",
  "lf/",
  "ld",
  "ld/",
  "ld/x",
  "ld/../f",
  "d/up",
  "dangling",
  "dangling/",
  "dangling/x",
  "loop",
  "loop/",
  "loop/x",
  "missing",
  "missing/",
  "missing/x",
  "missing/.",
  "missing/../f",
  "f/",
  "f/.",
  "f/..",
  "f/x",
  "lf/x",
  "",
  "x".repeat(255),
  "x".repeat(256),
  `d/${"x".repeat(256)}/y`,
  `${"y/".repeat(2047)}y`,
  `${"y/".repeat(2048)}y`,
  `${"./".repeat(2000)}f`,
];

/** Those that can be made. */
export const SHORT_PATHS = PATHS.filter((path) => path.length < 1000);

/** Fewer of them, for tables of two. */
export const ENDS = [
  "f",
  "empty",
  "hard",
  "d",
  "e",
  "lf",
  "ld",
  "dangling",
  "loop",
  "missing",
  "missing/x",
];
export const MORE_ENDS = ["d/y", "f/x", "f/", "e/", "missing/", "lf/", "ld/", ""];

export type Args = readonly unknown[];
export type Call = (...args: Args) => unknown;

export function method(fs: Fs, name: string): Call {
  const call: unknown = Reflect.get(fs, name);
  if (typeof call !== "function") throw new Error(`there is no ${name}`);
  return call as Call;
}

export function label(value: unknown): string {
  if (typeof value === "string")
    return value.length > 40 ? `'${value.slice(0, 20)}…${value.length}'` : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof URL) return `URL ${value.href}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${value.byteLength}]`;
  if (value instanceof AbortSignal) return value.aborted ? "aborted signal" : "signal";
  if (value instanceof ArrayBuffer) return `ArrayBuffer[${value.byteLength}]`;
  if (Array.isArray(value)) return `[${value.map(label).join(", ")}]`;
  if (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  )
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${label(item)}`)
      .join(", ")}}`;
  if (typeof value === "object" && value !== null) return value.constructor.name;
  return String(value);
}

/** `method(...args)`; paths are relative, so both sides get the very same. */
export function call(name: string, ...args: Args): Case {
  return {
    name: `${name}(${args.map(label).join(", ")})`,
    run: (fs) => method(fs, name)(...args),
  };
}

/** Each path with each rest of arguments. */
export function table(
  name: string,
  paths: readonly unknown[],
  rests: readonly Args[] = [[]],
): Case[] {
  return paths.flatMap((path) => rests.map((rest) => call(name, path, ...rest)));
}

export function pairs(name: string, rests: readonly Args[] = [[]]): Case[] {
  const ends = [
    ...ENDS.flatMap((from) => [...ENDS, ...MORE_ENDS].map((to) => [from, to] as const)),
    ...MORE_ENDS.flatMap((from) => ["f", "e", "missing"].map((to) => [from, to] as const)),
  ];
  return ends.flatMap((both) => rests.map((rest) => call(name, ...both, ...rest)));
}

/** Wrong paths and wrong options. */
export function odd(name: string, ...rest: Args): Case[] {
  return ODD_PATHS.map((path) => call(name, path, ...rest));
}

export function options(name: string, path: Args, ...given: readonly unknown[]): Case[] {
  return given.map((one) => call(name, ...path, one));
}

export const ENCODINGS = [
  "utf8",
  "utf-8",
  "UTF8",
  "ucs2",
  "ucs-2",
  "utf16le",
  "UTF-16LE",
  "latin1",
  "binary",
  "ascii",
  "base64",
  "base64url",
  "hex",
  "HEX",
];
export const WRONG_OPTIONS = [
  5,
  true,
  "klingon",
  "",
  { encoding: "klingon" },
  { encoding: 5 },
  { encoding: null },
  { signal: 5 },
  { signal: {} },
  [],
  null,
  undefined,
];
export const ODD_MODES = [
  "644",
  "0644",
  "8",
  "",
  "0o644",
  -1,
  1.5,
  2 ** 32,
  2 ** 32 - 1,
  NaN,
  true,
  {},
  null,
  undefined,
];
export const ODD_BOOLEANS = [5, "x", null, {}];
export const ODD_NUMBERS = [
  "1",
  1.5,
  NaN,
  Infinity,
  -1,
  -5,
  2 ** 53,
  true,
  {},
  null,
  5n,
  undefined,
];
export const ABORTED = AbortSignal.abort(new Error("enough"));

export const each = <T, R>(items: readonly T[], make: (item: T) => R): R[] => items.map(make);
