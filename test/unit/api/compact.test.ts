/** repo.compact() as a page sees it, over a worker in this thread. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import { expectSame } from "../../support/pattern.js";
import { fakeWorkers } from "../../support/fake-worker.js";

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker } = fakeWorkers();
const MIB = 1024 * 1024;

let names = 0;
let repo: Repo;

/** Thirty-two mebibytes in files of one, of which the last one is left. */
beforeEach(async () => {
  repo = await openRepo(`mem://compact-${++names}`, { rawKey, worker, createNew: true });
  for (let i = 0; i < 32; i++) await repo.fs.writeFile(`/f${i}`, new Uint8Array(MIB).fill(i + 1));
  await repo.sync();
  for (let i = 0; i < 31; i++) await repo.fs.unlink(`/f${i}`);
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

it("tells what it gave back, and how far it is", async () => {
  const told: { bytes: number; totalBytes: number | undefined }[] = [];
  const { before, after } = await repo.compact({ onProgress: (progress) => told.push(progress) });
  expect(before).toBeGreaterThan(32 * MIB);
  expect(after).toBeLessThan(before / 4);
  expect(told.at(-1)?.bytes).toBe(told.at(-1)?.totalBytes);
  expect(told.at(-1)?.bytes).toBeGreaterThanOrEqual(MIB);
  expectSame(await repo.fs.readFile("/f31"), Buffer.alloc(MIB, 32));
  expect(await repo.check()).toMatchObject({ ok: true });
  const { slots, slotBytes } = await repo.stats();
  expect(slots * slotBytes).toBe(after);
});

it("does not count as growth what was not stored yet", async () => {
  await repo.fs.writeFile("/new", new Uint8Array(3 * MIB).fill(9));
  const { before, after } = await repo.compact();
  expect(after).toBeLessThanOrEqual(before);
});

it("can be given up, before and amid it, and nothing is lost", async () => {
  const reason = new Error("not now");
  await expect(repo.compact({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const running = repo.compact({
    signal: controller.signal,
    onProgress: () => {
      controller.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  expect(await repo.check()).toMatchObject({ ok: true });
  // The one that was given up has stopped: another may begin.
  await expect(repo.compact()).resolves.toBeDefined();
  expectSame(await repo.fs.readFile("/f31"), Buffer.alloc(MIB, 32));
});

it("runs once at a time", async () => {
  const [first, second] = [repo.compact(), repo.compact()];
  await expect(second).rejects.toMatchObject({ code: "EBUSY" });
  await first;
});

it("goes on beside writers, and what an export needs stays until it has ended", async () => {
  const reader = repo.export().getReader();
  let exported = (await reader.read()).value?.length ?? 0;
  const compaction = repo.compact();
  for (let i = 0; i < 20; i++) await repo.fs.writeFile(`/new${i}`, new Uint8Array(50_000).fill(i));
  await compaction;
  for (let part = await reader.read(); !part.done; part = await reader.read())
    exported += part.value.length;
  expect(exported).toBeGreaterThan(32 * MIB);
  for (let i = 0; i < 20; i++)
    expectSame(await repo.fs.readFile(`/new${i}`), Buffer.alloc(50_000, i));
  expect(await repo.check()).toMatchObject({ ok: true });
});

it("ends with the repo, and is refused where nothing may be written", async () => {
  const refused = expect(repo.compact()).rejects.toThrow();
  await repo.close();
  await refused;
  repo = await openRepo(`mem://compact-${names}`, { rawKey, worker, readOnly: true });
  await expect(repo.compact()).rejects.toMatchObject({ code: "EROFS" });
  expect(await repo.check()).toMatchObject({ ok: true });
});
