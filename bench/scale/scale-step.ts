/**
 * W8: how the time of each operation grows with the number of files and with the size of one. A repo grows from
 * step to step and stays open between them, so that the driver can ask what its worker holds.
 */
import { destroyRepo, openRepo, type Repo } from "cofferfs";
import { noise } from "../workloads/content.js";
import { randomPlaces } from "../workloads/random-access.js";

export type ScaleStep =
  | { readonly kind: "files"; readonly layout: Layout; readonly files: number }
  | { readonly kind: "size"; readonly bytes: number }
  /** Ends with the repo closed and gone. */
  | { readonly kind: "end" };

export type Layout = "one directory" | "spread";

/** One figure of one step; the driver adds what the worker holds. */
export interface ScalePoint {
  readonly metric: string;
  readonly value: number;
  readonly unit: "ms" | "slots" | "bytes";
}

const URI = "opfs://bench-scale";
const rawKey = new Uint8Array(32).fill(42);
const FILES_PER_FOLDER = 1000;
const FILES_PER_TRANSACTION = 5000;
const SMALL_BYTES = 100;
const BLOCK_BYTES = 4096;
/** Files of a block, which blocks are read from and written to. */
const PROBES = 200;
const CALLS = 300;
/** What is called again and again stays in memory. */
const CACHED = 8;
const PAGE_ENTRIES = 256;
const MIB = 1024 * 1024;
/** Blocks that a sparse file has. */
const BLOCKS = 2000;

let repo: Repo | undefined;
let filesThere = 0;
let layoutThere: Layout | undefined;

export async function scaleStep(step: ScaleStep): Promise<ScalePoint[]> {
  switch (step.kind) {
    case "files":
      return filesStep(step.layout, step.files);
    case "size":
      return sizeStep(step.bytes);
    case "end":
      await startAfresh(undefined);
      return [];
  }
}

async function startAfresh(layout: Layout | undefined): Promise<void> {
  await repo?.close();
  repo = undefined;
  filesThere = 0;
  layoutThere = layout;
  await destroyRepo(URI).catch(() => undefined);
}

async function filesStep(layout: Layout, files: number): Promise<ScalePoint[]> {
  if (layout !== layoutThere || files < filesThere) await startAfresh(layout);
  repo ??= await openRepo(URI, { rawKey, createNew: true });
  await grow(repo, layout, files);
  const opened = await reopen(({ fs }) => fs.readFile(pathOf(layout, files >> 1)));
  return [...opened, ...(await fileCalls(repo, layout, files))];
}

async function grow(to: Repo, layout: Layout, files: number): Promise<void> {
  const content = noise(SMALL_BYTES);
  if (filesThere === 0)
    await to.transaction(async ({ fs }) => {
      await fs.mkdir("/probes");
      await fs.mkdir("/d");
      const block = noise(BLOCK_BYTES);
      for (let i = 0; i < PROBES; i++) await fs.writeFile(`/probes/${i}`, block);
    });
  for (let first = filesThere; first < files; first += FILES_PER_TRANSACTION) {
    const end = Math.min(files, first + FILES_PER_TRANSACTION);
    const paths = Array.from({ length: end - first }, (_, i) => pathOf(layout, first + i));
    await to.transaction(async ({ fs }) => {
      for (const folder of new Set(paths.map(folderOf)))
        await fs.mkdir(folder, { recursive: true });
      await Promise.all(paths.map((path) => fs.writeFile(path, content)));
    });
    filesThere = end;
  }
  await to.sync();
}

/** From a closed repo to the first byte read, and how many slots that takes. */
async function reopen(firstRead: (repo: Repo) => Promise<unknown>): Promise<ScalePoint[]> {
  await repo?.close();
  const start = performance.now();
  repo = await openRepo(URI, { rawKey });
  await firstRead(repo);
  const ms = performance.now() - start;
  const { nodeSlotsRead } = await repo.stats();
  return [point("open", ms), { metric: "open", value: nodeSlotsRead, unit: "slots" }];
}

async function fileCalls({ fs }: Repo, layout: Layout, files: number): Promise<ScalePoint[]> {
  const any = randomIndexes(files);
  const few = any.slice(0, CACHED);
  const block = noise(BLOCK_BYTES);
  const added = (i: number): string => `${folderOf(pathOf(layout, any[i] ?? 0))}/added-${i}`;
  return [
    await perCall("stat, random", (i) => fs.stat(pathOf(layout, any[i] ?? 0))),
    await perCall("stat, cached", (i) => fs.stat(pathOf(layout, few[i % CACHED] ?? 0))),
    await perCall("read, random", (i) => fs.readFile(pathOf(layout, any[CALLS + i] ?? 0))),
    await perCall("read 4 KiB, cached", (i) => fs.readFile(`/probes/${i % CACHED}`)),
    await perCall("write 4 KiB, cached", (i) => fs.writeFile(`/probes/${i % CACHED}`, block)),
    await perCall("create, random", (i) => fs.writeFile(added(i), block)),
    await perCall("unlink, random", (i) => fs.unlink(added(i))),
    await perCall(
      "readdir page",
      () => firstEntries(fs, folderOf(pathOf(layout, any[0] ?? 0))),
      20,
    ),
  ];
}

async function firstEntries(fs: Repo["fs"], folder: string): Promise<void> {
  const dir = await fs.opendir(folder, { bufferSize: PAGE_ENTRIES });
  for (let i = 0; i < PAGE_ENTRIES; i++) if ((await dir.read()) === null) break;
  await dir.close();
}

async function sizeStep(bytes: number): Promise<ScalePoint[]> {
  await startAfresh(undefined);
  repo = await openRepo(URI, { rawKey, createNew: true });
  const places = [...new Set(randomPlaces(bytes, BLOCKS))];
  const block = noise(BLOCK_BYTES);
  const file = await repo.fs.open("/sparse", "w+");
  await file.truncate(bytes);
  for (const at of places) await file.write(block, { position: at });
  await file.sync();
  await file.close();
  const opened = await reopen(async ({ fs }) => {
    const again = await fs.open("/sparse", "r");
    await again.read({ buffer: new Uint8Array(BLOCK_BYTES), position: places[0] ?? 0 });
    await again.close();
  });
  return [...opened, ...(await sizeCalls(repo, places, bytes))];
}

async function sizeCalls(
  { fs }: Repo,
  places: readonly number[],
  bytes: number,
): Promise<ScalePoint[]> {
  const file = await fs.open("/sparse", "r+");
  const at = (i: number): number => places[i % places.length] ?? 0;
  const block = noise(BLOCK_BYTES);
  const read = (position: number) => file.read({ buffer: new Uint8Array(BLOCK_BYTES), position });
  const points = [
    await perCall("read 4 KiB, random", (i) => read(at(i))),
    await perCall("read 4 KiB, cached", (i) => read(at(i % CACHED))),
    await perCall("read 4 KiB of a hole", (i) => read(Math.min(bytes - BLOCK_BYTES, i * MIB))),
    await perCall("write 4 KiB, random", (i) => file.write(block, { position: at(CALLS + i) })),
    await perCall("write 4 KiB, cached", (i) => file.write(block, { position: at(i % CACHED) })),
  ];
  await file.close();
  return points;
}

async function perCall(
  metric: string,
  call: (index: number) => Promise<unknown>,
  calls = CALLS,
): Promise<ScalePoint> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await call(i);
  return point(metric, (performance.now() - start) / calls);
}

function point(metric: string, value: number): ScalePoint {
  return { metric, value, unit: "ms" };
}

function randomIndexes(below: number): number[] {
  return randomPlaces(below * BLOCK_BYTES, 2 * CALLS).map((place) => place / BLOCK_BYTES);
}

function pathOf(layout: Layout, index: number): string {
  return layout === "one directory"
    ? `/d/f${index}`
    : `/d/${Math.floor(index / FILES_PER_FOLDER)}/f${index}`;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
