/** Cases about directories and names, one at a time. */
import type { Dir } from "../../../../src/index.js";
import {
  ODD_PATHS,
  PATHS,
  SHORT_PATHS,
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
  each,
} from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

export const names: Case[] = [
  ...table("mkdir", SHORT_PATHS, [
    [],
    [0o700],
    [{ recursive: true }],
    [{ recursive: true, mode: "711" }],
  ]),
  ...options(
    "mkdir",
    ["new"],
    ...ODD_MODES,
    ...each(ODD_MODES, (mode) => ({ mode })),
    ...each(ODD_BOOLEANS, (recursive) => ({ recursive })),
  ),
  ...each(
    [
      "a/b/c",
      "a//b/",
      "d/a/b",
      "ld/a/b",
      "lf/a/b",
      "e/../a/b",
      "./a/b",
      "dangling/a",
      "a/../b",
      "d/y/z/1/2/3/",
    ],
    (path) => call("mkdir", path, { recursive: true }),
  ),
  ...odd("mkdir"),
  ...table("rmdir", PATHS, [[], [{ recursive: true }]]),
  ...options(
    "rmdir",
    ["e"],
    ...ODD_BOOLEANS.map((recursive) => ({ recursive })),
    { maxRetries: -1 },
    { retryDelay: "x" },
    { retryDelay: 1.5 },
    { maxRetries: 3 },
    null,
    5,
    [],
    "x",
  ),
  ...odd("rmdir"),
  ...table("rm", PATHS, [
    [],
    [{ recursive: true }],
    [{ force: true }],
    [{ recursive: true, force: true }],
  ]),
  ...options(
    "rm",
    ["f"],
    ...ODD_BOOLEANS.map((recursive) => ({ recursive })),
    ...ODD_BOOLEANS.map((force) => ({ force })),
    { maxRetries: -1 },
    { maxRetries: "1" },
    { retryDelay: -1 },
    { retryDelay: 2 ** 31 },
    null,
    5,
    [],
    "x",
  ),
  ...odd("rm"),
  ...table("unlink", PATHS),
  ...odd("unlink"),
  ...table("readlink", PATHS),
  ...options(
    "readlink",
    ["d/up"],
    "buffer",
    { encoding: "buffer" },
    ...ENCODINGS,
    ...WRONG_OPTIONS,
  ),
  ...odd("readlink"),
  ...table("realpath", PATHS),
  ...options(
    "realpath",
    ["d/up"],
    "buffer",
    { encoding: "buffer" },
    "utf8",
    "UTF8",
    ...WRONG_OPTIONS,
  ),
  ...odd("realpath"),
  ...table("readdir", PATHS, [[], [{ withFileTypes: true }]]),
  ...options(
    "readdir",
    ["d"],
    "buffer",
    { encoding: "buffer" },
    { encoding: "buffer", withFileTypes: true },
    ...ENCODINGS,
    ...WRONG_OPTIONS,
    { withFileTypes: "x" },
    { withFileTypes: 0 },
  ),
  ...each(["d", "d/", "./d", "ld", ".", "e", "missing", "f"], (path) => ({
    name: `readdir(${path}, recursive)`,
    run: async (fs: Fs) => {
      const types = await fs.readdir(path, { recursive: true, withFileTypes: true });
      const key = (entry: (typeof types)[number]): string => `${entry.parentPath}/${entry.name}`;
      return [
        (await fs.readdir(path, { recursive: true })).sort(),
        types.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
      ];
    },
  })),
  ...odd("readdir"),
  ...each(["d", "d/", "ld", "e", "missing", "f", "f/x", "", "loop", "dangling"], (path) => ({
    name: `opendir(${path})`,
    run: async (fs: Fs) => listed(await fs.opendir(path)),
  })),
  ...each(
    [
      { recursive: true },
      { bufferSize: 1 },
      { bufferSize: 100, recursive: true },
      "utf8",
      "hex",
      { encoding: "base64" },
      5,
      "klingon",
      null,
    ],
    (given) => ({
      name: `opendir(d, ${label(given)})`,
      run: async (fs: Fs) => listed(await (method(fs, "opendir")("d", given) as Promise<Dir>)),
    }),
  ),
  {
    name: "a directory that is closed twice, and read then",
    run: async (fs) => {
      const dir = await fs.opendir("d");
      await dir.close();
      const failures = await Promise.allSettled([
        dir.close(),
        ...[dir].map(async (one) => one.read()),
      ]);
      return [
        dir.path,
        ...failures.map((one) => (one.status === "rejected" ? (one.reason as unknown) : one.value)),
      ];
    },
  },
  {
    name: "a directory that is left in the middle",
    run: async (fs) => {
      const dir = await fs.opendir("d");
      for await (const entry of dir) if (entry.name !== "") break;
      return dir.close();
    },
  },
  ...odd("opendir"),
  ...each(
    ["t-", "d/t", "missing/t", "f/t", "", "e/", "ld/x", "n".repeat(249), "n".repeat(250)],
    (prefix) => ({
      name: `mkdtemp(${label(prefix)})`,
      run: (fs: Fs) => madeAndRemoved(fs, prefix, undefined),
    }),
  ),
  ...each(["buffer", { encoding: "hex" }, "klingon", 5], (given) => ({
    name: `mkdtemp(t, ${label(given)})`,
    run: (fs: Fs) => madeAndRemoved(fs, "t", given),
  })),
  ...each(ODD_PATHS.slice(0, 8), (path) => call("mkdtemp", path)),
];

async function listed(dir: Dir): Promise<unknown> {
  const entries: unknown[] = [];
  for await (const entry of dir)
    entries.push({ path: `${entry.parentPath}|${entry.name}`, directory: entry.isDirectory() });
  return entries.map((entry) => JSON.stringify(entry)).sort();
}

/** What mkdtemp gives, without what is random. */
async function madeAndRemoved(fs: Fs, prefix: string, given: unknown): Promise<unknown> {
  let made: unknown;
  try {
    made = await method(fs, "mkdtemp")(prefix, given);
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    const { code, errno, syscall } = error as Error & {
      code?: unknown;
      errno?: unknown;
      syscall?: unknown;
    };
    return { code, errno, syscall };
  }
  const bytes = typeof made === "string" ? Buffer.from(made) : Buffer.from(made as Uint8Array);
  const found = (await fs.readdir(".")).find((name) => /^t-?[A-Za-z0-9]{6}$/.test(name));
  const mode = found === undefined ? undefined : (await fs.stat(found)).mode;
  if (found !== undefined) await fs.rmdir(found);
  else if (typeof made === "string") await fs.rmdir(made);
  return [typeof made, bytes.length, mode, found !== undefined && prefix];
}
