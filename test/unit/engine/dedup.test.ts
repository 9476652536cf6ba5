/** Equal content stored once: found wherever it begins, counted exactly, and given back with its last user. */
import { expect, test } from "vitest";
import { DEFAULT_SIZES } from "../../../src/codec/fastcdc.js";
import type { NewRepo } from "../../../src/engine/options.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, overlaid } from "../../support/pattern.js";
import { Prng } from "../../simulated-disk/prng.js";
import { createRepo, openRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";
import {
  age,
  createWatched,
  expectSound,
  openWatched,
  reclaimAll,
  type WatchedRepo,
} from "../../support/watched-repo.js";

const DEDUP: NewRepo = { dedup: true };
const MIB = 1024 * 1024;
/** Chunks that are long beside the records that lead to them. */
const SIZES = { chunkSizes: { minBytes: 4096, averageBytes: 16_384, maxBytes: 65_536 } };
/** Slots of the test's repos. */
const SLOT_BYTES = 4096;

function used({ engine }: WatchedRepo): number {
  const { slots, freeSlots } = engine.stats();
  return (slots - freeSlots) * SLOT_BYTES;
}

test.each([{ dedup: true }, { dedup: true, compress: "lz4" as const }])(
  "a second file with the same content takes next to no room, with %o",
  async (settings) => {
    const repo = await createWatched(new MemoryDisk(), SIZES, settings);
    const content = new Prng(1).bytes(4 * MIB);
    await repo.fs.writeFile("/a", content);
    await repo.fs.sync();
    const before = used(repo);
    await repo.fs.writeFile("/b", content);
    await repo.fs.sync();
    await age(repo, 6);
    expect(used(repo) - before).toBeLessThan(content.length / 8);
    expectSame(await repo.fs.readFile("/b"), content);
    await expectSound(repo);
  },
);

test("equal content of one commit is stored once", async () => {
  const repo = await createWatched(new MemoryDisk(), SIZES, DEDUP);
  const content = new Prng(2).bytes(MIB);
  for (const name of ["a", "b", "c", "d"]) await repo.fs.writeFile(`/${name}`, content);
  await repo.fs.sync();
  await age(repo, 6);
  expect(used(repo)).toBeLessThan(2 * content.length);
  for (const name of ["a", "b", "c", "d"]) expectSame(await repo.fs.readFile(`/${name}`), content);
  await expectSound(repo);
});

test("content that is equal from some place on is found although it begins elsewhere", async () => {
  const repo = await createWatched(new MemoryDisk(), SIZES, DEDUP);
  const content = new Prng(3).bytes(4 * MIB);
  await repo.fs.writeFile("/a", content);
  await repo.fs.sync();
  const before = used(repo);
  const shifted = Buffer.concat([Buffer.from("seventeen bytes.."), content]);
  await repo.fs.writeFile("/b", shifted);
  await repo.fs.sync();
  await age(repo, 6);
  expect(used(repo) - before).toBeLessThan(content.length / 8);
  expectSame(await repo.fs.readFile("/b"), shifted);
  await expectSound(repo);
});

test("where content is cut does not depend on how much is written at a time", async () => {
  const prng = new Prng(4);
  const repo = await createWatched(new MemoryDisk(), SIZES, DEDUP);
  const content = prng.bytes(MIB);
  await repo.fs.writeFile("/a", content);
  await repo.fs.sync();
  const before = used(repo);
  await repo.fs.writeFile("/b", new Uint8Array(0));
  const handle = await repo.fs.open("/b", { write: true, append: true });
  for (let at = 0; at < content.length;) {
    const piece = content.subarray(at, at + 1 + prng.below(5000));
    await handle.write(piece, at);
    at += piece.length;
    if (prng.chance(0.05)) await repo.fs.sync();
  }
  await handle.close();
  await repo.fs.sync();
  await age(repo, 6);
  expect(used(repo) - before).toBeLessThan(content.length / 8);
  expectSame(await repo.fs.readFile("/b"), content);
  await expectSound(repo);
});

test("shared content stays until its last file goes, and then its room comes back", async () => {
  const disk = new MemoryDisk();
  let repo = await createWatched(disk, SIZES, DEDUP);
  const content = new Prng(5).bytes(2 * MIB);
  await repo.fs.sync();
  const empty = used(repo);
  for (const name of ["a", "b", "c"]) await repo.fs.writeFile(`/${name}`, content);
  await repo.fs.sync();
  await repo.fs.unlink("/a");
  await repo.fs.unlink("/c");
  await reclaimAll(repo);
  expectSame(await repo.fs.readFile("/b"), content);
  await expectSound(repo);
  await repo.fs.close();
  repo = await openWatched(disk, SIZES);
  expectSame(await repo.fs.readFile("/b"), content);
  await repo.fs.unlink("/b");
  await reclaimAll(repo);
  await age(repo, 6);
  expect(used(repo)).toBeLessThan(empty + 40 * SLOT_BYTES);
  const report = await expectSound(repo);
  expect(report.liveSlots).toBeLessThan(40);
  // Nothing is found any more, and nothing of it is missed.
  await repo.fs.writeFile("/d", content);
  await repo.fs.sync();
  expectSame(await repo.fs.readFile("/d"), content);
  await expectSound(repo);
  await repo.fs.close();
});

test("a file that says so does not share, and one of another repo that says so does", async () => {
  const content = new Prng(6).bytes(2 * MIB);
  const rooms: number[] = [];
  for (const [settings, dedup] of [
    [DEDUP, false],
    [{}, true],
  ] as const) {
    const repo = await createWatched(new MemoryDisk(), SIZES, settings);
    for (const name of ["a", "b"])
      await repo.fs.writeFile(`/${name}`, content, { write: true, create: true, dedup });
    await repo.fs.sync();
    await age(repo, 6);
    rooms.push(used(repo));
    await expectSound(repo);
  }
  expect(rooms[0]).toBeGreaterThan(2 * content.length);
  expect(rooms[1]).toBeLessThan(1.5 * content.length);
});

/** As the product lays content out. */
const PRODUCT = {
  keys: unsealedKeys(32 * 1024),
  options: { unitBytes: 32 * 1024, chunkSizes: DEFAULT_SIZES, stepSlots: 64, cacheBytes: 16 * MIB },
};
const OVERWRITES = 1000;
const OVERWRITES_PER_COMMIT = 10;
const PIECE_BYTES = 4096;

test("a thousand overwrites of 4 KiB in a file of 20 MiB, with five versions, dedup and compression: every version reads back right, and growth is what was written", async () => {
  const { keys, options } = PRODUCT;
  const prng = new Prng(7);
  const disk = new MemoryDisk();
  disk.allow(1_000_000);
  const settings: NewRepo = { versionLimit: 5, dedup: true, compress: "zstd" };
  let repo = await createRepo(disk.open("create"), keys, undefined, options, settings);
  let content: Uint8Array = prng.bytes(20 * MIB);
  await repo.fs.writeFile("/f", content);
  await repo.fs.sync();
  const { liveSlots: liveBefore } = await repo.engine.check();
  const contents = new Map([[1, content]]);
  const checkVersions = async (): Promise<void> => {
    const history = await repo.fs.history("/f");
    expect(history.map(({ version }) => version)).toEqual([...contents.keys()]);
    for (const [version, expected] of contents) {
      const handle = await repo.fs.openVersion("/f", version);
      const into = new Uint8Array(expected.length);
      await handle.read(into, 0);
      expectSame(into, expected);
      await handle.close();
    }
  };
  for (let version = 2; version <= 1 + OVERWRITES; version++) {
    const at = prng.below(content.length - PIECE_BYTES);
    const bytes = prng.bytes(PIECE_BYTES);
    const handle = await repo.fs.open("/f", { write: true });
    await handle.write(bytes, at);
    await handle.close();
    content = overlaid(content, at, bytes);
    contents.set(version, content);
    contents.delete(version - 5);
    if (version % OVERWRITES_PER_COMMIT === 0) await repo.fs.sync();
    if (version % 200 === 0) await checkVersions();
  }
  await checkVersions();
  await repo.fs.close();
  repo = await openRepo(disk.open(), keys, undefined, options);
  await checkVersions();
  expect(await repo.engine.check()).toMatchObject({ ok: true });

  // What was overwritten stays as long as its unit is partly in use. So what grows is what was written, in whole slots
  // for each commit, and the leaves, half full, that hold about 500 bytes for each piece: its extent, the second
  // end of the one that it cut, and what past versions had there.
  const { liveSlots, freeSlots } = await repo.engine.check();
  const perCommit = Math.ceil((OVERWRITES_PER_COMMIT * PIECE_BYTES) / keys.slotBytes);
  const written = (OVERWRITES / OVERWRITES_PER_COMMIT) * perCommit;
  const leaves = 2 * Math.ceil((OVERWRITES * 500) / keys.slotBytes);
  expect(liveSlots - liveBefore).toBeLessThanOrEqual(written + leaves);
  // Free is what five commits have replaced, the reserve for deletes, and what rounds the length up.
  expect(freeSlots).toBeLessThanOrEqual(5 * 12 + 40 + options.stepSlots);
  await repo.fs.close();
}, 120_000);
