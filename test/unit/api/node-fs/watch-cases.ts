/** Cases about watching. */
import { ODD_PATHS, method, label, ABORTED } from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

export const watching: Case[] = [
  ...["missing", "f/x", "loop", ""].map((path) => ({
    name: `watch(${path})`,
    run: (fs: Fs) => firstChange(fs, path, {}),
  })),
  ...[
    5,
    null,
    [],
    "x",
    { persistent: 5 },
    { recursive: 5 },
    { signal: 5 },
    { signal: ABORTED },
  ].map((given) => ({
    name: `watch(f, ${label(given)})`,
    run: (fs: Fs) => firstChange(fs, "f", given),
  })),
  ...ODD_PATHS.map((path) => ({
    name: `watch(${label(path)})`,
    run: (fs: Fs) => firstChange(fs, path, {}),
  })),
  ...(
    [
      ["d", "change of an entry", (fs) => fs.writeFile("d/x", "other")],
      ["d", "an entry that comes", (fs) => fs.writeFile("d/new", "")],
      ["d", "an entry that goes", (fs) => fs.unlink("d/x")],
      ["d", "an entry that is renamed", (fs) => fs.rename("d/x", "d/v")],
      ["d", "attributes of an entry", (fs) => fs.chmod("d/x", 0o600)],
      ["f", "the file itself", (fs) => fs.appendFile("f", "more")],
      ["d", "a directory that comes", (fs) => fs.mkdir("d/new")],
      ["ld", "through a link", (fs) => fs.writeFile("d/x", "other")],
    ] as const satisfies readonly (readonly [string, string, (fs: Fs) => Promise<unknown>])[]
  ).map(([path, what, act]) => ({
    name: `watch(${path}): ${what}`,
    run: async (fs: Fs) => {
      const stop = new AbortController();
      const first = firstChange(fs, path, { signal: stop.signal });
      // It watches from when it is asked.
      await new Promise((resolve) => setTimeout(resolve, 10));
      await act(fs);
      setTimeout(() => {
        stop.abort();
      }, 2000).unref();
      return first;
    },
  })),
];

async function firstChange(fs: Fs, path: unknown, given: unknown): Promise<unknown> {
  for await (const change of method(fs, "watch")(path, given) as AsyncIterable<unknown>)
    return change;
  return "nothing";
}
