/** repo.fs.glob, over a worker in this thread. Where Node has it, both search the same tree. */
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRepo, type GlobOptions, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

const FILES = [
  "a.js",
  "b.ts",
  ".hidden.js",
  "dir/a.js",
  "dir/b.txt",
  "dir/sub/a.js",
  "dir/sub/deep/c.js",
  "dir/.dot/d.js",
  "other/[x].js",
  "other/ä.js",
  "node_modules/p/index.js",
];

let repo: Repo;
let folder: string;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  const { factory: worker } = fakeWorkers();
  repo = await openRepo("mem://glob", { rawKey, worker, createNew: true });
  folder = await nodeFs.mkdtemp(join(tmpdir(), "cofferfs-"));
  for (const fs of [repo.fs, nodeFs as unknown as Repo["fs"]]) {
    const at = (path: string): string => (fs === repo.fs ? `/${path}` : join(folder, path));
    for (const file of FILES) {
      await fs.mkdir(at(file.replace(/[^/]*$/, "")), { recursive: true });
      await fs.writeFile(at(file), "x");
    }
    await fs.mkdir(at("empty"));
    await fs.symlink("dir", at("link"));
    await fs.symlink("../dir", at("dir/round"));
    await fs.symlink("nowhere", at("dangling"));
  }
});

afterAll(async () => {
  await repo.close();
  await nodeFs.rm(folder, { recursive: true });
});

async function found(pattern: string | string[], options: GlobOptions = {}): Promise<string[]> {
  const paths: string[] = [];
  const all = repo.fs.glob(pattern, { ...options, withFileTypes: false } as GlobOptions);
  for await (const path of all as AsyncIterable<string>) paths.push(path);
  return paths.sort();
}

const PATTERNS: readonly [pattern: string | string[], found: string[]][] = [
  ["a.js", ["a.js"]],
  ["missing.js", []],
  ["*.js", ["a.js"]],
  ["*", ["a.js", "b.ts", "dangling", "dir", "empty", "link", "node_modules", "other"]],
  [".*", [".hidden.js"]],
  ["*.{js,ts}", ["a.js", "b.ts"]],
  ["?.??", ["a.js", "b.ts"]],
  ["[ab].*", ["a.js", "b.ts"]],
  ["[!a].*", ["b.ts"]],
  ["@(a|b).@(js|ts)", ["a.js", "b.ts"]],
  ["!(*.js)", ["b.ts", "dangling", "dir", "empty", "link", "node_modules", "other"]],
  ["dir/*", ["dir/a.js", "dir/b.txt", "dir/round", "dir/sub"]],
  ["dir/**/*.js", ["dir/a.js", "dir/sub/a.js", "dir/sub/deep/c.js"]],
  ["dir/.dot/*", ["dir/.dot/d.js"]],
  ["**/a.js", ["a.js", "dir/a.js", "dir/sub/a.js"]],
  ["**/sub/**", ["dir/sub", "dir/sub/a.js", "dir/sub/deep", "dir/sub/deep/c.js"]],
  ["*/*.js", ["dir/a.js", "link/a.js", "other/[x].js", "other/ä.js"]],
  ["link/*.js", ["link/a.js"]],
  ["dir/sub/../*.txt", ["dir/b.txt"]],
  ["./a.js", ["a.js"]],
  ["a.js/x", []],
  ["empty/*", []],
  ["other/ä.js", ["other/ä.js"]],
  [
    ["*.ts", "a.*", "*.ts"],
    ["a.js", "b.ts"],
  ],
  [[], []],
  ["{a,b}.{js,ts,txt}", ["a.js", "b.ts"]],
];

describe("repo.fs.glob", () => {
  it.each(PATTERNS)("%j", async (pattern, expected) => {
    expect(await found(pattern)).toEqual(expected);
  });

  it("finds everything with **, but follows no links and looks into no names with a dot", async () => {
    const all = await found("**");
    expect(all).toContain("dir/sub/deep/c.js");
    expect(all).toContain("link");
    expect(all).toContain(".");
    expect(all.filter((path) => /link\/|round\/|\/\.|^\.h/.test(path))).toEqual([]);
  });

  it("tells of directories alone if the pattern ends in a slash", async () => {
    const paths = await found("*/");
    expect(paths.map((path) => path.replace(/\/$/, ""))).toEqual([
      "dir",
      "empty",
      "link",
      "node_modules",
      "other",
    ]);
  });

  it("starts at cwd, or at the root for an absolute pattern", async () => {
    expect(await found("*.js", { cwd: "/dir" })).toEqual(["a.js"]);
    expect(await found("*.js", { cwd: new URL("file:///dir/sub") })).toEqual(["a.js"]);
    expect(await found("../*.ts", { cwd: "dir" })).toEqual(["../b.ts"]);
    expect(await found("/dir/*.txt", { cwd: "/other" })).toEqual(["/dir/b.txt"]);
    expect(await found("*", { cwd: "/missing" })).toEqual([]);
    expect(await found("*", { cwd: "/a.js" })).toEqual([]);
  });

  it("leaves out what `exclude` says, with everything below", async () => {
    expect(await found("**/*.js", { exclude: ["dir/**", "node_modules"] })).toEqual([
      "a.js",
      "other/[x].js",
      "other/ä.js",
    ]);
    const asked: string[] = [];
    const exclude = (path: string): boolean => {
      asked.push(path);
      return path === "dir" || path === "node_modules";
    };
    expect(await found("**/*.js", { exclude })).toEqual(["a.js", "other/[x].js", "other/ä.js"]);
    expect(asked).toContain("dir");
    expect(asked).not.toContain("dir/a.js");
  });

  it("rejects with what `exclude` throws", async () => {
    const failure = new Error("no");
    const exclude = (): boolean => {
      throw failure;
    };
    await expect(found("**", { exclude })).rejects.toBe(failure);
    await repo.fs.stat("/");
  });

  it("yields entries with their types", async () => {
    const entries = [];
    for await (const entry of repo.fs.glob(["dir/*", "link"], { withFileTypes: true }))
      entries.push([entry.parentPath, entry.name, entry.isDirectory(), entry.isSymbolicLink()]);
    expect(entries.sort()).toEqual([
      [".", "link", false, true],
      ["dir", "a.js", false, false],
      ["dir", "b.txt", false, false],
      ["dir", "round", false, true],
      ["dir", "sub", true, false],
    ]);
  });

  it("refuses what is no pattern", async () => {
    await expect(found(5 as never)).rejects.toMatchObject({
      message: 'The "patterns" argument must be of type string. Received type number (5)',
    });
    await expect(found(["a", 5] as never)).rejects.toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
    await expect(found("*", { exclude: 5 as never })).rejects.toMatchObject({
      code: "ERR_INVALID_ARG_TYPE",
    });
  });

  // Node 20 has none.
  it.each("glob" in nodeFs ? PATTERNS : [])("like Node: %j", async (pattern, expected) => {
    const paths: string[] = [];
    const { glob } = nodeFs as unknown as Pick<Repo["fs"], "glob">;
    for await (const path of glob(pattern, { cwd: folder })) paths.push(path);
    expect(paths.sort()).toEqual(expected);
  });
});
