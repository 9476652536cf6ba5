/** Cases about what is known of a file beside its content. */
import {
  PATHS,
  method,
  label,
  call,
  table,
  odd,
  options,
  ODD_MODES,
  ODD_NUMBERS,
  each,
} from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

export const attributes: Case[] = [
  ...["stat", "lstat"].flatMap((name) => [
    ...table(name, PATHS, [[], [{ bigint: true }]]),
    ...odd(name),
    ...options(name, ["f"], { bigint: false }, { bigint: "yes" }, {}, undefined, 5),
  ]),
  ...table("access", PATHS),
  ...odd("access"),
  ...options("access", ["f"], 0, 4, 2, 6, null, undefined, 8, -1, "x", {}, 5n),
  ...table("chmod", PATHS, [[0o600], ["7"]]),
  ...options("chmod", ["f"], ...ODD_MODES),
  ...options("chmod", ["d"], 0o1777, 0o7777, 0o10777),
  ...odd("chmod", 0o600),
  ...["chown", "lchown"].flatMap((name) => [
    ...table(name, PATHS, [[7, 8]]),
    ...each(ODD_NUMBERS, (id) => call(name, "f", id, 1)),
    ...each(ODD_NUMBERS, (id) => call(name, "f", 1, id)),
    call(name, "f", 2 ** 32 - 1, 3),
    call(name, "f", -1, -1),
    call(name, "missing", -1, -1),
    call(name, "f", 2 ** 32, 3),
  ]),
  ...["utimes", "lutimes"].flatMap((name) => [
    ...table(name, PATHS, [[1_000_000_000, 1_000_000_001]]),
    ...each(
      [...ODD_NUMBERS, "x", "", "12", "1.5", new Date(NaN), new Date(1e12), [], -0],
      (time) => ({
        name: `${name} of atime ${label(time)}`,
        run: async (fs: Fs) => {
          await method(fs, name)("f", time, 1_000_000_000);
          return fs.stat("f");
        },
      }),
    ),
    ...each(
      ["x", "12", "1000000000.25", 1e9 + 0.125, new Date(1e12 + 7), new Date(-1000)],
      (time) => ({
        name: `${name} of mtime ${label(time)}`,
        run: async (fs: Fs) => {
          await method(fs, name)("f", 1, time);
          return Math.round((await fs.stat("f")).mtimeMs);
        },
      }),
    ),
  ]),
  ...table("statfs", ["missing", "f/x", "", "loop"]),
  ...each(["f", "d", "lf"], (path) => ({
    name: `the kinds of what statfs(${path}) tells`,
    run: async (fs: Fs) => {
      const kinds = (stats: object): unknown =>
        Object.entries(stats).map(([key, value]) => [key, typeof value]);
      return [kinds(await fs.statfs(path)), kinds(await fs.statfs(path, { bigint: true }))];
    },
  })),
  ...odd("statfs"),
];
