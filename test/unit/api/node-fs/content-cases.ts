/** Cases about content, by path. */
import {
  ODD_PATHS,
  PATHS,
  type Args,
  method,
  label,
  call,
  table,
  odd,
  options,
  ENCODINGS,
  WRONG_OPTIONS,
  ODD_MODES,
  ODD_BOOLEANS,
  ODD_NUMBERS,
  ABORTED,
  each,
} from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

export const contents: Case[] = [
  ...table("readFile", PATHS, [[], ["UTF-8"]]),
  ...options(
    "readFile",
    ["f"],
    ...ENCODINGS,
    ...WRONG_OPTIONS,
    "buffer",
    { encoding: "buffer" },
    { signal: ABORTED },
    { signal: new AbortController().signal },
    ...["r", "r+", "w+", "a+", "wx+", "w", "a", "zz", "", null, 0, 2, 1.5].map((flag) => ({
      flag,
    })),
  ),
  ...each(["missing", "d"], (path) => call("readFile", path, { signal: ABORTED })),
  ...odd("readFile"),
  ...["writeFile", "appendFile"].flatMap((name) => [
    ...table(name, PATHS, [["new"]]),
    ...odd(name, "x"),
    ...each(
      [
        5,
        null,
        undefined,
        {},
        true,
        10n,
        () => 1,
        new Date(0),
        "",
        new Uint8Array([1, 2]),
        new Uint16Array([257, 2]),
        new DataView(new ArrayBuffer(3)),
        Buffer.from("pooled"),
        ["a", "b"],
        [],
        [5],
        new Set(["x", Buffer.from("y")]),
        [new Uint8Array(0)],
        ["a", {}],
      ],
      (data) => call(name, "f", data),
    ),
    ...options(
      name,
      ["f", "häß"],
      ...ENCODINGS,
      ...WRONG_OPTIONS,
      "buffer",
      { encoding: "buffer" },
      { signal: ABORTED },
      ...[
        "r",
        "r+",
        "w",
        "w+",
        "a",
        "a+",
        "ax",
        "wx",
        "xw+",
        "as",
        "sr+",
        "rs",
        "zz",
        "",
        null,
        undefined,
        0,
        1,
        2,
        0o1101,
        0o2001,
      ].map((flag) => ({ flag })),
      ...ODD_BOOLEANS.map((flush) => ({ flush })),
      { flush: true },
    ),
    ...each(ODD_MODES, (mode) => call(name, "new", "x", { mode })),
    call(name, "f", "0a0b", "hex"),
    call(name, "f", "0a0", "hex"),
    call(name, "f", "", { flag: "r" }),
    call(name, "missing", "", { flag: "r" }),
    {
      name: `${name} of an async iterable`,
      run: (fs: Fs) =>
        method(fs, name)(
          "f",
          (async function* () {
            yield await Promise.resolve("a");
            yield new Uint8Array([98, 99]);
          })(),
        ),
    },
    {
      name: `${name} of an iterable that throws`,
      run: (fs: Fs) =>
        method(fs, name)(
          "f",
          (function* () {
            yield "a";
            throw new RangeError("no more");
          })(),
        ),
    },
  ]),
  ...table("truncate", PATHS, [[], [3]]),
  ...options("truncate", ["f"], ...ODD_NUMBERS, 0, 100, 44),
  ...odd("truncate"),
];

const FLAGS: readonly unknown[] = [
  "r",
  "r+",
  "rs",
  "sr",
  "rs+",
  "sr+",
  "w",
  "w+",
  "wx",
  "xw",
  "wx+",
  "xw+",
  "a",
  "a+",
  "ax",
  "xa",
  "ax+",
  "xa+",
  "as",
  "sa",
  "as+",
  "sa+",
];
const ODD_FLAGS: readonly unknown[] = [
  "",
  "R",
  "rw",
  "w ",
  "wr",
  "+r",
  "x",
  "rx",
  "ws",
  null,
  undefined,
  true,
  {},
  [],
  1.5,
  NaN,
  2 ** 31,
  -(2 ** 31) - 1,
  5n,
  0,
  1,
  2,
  0o100,
  0o101,
  0o102,
  0o301,
  0o1002,
  0o2001,
  0o200000,
  0o200001,
  0o200102,
  0o400000,
  0o4010002,
];

async function opened(fs: Fs, path: unknown, ...rest: Args): Promise<unknown> {
  const handle = await (method(fs, "open")(path, ...rest) as ReturnType<Fs["open"]>);
  try {
    const { size, mode } = await handle.stat();
    return [(mode & 0o170000) === 0o040000 ? "directory" : size];
  } finally {
    await handle.close();
  }
}

export const openings: Case[] = [
  ...PATHS.flatMap((path) =>
    ["r", "r+", "w", "wx", "a+"].map((flags) => ({
      name: `open(${label(path)}, ${flags})`,
      run: (fs: Fs) => opened(fs, path, flags),
    })),
  ),
  ...[...FLAGS, ...ODD_FLAGS].flatMap((flags) =>
    ["f", "missing", "d", "lf"].map((path) => ({
      name: `open(${path}, ${label(flags)})`,
      run: (fs: Fs) => opened(fs, path, flags),
    })),
  ),
  ...ODD_PATHS.map((path) => ({ name: `open(${label(path)})`, run: (fs: Fs) => opened(fs, path) })),
  ...ODD_MODES.map((mode) => ({
    name: `open(new, w, ${label(mode)})`,
    run: (fs: Fs) => opened(fs, "new", "w", mode),
  })),
];
