/** The end of a rotation: what was under the old master key is sealed anew, and then the key is gone. */
import { beforeEach, expect, it } from "vitest";
import { parseHeader } from "../../../src/crypto/header.js";
import { unlock } from "../../../src/crypto/unlock.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { Shelf, type ShelvedRepo } from "../../support/shelf.js";
import { settle } from "../../support/turns.js";

/** A new one each time: whoever gets it wipes it. */
const credential = (): { rawKey: Uint8Array } => ({ rawKey: new Uint8Array(32).fill(9) });
const DERIVE = (): Promise<never> => Promise.reject(new Error("no password is used here"));

let shelf: Shelf;
let number = 0;
beforeEach(() => {
  shelf = new Shelf();
});

/** Files with versions and shared content, and a snapshot that differs. */
async function fill({ container }: ShelvedRepo): Promise<void> {
  const fs = new RepoFileSystem(container.engine);
  for (let i = 0; i < 40; i++) await fs.writeFile(`/f${i}`, pattern(20_000 + 1000 * i, i % 9));
  await fs.writeFile("/versions", pattern(50_000, 1));
  await container.engine.snapshots.take("before");
  await fs.writeFile("/versions", pattern(60_000, 2));
  for (let i = 0; i < 10; i++) await fs.unlink(`/f${i}`);
  await fs.copyFile("/f20", "/copy");
  await fs.sync();
}

async function expectAll({ container }: ShelvedRepo): Promise<void> {
  const { engine } = container;
  const fs = new RepoFileSystem(engine);
  for (let i = 10; i < 40; i++)
    expectSame(await fs.readFile(`/f${i}`), pattern(20_000 + 1000 * i, i % 9));
  expectSame(await fs.readFile("/copy"), pattern(40_000, 2));
  const snapshot = new RepoFileSystem(await engine.openSnapshot("before"));
  for (let i = 0; i < 40; i++)
    expectSame(await snapshot.readFile(`/f${i}`), pattern(20_000 + 1000 * i, i % 9));
  await snapshot.close();
  const version = await fs.openVersion("/versions", 1);
  const into = new Uint8Array(50_000);
  await version.read(into, 0);
  expectSame(into, pattern(50_000, 1));
  await version.close();
  expect(await engine.check()).toMatchObject({ ok: true });
}

function rotate({ service }: ShelvedRepo): Promise<unknown> {
  const change = { type: "rotate", current: credential(), credentials: [credential()] } as const;
  return service.changeKeys({ ...change, number: ++number });
}

/** Waits until the background is done. */
async function finish({ service }: ShelvedRepo): Promise<void> {
  const id = await service.beginResealing();
  while ((await service.followTask(id)) !== undefined);
}

it.each([{}, { compress: "zstd", dedup: true } as const])(
  "ends with one key, and everything is as it was, with %o",
  async (settings) => {
    let repo = await shelf.repo({ mode: "createNew", versionLimit: 3, ...settings });
    await fill(repo);
    await rotate(repo);
    await finish(repo);
    expect(await repo.service.info()).toMatchObject({ keyGenerations: 1 });
    await expectAll(repo);
    await repo.close();
    repo = await shelf.repo({});
    expect(repo.container.keys.generations).toEqual([2]);
    await expectAll(repo);
    await repo.close();
  },
);

it("leaves nothing in the storage that the old master key opens", async () => {
  const repo = await shelf.repo({ mode: "createNew", versionLimit: 3 });
  await fill(repo);
  const stolen = await parseHeader(shelf.copy().container.header, crypto.subtle);
  const thief = await unlock(stolen, credential(), { derive: DERIVE });
  await rotate(repo);
  await finish(repo);
  await repo.close();
  const { header } = shelf.copy().container;
  for (let cell = 0; cell < 4; cell++) {
    const at = 128 * 1024 + cell * 16 * 1024;
    const bytes = header.subarray(at, at + 16 * 1024);
    expect(await thief.sealer.openCell(cell, bytes)).toBeUndefined();
  }
  thief.sealer.close();
});

it("goes on after it was cut off, at the next opening and by itself", async () => {
  let repo = await shelf.repo({ mode: "createNew", versionLimit: 3 });
  await fill(repo);
  await rotate(repo);
  const cut = shelf.copy();
  await repo.close();
  shelf.disk = cut;
  repo = await shelf.repo({});
  expect(repo.container.keys.generations).toEqual([2, 1]);
  while (repo.container.keys.generations.length > 1) await settle();
  await expectAll(repo);
  await repo.close();
});

it("keeps a key for as long as a snapshot under it is open", async () => {
  const repo = await shelf.repo({ mode: "createNew", versionLimit: 3 });
  await fill(repo);
  const { engine, keys } = repo.container;
  const snapshot = new RepoFileSystem(await engine.openSnapshot("before"));
  await rotate(repo);
  await finish(repo);
  expect(keys.generations).toEqual([2, 1]);
  expectSame(await snapshot.readFile("/f5"), pattern(25_000, 5));
  await snapshot.close();
  await finish(repo);
  expect(keys.generations).toEqual([2]);
  await expectAll(repo);
  await repo.close();
});

it("takes several rotations at once, and changes beside it", async () => {
  const repo = await shelf.repo({ mode: "createNew", versionLimit: 3 });
  await fill(repo);
  const fs = new RepoFileSystem(repo.container.engine);
  for (let i = 0; i < 3; i++) {
    await rotate(repo);
    await fs.writeFile(`/new${i}`, pattern(30_000, i));
  }
  await finish(repo);
  await finish(repo);
  expect(repo.container.keys.generations).toEqual([4]);
  for (let i = 0; i < 3; i++) expectSame(await fs.readFile(`/new${i}`), pattern(30_000, i));
  await expectAll(repo);
  await repo.close();
});

it("drops no key that damaged content still needs", async () => {
  const repo = await shelf.repo({ mode: "createNew", versionLimit: 3 });
  await fill(repo);
  const { engine, keys } = repo.container;
  const fs = new RepoFileSystem(engine);
  const slot = await engine.view((view) => {
    const found = new Set<number>();
    view.tree.scan("", (_, record) => {
      if (record.is === "extent" && record.extent.chunk.unit !== undefined)
        found.add(record.extent.chunk.unit.slot);
      return true;
    });
    return [...found].at(-1) ?? 0;
  });
  const slots = shelf.disk?.container.slots ?? [];
  slots[slot] = slots[slot]?.map((byte) => byte ^ 1);
  await rotate(repo);
  await finish(repo);
  expect(keys.generations).toEqual([2, 1]);
  const { damage, problems } = await engine.check();
  expect(damage.length).toBeGreaterThan(0);
  expect(problems).toEqual([]);
  expectSame(await fs.readFile("/f10"), pattern(30_000, 1));
  await repo.close();
});
