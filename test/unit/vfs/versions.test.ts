import { beforeAll, describe, expect, test } from "vitest";
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
import { expectSame, overlaid, pattern, resized } from "../../support/pattern.js";
import { expectWhole } from "../../support/whole.js";

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

async function newRepo(): Promise<TestRepo & { disk: SimulatedDisk }> {
  const disk = new SimulatedDisk();
  return { ...(await createRepo(disk.open("create"), keys)), disk };
}

async function readVersion({ fs }: TestRepo, path: string, version: number): Promise<Uint8Array> {
  const handle = await fs.openVersion(path, version);
  try {
    const into = new Uint8Array((await handle.stat()).size);
    // In two pieces that meet at an odd place.
    const middle = into.length >> 1;
    await handle.read(into.subarray(middle), middle);
    await handle.read(into.subarray(0, middle), 0);
    return into;
  } finally {
    await handle.close();
  }
}

async function expectHistory(
  repo: TestRepo,
  path: string,
  contents: readonly Uint8Array[],
): Promise<void> {
  const history = await repo.fs.history(path);
  expect(history.map(({ size }) => size)).toEqual(contents.map(({ length }) => length));
  for (const [i, { version }] of history.entries()) {
    const found = await readVersion(repo, path, version);
    expect(Buffer.compare(found, contents[i] ?? new Uint8Array(0)), `version ${version}`).toBe(0);
  }
}

const CREATE = { write: true, create: true, truncate: true } as const;

describe("a file with a version limit", () => {
  test("keeps that many versions, the present one included", async () => {
    const repo = await newRepo();
    const contents = [0, 1, 2, 3, 4, 5, 6].map((i) => pattern(i % 2 === 0 ? 100 : 9000 + i, i));
    await repo.fs.writeFile("/f", contents[0] ?? pattern(1), { ...CREATE, versionLimit: 3 });
    for (const content of contents.slice(1)) await repo.fs.writeFile("/f", content);
    expect((await repo.fs.history("/f")).map(({ version }) => version)).toEqual([5, 6, 7]);
    await expectHistory(repo, "/f", contents.slice(-3));
    await expect(repo.fs.openVersion("/f", 4)).rejects.toMatchObject({ code: "NO_VERSION" });
    await expectWhole(repo);
  });

  test("takes no more room for a version than what it differs by", async () => {
    const repo = await newRepo();
    const large = pattern(4_000_000);
    await repo.fs.writeFile("/f", large, { ...CREATE, versionLimit: 10 });
    const settle = async (): Promise<number> => {
      for (let i = 0; i < 6; i++) {
        await repo.fs.setattr("/", { mode: 0o755 });
        await repo.fs.sync();
      }
      const { slots, freeSlots } = repo.engine.stats();
      return slots - freeSlots;
    };
    const before = await settle();
    const handle = await repo.fs.open("/f", { write: true });
    await handle.write(pattern(1, 9), 2_000_000);
    await handle.close();
    expect(await settle()).toBeLessThanOrEqual(before + 4);
    await expectHistory(repo, "/f", [large, overlaid(large, 2_000_000, pattern(1, 9))]);
  });

  test("one handle's changes are one version", async () => {
    const repo = await newRepo();
    await repo.fs.writeFile("/f", pattern(10_000), { ...CREATE, versionLimit: 5 });
    const handle = await repo.fs.open("/f", { write: true });
    await handle.write(pattern(100, 2), 50);
    await handle.write(pattern(5000, 3), 7000);
    await handle.truncate(9000);
    await handle.close();
    const changed = resized(
      overlaid(overlaid(pattern(10_000), 50, pattern(100, 2)), 7000, pattern(5000, 3)),
      9000,
    );
    await expectHistory(repo, "/f", [pattern(10_000), changed]);
    const created = await repo.fs.open("/g", { ...CREATE, versionLimit: 2 });
    await created.write(pattern(10), 0);
    await created.close();
    await expectHistory(repo, "/g", [pattern(10)]);
  });

  test("what a handle goes on to write in a tree that was restored is a version of its own", async () => {
    const repo = await newRepo();
    const first = pattern(9000, 1);
    const mine = pattern(9000, 2);
    const theirs = pattern(9000, 3);
    await repo.fs.writeFile("/f", first, { ...CREATE, versionLimit: 9 });
    const handle = await repo.fs.open("/f", { write: true });
    await repo.engine.snapshots.take("s");
    await handle.write(mine, 0);
    await repo.engine.snapshots.restore("s");
    // Its number is that of the version which the handle was making.
    await repo.fs.writeFile("/f", theirs);
    await handle.write(pattern(10, 4), 100);
    await expectHistory(repo, "/f", [first, theirs, overlaid(theirs, 100, pattern(10, 4))]);
    await repo.engine.snapshots.take("t");
    await handle.write(pattern(10, 5), 200);
    await repo.fs.unlink("/f");
    await repo.engine.snapshots.restore("t");
    await handle.write(pattern(10, 6), 300);
    const restored = overlaid(theirs, 100, pattern(10, 4));
    await expectHistory(repo, "/f", [
      ...[first, theirs, restored],
      overlaid(restored, 300, pattern(10, 6)),
    ]);
    await handle.close();
    await expectWhole(repo);
  });

  test("an open version that makes way is NO_VERSION, and never other content", async () => {
    const { fs } = await newRepo();
    await fs.writeFile("/f", pattern(5000), { ...CREATE, versionLimit: 2 });
    await fs.writeFile("/f", pattern(5000, 2));
    const handle = await fs.openVersion("/f", 1);
    await handle.read(new Uint8Array(10), 0);
    await fs.writeFile("/f", pattern(5000, 3));
    await expect(handle.read(new Uint8Array(10), 0)).rejects.toMatchObject({ code: "NO_VERSION" });
    await expect(handle.write(pattern(1), 0)).rejects.toMatchObject({ code: "EBADF" });
    await handle.close();
  });

  test("an open version of a tree that another one was restored over is NO_VERSION, and never other content", async () => {
    const { fs, engine } = await newRepo();
    await fs.writeFile("/f", pattern(5000), { ...CREATE, versionLimit: 9 });
    await engine.snapshots.take("s");
    await fs.writeFile("/f", pattern(5000, 2));
    const handle = await fs.openVersion("/f", 2);
    await handle.read(new Uint8Array(10), 0);
    await engine.snapshots.restore("s");
    await fs.writeFile("/f", pattern(5000, 3));
    await expect(handle.read(new Uint8Array(10), 0)).rejects.toMatchObject({ code: "NO_VERSION" });
    await expect(handle.stat()).rejects.toMatchObject({ code: "NO_VERSION" });
    await handle.close();
    const again = await fs.openVersion("/f", 2);
    const into = new Uint8Array(5000);
    await again.read(into, 0);
    expectSame(into, pattern(5000, 3));
    await again.close();
  });

  test.each([0.5, -1, 256])("a limit of %s is refused", async (versionLimit) => {
    const { fs } = await newRepo();
    const refused = fs.writeFile("/f", pattern(5), { ...CREATE, versionLimit });
    await expect(refused).rejects.toMatchObject({ code: "EINVAL" });
    await expect(fs.stat("/f")).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("of very many extents is cut, kept and evicted in steps, and is right after each", async () => {
    const repo = await newRepo();
    const large = pattern(12_000_000);
    await repo.fs.writeFile("/f", large, { ...CREATE, versionLimit: 3 });
    await repo.fs.sync();
    const handle = await repo.fs.open("/f", { write: true });
    await handle.truncate(5);
    // Within the size, so that nothing but the new version has to wait for the end of the truncation.
    await repo.fs.open("/f", { write: true }).then(async (other) => {
      await other.write(pattern(2, 7), 1);
      await other.close();
    });
    await handle.close();
    const short = resized(large, 5);
    await expectHistory(repo, "/f", [large, short, overlaid(short, 1, pattern(2, 7))]);
    await expectWhole(repo);
    for (const seed of [1, 2, 3]) await repo.fs.writeFile("/f", pattern(9000, seed));
    await expectHistory(
      repo,
      "/f",
      [1, 2, 3].map((seed) => pattern(9000, seed)),
    );
    for (let i = 0; i < 8; i++) {
      await repo.fs.setattr("/", { mode: 0o755 });
      await repo.fs.sync();
    }
    await expectWhole(repo);
    const { slots, freeSlots } = repo.engine.stats();
    expect(slots - freeSlots).toBeLessThan(40);
  });

  test("of very many extents is cut in steps that do not look at what the steps before have kept", async () => {
    const { fs, disk } = await newRepo();
    const handle = await fs.open("/f", { ...CREATE, versionLimit: 2 });
    for (let i = 0; i < 6000; i++) await handle.write(pattern(10, i), i * 30);
    await handle.close();
    await fs.close();
    const repo = await openRepo(disk.open(), keys, testEnvironment(), { durability: "strict" });
    await repo.fs.truncate("/f", 0);
    // Waits for the end of the truncation.
    await repo.fs.truncate("/f", 1);
    expect(repo.engine.stats().nodeSlotsRead).toBeLessThan(300);
    await expectWhole(repo);
  });

  test("all versions go with the file, and give their space back", async () => {
    const repo = await newRepo();
    const used = async (): Promise<number> => {
      for (let i = 0; i < 6; i++) {
        await repo.fs.setattr("/", { mode: 0o755 });
        await repo.fs.sync();
      }
      const { slots, freeSlots } = repo.engine.stats();
      return slots - freeSlots;
    };
    const before = await used();
    await repo.fs.writeFile("/f", pattern(400_000), { ...CREATE, versionLimit: 9 });
    for (let i = 0; i < 12; i++) await repo.fs.writeFile("/f", pattern(300_000, i));
    expect(await used()).toBeGreaterThan(before + 8 * 73);
    await repo.fs.unlink("/f");
    expect(await used()).toBeLessThanOrEqual(before + 1);
    await expectWhole(repo);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "random changes leave every version as it was, also after reopening and below snapshots (seed %i)",
  async (seed) => {
    const prng = new Prng(seed);
    const disk = new SimulatedDisk({ seed });
    let repo: TestRepo = await createRepo(disk.open("create"), keys, testEnvironment(seed));
    const versionLimit = prng.pick([2, 3, 6]);
    const scale = prng.pick([300, 5000, 40_000, 400_000]);
    let contents = [prng.bytes(prng.below(scale))];
    await repo.fs.writeFile("/f", contents[0] ?? pattern(0), { ...CREATE, versionLimit });
    const present = (): Uint8Array => contents.at(-1) ?? pattern(0);
    for (let step = 0; step < 60; step++) {
      const at = prng.below(present().length + 2000);
      const bytes = prng.bytes(1 + prng.below(prng.chance(0.5) ? 200 : scale));
      let next = present();
      switch (prng.below(6)) {
        case 0:
          next = bytes;
          await repo.fs.writeFile("/f", bytes);
          break;
        case 1:
          next = overlaid(next, next.length, bytes);
          await repo.fs.writeFile("/f", bytes, { write: true, append: true });
          break;
        case 2:
          next = resized(next, prng.chance(0.3) ? 0 : at);
          await repo.fs.truncate("/f", next.length);
          break;
        case 3: {
          const handle = await repo.fs.open("/f", { write: true });
          for (let i = 0; i < 5; i++) {
            const place = prng.below(next.length + 500);
            const piece = prng.bytes(1 + prng.below(3000));
            next = overlaid(next, place, piece);
            await handle.write(piece, place);
            if (prng.chance(0.2)) {
              next = resized(next, prng.below(next.length));
              await handle.truncate(next.length);
            }
          }
          await handle.close();
          break;
        }
        case 4:
          if (prng.chance(0.5)) await repo.engine.snapshots.take(`s${step}`);
          else {
            await repo.fs.close();
            repo = await openRepo(disk.open(), keys, testEnvironment(seed + step));
          }
          continue;
        default: {
          next = overlaid(next, at, bytes);
          const handle = await repo.fs.open("/f", { write: true });
          await handle.write(bytes, at);
          await handle.close();
        }
      }
      contents = [...contents, next].slice(-versionLimit);
      if (step % 4 === 0) await repo.fs.sync();
      if (step % 6 === 0) {
        await expectHistory(repo, "/f", contents);
        await expectWhole(repo);
      }
    }
    await expectHistory(repo, "/f", contents);
    await repo.fs.unlink("/f");
    await expectWhole(repo);
    await repo.fs.close();
  },
  60_000,
);
