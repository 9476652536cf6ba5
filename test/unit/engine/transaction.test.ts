import { beforeAll, describe, expect, test } from "vitest";
import type { Transaction } from "../../../src/engine/transaction.js";
import { isRepoError } from "../../../src/errors.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  testKeys,
  type TestKeys,
  type TestRepo,
} from "../../support/repo.js";
import { pattern } from "../../support/pattern.js";
import { expectWhole } from "../../support/whole.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

async function newRepo(
  options: Parameters<typeof createRepo>[3] = {},
): Promise<TestRepo & { disk: SimulatedDisk }> {
  const disk = new SimulatedDisk();
  return { ...(await createRepo(disk.open("create"), keys, testEnvironment(), options)), disk };
}

async function begin({ engine }: TestRepo): Promise<{ tx: Transaction; fs: RepoFileSystem }> {
  const tx = await engine.begin();
  return { tx, fs: new RepoFileSystem(tx) };
}

async function names({ fs }: Pick<TestRepo, "fs">, path = "/"): Promise<string[]> {
  return (await fs.readdir(path)).map(({ name }) => name);
}

describe("a transaction", () => {
  test("shows nothing of itself before it is committed, and then all of it", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/old", pattern(30_000));
    const { tx, fs } = await begin(repo);
    await fs.mkdir("/d");
    await fs.writeFile("/d/a", pattern(50));
    await fs.writeFile("/d/b", pattern(20_000, 2));
    await fs.rename("/old", "/d/c");
    expect(await names(repo)).toEqual(["old"]);
    expect(await names({ fs }, "/d")).toEqual(["a", "b", "c"]);
    expect(await fs.readFile("/d/b")).toEqual(pattern(20_000, 2));
    await tx.commit();
    expect(await names(repo, "/d")).toEqual(["a", "b", "c"]);
    expect(await repo.fs.readFile("/d/c")).toEqual(pattern(30_000));
    await expectWhole(repo);
    await repo.fs.close();
    const reopened = await openRepo(repo.disk.open(), keys);
    expect(await names(reopened, "/d")).toEqual(["a", "b", "c"]);
    await expectWhole(reopened);
  });

  test("that is given up has done nothing, and leaves no slot behind", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/keep", pattern(30_000));
    await repo.fs.sync();
    const { tx, fs } = await begin(repo);
    await fs.writeFile("/new", pattern(50_000));
    await fs.unlink("/keep");
    tx.abort();
    expect(await names(repo)).toEqual(["keep"]);
    for (const refused of [fs.stat("/"), fs.writeFile("/x", pattern(1)), tx.commit()])
      await expect(refused).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await repo.fs.sync();
    await expectWhole(repo);
  });

  test("sees the state that it began with, whatever others do", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/a", pattern(20_000));
    await repo.fs.writeFile("/b", pattern(20_000, 2));
    const { tx, fs } = await begin(repo);
    await repo.fs.writeFile("/a", pattern(20_000, 9));
    await repo.fs.unlink("/b");
    for (let i = 0; i < 10; i++) {
      await repo.fs.writeFile(`/more${i}`, pattern(20_000, i));
      await repo.fs.sync();
    }
    expect(await fs.readFile("/a")).toEqual(pattern(20_000));
    expect(await fs.readFile("/b")).toEqual(pattern(20_000, 2));
    expect(await names({ fs })).toEqual(["a", "b"]);
    await tx.commit();
  });

  test("conflicts with who wrote what it has read or written, and with nobody else", async () => {
    const others: Record<string, (repo: TestRepo) => Promise<void>> = {
      "a file that it read": ({ fs }) => fs.writeFile("/d/read", pattern(5)),
      "a directory that it listed": ({ fs }) => fs.writeFile("/e/new", pattern(5)),
      "a name that it looked for": ({ fs }) => fs.writeFile("/d/absent", pattern(5)),
      "a file that it wrote": ({ fs }) => fs.truncate("/d/written", 3),
      "what it removed": ({ fs }) => fs.rename("/d/gone", "/f/saved"),
    };
    const harmless: typeof others = {
      "another file": ({ fs }) => fs.writeFile("/f/other", pattern(9000)),
      "another directory": ({ fs }) => fs.mkdir("/f/sub"),
      nothing: async () => undefined,
    };
    for (const [what, meanwhile] of Object.entries({ ...others, ...harmless })) {
      const repo = await newRepo();
      for (const path of ["/d", "/e", "/f"]) await repo.fs.mkdir(path);
      for (const name of ["read", "written", "gone"])
        await repo.fs.writeFile(`/d/${name}`, pattern(4000));
      await repo.fs.writeFile("/f/other", pattern(10));
      const { tx, fs } = await begin(repo);
      await fs.readFile("/d/read");
      await fs.readdir("/e");
      await expect(fs.stat("/d/absent")).rejects.toMatchObject({ code: "ENOENT" });
      await fs.writeFile("/d/written", pattern(6000, 2));
      await fs.unlink("/d/gone");
      await meanwhile(repo);
      const before = await names(repo, "/d");
      if (what in others) {
        await expect(tx.commit(), what).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
        expect(await names(repo, "/d"), what).toEqual(before);
      } else {
        await tx.commit();
        expect(await repo.fs.readFile("/d/written"), what).toEqual(pattern(6000, 2));
        expect(await names(repo, "/d"), what).toEqual(["read", "written"]);
        expect((await repo.fs.readFile("/f/other")).length).toBe(
          what === "another file" ? 9000 : 10,
        );
      }
      await repo.fs.sync();
      await expectWhole(repo);
    }
  });

  test.each(["unlinks", "replaces"])(
    "conflicts with who opens a file that it %s: a handle keeps its file",
    async (how) => {
      const repo = await newRepo();
      for (const path of ["/a", "/b"]) await repo.fs.writeFile(path, pattern(9000));
      const { tx, fs } = await begin(repo);
      await (how === "unlinks" ? fs.unlink("/a") : fs.rename("/b", "/a"));
      const handle = await repo.fs.open("/a", { read: true });
      await expect(tx.commit()).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
      const into = new Uint8Array(9000);
      await handle.read(into, 0);
      expect(into).toEqual(pattern(9000));
      await handle.close();
      expect(await names(repo)).toEqual(["a", "b"]);
    },
  );

  test("conflicts with a snapshot that is restored meanwhile", async () => {
    const repo = await newRepo();
    await repo.engine.snapshots.take("s");
    await repo.fs.writeFile("/later", pattern(10));
    const { tx, fs } = await begin(repo);
    await fs.writeFile("/a", pattern(10));
    await repo.engine.snapshots.restore("s");
    await expect(tx.commit()).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT" });
    await expectWhole(repo);
  });

  test("may run inside another and beside others: nothing waits", async () => {
    const repo = await newRepo();
    await repo.fs.mkdir("/a");
    await repo.fs.mkdir("/b");
    const outer = await begin(repo);
    await outer.fs.writeFile("/a/x", pattern(10));
    const inner = await begin(repo);
    await inner.fs.writeFile("/b/y", pattern(10));
    await inner.tx.commit();
    await outer.tx.commit();
    expect([await names(repo, "/a"), await names(repo, "/b")]).toEqual([["x"], ["y"]]);
    await expectWhole(repo);
  });

  test("can truncate a file of very many extents and write it again", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/large", pattern(5_000_000));
    const { tx, fs } = await begin(repo);
    await fs.truncate("/large", 10);
    await fs.truncate("/large", 4_000_000);
    const content = await fs.readFile("/large");
    expect(content.subarray(0, 10)).toEqual(pattern(10));
    expect(content.subarray(10).every((byte) => byte === 0)).toBe(true);
    await tx.commit();
    expect(Buffer.compare(await repo.fs.readFile("/large"), content)).toBe(0);
    for (let i = 0; i < 8; i++) await repo.fs.sync();
    await expectWhole(repo);
  });

  test("is durable when commit() resolves in strict durability", async () => {
    const repo = await newRepo({ durability: "strict" });
    const { tx, fs } = await begin(repo);
    await fs.mkdir("/d");
    await fs.writeFile("/d/a", pattern(9000));
    await tx.commit();
    const copy = SimulatedDisk.fromImage(repo.disk.durable);
    expect(await names(await openRepo(copy.open(), keys), "/d")).toEqual(["a"]);
  });

  test("that does not fit is ENOSPC, or EFBIG, and has done nothing", async () => {
    const repo = await newRepo();
    repo.disk.maxSlots = 200;
    const { tx, fs } = await begin(repo);
    const filling = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await fs.writeFile(`/f${i}`, pattern(20_000, i));
      await tx.commit();
    };
    await expect(filling()).rejects.toMatchObject({ code: "ENOSPC" });
    tx.abort();
    await repo.fs.writeFile("/small", pattern(10));
    expect(await names(repo)).toEqual(["small"]);
    const large = await begin(repo);
    await expect(
      large.fs.writeFile("/x", new Uint8Array(257 * 1024 * 1024), undefined, 0o666, true),
    ).rejects.toMatchObject({ code: "EFBIG" });
    large.tx.abort();
    await expectWhole(repo);
  });

  test("needs room for what it has changed, however often", async () => {
    const repo = await newRepo();
    repo.disk.maxSlots = 200;
    const { tx, fs } = await begin(repo);
    for (let i = 0; i < 500; i++) await fs.writeFile("/f", pattern(100, i));
    await tx.commit();
    expect(await repo.fs.readFile("/f")).toEqual(pattern(100, 499));
    await expectWhole(repo);
  });

  test("keeps what it needs of nodes that a snapshot shares, however many others are read", async () => {
    const repo = await newRepo();
    for (let i = 0; i < 1200; i++) await repo.fs.writeFile(`/f${i}`, pattern(200, i));
    await repo.engine.snapshots.take("s");
    const { tx, fs } = await begin(repo);
    await fs.writeFile("/f7", pattern(100));
    for (let i = 0; i < 1200; i++) await repo.fs.readFile(`/f${i}`);
    await tx.commit();
    await repo.fs.sync();
    await expectWhole(repo);
  });
});

test.each([1, 2, 3, 4, 5, 6])(
  "concurrent transfers between files never make or lose anything (seed %i)",
  async (seed) => {
    const prng = new Prng(seed);
    const disk = new SimulatedDisk({ seed, maxTurns: 8 });
    const environment = testEnvironment(seed);
    const repo = await createRepo(disk.open("create"), keys, environment);
    const accounts = 6;
    const start = 1000;
    const path = (i: number): string => `/d${i % 2}/account${i}`;
    for (const d of [0, 1]) await repo.fs.mkdir(`/d${d}`);
    for (let i = 0; i < accounts; i++) await repo.fs.writeFile(path(i), encode(start));
    let [commits, conflicts] = [0, 0];
    const teller = async (random: Prng): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        const { tx, fs } = await begin(repo);
        const [from, to] = random.sample([...Array(accounts).keys()], 2) as [number, number];
        const amount = random.below(50);
        const [a, b] = [decode(await fs.readFile(path(from))), decode(await fs.readFile(path(to)))];
        for (let i = random.below(20); i > 0; i--) await Promise.resolve();
        await fs.writeFile(path(from), encode(a - amount));
        if (random.chance(0.1)) {
          tx.abort();
          continue;
        }
        await fs.writeFile(path(to), encode(b + amount));
        try {
          await tx.commit();
          commits++;
        } catch (error) {
          if (!isRepoError(error, "TRANSACTION_CONFLICT")) throw error;
          conflicts++;
        }
        if (random.chance(0.2)) environment.clock.advance(100);
        if (random.chance(0.1)) await repo.fs.sync();
      }
    };
    await Promise.all([1, 2, 3, 4].map((i) => teller(prng.fork(`teller ${i}`))));
    expect(commits).toBeGreaterThan(10);
    expect(conflicts).toBeGreaterThan(0);
    let total = 0;
    for (let i = 0; i < accounts; i++) total += decode(await repo.fs.readFile(path(i)));
    expect(total).toBe(accounts * start);
    await repo.fs.sync();
    await expectWhole(repo);
    const crashed = await openRepo(SimulatedDisk.fromImage(disk.crash(seed)).open(), keys);
    let durable = 0;
    for (let i = 0; i < accounts; i++) durable += decode(await crashed.fs.readFile(path(i)));
    expect(durable).toBe(accounts * start);
  },
);

/** A number as a file's content, of one size or another. */
function encode(amount: number): Uint8Array {
  const text = String(amount).padStart(amount % 2 === 0 ? 20 : 3000);
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): number {
  return Number(new TextDecoder().decode(bytes));
}
