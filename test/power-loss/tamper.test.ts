/**
 * Catalogue 1, 3–5, 9 and 10: someone changes what is stored. Whatever needs a changed slot fails with
 * INTEGRITY, everything else reads back right, nothing ever reads back wrong, and check() names the
 * paths that fail.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type { BlockStore, ReadRun, WriteRun } from "../../src/backends/block-store.js";
import { CELL_BYTES } from "../../src/crypto/sealer.js";
import type { CheckReport } from "../../src/engine/check.js";
import type { EngineEvent } from "../../src/engine/options.js";
import { cellOffset } from "../../src/engine/ring.js";
import { RepoError } from "../../src/errors.js";
import type { FileSystem } from "../../src/vfs/file-system.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import { SimulatedDisk } from "../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testEnvironment, type TestRepo } from "../support/repo.js";
import { cells, judgeWhole } from "./crash-oracle.js";
import { pattern } from "./operations.js";
import { sharedKeys, type SharedKeys } from "./shared-keys.js";
import { describeTree } from "./tree-description.js";

const SLOT_BYTES = 4096;
const DIRECTORIES = 3;
const FILES = 10;

let keys: SharedKeys;
/** A cleanly closed repo of about 64 slots, two commits before that, and its paths. */
let image: DiskImage;
let earlier: DiskImage;
let paths: string[];
/** What each path reads as. */
let truth: Map<string, string>;

beforeAll(async () => {
  keys = await sharedKeys();
  const disk = new SimulatedDisk({ seed: 3 });
  const { fs } = await createRepo(disk.open("create"), keys);
  for (let d = 0; d < DIRECTORIES; d++) {
    await fs.mkdir(`/d${d}`);
    for (let f = 0; f < FILES; f++)
      await fs.writeFile(`/d${d}/file ${f}`, pattern([60, 200, 1500, 9000][f % 4] ?? 0, d + f));
    await fs.symlink("file 1", `/d${d}/symlink`);
    await fs.sync();
  }
  earlier = disk.durable;
  await fs.writeFile("/d0/file 3", pattern(9000, 99));
  await fs.writeFile("/d1/file 0", pattern(70, 98));
  await fs.close();
  image = disk.durable;
  const repo = await open(image);
  paths = await listPaths(repo.fs, "/");
  truth = new Map();
  for (const path of paths) truth.set(path, await readPath(repo.fs, path));
  expect(image.slotCount).toBeGreaterThan(50);
  expect(image.slotCount).toBeLessThan(150);
});

async function open(from: DiskImage, events: EngineEvent[] = []): Promise<TestRepo> {
  const store = SimulatedDisk.fromImage(from).open("read");
  return openReadOnly(store, events);
}

function openReadOnly(store: BlockStore, events: EngineEvent[] = []): Promise<TestRepo> {
  const onEvent = (event: EngineEvent): unknown => events.push(event);
  return openRepo(store, keys, testEnvironment(), { readOnly: true, onEvent });
}

async function listPaths(fs: FileSystem, path: string): Promise<string[]> {
  const found = [path];
  for (const { name, type } of await fs.readdir(path)) {
    const below = path === "/" ? `/${name}` : `${path}/${name}`;
    found.push(...(type === "directory" ? await listPaths(fs, below) : [below]));
  }
  return found;
}

/** Everything that one path alone shows, as text. */
async function readPath(fs: FileSystem, path: string): Promise<string> {
  const stats = await fs.lstat(path);
  const shown = JSON.stringify(stats);
  if (stats.type === "directory") return shown + JSON.stringify(await fs.readdir(path));
  if (stats.type === "symlink") return shown + (await fs.readlink(path));
  return shown + Buffer.from(await fs.readFile(path)).toString("latin1");
}

interface Reading {
  /** Paths that rejected, all with INTEGRITY. */
  readonly failed: Set<string>;
  readonly report: CheckReport;
}

/** Reads every path of a changed image; what reads must read as before. */
async function readAll(changed: DiskImage): Promise<Reading> {
  const repo = await open(changed);
  const failed = new Set<string>();
  for (const path of paths) {
    try {
      // A repo of its own for each, so that nothing comes from a cache.
      const shown = await readPath(repo.fs, path);
      if (shown !== truth.get(path)) throw new Error(`${path} reads back wrong`);
    } catch (error) {
      if (!(error instanceof RepoError)) throw error;
      expect(error.code, String(error)).toBe("INTEGRITY");
      failed.add(path);
    }
  }
  return { failed, report: await repo.engine.check() };
}

/** Remembers which slots are read. */
class ReadingStore implements BlockStore {
  readonly slots = new Set<number>();
  readonly #store: BlockStore;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  get orderedWrites(): boolean {
    return this.#store.orderedWrites;
  }

  get slotCount(): number {
    return this.#store.slotCount;
  }

  setSlotBytes(slotBytes: number): void {
    this.#store.setSlotBytes(slotBytes);
  }

  readHeader(): Promise<Uint8Array> {
    return this.#store.readHeader();
  }

  writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    return this.#store.writeHeader(at, bytes);
  }

  read(runs: readonly ReadRun[]): Promise<void> {
    for (const { start, into } of runs)
      for (let slot = 0; slot < into.length / SLOT_BYTES; slot++) this.slots.add(start + slot);
    return this.#store.read(runs);
  }

  write(runs: readonly WriteRun[]): Promise<void> {
    return this.#store.write(runs);
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  resize(slots: number): Promise<void> {
    return this.#store.resize(slots);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** The slots that reading `path` alone touches in a repo just opened. */
async function slotsOf(path: string): Promise<Set<number>> {
  const store = new ReadingStore(SimulatedDisk.fromImage(image).open("read"));
  const { fs } = await openReadOnly(store);
  store.slots.clear();
  await readPath(fs, path);
  return store.slots;
}

/** Which paths cannot be read without each slot. */
async function needs(): Promise<Map<number, Set<string>>> {
  const users = new Map<number, Set<string>>();
  for (const path of paths)
    for (const slot of await slotsOf(path)) {
      const of = users.get(slot) ?? new Set();
      users.set(slot, of.add(path));
    }
  // The root of the file tree is stored twice, so nothing depends on one copy of it.
  const blocks = await cells(image, await keys.sealer());
  const root = blocks.toSorted((a, b) => b.generation - a.generation)[0]?.fileRoot;
  expect(root?.level).toBe(1);
  expect(root?.refs.length).toBe(2);
  for (const { slot } of root?.refs ?? []) users.delete(slot);
  return users;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
  return changed;
}

function withSlot(slot: number, bytes: Uint8Array): DiskImage {
  return image.with([{ kind: "slot", slot, bytes }]);
}

/** check() names each path that fails, itself or a directory above it that is damaged, and no other. */
function expectNamed(report: CheckReport, failed: ReadonlySet<string>): void {
  const { damage } = report;
  expect(report.problems).toEqual([]);
  const contents = new Set(
    damage.filter(({ what }) => what !== "spare copy").map(({ path }) => path),
  );
  contents.delete("?");
  const directories = damage
    .filter(({ what }) => what === "entries" || what === "inode")
    .map(({ path }) => path);
  const below = (path: string): boolean =>
    directories.some((directory) => path.startsWith(directory === "/" ? "/" : `${directory}/`));
  for (const path of failed)
    expect(
      contents.has(path) || below(path),
      `${path} fails and is not named: ${JSON.stringify(damage)}`,
    ).toBe(true);
  for (const path of contents) expect([...failed], `${path} is named and reads`).toContain(path);
}

test("reading a path needs few slots, and the repo is worth tampering with", async () => {
  const users = await needs();
  expect(users.size).toBeGreaterThan(15);
  for (const path of paths) expect((await slotsOf(path)).size).toBeLessThan(20);
});

test("1: a flipped bit in any slot fails exactly the paths that need the slot, and check() names them", async () => {
  const users = await needs();
  let quiet = 0;
  for (let slot = 0; slot < image.slotCount; slot++)
    for (const at of [0, 1, 2047, SLOT_BYTES - 1]) {
      const { failed, report } = await readAll(
        withSlot(slot, flipped(image.slot(slot, SLOT_BYTES), at)),
      );
      expect(failed, `slot ${slot}, byte ${at}`).toEqual(users.get(slot) ?? new Set());
      if (failed.size === 0 && report.ok) quiet++;
      else expect(report.ok).toBe(false);
      const lostPool = report.damage.some(({ what }) => what === "allocation");
      if (!lostPool) expectNamed(report, failed);
    }
  // Free slots: what is in them is nobody's.
  expect(quiet).toBeGreaterThan(0);
});

test("1: a slot of which there is a spare copy costs no path, and check() reports the copy", async () => {
  const reports: CheckReport[] = [];
  for (let slot = 0; slot < image.slotCount; slot++) {
    const { failed, report } = await readAll(withSlot(slot, new Uint8Array(SLOT_BYTES)));
    if (report.damage.some(({ what }) => what === "spare copy")) {
      expect(failed.size).toBe(0);
      reports.push(report);
    }
  }
  expect(reports.length).toBeGreaterThanOrEqual(2);
});

test("4: two slots that change places fail the paths of both, and no content is taken for another", async () => {
  const users = await needs();
  for (let a = 0; a < image.slotCount; a++) {
    const b = (a + 1 + ((a * 7) % (image.slotCount - 1))) % image.slotCount;
    const { failed } = await readAll(
      image.with([
        { kind: "slot", slot: a, bytes: image.slot(b, SLOT_BYTES) },
        { kind: "slot", slot: b, bytes: image.slot(a, SLOT_BYTES) },
      ]),
    );
    expect(failed, `slots ${a} and ${b}`).toEqual(
      new Set([...(users.get(a) ?? []), ...(users.get(b) ?? [])]),
    );
  }
});

test("5: what a slot held in an earlier commit does not pass for what it holds now", async () => {
  const users = await needs();
  let changed = 0;
  for (let slot = 0; slot < earlier.slotCount; slot++) {
    const old = earlier.slot(slot, SLOT_BYTES);
    if (Buffer.compare(old, image.slot(slot, SLOT_BYTES)) === 0) continue;
    changed++;
    const { failed } = await readAll(withSlot(slot, old));
    expect(failed, `slot ${slot}`).toEqual(users.get(slot) ?? new Set());
  }
  expect(changed).toBeGreaterThan(3);
});

test("10: zeroed slots are never taken as holes", async () => {
  const users = await needs();
  for (let slot = 0; slot < image.slotCount; slot++) {
    const { failed } = await readAll(withSlot(slot, new Uint8Array(SLOT_BYTES)));
    expect(failed, `slot ${slot}`).toEqual(users.get(slot) ?? new Set());
  }
});

test("10: a container of zeros is refused with INTEGRITY", async () => {
  const zeros = image.with([
    { kind: "header", at: 0, bytes: new Uint8Array(HEADER_AREA_BYTES) },
    ...Array.from({ length: image.slotCount }, (_, slot) => ({
      kind: "slot" as const,
      slot,
      bytes: new Uint8Array(SLOT_BYTES),
    })),
  ]);
  await expect(open(zeros)).rejects.toMatchObject({ code: "INTEGRITY" });
});

test("9: a container cut at any slot, or a byte beside it, opens or fails with INTEGRITY, and lies about nothing", async () => {
  const users = await needs();
  for (let slots = 0; slots < image.slotCount; slots++) {
    const lost = new Set<string>();
    for (const [slot, of] of users) if (slot >= slots) for (const path of of) lost.add(path);
    const cut = image.with([{ kind: "resize", slots }]);
    const last = image.slot(slots, SLOT_BYTES);
    // One byte more of the next slot, or one less of it, and what the medium fills up with.
    const oneMore = new Uint8Array(SLOT_BYTES);
    oneMore[0] = last[0] ?? 0;
    const oneLess = last.slice();
    oneLess[SLOT_BYTES - 1] = (oneLess[SLOT_BYTES - 1] ?? 0) ^ 0xff;
    for (const bytes of [undefined, oneMore, oneLess]) {
      const changed =
        bytes === undefined
          ? cut
          : cut.with([
              { kind: "resize", slots: slots + 1 },
              { kind: "slot", slot: slots, bytes },
            ]);
      const reading = await readAll(changed).catch((error: unknown) => {
        if (error instanceof RepoError) expect(error.code).toBe("INTEGRITY");
        else throw error;
        return undefined;
      });
      // Both copies of the root may be gone, and then so is everything.
      if (reading !== undefined && reading.failed.size < paths.length)
        expect(reading.failed, `cut at ${slots}`).toEqual(lost);
      expect((reading?.failed.size ?? paths.length) >= lost.size).toBe(true);
    }
  }
});

describe("3: damaged superblock cells", () => {
  let ring: DiskImage;
  /** Trees by generation. */
  const trees = new Map<number, string>();
  let newest = 0;

  beforeAll(async () => {
    const disk = new SimulatedDisk({ seed: 4 });
    const { fs, engine } = await createRepo(disk.open("create"), keys);
    for (let commit = 0; commit < 7; commit++) {
      await fs.writeFile(`/f${commit}`, pattern(2000 * commit, commit));
      await fs.sync();
      newest = engine.stats().generation;
      trees.set(newest, await describeTree({ fs, engine }));
    }
    ring = disk.durable;
  });

  function damaged(cells: readonly number[], at: number): DiskImage {
    return ring.with(
      cells.map((cell) => ({
        kind: "header" as const,
        at: cellOffset(cell) + at,
        bytes: Uint8Array.of((ring.header[cellOffset(cell) + at] ?? 0) ^ 0x10),
      })),
    );
  }

  /** All choices of one to three cells. */
  const choices = Array.from({ length: 14 }, (_, mask) => ({
    broken: [0, 1, 2, 3].filter((cell) => (((mask + 1) >> cell) & 1) === 1),
  }));

  test.each(choices)("the newest of the others opens, whole ($broken)", async ({ broken }) => {
    for (const at of [0, 23, 24, 9000, CELL_BYTES - 1]) {
      const repo = await open(damaged(broken, at));
      const { generation } = repo.engine.stats();
      const left = [0, 1, 2, 3].map((age) => newest - age);
      expect(generation).toBe(left.find((candidate) => !broken.includes(candidate % 4)));
      expect(await describeTree(repo)).toBe(trees.get(generation));
      await judgeWhole(repo);
    }
  });

  test.each(choices)("a loss that no crash explains is reported ($broken)", async ({ broken }) => {
    const events: EngineEvent[] = [];
    const repo = await open(damaged(broken, 100), events);
    const { generation } = repo.engine.stats();
    // A crash tears the cell of the next commit, and no other.
    const explained = broken.every((cell) => cell === (generation + 1) % 4);
    const lost = generation < newest;
    if (lost && !explained) expect(events.map(({ type }) => type)).toContain("recovered");
  });

  test("with all four damaged the repo is refused with INTEGRITY", async () => {
    await expect(open(damaged([0, 1, 2, 3], 100))).rejects.toMatchObject({ code: "INTEGRITY" });
  });

  test("a cell in another's place counts as damaged", async () => {
    const cell = (index: number): Uint8Array =>
      ring.header.slice(cellOffset(index), cellOffset(index) + CELL_BYTES);
    const at = newest % 4;
    const moved = ring.with([
      { kind: "header", at: cellOffset(at), bytes: cell((at + 3) % 4) },
      { kind: "header", at: cellOffset((at + 3) % 4), bytes: cell(at) },
    ]);
    const repo = await open(moved);
    expect(repo.engine.stats().generation).toBe(newest - 2);
    expect(await describeTree(repo)).toBe(trees.get(newest - 2));
  });
});
