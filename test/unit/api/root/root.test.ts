/** repo.root: what handles promise beyond what a browser's do. That they do what those do is test/browser/root.spec.ts. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  FileObserver,
  isRepoError,
  openRepo,
  type FileChangeRecord,
  type Repo,
  type RootFileHandle,
} from "../../../../src/index.js";
import { DIFFERENCES } from "../../../browser/root/differences.js";
import { fakeWorkers } from "../../../support/fake-worker.js";
import { expectSame, pattern } from "../../../support/pattern.js";
import { turns } from "../../../support/turns.js";
import { DIRECTORY_TYPES, FILE_TYPES } from "./types.js";

const rawKey = new Uint8Array(32).fill(7);
const MIB = 1024 * 1024;

let repo: Repo;
let repos = 0;

beforeEach(async () => {
  const { factory: worker } = fakeWorkers();
  const uri = `mem://root-${++repos}`;
  repo = await openRepo(uri, { rawKey, worker, createNew: true, versionLimit: 3 });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await repo.close().catch(() => undefined);
});

/** Of every message from now on, of page and worker, how many bytes it carries beside plain values. */
function messages(): number[] {
  const sizes: number[] = [];
  const post = Reflect.get(MessagePort.prototype, "postMessage") as (...args: unknown[]) => void;
  vi.spyOn(MessagePort.prototype, "postMessage").mockImplementation(function (
    this: MessagePort,
    ...args: unknown[]
  ) {
    const moved = (args[1] ?? []) as unknown[];
    sizes.push(
      moved.reduce<number>(
        (sum, one) => sum + (one instanceof ArrayBuffer ? one.byteLength : 0),
        0,
      ),
    );
    Reflect.apply(post, this, args);
  });
  return sizes;
}

async function newFile(name: string, text = ""): Promise<RootFileHandle> {
  await repo.fs.writeFile(`/${name}`, text);
  return repo.root.getFileHandle(name);
}

async function textOf(file: RootFileHandle): Promise<string> {
  return (await file.getFile()).text();
}

function named(name: string): { name: string } {
  return { name };
}

describe("a writable", () => {
  it("swaps at its closing, as one version", async () => {
    const file = await newFile("f", "old");
    // Its type lacks nothing of the browser's.
    const writable: FileSystemWritableFileStream = await file.createWritable();
    for (let i = 0; i < 10; i++) await writable.write(`${i}`);
    expect(await textOf(file)).toBe("old");
    await writable.close();
    expect(await textOf(file)).toBe("0123456789");
    expect((await repo.history("/f")).map(({ size }) => size)).toEqual([3, 10]);
  });

  it("takes large content in messages of bounded size, also of a Blob", async () => {
    const file = await newFile("f");
    const content = new Uint8Array(pattern(9 * MIB + 5));
    for (const data of [content, new Blob([content])]) {
      const sizes = messages();
      const writable = await file.createWritable();
      await writable.write(data);
      await writable.close();
      expect(Math.max(...sizes)).toBe(4 * MIB);
      vi.restoreAllMocks();
      expectSame(await repo.fs.readFile("/f"), content);
    }
  });

  it("takes no more from a stream than it has written", async () => {
    const file = await newFile("f");
    let pulled = 0;
    const writable = await file.createWritable();
    const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          pulled++;
          if (pulled > 40) controller.close();
          else controller.enqueue(new Uint8Array(100_000));
        },
      },
      { highWaterMark: 0 },
    );
    const writer = writable.getWriter();
    const first = writer.write("x");
    expect(writer.desiredSize).toBe(0);
    await first;
    writer.releaseLock();
    await source.pipeTo(writable);
    expect(await repo.fs.stat("/f")).toMatchObject({ size: 4_000_001 });
  });

  it("is in nobody's way once it was given up, and has changed nothing", async () => {
    const file = await newFile("f", "old");
    const writable = await file.createWritable({ mode: "exclusive" });
    await writable.write("new");
    await writable.abort("changed my mind");
    await file.move("g");
    expect(await textOf(file)).toBe("old");
    await file.remove();
  });

  it("that has failed holds its file no longer", async () => {
    const file = await newFile("f", "old");
    const writable = await file.createWritable({ mode: "exclusive" });
    const failure = await writable
      .write({ type: "truncate", size: 2 ** 53 })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject(named("QuotaExceededError"));
    expect(isRepoError((failure as DOMException).cause, "EFBIG")).toBe(true);
    await file.remove();
  });

  it("of which the file has been removed by repo.fs fails at its closing", async () => {
    const file = await newFile("f", "old");
    const writable = await file.createWritable();
    await writable.write("new");
    await repo.fs.unlink("/f");
    await expect(writable.close()).rejects.toMatchObject(named("NotFoundError"));
    expect(await repo.fs.readdir("/")).toEqual([]);
  });

  it("ends with its repo, and with a lock", async () => {
    const file = await newFile("f", "old");
    const writable = await file.createWritable();
    await writable.write("new");
    await repo.lock();
    await expect(writable.close()).rejects.toMatchObject(named("InvalidStateError"));
    await expect(file.getFile()).rejects.toMatchObject(named("InvalidStateError"));
    await repo.unlock({ rawKey });
    expect(await textOf(file)).toBe("old");
    await file.remove();
  });

  it("refuses what has been taken away, instead of writing nothing", async () => {
    const file = await newFile("f", "old");
    const writable = await file.createWritable();
    const bytes = new Uint8Array(8);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    await expect(writable.write(bytes)).rejects.toBeInstanceOf(TypeError);
    await expect(writable.write(new Uint8Array(new SharedArrayBuffer(4)))).rejects.toBeInstanceOf(
      TypeError,
    );
    await writable.abort();
  });
});

describe("a file", () => {
  it("sends nothing before it is read, and then piece by piece", async () => {
    const content = pattern(3 * MIB + 7);
    await repo.fs.writeFile("/f.png", content);
    const file = await (await repo.root.getFileHandle("f.png")).getFile();
    const sizes = messages();
    expect([file.size, file.type, file instanceof File]).toEqual([
      content.length,
      "image/png",
      true,
    ]);
    const part = file.slice(MIB, MIB + 10);
    expect(sizes).toEqual([]);
    expectSame(new Uint8Array(await part.arrayBuffer()), content.subarray(MIB, MIB + 10));
    expect(sizes).toEqual([0, 10]);
    let longest = 0;
    const pieces: Uint8Array[] = [];
    for await (const piece of file.stream()) {
      longest = Math.max(longest, piece.length);
      pieces.push(piece);
    }
    expectSame(Buffer.concat(pieces), content);
    expect(longest).toBeLessThanOrEqual(256 * 1024);
    expectSame(await file.bytes(), content);
  });

  it("cannot be read any more once it is changed, also to the same length and under the old time", async () => {
    const handle = await newFile("f", "first");
    const changes: Record<string, () => Promise<unknown>> = {
      rewritten: () => repo.fs.writeFile("/f", "other"),
      appended: () => repo.fs.appendFile("/f", "!"),
      truncated: () => repo.fs.truncate("/f", 2),
      replaced: async () => {
        await repo.fs.writeFile("/g", "first");
        await repo.fs.rename("/g", "/f");
      },
      "rewritten and dated back": async () => {
        const { atimeMs, mtimeMs } = await repo.fs.stat("/f");
        await repo.fs.writeFile("/f", "again");
        await repo.fs.utimes("/f", atimeMs / 1000, mtimeMs / 1000);
      },
    };
    for (const [how, change] of Object.entries(changes)) {
      const file = await handle.getFile();
      await change();
      await expect(file.text(), how).rejects.toMatchObject(named("NotReadableError"));
      await expect(file.slice(0, 0).text(), how).rejects.toMatchObject(named("NotReadableError"));
    }
  });

  it("that changes while it streams ends the stream with an error, and no mixture is ever seen", async () => {
    await repo.fs.writeFile("/f", pattern(MIB));
    const file = await (await repo.root.getFileHandle("f")).getFile();
    const reader = file.stream().getReader();
    const { value } = await reader.read();
    expectSame(value ?? new Uint8Array(), pattern(MIB).subarray(0, value?.length));
    await repo.fs.writeFile("/f", pattern(MIB, 9));
    await expect(reader.read()).rejects.toMatchObject(named("NotReadableError"));
  });

  it("can be made a file of the browser's own", async () => {
    const file = await (await newFile("f.txt", "content")).getFile();
    const own = new File([await file.arrayBuffer()], file.name, file);
    const clone = structuredClone(own);
    expect([own.name, own.type, own.lastModified, await own.text()]).toEqual([
      "f.txt",
      "text/plain",
      file.lastModified,
      "content",
    ]);
    expect(clone.size).toBe(7);
    expect(await new Response(file.stream()).text()).toBe("content");
  });
});

describe("handles", () => {
  it("of a transaction are a part of it", async () => {
    await newFile("f", "old");
    await repo.transaction(async ({ root, fs }) => {
      const file = await root.getFileHandle("f");
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: 3, data: "+new" });
      await writable.close();
      await (
        await root.getDirectoryHandle("d", { create: true })
      ).getFileHandle("g", { create: true });
      expect(await fs.readFile("/f", "utf8")).toBe("old+new");
      expect(await repo.fs.readFile("/f", "utf8")).toBe("old");
      expect(await repo.root.resolve(file)).toBeNull();
      // Nothing of this happens, nor is anything left of it.
      await (await file.createWritable()).write("never finished");
    });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("old+new");
    expect(await repo.fs.readdir("/d")).toEqual(["g"]);
    expect(await repo.check()).toMatchObject({ ok: true, files: 2 });
  });

  it("of a snapshot are for reading", async () => {
    await newFile("f", "old");
    await repo.snapshot("s");
    await repo.fs.writeFile("/f", "new");
    const snapshot = await repo.openSnapshot("s");
    const file = await snapshot.root.getFileHandle("f");
    expect(await textOf(file)).toBe("old");
    expect(await file.isSameEntry(await repo.root.getFileHandle("f"))).toBe(false);
    expect(await file.queryPermission()).toBe("granted");
    expect(await file.requestPermission({ mode: "readwrite" })).toBe("denied");
    const refused: (() => Promise<unknown>)[] = [
      () => file.createWritable(),
      () => file.move("g"),
      () => file.remove(),
      () => snapshot.root.getFileHandle("g", { create: true }),
      () => snapshot.root.getDirectoryHandle("d", { create: true }),
      () => snapshot.root.removeEntry("f"),
    ];
    for (const call of refused)
      await expect(call()).rejects.toMatchObject(named("NotAllowedError"));
    await snapshot.close();
    await expect(file.getFile()).rejects.toMatchObject(named("InvalidStateError"));
  });

  it("move directories with all that is in them, and replace nothing by them", async () => {
    await repo.fs.mkdir("/d/sub", { recursive: true });
    await repo.fs.mkdir("/e");
    await newFile("f", "x");
    const directory = await repo.root.getDirectoryHandle("d");
    for (const name of ["e", "f"])
      await expect(directory.move(name)).rejects.toMatchObject(named("InvalidModificationError"));
    await expect(directory.move(directory, "in itself")).rejects.toMatchObject(
      named("InvalidModificationError"),
    );
    await directory.move(await repo.root.getDirectoryHandle("e"), "moved");
    expect(await repo.root.resolve(directory)).toEqual(["e", "moved"]);
    expect(await repo.fs.readdir("/e", { recursive: true })).toEqual(["moved", "moved/sub"]);
    for (const call of [() => repo.root.remove({ recursive: true }), () => repo.root.move("x")])
      await expect(call()).rejects.toMatchObject(named("InvalidModificationError"));
  });

  it("follow symlinks, tell of those alone that lead somewhere, and remove the link itself", async () => {
    await repo.fs.mkdir("/d");
    await newFile("f", "content");
    for (const [target, link] of [
      ["f", "to-f"],
      ["d", "to-d"],
      ["none", "to-none"],
      ["loop", "loop"],
    ] as const)
      await repo.fs.symlink(target, `/${link}`);
    const found: string[] = [];
    for await (const [name, { kind }] of repo.root) found.push(`${name} ${kind}`);
    expect(found).toEqual(["d directory", "f file", "to-d directory", "to-f file"]);
    expect(await textOf(await repo.root.getFileHandle("to-f"))).toBe("content");
    for (const name of ["to-none", "loop"])
      await expect(repo.root.getFileHandle(name, { create: true })).rejects.toMatchObject(
        named("NotFoundError"),
      );
    const writable = await (await repo.root.getFileHandle("to-f")).createWritable();
    await writable.write("through the link");
    await expect(repo.root.removeEntry("f")).rejects.toMatchObject(
      named("NoModificationAllowedError"),
    );
    await writable.close();
    for (const name of ["to-f", "to-d"]) await repo.root.removeEntry(name, { recursive: true });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("through the link");
    expect(await repo.fs.readdir("/")).toEqual(["d", "f", "loop", "to-none"]);
  });

  it("have names as on Linux, of at most 255 bytes", async () => {
    const names = [
      "a\\b",
      "trailing. ",
      "%2e%2e",
      "__proto__",
      "e\u0301",
      "\u00e9",
      "👩‍👩‍👧",
      "ü".repeat(127),
    ];
    for (const name of names) await repo.root.getFileHandle(name, { create: true });
    const found: string[] = [];
    for await (const name of repo.root.keys()) found.push(name);
    expect(found.sort()).toEqual(names.sort());
    for (const name of ["ü".repeat(128), "a\0b", "", ".", "..", "a/b"])
      await expect(repo.root.getFileHandle(name, { create: true })).rejects.toBeInstanceOf(
        TypeError,
      );
  });

  it("list directories of many entries, also while they change", async () => {
    for (let i = 0; i < 700; i++) await repo.fs.writeFile(`/n${1000 + i}`, "");
    let seen = 0;
    for await (const name of repo.root.keys()) {
      seen++;
      await repo.root.removeEntry(name);
    }
    expect(seen).toBe(700);
    expect(await repo.fs.readdir("/")).toEqual([]);
  });

  it("cannot be posted or stored, and say so", async () => {
    const file = await newFile("f");
    expect(() => structuredClone(file)).toThrow();
    expect(() => structuredClone(repo.root)).toThrow();
    expect("createSyncAccessHandle" in file).toBe(false);
  });

  it("keep the error that an exception stands for", async () => {
    const error: unknown = await repo.root.getFileHandle("none").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DOMException);
    expect((error as DOMException).cause).toMatchObject({ code: "ENOENT", path: "/none" });
  });
});

describe("an observer", () => {
  const told: string[] = [];
  const note = (records: readonly FileChangeRecord[]): void => {
    for (const { type, changedHandle, relativePathComponents, relativePathMovedFrom } of records)
      told.push(
        [
          type,
          changedHandle?.kind ?? "-",
          relativePathComponents.join("/"),
          ...(relativePathMovedFrom === null ? [] : ["from", relativePathMovedFrom.join("/")]),
        ].join(" "),
      );
  };
  const expectTold = async (...expected: string[]): Promise<void> => {
    await expect.poll(() => told.length).toBeGreaterThanOrEqual(expected.length);
    await turns(5);
    expect(told.splice(0)).toEqual(expected);
  };
  const observer = new FileObserver(note);

  beforeEach(() => told.splice(0));
  afterEach(() => {
    observer.disconnect();
  });

  it("tells of everything below, with handles, whoever did it", async () => {
    await observer.observe(repo.root, { recursive: true });
    const directory = await repo.root.getDirectoryHandle("d", { create: true });
    await expectTold("appeared directory d");
    const file = await directory.getFileHandle("f", { create: true });
    await expectTold("appeared file d/f");
    const writable = await file.createWritable();
    await writable.write("x");
    await writable.close();
    await expectTold("modified file d/f");
    await file.move(repo.root, "g");
    await expectTold("moved file g from d/f");
    await repo.fs.symlink("g", "/link");
    await expectTold("appeared file link");
    await directory.move("e");
    await expectTold("moved directory e from d");
    await repo.transaction(async ({ fs }) => {
      await fs.writeFile("/e/h", "in a transaction");
      await fs.unlink("/g");
    });
    await expectTold("appeared file e/h", "disappeared - g");
    await repo.root.removeEntry("e", { recursive: true });
    await expectTold("disappeared - e/h", "disappeared - e");
  });

  it("of a directory alone sees what comes and goes", async () => {
    await repo.fs.mkdir("/d/sub", { recursive: true });
    const directory = await repo.root.getDirectoryHandle("d");
    await observer.observe(directory);
    await repo.fs.writeFile("/d/sub/deep", "");
    await repo.fs.rename("/d/sub/deep", "/d/f");
    await expectTold("appeared file f");
    await repo.fs.rename("/d/f", "/d/sub/deep");
    await expectTold("disappeared - f");
    await repo.fs.rename("/d", "/e");
    await expectTold("disappeared - ");
    await repo.fs.rename("/e", "/d");
    await expectTold("appeared directory ");
  });

  it("of a file is told of its content, until nobody wants to know", async () => {
    const file = await newFile("f", "x");
    await observer.observe(file);
    await repo.fs.writeFile("/f", "y");
    await repo.fs.writeFile("/beside", "");
    await expectTold("modified file ");
    observer.unobserve(file);
    await repo.fs.writeFile("/f", "z");
    await turns(20);
    expect(told).toEqual([]);
    await repo.fs.unlink("/f");
    await expect(observer.observe(file)).rejects.toMatchObject(named("NotFoundError"));
  });

  it("tells that anything may have changed, and when it ends", async () => {
    await repo.snapshot("s");
    await observer.observe(repo.root, { recursive: true });
    await repo.restore("s");
    await expectTold("unknown - ");
    await repo.close();
    await expectTold("errored - ");
  });

  it("needs a function, and handles of a repo", async () => {
    expect(() => new FileObserver(undefined as never)).toThrow(TypeError);
    await expect(observer.observe({} as never)).rejects.toBeInstanceOf(TypeError);
  });
});

it("docs/FILE-HANDLES.md has every difference by its name, and no others", () => {
  const text = readFileSync(new URL("../../../../docs/FILE-HANDLES.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(DIFFERENCES));
  const nameOfMember = (name: string | symbol): string =>
    typeof name === "string" ? name : `[${String(name.description)}]`;
  const types = [...text.matchAll(/^\| `((?:Directory|File)\.[\w[\].]+)` \|/gm)];
  expect(types.map(([, name]) => name)).toEqual([
    ...Reflect.ownKeys(DIRECTORY_TYPES).map((name) => `Directory.${nameOfMember(name)}`),
    ...Object.keys(FILE_TYPES).map((name) => `File.${name}`),
  ]);
});
