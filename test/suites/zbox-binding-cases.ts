/** `cofferfs/zbox`, called as ZboxFS is called: a case for each of its names. What the calls do is in zbox-cases.ts. */
import type * as Api from "../../src/index.js";
import type * as Binding from "../../src/zbox/index.js";
import { check, checkCode } from "./browser-case.js";

export interface BindingSubject {
  readonly binding: typeof Binding;
  readonly newUri: () => string;
  readonly worker?: Api.WorkerFactory | undefined;
}

export interface BindingCase {
  readonly name: string;
  readonly run: (subject: BindingSubject) => Promise<void>;
}

const pwd = "secret password";
/** The cheapest derivation that is allowed. */
const opts = { create: true, opsLimit: 2, memLimit: 19 * 1024 * 1024 };

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === e, `${what}: expected ${e}, got ${a}`);
}

function inZboxRepo(
  name: string,
  run: (repo: Binding.ZboxRepo, zbox: typeof Binding.Zbox) => Promise<void>,
): BindingCase {
  return {
    name,
    run: async ({ binding: { Zbox }, newUri, worker }) => {
      const zbox = new Zbox();
      await zbox.initEnv({ logLevel: "off", worker });
      const uri = newUri();
      const repo = await zbox.openRepo({ uri, pwd, opts: { ...opts, versionLimit: 5 } });
      await run(repo, Zbox);
      await zbox.exit();
    },
  };
}

export const bindingCases: readonly BindingCase[] = [
  {
    name: "initEnv comes first, takes a log level, and comes again after exit",
    run: async ({ binding: { Zbox }, newUri, worker }) => {
      const zbox = new Zbox();
      const uri = newUri();
      await checkCode(() => zbox.openRepo({ uri, pwd, opts }), "EINVAL");
      await checkCode(() => zbox.repoExists(uri), "EINVAL");
      await checkCode(() => zbox.destroyRepo(uri), "EINVAL");
      const wrong = { logLevel: "loud" as "debug" };
      await checkCode(() => zbox.initEnv(wrong), "ERR_INVALID_ARG_TYPE");
      for (const logLevel of ["off", "error", "warn", "info", "debug", "trace"] as const)
        await zbox.initEnv({ logLevel, worker });
      await zbox.exit();
      await checkCode(() => zbox.openRepo({ uri, pwd, opts }), "EINVAL");
      await zbox.initEnv({ worker });
      await (await zbox.openRepo({ uri, pwd, opts })).close();
      await zbox.exit();
    },
  },
  {
    name: "logLevel decides what of a repo's events goes to the console",
    run: async ({ binding: { Zbox }, newUri, worker }) => {
      const { debug } = console;
      const heard: string[] = [];
      console.debug = (...words: unknown[]) => heard.push(words.join(" "));
      try {
        for (const logLevel of ["info", "debug"] as const) {
          const zbox = new Zbox();
          await zbox.initEnv({ logLevel, worker });
          const repo = await zbox.openRepo({ uri: newUri(), pwd, opts });
          await repo.close();
          await new Promise((resolve) => setTimeout(resolve, 0));
          check(heard.length > 0 === (logLevel === "debug"), `closed, at ${logLevel}`);
          await zbox.exit();
        }
        check(!heard.join().includes(pwd), "and no secret");
      } finally {
        console.debug = debug;
      }
    },
  },
  {
    name: "openRepo({ uri, pwd, opts }) opens and creates, and knows the password",
    run: async ({ binding: { Zbox }, newUri, worker }) => {
      const zbox = new Zbox();
      await zbox.initEnv({ logLevel: "off", worker });
      const uri = newUri();
      await checkCode(() => zbox.openRepo({ uri, pwd }), "REPO_NOT_FOUND");
      same(await zbox.repoExists(uri), false, "not there");
      const repo = await zbox.openRepo({
        uri,
        pwd,
        opts: { ...opts, cipher: Zbox.Cipher.Xchacha, versionLimit: 4, dedupChunk: true },
      });
      const { volumeId, createdAt, ...info } = await repo.info();
      check(/^[0-9a-f]{32}$/.test(volumeId) && createdAt > 1.7e12, "info");
      same(
        info,
        {
          version: "1",
          uri,
          opsLimit: 2,
          memLimit: 19 * 1024 * 1024,
          cipher: "xchacha20-poly1305",
          compress: false,
          versionLimit: 4,
          dedupChunk: true,
          isReadOnly: false,
        },
        "info",
      );
      await repo.close();
      await repo.close();
      same(await zbox.repoExists(uri), true, "there");
      await checkCode(() => zbox.openRepo({ uri, pwd: "wrong" }), "UNLOCK_FAILED");
      await checkCode(() => zbox.openRepo({ uri, pwd, opts: { createNew: true } }), "REPO_EXISTS");
      const reader = await zbox.openRepo({ uri, pwd, opts: { readOnly: true } });
      await checkCode(() => reader.createFile("/f"), "EROFS");
      same((await reader.info()).isReadOnly, true, "read-only");
      await reader.close();
      await zbox.destroyRepo(uri);
      same(await zbox.repoExists(uri), false, "gone");
      await checkCode(() => zbox.openRepo({ uri: "zbox://key@repo", pwd, opts }), "EINVAL");
      await zbox.exit();
    },
  },
  {
    name: "exit closes what is open",
    run: async ({ binding: { Zbox }, newUri, worker }) => {
      const zbox = new Zbox();
      await zbox.initEnv({ logLevel: "off", worker });
      const repo = await zbox.openRepo({ uri: newUri(), pwd, opts });
      await zbox.exit();
      await checkCode(() => repo.pathExists("/"), "REPO_CLOSED");
    },
  },
  inZboxRepo("openFile takes a path, or { path, opts }", async (repo) => {
    const file = await repo.openFile({ path: "/f", opts: { create: true, versionLimit: 2 } });
    await file.writeOnce("a");
    await file.writeOnce("b");
    same(
      (await file.history()).map(({ num, contentLen }) => [num, contentLen]),
      [
        [2, 1],
        [3, 2],
      ],
      "history",
    );
    await file.close();
    const reader = await repo.openFile("/f");
    same(await reader.readAllString(), "ab", "content");
    await checkCode(() => reader.writeOnce("x"), "EBADF");
    await reader.close();
    await checkCode(() => repo.openFile({ path: "/none" }), "ENOENT");
  }),
  inZboxRepo("seek({ from, offset }) with Zbox.SeekFrom", async (repo, { SeekFrom }) => {
    const file = await repo.createFile("/f");
    await file.writeOnce("abcdef");
    same(await file.seek({ from: SeekFrom.Start, offset: 1 }), 1, "Start");
    same(await file.seek({ from: SeekFrom.End, offset: -2 }), 4, "End");
    same(await file.seek({ from: SeekFrom.Current, offset: 1 }), 5, "Current");
    await checkCode(() => file.seek({ from: 3 as 0, offset: 0 }), "ERR_INVALID_ARG_TYPE");
    await checkCode(() => file.seek({ from: SeekFrom.Start, offset: -1 }), "EINVAL");
    const reader = await file.versionReader(2);
    same(await reader.seek({ from: SeekFrom.End, offset: -1 }), 5, "of a version");
    same(await reader.readAllString(), "f", "from there on");
    await reader.close();
    await file.close();
  }),
  inZboxRepo("a file reads, writes in parts and at once, and changes its length", async (repo) => {
    const file = await repo.createFile("/f");
    same(await file.write(Uint8Array.of(1, 2)), 2, "write");
    await file.write(Uint8Array.of(3));
    await file.finish();
    await file.setLen(4);
    await file.seek({ from: 0, offset: 0 });
    let part = await file.read(new Uint8Array(2));
    same([...part], [1, 2], "read");
    part = await file.read(part);
    same([...part], [3, 0], "read into what was read");
    same([...(await file.readAll())], [], "readAll");
    same(await file.currVersion(), 3, "currVersion");
    const reader = await file.versionReader(2);
    same([...(await reader.read(new Uint8Array(2)))], [1, 2], "a version");
    same([...(await reader.readAll())], [3], "its rest");
    await reader[Symbol.asyncDispose]();
    await file[Symbol.asyncDispose]();
    await checkCode(() => file.readAll(), "EBADF");
  }),
  inZboxRepo(
    "metadata, history and readDir have ZboxFS's fields, in milliseconds",
    async (repo) => {
      const before = Date.now();
      await repo.createDirAll("/a/b");
      const file = await repo.createFile("/a/f");
      await file.writeOnce("abc");
      const metadata = await file.metadata();
      same(metadata, await repo.metadata("/a/f"), "of the file and by its path");
      same(
        [metadata.fileType, metadata.contentLen, metadata.currVersion],
        ["File", 3, 2],
        "metadata",
      );
      check(metadata.createdAt >= before && metadata.modifiedAt <= Date.now(), "milliseconds");
      same((await repo.metadata("/a")).fileType, "Dir", "of a directory");
      same(await repo.history("/a/f"), await file.history(), "history");
      const entries = await repo.readDir("/a");
      same(
        entries.map(({ path, fileName, metadata: { fileType } }) => [path, fileName, fileType]),
        [
          ["/a/b", "b", "Dir"],
          ["/a/f", "f", "File"],
        ],
        "entries",
      );
      same(
        (await repo.readDir("/")).map(({ path }) => path),
        ["/a"],
        "of the root",
      );
      await file.close();
    },
  ),
  inZboxRepo(
    "copy, copyDirAll and rename take { from, to }; the rest takes a path",
    async (repo) => {
      await repo.createDir("/a");
      await (await repo.createFile("/a/f")).close();
      await repo.copy({ from: "/a/f", to: "/g" });
      await repo.copyDirAll({ from: "/a", to: "/b" });
      await repo.rename({ from: "/g", to: "/h" });
      await checkCode(() => repo.rename({ from: "/h", to: "/b" }), "EEXIST");
      same(
        [
          await repo.isFile("/h"),
          await repo.isFile("/b/f"),
          await repo.isDir("/b"),
          await repo.pathExists("/g"),
        ],
        [true, true, true, false],
        "where everything is",
      );
      await repo.removeFile("/h");
      await repo.removeFile("/b/f");
      await repo.removeDir("/b");
      await repo.removeDirAll("/a");
      same(await repo.readDir("/"), [], "nothing is left");
      same(await repo.repo.fs.readdir("/"), [], "and the package's own repo says so");
      await repo[Symbol.asyncDispose]();
    },
  ),
];
