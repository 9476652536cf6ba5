/**
 * What every method of the provider does and how it fails, as a table, over a repo and over Node's own files, with VS Code's own classes
 * of URIs and errors.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type * as vscode from "vscode";
import { fileSystemProvider, type FileSystemProvider } from "../../../src/vscode/index.js";
import type { VscodeModules } from "../../support/vscode-stack.js";
import { vscodeInNode } from "./modules.js";
import { nodeSide, repoSide, type ProviderSide } from "./provider-sides.js";

type Provider = FileSystemProvider<vscode.Uri>;
type UriOf = (path: string) => vscode.Uri;
type Call = (provider: Provider, at: UriOf) => Promise<unknown>;

const [FILE, FOLDER, LINK] = [1, 2, 64];
const BYTES = new TextEncoder().encode("new");
const TREE = [
  ...["/f", "/g", "/d/", "/d/x", "/d/y/", "/d/y/z", "/empty/", "/other/", "/other/x"],
  ...([
    ["/lf", "f"],
    ["/ld", "d"],
    ["/dangling", "nowhere"],
    ["/loop", "loop"],
  ] as const),
];

const write =
  (path: string, create: boolean, overwrite: boolean): Call =>
  (provider, at) =>
    provider.writeFile(at(path), BYTES, { create, overwrite });
const remove =
  (path: string, recursive: boolean): Call =>
  (provider, at) =>
    provider.delete(at(path), { recursive });
const rename =
  (from: string, to: string, overwrite: boolean): Call =>
  (provider, at) =>
    provider.rename(at(from), at(to), { overwrite });
const copy =
  (from: string, to: string, overwrite: boolean): Call =>
  (provider, at) =>
    provider.copy(at(from), at(to), { overwrite });
const stat =
  (path: string): Call =>
  (provider, at) =>
    provider.stat(at(path));
const list =
  (path: string): Call =>
  (provider, at) =>
    provider.readDirectory(at(path));
const read =
  (path: string): Call =>
  (provider, at) =>
    provider.readFile(at(path));
const mkdir =
  (path: string): Call =>
  (provider, at) =>
    provider.createDirectory(at(path));

/** Each fails with an error of this code and changes nothing. */
const FAILURES: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  FileNotFound: {
    "stat of nothing": stat("/none"),
    "stat below nothing": stat("/none/x"),
    "readDirectory of nothing": list("/none"),
    "readDirectory of a dangling link": list("/dangling"),
    "createDirectory below nothing": mkdir("/none/x"),
    "readFile of nothing": read("/none"),
    "readFile of a dangling link": read("/dangling"),
    "writeFile of nothing, without create": write("/none", false, true),
    "writeFile of nothing, with neither": write("/none", false, false),
    "writeFile below nothing, with create": write("/none/x", true, true),
    "writeFile below nothing, without overwrite": write("/none/x", true, false),
    "delete of nothing": remove("/none", false),
    "delete of nothing, recursive": remove("/none", true),
    "rename of nothing": rename("/none", "/new", false),
    "rename of nothing over something": rename("/none", "/f", true),
    "rename of nothing onto itself": rename("/none", "/none", true),
    "rename to below nothing": rename("/f", "/none/x", false),
    "copy of nothing": copy("/none", "/new", false),
    "copy of nothing over something": copy("/none", "/d", true),
    "copy of a file to below nothing": copy("/f", "/none/x", false),
    "copy of a folder to below nothing": copy("/d", "/none/x", true),
  },
  FileExists: {
    "createDirectory of a folder": mkdir("/d"),
    "createDirectory of a file": mkdir("/f"),
    "createDirectory of a link": mkdir("/dangling"),
    "createDirectory of the root": mkdir("/"),
    "writeFile of a file, without overwrite": write("/f", true, false),
    "writeFile of a folder, without overwrite": write("/d", true, false),
    "writeFile of a dangling link, without overwrite": write("/dangling", true, false),
    "writeFile of a file, with neither": write("/f", false, false),
    "rename to a file": rename("/g", "/f", false),
    "rename to an empty folder": rename("/d", "/empty", false),
    "rename to a dangling link": rename("/f", "/dangling", false),
    "rename onto itself": rename("/f", "/f", false),
    "rename to the root": rename("/d", "/", false),
    "copy to a file": copy("/g", "/f", false),
    "copy of a folder to a folder": copy("/d", "/other", false),
    "copy to a dangling link": copy("/f", "/dangling", false),
    "copy onto itself": copy("/d", "/d", false),
  },
  FileNotADirectory: {
    "stat below a file": stat("/f/x"),
    "readDirectory of a file": list("/f"),
    "createDirectory below a file": mkdir("/f/x"),
    "readFile below a file": read("/f/x"),
    "writeFile below a file": write("/f/x", true, true),
    "delete below a file": remove("/f/x", false),
    "rename to below a file": rename("/g", "/f/x", false),
    "copy to below a file": copy("/g", "/f/x", false),
  },
  FileIsADirectory: {
    "readFile of a folder": read("/d"),
    "readFile of a link to a folder": read("/ld"),
    "readFile of the root": read("/"),
    "writeFile of a folder": write("/d", true, true),
    "writeFile of a folder, without create": write("/d", false, true),
  },
  NoPermissions: {
    "delete of the root": remove("/", true),
    "delete of the root, not recursive": remove("/d/..", false),
    "rename of the root": rename("/", "/new", false),
    "rename over the root": rename("/d", "/", true),
    "copy over the root": copy("/d", "/", true),
  },
  Unknown: {
    "delete of a folder with entries, not recursive": remove("/d", false),
    "rename of a folder into itself": rename("/d", "/d/y/new", false),
    "rename of a folder over what is in it": rename("/d", "/d/y", true),
    "copy of a folder into itself": copy("/d", "/d/y/new", false),
    "stat of a name that is too long": stat(`/${"n".repeat(256)}`),
    "writeFile of a name that is too long": write(`/${"n".repeat(256)}`, true, true),
    "stat of a name with a zero": stat("/a\0b"),
  },
};

/** Each succeeds, and leaves and yields this. */
interface Success {
  readonly run: Call;
  /** What is there afterwards: the content of a file, the sorted entries of a folder, undefined for nothing. */
  readonly leaves?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly yields?: unknown;
}

const D = ["x", "y"];
const SUCCESSES: Readonly<Record<string, Success>> = {
  "stat of a file": { run: stat("/f"), yields: { type: FILE, size: 13 } },
  "stat of a folder": { run: stat("/d"), yields: { type: FOLDER } },
  "stat of the root": { run: stat("/"), yields: { type: FOLDER } },
  "stat with a slash at the end": { run: stat("/d/"), yields: { type: FOLDER } },
  "stat of a link to a file": { run: stat("/lf"), yields: { type: FILE | LINK, size: 13 } },
  "stat of a link to a folder": { run: stat("/ld"), yields: { type: FOLDER | LINK } },
  "stat of a dangling link": { run: stat("/dangling"), yields: { type: LINK } },
  "stat of a link to itself": { run: stat("/loop"), yields: { type: LINK } },
  "stat through a link": { run: stat("/ld/x"), yields: { type: FILE } },
  "stat of what seems to be above the root": { run: stat("/../../f"), yields: { type: FILE } },
  "readDirectory of a folder": {
    run: list("/d"),
    yields: [
      ["x", FILE],
      ["y", FOLDER],
    ],
  },
  "readDirectory through a link": {
    run: list("/ld"),
    yields: [
      ["x", FILE],
      ["y", FOLDER],
    ],
  },
  "readDirectory of an empty folder": { run: list("/empty"), yields: [] },
  "readFile of a file": {
    run: async (...given) => new TextDecoder().decode((await read("/d/x")(...given)) as Uint8Array),
    yields: "content of /d/x",
  },
  createDirectory: { run: mkdir("/new"), leaves: { "/new": [] } },
  "writeFile of nothing": { run: write("/new", true, true), leaves: { "/new": "new" } },
  "writeFile of nothing, without overwrite": {
    run: write("/new", true, false),
    leaves: { "/new": "new" },
  },
  "writeFile of a file": { run: write("/f", true, true), leaves: { "/f": "new" } },
  "writeFile of a file, without create": { run: write("/f", false, true), leaves: { "/f": "new" } },
  "writeFile through a link": {
    run: write("/lf", false, true),
    leaves: { "/f": "new", "/lf": "new" },
  },
  "delete of a file": { run: remove("/f", false), leaves: { "/f": undefined } },
  "delete of a file, recursive": { run: remove("/f", true), leaves: { "/f": undefined } },
  "delete of an empty folder": { run: remove("/empty", false), leaves: { "/empty": undefined } },
  "delete of a folder with entries": { run: remove("/d", true), leaves: { "/d": undefined } },
  "delete of a link to a folder": {
    run: remove("/ld", true),
    leaves: { "/ld": undefined, "/d": D },
  },
  "delete of a dangling link": {
    run: remove("/dangling", false),
    leaves: { "/dangling": undefined },
  },
  "rename of a file": {
    run: rename("/f", "/d/f", false),
    leaves: { "/f": undefined, "/d/f": "content of /f" },
  },
  "rename of a folder": {
    run: rename("/d", "/other/d", false),
    leaves: { "/d": undefined, "/other/d": D, "/other/d/y": ["z"] },
  },
  "rename of a file over a file": {
    run: rename("/f", "/g", true),
    leaves: { "/f": undefined, "/g": "content of /f" },
  },
  "rename of a folder over a folder with entries": {
    run: rename("/d", "/other", true),
    leaves: { "/d": undefined, "/other": D },
  },
  "rename of a file over a folder": {
    run: rename("/f", "/d", true),
    leaves: { "/f": undefined, "/d": "content of /f" },
  },
  "rename of a folder over a file": {
    run: rename("/d", "/f", true),
    leaves: { "/d": undefined, "/f": D },
  },
  "rename of a file over a link": {
    run: rename("/g", "/lf", true),
    leaves: { "/g": undefined, "/lf": "content of /g", "/f": "content of /f" },
  },
  "rename onto itself": { run: rename("/d", "/d/", true), leaves: { "/d": D } },
  "copy of a file": {
    run: copy("/f", "/new", false),
    leaves: { "/f": "content of /f", "/new": "content of /f" },
  },
  "copy of a file over a file": { run: copy("/f", "/g", true), leaves: { "/g": "content of /f" } },
  "copy of a file over a folder": {
    run: copy("/f", "/d", true),
    leaves: { "/d": "content of /f" },
  },
  "copy of a folder": {
    run: copy("/d", "/new", false),
    leaves: { "/d": D, "/new": D, "/new/y/z": "content of /d/y/z" },
  },
  "copy of a folder over another, which is not merged": {
    run: copy("/d/y", "/other", true),
    leaves: { "/other": ["z"] },
  },
  "copy of a folder over a file": { run: copy("/d", "/f", true), leaves: { "/f": D } },
  "copy of a link": {
    run: copy("/ld", "/new", false),
    leaves: { "/new": D, "/d": D },
  },
  "copy over a link, which goes itself": {
    run: copy("/g", "/lf", true),
    leaves: { "/lf": "content of /g", "/f": "content of /f" },
  },
  "copy onto itself": { run: copy("/d", "/d", true), leaves: { "/d": D } },
};

let modules: VscodeModules;

beforeAll(async () => {
  modules = await vscodeInNode();
});

const sides: Readonly<Record<string, () => Promise<ProviderSide>>> = {
  "a repo": () => repoSide("provider-table"),
  "Node's own files": nodeSide,
};

for (const [name, open] of Object.entries(sides))
  describe(`a provider of ${name}`, () => {
    let side: ProviderSide;
    let provider: Provider;
    const at: UriOf = (path) => modules.URI.from({ scheme: "coffer", authority: "vault", path });

    beforeAll(async () => {
      side = await open();
      provider = fileSystemProvider(side.fs, modules, { root: side.root });
    });

    afterAll(async () => {
      provider.dispose();
      await side.end();
    });

    beforeEach(() => side.plant(TREE));

    const decoder = new TextDecoder();

    async function found(path: string): Promise<string | string[] | undefined> {
      try {
        const { type } = await provider.stat(at(path));
        if ((type & FOLDER) !== 0)
          return (await provider.readDirectory(at(path))).map(([entry]) => entry).sort();
        return type === LINK ? "a link" : decoder.decode(await provider.readFile(at(path)));
      } catch {
        return undefined;
      }
    }

    /** Everything that there is, links not followed. */
    async function tree(path = "/"): Promise<string[]> {
      const entries = (await provider.readDirectory(at(path))).sort();
      const lines = entries.map(async ([entry, type]) => {
        const below = `${path === "/" ? "" : path}/${entry}`;
        if (type === FOLDER) return [below, ...(await tree(below))];
        return [`${below} ${type} ${String(await found(below))}`];
      });
      return (await Promise.all(lines)).flat();
    }

    for (const [code, calls] of Object.entries(FAILURES))
      for (const [call, run] of Object.entries(calls))
        it(`${call} is ${code}, and changes nothing`, async () => {
          const before = await tree();
          const error: unknown = await run(provider, at).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(modules.FileSystemError);
          expect(error).toMatchObject({ code });
          expect(await tree()).toEqual(before);
        });

    for (const [call, { run, leaves = {}, yields }] of Object.entries(SUCCESSES))
      it(`${call} succeeds`, async () => {
        const result = await run(provider, at);
        if (Array.isArray(yields))
          expect([...(result as [string, number][])].sort()).toEqual(yields);
        else if (typeof yields === "object" && yields !== null)
          expect(result).toMatchObject(yields);
        else expect(result).toEqual(yields);
        for (const [path, content] of Object.entries(leaves))
          expect(await found(path), path).toEqual(content);
        expect((await tree()).filter((line) => line.includes("staging"))).toEqual([]);
      });

    it("tells the types of all entries, links with their own bit", async () => {
      const types = Object.fromEntries(await provider.readDirectory(at("/")));
      expect(types).toEqual({
        ...{ f: FILE, g: FILE, d: FOLDER, empty: FOLDER, other: FOLDER },
        ...{ lf: FILE | LINK, ld: FOLDER | LINK, dangling: LINK, loop: LINK },
      });
    });

    it("tells times in milliseconds, and nothing of permissions of what can be written", async () => {
      const before = Date.now() - 5000;
      await provider.writeFile(at("/new"), BYTES, { create: true, overwrite: true });
      const { ctime, mtime, permissions } = await provider.stat(at("/new"));
      for (const time of [ctime, mtime]) {
        expect(time).toBeGreaterThan(before);
        expect(time).toBeLessThan(before + 600_000);
      }
      expect(permissions).toBeUndefined();
    });

    it("refuses every change if it is asked to, and says that everything is read-only", async () => {
      const guarded = fileSystemProvider(side.fs, modules, { root: side.root, readOnly: true });
      expect(await guarded.stat(at("/f"))).toMatchObject({ permissions: 1 });
      const changes = [
        ...[write("/f", true, true), write("/new", true, false), mkdir("/new"), remove("/d", true)],
        ...[rename("/f", "/new", false), copy("/f", "/new", false)],
      ];
      for (const change of changes)
        await expect(change(guarded, at)).rejects.toMatchObject({ code: "NoPermissions" });
      expect(await found("/new")).toBeUndefined();
    });

    it("lets one of two calls win that must not overwrite the same path", async () => {
      for (const [one, other] of [
        [rename("/f", "/new", false), rename("/g", "/new", false)],
        [copy("/d", "/new", false), rename("/other", "/new", false)],
        [write("/new", true, false), rename("/g", "/new", false)],
      ] as const) {
        await side.plant(TREE);
        const results = await Promise.allSettled([one(provider, at), other(provider, at)]);
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
        expect(results[1]).toMatchObject({ reason: { code: "FileExists" } });
      }
    });

    it("does not keep the caller's buffer, and gives whole contents of any size", async () => {
      const large = Uint8Array.from({ length: 5 * 1024 * 1024 + 1 }, (_, i) => i * 7);
      const given = large.slice();
      const writing = provider.writeFile(at("/large"), given, { create: true, overwrite: false });
      await writing;
      given.fill(0);
      const content = await provider.readFile(at("/large"));
      expect(content.length).toBe(large.length);
      expect(Buffer.compare(content, large)).toBe(0);
      expect(await provider.stat(at("/large"))).toMatchObject({ size: large.length });
    });

    it("takes any name that the file system takes", async () => {
      const names = [
        "n".repeat(255),
        "ü",
        "u\u0308",
        "🗄️",
        "__proto__",
        "a\\b",
        " ",
        "%2e%2e",
        "#?&",
      ];
      for (const name of names)
        await provider.writeFile(at(`/empty/${name}`), BYTES, { create: true, overwrite: false });
      const listed = (await provider.readDirectory(at("/empty"))).map(([entry]) => entry);
      expect(listed.sort()).toEqual([...names].sort());
      for (const name of names) await provider.delete(at(`/empty/${name}`), { recursive: false });
      expect(await provider.readDirectory(at("/empty"))).toEqual([]);
    });
  });
