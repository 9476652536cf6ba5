/** What callbackFs promises beside results: when and how often callbacks are called, numbers of files, bytes, what there is. */
import * as nodeCallbacks from "node:fs";
import * as nodePromises from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { callbackFs, type CallbackDir, type CallbackFs } from "../../../src/callback/index.js";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { called } from "./promised.js";

let repo: Repo;
let fs: CallbackFs;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://callback", { rawKey, create: true, worker: fakeWorkers().factory });
  await repo.fs.writeFile("/f", "The quick brown fox");
  fs = callbackFs(repo.fs);
});

afterAll(() => repo.close());

/** All that a callback is told, each time that it is called, and whether the call had returned. */
function watched(of: object, name: string, ...args: readonly unknown[]): Promise<unknown[][]> {
  return new Promise((resolve) => {
    const all: unknown[][] = [];
    let isLater = false;
    const callback = (...told: unknown[]): void => {
      all.push([isLater, ...told]);
      // Whoever would call twice has had the time to.
      setTimeout(() => {
        resolve(all);
      }, 5);
    };
    const call = Reflect.get(of, name) as (...given: readonly unknown[]) => unknown;
    expect(call.call(of, ...args, callback)).toBeUndefined();
    isLater = true;
  });
}

it("a callback is called once, later, with null and the results, or with an error alone", async () => {
  expect(await watched(fs, "readFile", "/f", "utf8")).toEqual([
    [true, null, "The quick brown fox"],
  ]);
  expect(await watched(fs, "chmod", "/f", 0o600)).toEqual([[true, null]]);
  expect(await watched(fs, "mkdir", "/d")).toEqual([[true, null]]);
  expect(await watched(fs, "mkdir", "/d")).toEqual([
    [true, expect.objectContaining({ code: "EEXIST", path: "/d", syscall: "mkdir" })],
  ]);
  const wrong = 5 as unknown as string;
  expect(await watched(fs, "stat", wrong)).toEqual([
    [true, expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" })],
  ]);
  expect(await watched(fs, "exists", "/f")).toEqual([[true, true]]);
  expect(await watched(fs, "exists", "/none")).toEqual([[true, false]]);
  expect(await watched(fs, "exists", wrong)).toEqual([[true, false]]);
});

it("reading and writing tell a count and the buffer, and an error 0 and the buffer, as in Node", async () => {
  const [, fd] = (await watched(fs, "open", "/f"))[0]?.slice(1) as [null, number];
  const buffer = new Uint8Array(5);
  const buffers = [new Uint8Array(2), new Uint8Array(3)];
  expect(await watched(fs, "read", fd, buffer, 0, 5, 4)).toEqual([
    [true, null, 5, new TextEncoder().encode("quick")],
  ]);
  expect((await watched(fs, "read", fd, buffer))[0]?.[3]).toBe(buffer);
  expect((await watched(fs, "readv", fd, buffers, 0))[0]).toEqual([true, null, 5, buffers]);
  const refused: unknown[] = [
    true,
    expect.objectContaining({ code: "EBADF", syscall: "write" }),
    0,
  ];
  expect(await watched(fs, "write", fd, "x")).toEqual([[...refused, "x"]]);
  expect(await watched(fs, "writev", fd, buffers)).toEqual([[...refused, buffers]]);
  const [[, , count, made] = []] = await watched(fs, "read", fd);
  expect([count, (made as Uint8Array).length]).toEqual([14, 16_384]);
  expect(await watched(fs, "close", fd)).toEqual([[true, null]]);
});

it("what a callback throws is an uncaught exception, and the callback is not called again", async () => {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  try {
    for (const start of [
      (callback: () => void) => {
        fs.stat("/f", callback);
      },
      (callback: () => void) => {
        fs.stat("/none", callback);
      },
      (callback: () => void) => {
        fs.exists("/f", callback);
      },
    ]) {
      let calls = 0;
      const uncaught = new Promise<unknown>((resolve) => {
        process.once("uncaughtException", resolve);
      });
      const mine = new Error("from the callback");
      start(() => {
        calls++;
        throw mine;
      });
      expect(await uncaught).toBe(mine);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(calls).toBe(1);
    }
    const uncaught = new Promise<unknown>((resolve) => {
      process.once("uncaughtException", resolve);
    });
    // Nobody else would hear of it.
    fs.close(99);
    expect(await uncaught).toMatchObject({ code: "EBADF", syscall: "close" });
  } finally {
    for (const listener of others) process.on("uncaughtException", listener);
  }
});

/** Every function that has a callback, with arguments that are in order. */
const CALLS: Readonly<Record<string, readonly unknown[]>> = {
  ...{ access: ["/f"], appendFile: ["/f", ""], chmod: ["/f", 0o644], chown: ["/f", 0, 0] },
  ...{ close: [3], copyFile: ["/f", "/g"], cp: ["/f", "/g"], exists: ["/f"], fchmod: [3, 0o644] },
  ...{ fchown: [3, 0, 0], fdatasync: [3], fstat: [3], fsync: [3], ftruncate: [3, 0] },
  ...{ futimes: [3, 1, 1], lchown: ["/f", 0, 0], link: ["/f", "/g"], lstat: ["/f"] },
  ...{ lutimes: ["/f", 1, 1], mkdir: ["/d"], mkdtemp: ["/t"], open: ["/f"], opendir: ["/d"] },
  ...{ read: [3, new Uint8Array(1), 0, 1, 0], readFile: ["/f"], readdir: ["/"] },
  ...{
    readlink: ["/f"],
    readv: [3, [new Uint8Array(1)], 0],
    realpath: ["/f"],
    rename: ["/f", "/g"],
  },
  ...{ rm: ["/g"], rmdir: ["/g"], stat: ["/f"], statfs: ["/"], symlink: ["/f", "/g"] },
  ...{ truncate: ["/f", 0], unlink: ["/g"], utimes: ["/f", 1, 1], write: [3, "x", 0, "utf8"] },
  ...{ writeFile: ["/f", ""], writev: [3, [new Uint8Array(1)], 0] },
};

function thrownBy(of: object, name: string, args: readonly unknown[]): unknown {
  try {
    return Reflect.apply(Reflect.get(of, name) as () => void, of, args);
  } catch (error) {
    return error;
  }
}

it("without a callback every function throws ERR_INVALID_ARG_TYPE at once, and does nothing", async () => {
  const before = await repo.fs.readdir("/", { recursive: true });
  for (const [name, args] of Object.entries(CALLS)) {
    if (name === "close") continue;
    for (const last of [[], [undefined], [5]]) {
      const error = thrownBy(fs, name, [...args, ...last]);
      expect(error, name).toBeInstanceOf(TypeError);
      expect(error, name).toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
      expect((error as Error).message, name).toMatch(
        /^The "cb" argument must be of type function\. /,
      );
    }
  }
  expect(thrownBy(fs, "close", [3, 5])).toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
  expect(await repo.fs.readdir("/", { recursive: true })).toEqual(before);
});

it("what is no number of a file is refused at once, as in Node; a number of none is EBADF", async () => {
  const nothing = (): void => undefined;
  for (const [name, [first, ...rest]] of Object.entries(CALLS)) {
    if (first !== 3) continue;
    for (const fd of ["3", -1, 1.5, 2 ** 31, NaN, undefined, null, {}]) {
      const ours = thrownBy(fs, name, [fd, ...rest, nothing]);
      const nodes = thrownBy(nodeCallbacks, name, [fd, ...rest, nothing]);
      expect([ours, (ours as { code?: string }).code], `${name} of ${JSON.stringify(fd)}`).toEqual([
        nodes,
        (nodes as { code?: string }).code,
      ]);
    }
    const syscall = { readv: "read", writev: "write" }[name] ?? name;
    await expect(called(fs, name, [99, ...rest]), name).rejects.toMatchObject({
      code: "EBADF",
      errno: -9,
      syscall,
      message: `EBADF: bad file descriptor, ${syscall}`,
    });
  }
  for (const [name, syscall] of [
    ["readFile", "fstat"],
    ["writeFile", "write"],
    ["appendFile", "write"],
    ["truncate", "ftruncate"],
  ] as const)
    await expect(
      called(fs, name, name === "readFile" || name === "truncate" ? [99] : [99, "x"]),
    ).rejects.toMatchObject({ code: "EBADF", syscall });
});

it("a number stands for one file: it is not used again, and closing it twice is EBADF", async () => {
  const [first] = (await called(fs, "open", ["/f", "r"])) as [number];
  expect(first).toBeGreaterThan(2);
  await called(fs, "close", [first]);
  const [second] = (await called(fs, "open", ["/f", "r"])) as [number];
  expect(second).not.toBe(first);
  await expect(called(fs, "fstat", [first])).rejects.toMatchObject({ code: "EBADF" });
  await expect(called(fs, "close", [first])).rejects.toMatchObject({ code: "EBADF" });
  const closing = called(fs, "close", [second]);
  await expect(called(fs, "read", [second, new Uint8Array(1)])).rejects.toMatchObject({
    code: "EBADF",
  });
  await closing;
});

it("an open file takes the place of a path by its number", async () => {
  const [fd] = (await called(fs, "open", ["/numbered", "w+"])) as [number];
  await called(fs, "writeFile", [fd, "begins ", { flush: true }]);
  await called(fs, "appendFile", [fd, "so"]);
  await called(fs, "truncate", [fd, 7]);
  expect(await repo.fs.readFile("/numbered", "utf8")).toBe("begins ");
  expect(await called(fs, "readFile", [fd, "utf8"])).toEqual([""]);
  await called(fs, "close", [fd]);
});

/* eslint-disable @typescript-eslint/unbound-method -- that they can be unbound is the promise */
it("promisify makes of them what it makes of Node's", async () => {
  const [fd] = (await called(fs, "open", ["/f", "r"])) as [number];
  const read = promisify(fs.read) as unknown as typeof nodeCallbacks.read.__promisify__;
  const { bytesRead, buffer } = await read(fd, new Uint8Array(3), 0, 3, 0);
  expect([bytesRead, new TextDecoder().decode(buffer)]).toEqual([3, "The"]);
  const exists = promisify(fs.exists) as unknown as (path: string) => Promise<boolean>;
  expect(await exists("/f")).toBe(true);
  expect(await promisify(fs.readFile)("/f")).toBeInstanceOf(Uint8Array);
  await promisify(fs.close)(fd);
});
/* eslint-enable @typescript-eslint/unbound-method */

it("bytes are Buffers where the caller asks for them", async () => {
  const buffers = callbackFs(repo.fs, { Buffer });
  const [content] = await called(buffers, "readFile", ["/f"]);
  expect(content).toBeInstanceOf(Buffer);
  expect(String(content)).toBe("The quick brown fox");
  const [names] = (await called(buffers, "readdir", ["/", "buffer"])) as [Buffer[]];
  expect(names.every((name) => Buffer.isBuffer(name))).toBe(true);
  const typed = { encoding: "buffer", withFileTypes: true };
  const [[entry]] = (await called(buffers, "readdir", ["/", typed])) as [[{ name: Buffer }]];
  expect(Buffer.isBuffer(entry.name)).toBe(true);
  const [fd] = (await called(buffers, "open", ["/f", "r"])) as [number];
  expect((await called(buffers, "read", [fd]))[1]).toBeInstanceOf(Buffer);
  await called(buffers, "close", [fd]);
  expect((await called(fs, "readFile", ["/f"]))[0]).not.toBeInstanceOf(Buffer);
});

it("opendir gives a directory whose methods take callbacks or give promises", async () => {
  await repo.fs.mkdir("/opened");
  for (const name of ["a", "b", "c"]) await repo.fs.writeFile(`/opened/${name}`, "");
  const [dir] = (await called(fs, "opendir", ["/opened"])) as [CallbackDir];
  expect(dir.path).toBe("/opened");
  expect((await called(dir, "read", []))[0]).toMatchObject({ name: "a" });
  expect(await dir.read()).toMatchObject({ name: "b" });
  expect((await called(dir, "read", []))[0]).toMatchObject({ name: "c" });
  expect(await watched(dir, "read")).toEqual([[true, null, null]]);
  expect(await watched(dir, "close")).toEqual([[true, null]]);
  await expect(dir.read()).rejects.toMatchObject({ code: "ERR_DIR_CLOSED" });
  const [again] = (await called(fs, "opendir", ["/opened"])) as [AsyncIterable<{ name: string }>];
  const names: string[] = [];
  for await (const { name } of again) names.push(name);
  expect(names).toEqual(["a", "b", "c"]);
});

it("glob tells of all that match; what the fs beneath lacks is missing", async () => {
  expect(await called(fs, "glob", ["opened/[ab]"])).toEqual([
    expect.arrayContaining(["opened/a", "opened/b"]),
  ]);
  const lacking = callbackFs(nodePromises);
  expect("glob" in lacking).toBe("glob" in nodePromises);
});

it("there is every function of Node's fs with a callback, and none of the synchronous ones", () => {
  const missing = Object.entries(nodeCallbacks)
    .filter(([name, member]) => typeof member === "function" && !name.endsWith("Sync"))
    .map(([name]) => name)
    .filter((name) => !(name in fs) && name !== "glob");
  expect(missing.sort()).toEqual(NOT_HERE);
  expect(Object.keys(fs).filter((name) => name.endsWith("Sync"))).toEqual([]);
  expect(fs.promises).toBe(repo.fs);
  expect(fs.constants).toBe(repo.fs.constants);
  expect([fs.F_OK, fs.R_OK, fs.W_OK, fs.X_OK]).toEqual([0, 4, 2, 1]);
  expect(Object.keys(CALLS).filter((name) => !(name in fs))).toEqual([]);
});

/** As docs/CALLBACK-FS.md says. */
const NOT_HERE = [
  "FileReadStream",
  "FileWriteStream",
  "ReadStream",
  "WriteStream",
  "_toUnixTimestamp",
  "createReadStream",
  "createWriteStream",
  "openAsBlob",
  "unwatchFile",
  "watchFile",
];

it("instanceof knows stats and entries, of whatever fs", async () => {
  const stats = await repo.fs.stat("/f");
  const nodes = await nodePromises.stat(".");
  const [entry] = await repo.fs.readdir("/", { withFileTypes: true });
  expect([stats instanceof fs.Stats, nodes instanceof fs.Stats]).toEqual([true, true]);
  expect([entry instanceof fs.Dirent, stats instanceof fs.Dirent]).toEqual([true, false]);
  expect([{} instanceof fs.Stats, (null as unknown) instanceof fs.Stats]).toEqual([false, false]);
});

it("an error that is falsy is an error all the same", async () => {
  const odd = callbackFs({ ...repo.fs, stat: () => Promise.reject(undefined as unknown as Error) });
  expect(await watched(odd, "stat", "/f")).toEqual([
    [true, expect.objectContaining({ code: "ERR_FALSY_VALUE_REJECTION" })],
  ]);
});

it("of a repo that is closed or locked every call tells its callback so", async () => {
  const rawKey = new Uint8Array(32).fill(7);
  const worker = fakeWorkers().factory;
  const other = await openRepo("mem://callback-closed", { rawKey, create: true, worker });
  const closing = callbackFs(other.fs);
  const [fd] = (await called(closing, "open", ["/f", "w"])) as [number];
  await other.lock();
  await expect(called(closing, "stat", ["/f"])).rejects.toMatchObject({ code: "REPO_LOCKED" });
  await expect(called(closing, "write", [fd, "x"])).rejects.toMatchObject({ code: "REPO_LOCKED" });
  await other.close();
  await expect(called(closing, "stat", ["/f"])).rejects.toMatchObject({ code: "REPO_CLOSED" });
});

it("wrong arguments of callbackFs itself are refused", () => {
  const wrong = callbackFs as unknown as (...args: readonly unknown[]) => unknown;
  for (const args of [[], [5], [repo.fs, 5], [repo.fs, { Buffer: 5 }], [repo.fs, { Readable: 5 }]])
    expect(() => wrong(...args), JSON.stringify(args)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
    );
});
