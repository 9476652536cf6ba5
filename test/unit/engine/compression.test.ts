/** Compressed frames: what a container weighs, that every byte comes back, and what is refused. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { NewRepo } from "../../../src/engine/options.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, overlaid, resized } from "../../support/pattern.js";
import { Prng } from "../../simulated-disk/prng.js";
import { createRepo, openRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";

/** As the product makes them. */
const KEYS = unsealedKeys(32 * 1024);
const OPTIONS = { stepSlots: 64, unitBytes: 32 * 1024, cacheBytes: 16 * 1024 * 1024 };
const PACKAGES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
/** 2500 files, 53 MB: what a project of some size consists of, the lockfile makes it the same everywhere. */
const PARTS = ["webpack/lib", "eslint/lib", "knip/dist", "typescript/lib", "prettier"];

async function sourceTree(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const part of PARTS) {
    const entries = await readdir(join(PACKAGES, part), { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      files.set(`/${relative(PACKAGES, path)}`, await readFile(path));
    }
  }
  return files;
}

/** A closed container with the files in it. */
async function containerOf(
  files: ReadonlyMap<string, Uint8Array>,
  settings: NewRepo,
): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { fs } = await createRepo(disk.open("create"), KEYS, undefined, OPTIONS, settings);
  for (const [path, content] of files) {
    for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1))
      await fs.mkdir(path.slice(0, at)).catch(() => undefined);
    await fs.writeFile(path, content);
  }
  await fs.close();
  return disk;
}

const bytesOf = (disk: MemoryDisk): number => disk.slotCount * KEYS.slotBytes;

test.each([
  ["zstd", 0.45],
  ["lz4", 0.55],
] as const)(
  "a source tree in a repo with %s takes at most %f of its size, and is read as it was written",
  async (compress, most) => {
    const files = await sourceTree();
    const plain = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const disk = await containerOf(files, { compress });
    const { fs, engine } = await openRepo(disk.open(), KEYS, undefined, OPTIONS);
    for (const [path, content] of files) expectSame(await fs.readFile(path), content);
    expect(await engine.check()).toMatchObject({ ok: true, files: files.size });
    await fs.close();
    expect(bytesOf(disk) / plain).toBeLessThanOrEqual(most);
  },
  120_000,
);

test.each(["lz4", "zstd"] as const)(
  "content that does not compress takes no more room with %s than without",
  async (compress) => {
    const content = new Prng(3).bytes(8 * 1024 * 1024);
    const files = new Map([["/noise", content]]);
    const plain = await containerOf(files, {});
    const disk = await containerOf(files, { compress });
    expect(disk.slotCount).toBeLessThanOrEqual(plain.slotCount);
    const { fs } = await openRepo(disk.open(), KEYS, undefined, OPTIONS);
    expectSame(await fs.readFile("/noise"), content);
    await fs.close();
  },
);

test("overwriting, appending and truncating in the middle of frames leaves every other byte as it was", async () => {
  const prng = new Prng(11);
  const disk = new MemoryDisk();
  let repo = await createRepo(disk.open("create"), KEYS, undefined, OPTIONS, { compress: "lz4" });
  let content: Uint8Array = Buffer.from("a line of text that repeats\n".repeat(20_000));
  await repo.fs.writeFile("/f", content);
  for (let round = 0; round < 60; round++) {
    const at = prng.below(content.length);
    const piece = Buffer.from(`${round} `.repeat(1 + prng.below(20_000)));
    const handle = await repo.fs.open("/f", { read: true, write: true });
    await handle.write(piece, at);
    content = overlaid(content, at, piece);
    if (round % 7 === 0) {
      content = resized(content, Math.floor(content.length * 0.8));
      await handle.truncate(content.length);
    }
    await handle.close();
    if (round % 3 === 0) await repo.fs.sync();
    if (round % 20 === 19) {
      await repo.fs.close();
      repo = await openRepo(disk.open(), KEYS, undefined, OPTIONS);
    }
    expectSame(await repo.fs.readFile("/f"), content);
  }
  expect(await repo.engine.check()).toMatchObject({ ok: true });
  await repo.fs.close();
});
