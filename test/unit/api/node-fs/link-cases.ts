/** Cases about two names: renames, links and copies. */
import { ODD_PATHS, ENDS, MORE_ENDS, label, call, pairs, options, each } from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

export const links: Case[] = [
  ...pairs("rename"),
  ...pairs("link"),
  ...pairs("copyFile"),
  ...each(["d/y/z", "d/d", "d/y/z/d", "d/./q", "d/../q"], (to) => call("rename", "d", to)),
  call("rename", ".", "e"),
  ...each([0, 1, 2, 3, null, undefined, 8, -1, "x", {}], (mode) =>
    call("copyFile", "f", "copy", mode),
  ),
  ...each([1, 3], (mode) => call("copyFile", "f", "empty", mode)),
  ...["rename", "link", "copyFile", "symlink"].flatMap((name) => [
    ...each(ODD_PATHS, (path) => call(name, path, "new")),
    ...each(ODD_PATHS, (path) => call(name, "f", path)),
  ]),
  ...each(
    ["f", "missing", "../f", "", "x".repeat(4095), "x".repeat(4096), "a\\b", " ", "/", "ä"],
    (target) => ({
      name: `symlink(${label(target)}, new)`,
      run: async (fs: Fs) => {
        await fs.symlink(target, "new");
        return [await fs.readlink("new"), await fs.lstat("new")];
      },
    }),
  ),
  ...each([...ENDS, ...MORE_ENDS, "new/"], (path) => call("symlink", "f", path)),
  ...each(["dir", "file", "junction", "other", "", 5, null, {}], (type) =>
    call("symlink", "f", "new", type),
  ),
];

const CP_PAIRS: readonly (readonly [string, string])[] = [
  ...["f", "d", "e", "lf", "ld", "dangling", "missing", "d/", "ld/"].flatMap((from) =>
    ["new", "new/deep", "f", "d", "e", "lf", "ld", "dangling", "d/y"].map(
      (to) => [from, to] as const,
    ),
  ),
  ["d", "d/y/z/new"],
  ["d/y", "d"],
  ["f", "hard"],
  ["f/x", "new"],
  ["f", "f/x"],
  ["loop", "new"],
  ["f", "loop/x"],
  ["d", "./d/../d/n"],
];

export const copies: Case[] = [
  ...CP_PAIRS.flatMap(([from, to]) => [
    call("cp", from, to),
    call("cp", from, to, { recursive: true }),
  ]),
  ...[
    { recursive: true, dereference: true },
    { recursive: true, verbatimSymlinks: true },
    { recursive: true, force: false },
    { recursive: true, force: false, errorOnExist: true },
    { recursive: true, mode: 1 },
    { recursive: true, preserveTimestamps: true },
  ].flatMap((given) =>
    [
      ["d", "new"],
      ["d", "e"],
      ["d", "ld"],
      ["f", "empty"],
      ["f", "new"],
      ["lf", "new"],
      ["ld", "new"],
      ["lf", "ld"],
      ["dangling", "new"],
      ["f", "lf"],
      ["d/up", "e/up"],
    ].map(([from, to]) => call("cp", from, to, given)),
  ),
  ...options(
    "cp",
    ["f", "new"],
    null,
    5,
    [],
    "x",
    { mode: 8 },
    { mode: "1" },
    { mode: -1 },
    { mode: null },
    { filter: 5 },
    { filter: null },
    { dereference: true, verbatimSymlinks: true },
    ...[
      "recursive",
      "force",
      "errorOnExist",
      "dereference",
      "preserveTimestamps",
      "verbatimSymlinks",
    ].map((key) => ({ [key]: 5 })),
  ),
  ...each(ODD_PATHS, (path) => call("cp", path, "new")),
  ...each(ODD_PATHS, (path) => call("cp", "f", path)),
  {
    name: "cp with a filter",
    run: async (fs) => {
      const asked: string[] = [];
      await fs.cp("d", "new", {
        recursive: true,
        filter: async (from, to) => {
          asked.push(`${from} > ${to}`);
          return Promise.resolve(!from.endsWith("z"));
        },
      });
      return asked.sort();
    },
  },
  {
    name: "cp with a filter that says no",
    run: (fs) => fs.cp("missing", "new", { filter: () => false }),
  },
  {
    name: "cp with a filter that throws",
    run: (fs) =>
      fs.cp("d", "new", {
        recursive: true,
        filter: () => {
          throw new RangeError("no");
        },
      }),
  },
  {
    name: "cp into a directory that is there merges",
    run: async (fs) => {
      await fs.mkdir("e/y");
      await fs.writeFile("e/y/w", "old");
      await fs.writeFile("e/y/other", "stays");
      await fs.cp("d", "e", { recursive: true });
    },
  },
  {
    name: "cp keeps times if it is told to",
    run: async (fs) => {
      await fs.cp("f", "new", { preserveTimestamps: true });
      return (await fs.stat("new")).mtimeMs;
    },
  },
];
