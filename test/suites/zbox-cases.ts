/**
 * What `Repo` and `File` promise in ZboxFS's shape: a case for each method and option, and one for each row of the table
 * of what is the same and what is different. They run in Node over mem:// and in a browser on each of its storages.
 */
import type * as Api from "../../src/index.js";
import { check, checkCode } from "./browser-case.js";

export interface ZboxSubject {
  readonly api: typeof Api;
  /** A URI at which there is nothing. */
  readonly newUri: () => string;
  readonly worker?: Api.WorkerFactory | undefined;
}

export interface ZboxCase {
  readonly name: string;
  readonly run: (subject: ZboxSubject) => Promise<void>;
}

const rawKey = new Uint8Array(32).fill(7);

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [plain(actual), plain(expected)];
  check(a === e, `${what}: expected ${e}, got ${a}`);
}

function plain(value: unknown): string {
  return JSON.stringify(value instanceof Uint8Array ? Array.from(value) : value);
}

/** Of every file a fresh start, by text. */
async function textOf(repo: Api.Repo, path: string): Promise<string> {
  return repo.fs.readFile(path, "utf8");
}

async function versionsOf(repo: Api.Repo, path: string): Promise<string[]> {
  const texts: string[] = [];
  await using file = await repo.openFile(path);
  for (const { version } of await file.history()) {
    await using reader = await file.versionReader(version);
    texts.push(await reader.readAllString());
  }
  return texts;
}

/** The case gets a new repo with room for three versions of each file. */
function inRepo(name: string, run: (repo: Api.Repo) => Promise<void>): ZboxCase {
  return {
    name,
    run: async ({ api, newUri, worker }) => {
      const repo = await api.openRepo(newUri(), {
        rawKey,
        createNew: true,
        versionLimit: 3,
        worker,
      });
      try {
        await run(repo);
        const { ok } = await repo.check();
        check(ok, "the repo is sound");
      } finally {
        await repo.close();
      }
    },
  };
}

const repoCases: readonly ZboxCase[] = [
  {
    name: "info tells what the repo is",
    run: async ({ api, newUri, worker }) => {
      const uri = newUri();
      const before = Date.now();
      const repo = await api.openRepo(uri, {
        password: "p",
        kdf: { opsLimit: 2, memLimit: 19 * 1024 * 1024 },
        cipher: "xchacha20-poly1305",
        versionLimit: 7,
        dedupChunk: true,
        create: true,
        worker,
      });
      const { containerId, createdMs, location, ...rest } = await repo.info();
      check(/^[0-9a-f]{32}$/.test(containerId), "a container id");
      check(createdMs >= before && createdMs <= Date.now(), "made just now");
      check(location.length > 0, "a location");
      same(
        Object.entries(rest).sort(),
        Object.entries({
          uri,
          format: 1,
          cipher: "xchacha20-poly1305",
          kdf: { opsLimit: 2, memLimit: 19 * 1024 * 1024 },
          keyGenerations: 1,
          slotBytes: 32_768,
          compress: false,
          versionLimit: 7,
          dedupChunk: true,
          durability: "relaxed",
          readOnly: false,
        }).sort(),
        "info",
      );
      await repo.close();
      const again = await api.openRepo(uri, {
        password: "p",
        readOnly: true,
        versionLimit: 2,
        worker,
      });
      const info = await again.info();
      same(
        [info.containerId, info.createdMs, info.versionLimit, info.dedupChunk, info.readOnly],
        [containerId, createdMs, 7, true, true],
        "what was chosen at creation stays",
      );
      await again.close();
    },
  },
  inRepo(
    "createFile makes an empty file for reading and writing, and empties one that is there",
    async (repo) => {
      const file = await repo.createFile("/f");
      same(await file.currVersion(), 1, "a new file is version 1");
      await file.writeOnce("abc");
      await file.seek(0);
      same(await file.readAllString(), "abc", "what was written");
      await file.close();
      await (await repo.createFile("/f")).close();
      same(await versionsOf(repo, "/f"), ["", "abc", ""], "the versions");
      await (await repo.createFile("/f")).close();
      same((await repo.history("/f")).length, 3, "an empty file is emptied without a version");
      await repo.createDir("/d");
      await checkCode(() => repo.createFile("/d"), "EISDIR");
      await checkCode(() => repo.createFile("/none/f"), "ENOENT");
      await checkCode(() => repo.createFile("/f/g"), "ENOTDIR");
    },
  ),
  inRepo("openFile opens for reading unless it is told otherwise", async (repo) => {
    await repo.fs.writeFile("/f", "abc");
    await using file = await repo.openFile("/f");
    same(await file.readAllString(), "abc", "content");
    for (const change of [
      () => file.write("x"),
      () => file.finish(),
      () => file.writeOnce("x"),
      () => file.setLen(1),
    ])
      await checkCode(change, "EBADF");
    await checkCode(() => repo.openFile("/none"), "ENOENT");
    await checkCode(() => repo.openFile("/"), "EISDIR");
    await checkCode(() => repo.openFile("/f/g"), "ENOTDIR");
  }),
  inRepo("openFile({ read: false }) refuses to read", async (repo) => {
    await repo.fs.writeFile("/f", "abc");
    await using file = await repo.openFile("/f", { read: false, write: true });
    await checkCode(() => file.readAll(), "EBADF");
    await checkCode(() => file.read(new Uint8Array(1)), "EBADF");
    await checkCode(() => file.versionReader(1), "EBADF");
    await file.writeOnce("x");
    same(await textOf(repo, "/f"), "xbc", "it writes");
  }),
  inRepo("openFile({ write }) writes over what is there", async (repo) => {
    await repo.fs.writeFile("/f", "abcdef");
    await using file = await repo.openFile("/f", { write: true });
    await file.writeOnce("xy");
    same(await file.readAllString(), "cdef", "the position is behind what was written");
    same(await textOf(repo, "/f"), "xycdef", "content");
  }),
  inRepo("openFile({ append }) begins at the end and writes there", async (repo) => {
    await repo.fs.writeFile("/f", "abc");
    await using file = await repo.openFile("/f", { append: true });
    same(await file.readAllString(), "", "it begins at the end");
    await file.writeOnce("d");
    same(await textOf(repo, "/f"), "abcd", "content");
  }),
  inRepo("openFile({ truncate }) makes an empty version", async (repo) => {
    await repo.fs.writeFile("/f", "abc");
    await (await repo.openFile("/f", { truncate: true })).close();
    same(await versionsOf(repo, "/f"), ["abc", ""], "the versions");
    await checkCode(() => repo.openFile("/none", { truncate: true }), "ENOENT");
  }),
  inRepo("openFile({ create }) makes the file if there is none", async (repo) => {
    for (const text of ["a", "b"]) {
      await using file = await repo.openFile("/f", { create: true });
      await file.writeOnce(text);
    }
    same(await versionsOf(repo, "/f"), ["", "a", "b"], "the versions");
  }),
  inRepo("openFile({ createNew }) makes the file and refuses one that is there", async (repo) => {
    await (await repo.openFile("/f", { createNew: true })).close();
    await checkCode(() => repo.openFile("/f", { createNew: true }), "EEXIST");
    await repo.createDir("/d");
    await checkCode(() => repo.openFile("/d", { createNew: true }), "EEXIST");
  }),
  inRepo(
    "openFile({ versionLimit }) keeps so many versions of a file that it makes",
    async (repo) => {
      const file = await repo.openFile("/f", { create: true, versionLimit: 2 });
      for (const text of ["a", "b", "c"]) await file.writeOnce(text);
      await file.close();
      same(await versionsOf(repo, "/f"), ["ab", "abc"], "the versions");
      for (const versionLimit of [0, 256, 1.5])
        await checkCode(
          () => repo.openFile("/g", { create: true, versionLimit }),
          "ERR_OUT_OF_RANGE",
        );
      check(!(await repo.pathExists("/g")), "nothing is made");
    },
  ),
  inRepo("openFile({ dedupChunk }) takes true and false, for each file", async (repo) => {
    for (const [i, dedupChunk] of [true, false].entries())
      await (await repo.openFile(`/${i}`, { create: true, dedupChunk })).close();
    const wrong = { create: true, dedupChunk: 1 as unknown as boolean };
    await checkCode(() => repo.openFile("/g", wrong), "ERR_INVALID_ARG_TYPE");
  }),
  inRepo("openFile refuses options that are neither true nor false", async (repo) => {
    for (const name of ["read", "write", "append", "truncate", "create", "createNew"]) {
      const options = { [name]: "yes" } as unknown as Api.OpenFileOptions;
      await checkCode(() => repo.openFile("/f", options), "ERR_INVALID_ARG_TYPE");
    }
  }),
  inRepo("createDir makes an empty directory", async (repo) => {
    await repo.createDir("/d");
    same(await repo.readDir("/d"), [], "it is empty");
    await checkCode(() => repo.createDir("/d"), "EEXIST");
    await checkCode(() => repo.createDir("/"), "EEXIST");
    await checkCode(() => repo.createDir("/none/d"), "ENOENT");
  }),
  inRepo("createDirAll makes everything above it too", async (repo) => {
    await repo.createDirAll("/a/b/c");
    check(await repo.isDir("/a/b/c"), "it is there");
    await repo.fs.writeFile("/f", "");
    await checkCode(() => repo.createDirAll("/f"), "EEXIST");
    await checkCode(() => repo.createDirAll("/f/g/h"), "ENOTDIR");
  }),
  inRepo("readDir lists entries with their metadata, however many", async (repo) => {
    await repo.createDir("/d");
    await repo.fs.writeFile("/d/b", "abc");
    await repo.createDir("/d/a");
    const found = (await repo.readDir("/d")).map(({ name, type, size, version }) => [
      name,
      type,
      size,
      version,
    ]);
    same(
      found,
      [
        ["a", "directory", 0, 1],
        ["b", "file", 3, 1],
      ],
      "entries",
    );
    await repo.createDir("/many");
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => repo.fs.writeFile(`/many/${i}`, "x".repeat(i))),
    );
    const many = await repo.readDir("/many");
    same(many.length, 300, "all of them");
    check(
      many.every(({ name, size }) => size === Number(name)),
      "each with its own",
    );
    await checkCode(() => repo.readDir("/none"), "ENOENT");
    await checkCode(() => repo.readDir("/d/b"), "ENOTDIR");
  }),
  inRepo("metadata tells of files and directories", async (repo) => {
    const before = Date.now();
    await (await repo.createFile("/f")).close();
    await repo.fs.writeFile("/f", "abcd");
    const { createdMs, modifiedMs, ...rest } = await repo.metadata("/f");
    same(
      Object.entries(rest).sort(),
      Object.entries({ type: "file", size: 4, version: 2 }).sort(),
      "metadata",
    );
    check(createdMs >= before && modifiedMs >= createdMs && modifiedMs <= Date.now(), "times");
    same((await repo.metadata("/")).type, "directory", "the root");
    await checkCode(() => repo.metadata("/none"), "ENOENT");
  }),
  inRepo("history lists the versions that are kept", async (repo) => {
    const file = await repo.createFile("/f");
    for (const text of ["a", "b", "c"]) await file.writeOnce(text);
    const found = (await repo.history("/f")).map(({ version, size }) => [version, size]);
    same(
      found,
      [
        [2, 1],
        [3, 2],
        [4, 3],
      ],
      "versions",
    );
    same(await file.history(), await repo.history("/f"), "by path and by file");
    await file.close();
    await checkCode(() => repo.history("/"), "EISDIR");
    await checkCode(() => repo.history("/none"), "ENOENT");
  }),
  inRepo(
    "copy makes a file of the same content, and a version of one that is there",
    async (repo) => {
      await repo.fs.writeFile("/a", "abc");
      await repo.copy("/a", "/b");
      same(await textOf(repo, "/b"), "abc", "a new one");
      await repo.fs.writeFile("/c", "old");
      await repo.copy("/a", "/c");
      same(await versionsOf(repo, "/c"), ["old", "abc"], "the versions");
      await repo.copy("/a", "/a");
      same((await repo.history("/a")).length, 1, "onto itself it does nothing");
      await repo.createDir("/d");
      await checkCode(() => repo.copy("/d", "/e"), "EISDIR");
      await checkCode(() => repo.copy("/a", "/d"), "EISDIR");
      await checkCode(() => repo.copy("/none", "/e"), "ENOENT");
    },
  ),
  inRepo(
    "copyDirAll copies everything below a directory, also into one that is there",
    async (repo) => {
      await repo.createDirAll("/a/b/c");
      await repo.createDir("/a/empty");
      await repo.fs.writeFile("/a/f", "1");
      await repo.fs.writeFile("/a/b/c/g", "2");
      await repo.fs.symlink("f", "/a/link");
      await repo.copyDirAll("/a", "/copy");
      await repo.fs.writeFile("/copy/f", "changed");
      await repo.fs.writeFile("/copy/other", "stays");
      await repo.copyDirAll("/a/", "/copy/../copy/");
      same(
        (await repo.fs.readdir("/copy", { recursive: true })).sort(),
        ["b", "b/c", "b/c/g", "empty", "f", "link", "other"],
        "entries",
      );
      same(await textOf(repo, "/copy/f"), "1", "replaced");
      same(await repo.fs.readlink("/copy/link"), "f", "links as links");
      await repo.createDir("/clash");
      await repo.fs.writeFile("/clash/b", "");
      await checkCode(() => repo.copyDirAll("/a", "/clash"), "ENOTDIR");
      await checkCode(() => repo.copyDirAll("/a", "/a/b/new"), "EINVAL");
      await checkCode(() => repo.copyDirAll("/a", "/a"), "EINVAL");
      await checkCode(() => repo.copyDirAll("/", "/new"), "EINVAL");
      await checkCode(() => repo.copyDirAll("/a/f", "/new"), "ENOTDIR");
      await checkCode(() => repo.copyDirAll("/none", "/new"), "ENOENT");
      await checkCode(() => repo.copyDirAll("/a", "/none/new"), "ENOENT");
      check(!(await repo.pathExists("/new")), "what is refused leaves nothing");
    },
  ),
  inRepo("removeFile removes files only", async (repo) => {
    await repo.fs.writeFile("/f", "");
    await repo.removeFile("/f");
    check(!(await repo.pathExists("/f")), "it is gone");
    await repo.createDir("/d");
    await checkCode(() => repo.removeFile("/d"), "EISDIR");
    await checkCode(() => repo.removeFile("/f"), "ENOENT");
  }),
  inRepo("removeDir removes empty directories only", async (repo) => {
    await repo.createDirAll("/a/b");
    await repo.fs.writeFile("/f", "");
    await checkCode(() => repo.removeDir("/a"), "ENOTEMPTY");
    await checkCode(() => repo.removeDir("/f"), "ENOTDIR");
    await checkCode(() => repo.removeDir("/none"), "ENOENT");
    await checkCode(() => repo.removeDir("/"), "EBUSY");
    await repo.removeDir("/a/b");
    check(!(await repo.pathExists("/a/b")), "it is gone");
  }),
  inRepo(
    "removeDirAll removes a directory with everything below it, and empties the root",
    async (repo) => {
      await repo.createDirAll("/a/b/c");
      await repo.fs.writeFile("/a/b/f", "");
      await repo.fs.writeFile("/f", "");
      await checkCode(() => repo.removeDirAll("/f"), "ENOTDIR");
      await checkCode(() => repo.removeDirAll("/none"), "ENOENT");
      await repo.removeDirAll("/a/b/../b");
      same(await repo.fs.readdir("/a"), [], "what is above stays");
      await repo.removeDirAll("/");
      same(await repo.fs.readdir("/"), [], "the root stays");
    },
  ),
  inRepo("rename moves files and directories and replaces nothing", async (repo) => {
    await repo.createDirAll("/a/b");
    await repo.fs.writeFile("/a/f", "1");
    await repo.fs.writeFile("/g", "2");
    await repo.rename("/a/f", "/a/b/h");
    same(await textOf(repo, "/a/b/h"), "1", "a file");
    await repo.rename("/a", "/z");
    check(await repo.isFile("/z/b/h"), "a directory");
    await checkCode(() => repo.rename("/z/b/h", "/g"), "EEXIST");
    await checkCode(() => repo.rename("/z", "/g"), "EEXIST");
    await checkCode(() => repo.rename("/g", "/g"), "EINVAL");
    await checkCode(() => repo.rename("/z", "/z/b/inside"), "EINVAL");
    await checkCode(() => repo.rename("/none", "/y"), "ENOENT");
    await checkCode(() => repo.rename("/", "/y"), "EBUSY");
    same(await textOf(repo, "/g"), "2", "what is refused changes nothing");
  }),
  inRepo("pathExists, isFile and isDir answer for every path", async (repo) => {
    await repo.createDir("/d");
    await repo.fs.writeFile("/f", "");
    await repo.fs.symlink("loop", "/loop");
    const answers = async (path: string): Promise<boolean[]> => [
      await repo.pathExists(path),
      await repo.isFile(path),
      await repo.isDir(path),
    ];
    same(await answers("/"), [true, false, true], "the root");
    same(await answers("/d"), [true, false, true], "a directory");
    same(await answers("/f"), [true, true, false], "a file");
    for (const path of ["/none", "/none/x", "/f/x", "/loop", `/${"x".repeat(300)}`])
      same(await answers(path), [false, false, false], path);
    await checkCode(() => repo.pathExists(5 as unknown as string), "ERR_INVALID_ARG_TYPE");
  }),
  {
    name: "readOnly: every change is EROFS, and every look is answered",
    run: async ({ api, newUri, worker }) => {
      const uri = newUri();
      const first = await api.openRepo(uri, { rawKey, create: true, worker });
      await first.createDir("/d");
      await first.fs.writeFile("/f", "abc");
      await first.close();
      const repo = await api.openRepo(uri, { rawKey, readOnly: true, worker });
      for (const change of [
        () => repo.createFile("/g"),
        () => repo.createFile("/f"),
        () => repo.openFile("/f", { write: true }),
        () => repo.openFile("/f", { append: true }),
        () => repo.openFile("/f", { truncate: true }),
        () => repo.openFile("/f", { create: true }),
        () => repo.createDir("/e"),
        () => repo.createDirAll("/e/e"),
        () => repo.copy("/f", "/g"),
        () => repo.copyDirAll("/d", "/e"),
        () => repo.removeFile("/f"),
        () => repo.removeDir("/d"),
        () => repo.removeDirAll("/d"),
        () => repo.rename("/f", "/g"),
      ])
        await checkCode(change, "EROFS");
      same(
        (await repo.readDir("/")).map(({ name }) => name),
        ["d", "f"],
        "nothing has changed",
      );
      await using file = await repo.openFile("/f");
      same(await file.readAllString(), "abc", "content");
      await file.close();
      await repo.close();
    },
  },
  {
    name: "close closes open files and gives up what is not finished",
    run: async ({ api, newUri, worker }) => {
      const uri = newUri();
      const repo = await api.openRepo(uri, { rawKey, create: true, worker });
      const file = await repo.createFile("/f");
      await file.write(new Uint8Array(300_000));
      await repo.close();
      await repo.close();
      await checkCode(() => file.finish(), "REPO_CLOSED");
      await checkCode(() => repo.pathExists("/f"), "REPO_CLOSED");
      const again = await api.openRepo(uri, { rawKey, readOnly: true, worker });
      same((await again.metadata("/f")).size, 0, "nothing of it is there");
      const { ok, liveSlots } = await again.check();
      check(ok && liveSlots < 10, `the repo is sound, and its space is free: ${liveSlots}`);
      await again.close();
    },
  },
];

const fileCases: readonly ZboxCase[] = [
  inRepo("file.read fills a buffer from the position on", async (repo) => {
    await repo.fs.writeFile("/f", bytes(1, 2, 3));
    await using file = await repo.openFile("/f");
    const into = new Uint8Array(2);
    const first = await file.read(into);
    same(
      [first, into].map(plain),
      [
        [1, 2],
        [1, 2],
      ].map(plain),
      "two bytes, in place",
    );
    same(await file.read(new ArrayBuffer(2)), bytes(3), "the rest");
    same(await file.read(into), bytes(), "nothing more");
    await checkCode(() => file.read([] as unknown as Uint8Array), "ERR_INVALID_ARG_TYPE");
  }),
  inRepo("file.readAll and readAllString read from the position to the end", async (repo) => {
    await repo.fs.writeFile("/f", "aä€😀");
    await using file = await repo.openFile("/f");
    same(await file.readAllString(), "aä€😀", "all of it");
    same(await file.readAll(), bytes(), "the position is at the end");
    await file.seek(1);
    same(new TextDecoder().decode(await file.readAll()), "ä€😀", "from the position on");
  }),
  inRepo("file.write and finish make one version of many parts", async (repo) => {
    await using file = await repo.createFile("/f");
    same(await file.write("ab"), 2, "the number of bytes");
    same(await file.write(bytes(99)), 1, "the number of bytes");
    same(await file.write(new Uint8Array(bytes(0, 100).buffer, 1)), 1, "a view");
    same(await textOf(repo, "/f"), "", "nobody sees it");
    await file.finish();
    same(await versionsOf(repo, "/f"), ["", "abcd"], "the versions");
    await file.write("e");
    await file.finish();
    same(await textOf(repo, "/f"), "abcde", "it goes on where it ended");
    await checkCode(() => file.finish(), "EINVAL");
    await checkCode(() => file.write(5 as unknown as string), "ERR_INVALID_ARG_TYPE");
  }),
  inRepo("file.write leaves the caller's buffer alone", async (repo) => {
    await using file = await repo.createFile("/f");
    const buffer = bytes(97, 98);
    const writing = file.write(buffer);
    buffer.fill(0);
    await writing;
    await file.finish();
    same(await textOf(repo, "/f"), "ab", "what it was at the call");
    same(buffer.length, 2, "not detached");
  }),
  inRepo("file.writeOnce makes a version at once", async (repo) => {
    await using file = await repo.createFile("/f");
    await file.writeOnce("abc");
    await file.writeOnce(bytes(100));
    same(await versionsOf(repo, "/f"), ["", "abc", "abcd"], "the versions");
    await file.write("x");
    await checkCode(() => file.writeOnce("y"), "EBUSY");
  }),
  inRepo(
    "file.seek moves from the start, the end and where it is, and refuses amid a write",
    async (repo) => {
      await repo.fs.writeFile("/f", "abcdef");
      await using file = await repo.openFile("/f", { write: true });
      same(await file.seek(2), 2, "start");
      same(await file.seek(-1, "end"), 5, "end");
      same(await file.seek(-3, "current"), 2, "current");
      same(await file.seek(10, "end"), 16, "behind the end");
      same(await file.readAll(), bytes(), "nothing is there");
      await file.seek(0);
      await file.write("x");
      await checkCode(() => file.seek(0), "EBUSY");
      await file.finish();
      await checkCode(() => file.seek(0, "middle" as "start"), "ERR_INVALID_ARG_TYPE");
      await checkCode(() => file.seek("1" as unknown as number), "ERR_INVALID_ARG_TYPE");
    },
  ),
  inRepo("file.setLen cuts, and makes longer with zeros", async (repo) => {
    await repo.fs.writeFile("/f", bytes(1, 2, 3));
    await using file = await repo.openFile("/f", { write: true });
    await file.setLen(2);
    await file.setLen(4);
    await file.seek(0);
    same(await file.readAll(), bytes(1, 2, 0, 0), "content");
    same(await file.currVersion(), 3, "two versions");
    await checkCode(() => file.setLen(-1), "ERR_OUT_OF_RANGE");
    await file.write("x");
    await checkCode(() => file.setLen(1), "EBUSY");
  }),
  inRepo("file.currVersion and metadata tell of the present version", async (repo) => {
    await using file = await repo.createFile("/f");
    await file.writeOnce("abc");
    const { type, size, version } = await file.metadata();
    same([type, size, version, await file.currVersion()], ["file", 3, 2, 2], "metadata");
  }),
  inRepo("file.history and versionReader go back", async (repo) => {
    await using file = await repo.createFile("/f");
    await file.writeOnce("foo");
    await file.writeOnce("bar");
    const last = await file.currVersion();
    await using present = await file.versionReader(last);
    same(await present.readAllString(), "foobar", "the present one");
    await using before = await file.versionReader(last - 1);
    same(await before.read(new Uint8Array(2)), bytes(102, 111), "two bytes");
    same(await before.readAllString(), "o", "the rest");
    same(await before.seek(-2, "end"), 1, "seek");
    same(await before.readAll(), bytes(111, 111), "from there on");
    await checkCode(() => before.seek(-1), "EINVAL");
    await checkCode(() => file.versionReader(last + 1), "NO_VERSION");
    await checkCode(() => file.versionReader(0), "NO_VERSION");
    const first = await file.versionReader(1);
    same(await first.readAll(), bytes(), "the first is empty");
    await file.writeOnce("!");
    await file.writeOnce("a");
    await before.seek(0);
    await checkCode(() => before.readAll(), "NO_VERSION");
    await first.close();
    await first.close();
    await checkCode(() => first.readAll(), "EBADF");
  }),
  inRepo(
    "file.close gives up what is not finished, and everything afterwards is EBADF",
    async (repo) => {
      const file = await repo.createFile("/f");
      await file.write(new Uint8Array(500_000));
      await file.close();
      await file.close();
      same(await versionsOf(repo, "/f"), [""], "the versions");
      for (const call of [
        () => file.readAll(),
        () => file.write("x"),
        () => file.finish(),
        () => file.seek(0),
        () => file.metadata(),
        () => file.history(),
      ])
        await checkCode(call, "EBADF");
    },
  ),
  inRepo("file[Symbol.asyncDispose] closes", async (repo) => {
    const file = await repo.createFile("/f");
    await file[Symbol.asyncDispose]();
    await checkCode(() => file.readAll(), "EBADF");
  }),
];

/** Each row: what ZboxFS does, and after the last colon what is done here. */
const rowCases: readonly ZboxCase[] = [
  inRepo(
    "a new file is version 1 (empty), each commit adds one, oldest evicted in the same transaction; versionLimit and dedupChunk count only when the open creates the file; identical or empty writeOnce still makes a version; setLen to the same length does not: same",
    async (repo) => {
      const file = await repo.openFile("/f", { createNew: true, versionLimit: 2 });
      const numbers = async (): Promise<number[]> =>
        (await file.history()).map(({ version }) => version);
      same([await numbers(), (await file.metadata()).size], [[1], 0], "version 1 is empty");
      await file.writeOnce("abc");
      same(await numbers(), [1, 2], "one more");
      await file.seek(0);
      await file.writeOnce("abc");
      same(await numbers(), [2, 3], "identical; the oldest is gone");
      await file.writeOnce("");
      same(await numbers(), [3, 4], "empty");
      await file.setLen(3);
      same(await numbers(), [3, 4], "the same length");
      await (
        await repo.openFile("/f", { create: true, versionLimit: 9, dedupChunk: true })
      ).close();
      for (let i = 0; i < 4; i++) await file.writeOnce("x");
      same((await numbers()).length, 2, "the limit of its creation");
      await file.write("");
      await file.finish();
      same(await file.currVersion(), 9, "an empty write in parts, too");
      await file.close();
    },
  ),
  inRepo(
    "write past the end commits a zero-fill version first: one atomic version",
    async (repo) => {
      await using file = await repo.createFile("/f");
      await file.seek(3);
      await file.writeOnce(bytes(1));
      same(await file.currVersion(), 2, "writeOnce: one version");
      await file.seek(2, "end");
      await file.write(bytes(2));
      await file.finish();
      same(await file.currVersion(), 3, "finish: one version");
      await file.seek(0);
      same(await file.readAll(), bytes(0, 0, 0, 1, 0, 0, 2), "zeros between");
    },
  ),
  inRepo(
    "`append` only sets the first position: O_APPEND: every write lands at the end",
    async (repo) => {
      await repo.fs.writeFile("/f", "a");
      await using file = await repo.openFile("/f", { append: true });
      await repo.fs.appendFile("/f", "b");
      await file.seek(0);
      await file.writeOnce("c");
      await file.seek(0);
      await file.write("e");
      await repo.fs.appendFile("/f", "d");
      await file.finish();
      same(await textOf(repo, "/f"), "abcde", "each at the end of its moment");
      await file.writeOnce("f");
      same(await textOf(repo, "/f"), "abcdef", "and again");
    },
  ),
  inRepo(
    "an unfinished write makes every other mutation fail (InTrans): other files can be written; the last finisher wins, as there",
    async (repo) => {
      await repo.fs.writeFile("/f", "------");
      const first = await repo.openFile("/f", { write: true });
      const second = await repo.openFile("/f", { write: true });
      await first.write("AAAA");
      await second.seek(2);
      await second.write("BBBB");
      await repo.createDir("/d");
      await repo.fs.writeFile("/g", "x");
      await repo.fs.writeFile("/f", "++++++");
      await second.finish();
      same(await textOf(repo, "/f"), "++BBBB", "the one that finished");
      await first.finish();
      same(await textOf(repo, "/f"), "AAAABB", "the last one");
      await first.close();
      await second.close();
    },
  ),
  inRepo(
    "removing an open file fails (InUse): POSIX: the handle stays valid, space is freed at close",
    async (repo) => {
      await repo.sync();
      const file = await repo.createFile("/f");
      await file.writeOnce(new Uint8Array(1_000_000).fill(1));
      await repo.removeFile("/f");
      check(!(await repo.pathExists("/f")), "it has no name");
      await file.write("x");
      await file.finish();
      same((await file.metadata()).size, 1_000_001, "it is written");
      await file.seek(999_999);
      same(await file.readAll(), bytes(1, 120), "it is read");
      await repo.sync();
      const used = async (): Promise<number> => {
        const { slots, freeSlots } = await repo.stats();
        return slots - freeSlots;
      };
      const before = await used();
      await file.close();
      await repo.sync();
      check((await used()) <= before - 25, "its space is free");
    },
  ),
  inRepo("createDirAll on an existing directory fails: succeeds", async (repo) => {
    await repo.createDirAll("/a/b");
    await repo.createDirAll("/a/b");
    await repo.createDirAll("/");
    check(await repo.isDir("/a/b"), "it is there");
  }),
  inRepo(
    "`..` not resolved; a directory can be renamed below a regular file: resolved inside the tree; ENOTDIR",
    async (repo) => {
      await repo.createDirAll("/a/b");
      await repo.fs.writeFile("/f", "abc");
      same(await textOf(repo, "/a/b/../../../../f"), "abc", "never out of it");
      await using file = await repo.openFile("/a/../f");
      same(await file.readAllString(), "abc", "resolved");
      check(!(await repo.pathExists("/none/../f")), "what is missing is not passed");
      await checkCode(() => repo.rename("/a", "/f/a"), "ENOTDIR");
      check(await repo.isDir("/a/b"), "it is where it was");
    },
  ),
  inRepo(
    "strings stored as UTF-16LE; 32-bit offsets; seconds; one open file; lost promises on parallel calls: UTF-8; 53-bit; milliseconds; none of it",
    async (repo) => {
      await using file = await repo.createFile("/f");
      await file.writeOnce("ä€");
      same(await repo.fs.readFile("/f"), bytes(0xc3, 0xa4, 0xe2, 0x82, 0xac), "UTF-8");
      const far = 2 ** 52;
      await file.seek(far);
      await file.write("far");
      await file.finish();
      await file.seek(-3, "end");
      same(await file.seek(0, "current"), far, "53 bits");
      same(await file.readAllString(), "far", "there");
      await file.seek(Number.MAX_SAFE_INTEGER);
      await checkCode(() => file.writeOnce("x"), "EFBIG");
      await checkCode(() => file.seek(1, "current"), "EINVAL");
      await file.setLen(0);
      await repo.fs.utimes("/f", 1.234, 5.678);
      same((await repo.metadata("/f")).modifiedMs, 5678, "milliseconds");

      const files = await Promise.all(
        Array.from({ length: 40 }, (_, i) => repo.createFile(`/${i}`)),
      );
      await Promise.all(
        files.flatMap((one, i) => [one.write(`${i}`), one.write("!"), one.finish(), one.seek(0)]),
      );
      const texts = await Promise.all(files.map((one) => one.readAllString()));
      same(
        texts,
        files.map((_, i) => `${i}!`),
        "many files, in parallel, in order",
      );
      await Promise.all(files.map((one) => one.close()));
    },
  ),
  inRepo("negative seek wraps: EINVAL", async (repo) => {
    await repo.fs.writeFile("/f", "abc");
    await using file = await repo.openFile("/f");
    await file.seek(2);
    await checkCode(() => file.seek(-1), "EINVAL");
    await checkCode(() => file.seek(-3, "current"), "EINVAL");
    await checkCode(() => file.seek(-4, "end"), "EINVAL");
    await checkCode(() => file.seek(0.5), "EINVAL");
    await checkCode(() => file.seek(NaN), "EINVAL");
    same(await file.seek(0, "current"), 2, "the position is where it was");
  }),
];

export const zboxCases: readonly ZboxCase[] = [...repoCases, ...fileCases, ...rowCases];
