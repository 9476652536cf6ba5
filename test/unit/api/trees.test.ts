/** Transactions, snapshots and versions of a repo, over a worker in this thread. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectRejections } from "../../support/rejections.js";

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker } = fakeWorkers();

let names = 0;
let repo: Repo;

beforeEach(async () => {
  const uri = `mem://trees-${++names}`;
  repo = await openRepo(uri, { rawKey, worker, createNew: true, versionLimit: 3 });
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

describe("repo.transaction", () => {
  it("publishes all that its function did, and returns what it returned", async () => {
    const result = await repo.transaction(async ({ fs }) => {
      await fs.mkdir("/a/b", { recursive: true });
      await fs.writeFile("/a/b/c", "text");
      const file = await fs.open("/a/d", "w+");
      await file.write(new Uint8Array([1, 2, 3]));
      expect(await file.readFile()).toHaveLength(0);
      await file.close();
      expect(await fs.readdir("/a")).toEqual(["b", "d"]);
      expect(await repo.fs.readdir("/")).toEqual([]);
      return 42;
    });
    expect(result).toBe(42);
    expect(await repo.fs.readFile("/a/b/c", "utf8")).toBe("text");
    expect([...(await repo.fs.readFile("/a/d"))]).toEqual([1, 2, 3]);
  });

  it("does nothing if its function throws, and throws that", async () => {
    const reason = new Error("changed my mind");
    const running = repo.transaction(async ({ fs }) => {
      await fs.writeFile("/a", "x");
      throw reason;
    });
    await expect(running).rejects.toBe(reason);
    expect(await repo.fs.readdir("/")).toEqual([]);
  });

  it("is told of a conflict, or runs again as often as it may", async () => {
    await repo.fs.writeFile("/n", "0");
    let runs = 0;
    const increment = (retries: number): Promise<void> =>
      repo.transaction(
        async ({ fs }) => {
          runs++;
          const before = Number(await fs.readFile("/n", "utf8"));
          if (runs <= 2) await repo.fs.writeFile("/n", String(before + 10));
          await fs.writeFile("/n", String(before + 1));
        },
        { retries },
      );
    await expect(increment(0)).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    expect(await repo.fs.readFile("/n", "utf8")).toBe("10");
    await increment(3);
    expect(runs).toBe(3);
    expect(await repo.fs.readFile("/n", "utf8")).toBe("21");
  });

  it("has errors as they are elsewhere, and ends with its function", async () => {
    let late: Repo["fs"] | undefined;
    await repo.transaction(async ({ fs }) => {
      await expect(fs.readFile("/no")).rejects.toMatchObject({
        code: "ENOENT",
        syscall: "open",
        path: "/no",
      });
      late = fs;
    });
    await expectRejections([late?.stat("/") ?? Promise.resolve()], { code: "TRANSACTION_ENDED" });
  });

  it("gives buffers away where it is told to", async () => {
    const bytes = new Uint8Array(100_000).fill(3);
    await repo.transaction(({ fs }) => fs.writeFile("/a", bytes, { transfer: true }));
    expect(bytes.byteLength).toBe(0);
    expect((await repo.fs.readFile("/a")).every((byte) => byte === 3)).toBe(true);
  });
});

describe("snapshots", () => {
  it("are taken, listed, read, restored and deleted", async () => {
    await repo.fs.writeFile("/a", "old");
    await repo.snapshot("before");
    await repo.fs.writeFile("/a", "new");
    await repo.fs.writeFile("/b", "new");
    expect((await repo.snapshots()).map(({ name }) => name)).toEqual(["before"]);
    const snapshot = await repo.openSnapshot("before");
    expect(await snapshot.fs.readdir("/")).toEqual(["a"]);
    expect(await snapshot.fs.readFile("/a", "utf8")).toBe("old");
    await expectRejections([snapshot.fs.writeFile("/a", "x"), snapshot.fs.rm("/a")], {
      code: "EROFS",
    });
    await expect(repo.deleteSnapshot("before")).rejects.toMatchObject({ code: "EBUSY" });
    await snapshot.close();
    await snapshot[Symbol.asyncDispose]();
    await repo.restore("before");
    expect(await repo.fs.readdir("/")).toEqual(["a"]);
    expect(await repo.fs.readFile("/a", "utf8")).toBe("old");
    await repo.deleteSnapshot("before");
    expect(await repo.snapshots()).toEqual([]);
    expect((await repo.check()).ok).toBe(true);
    await expect(repo.openSnapshot("before")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("versions", () => {
  it("are kept as many as the repo was made for, and read", async () => {
    for (const text of ["one", "two", "three", "four"]) await repo.fs.writeFile("/f", text);
    const history = await repo.history("/f");
    expect(history.map(({ version, size }) => [version, size])).toEqual([
      [2, 3],
      [3, 5],
      [4, 4],
    ]);
    const file = await repo.openVersion("/f", 3);
    expect(await file.readFile("utf8")).toBe("three");
    await expect(file.write("x")).rejects.toMatchObject({ code: "EBADF" });
    await file.close();
    await expect(repo.openVersion("/f", 1)).rejects.toMatchObject({
      code: "NO_VERSION",
      path: "/f",
    });
  });

  it.each([0, 256, 1.5])("a limit of %s is refused", async (versionLimit) => {
    const opening = openRepo("mem://x", { rawKey, worker, create: true, versionLimit });
    await expect(opening).rejects.toThrow(RangeError);
  });
});
