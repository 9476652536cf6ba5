/** Pieces that are read before they are asked for: nobody can tell, but by the time that it takes. */
import { beforeAll, describe, expect, it } from "vitest";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import type { FileHandle, FileSystem } from "../../../src/vfs/file-system.js";
import { CountingStore } from "../../support/counting-store.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { createRepo, testKeys, type TestKeys, type TestRepo } from "../../support/repo.js";
import { settle } from "../../support/turns.js";

const PIECE = 32 * 1024;
const PIECES = 8;

let keys: TestKeys;
beforeAll(async () => {
  keys = await testKeys();
});

interface Stored extends TestRepo {
  readonly store: CountingStore;
}

/** A repo with a stored file `/f` of eight pieces. */
async function storedFile(): Promise<Stored> {
  const store = new CountingStore(new MemoryDisk().open("create"));
  const repo = await createRepo(store, keys);
  await repo.fs.writeFile("/f", pattern(PIECES * PIECE));
  await repo.fs.sync();
  return { ...repo, store };
}

async function piece(handle: FileHandle, index: number, length = PIECE): Promise<Uint8Array> {
  const bytes = await handle.readPiece?.(length, index * PIECE);
  if (bytes === undefined) throw new Error("the repo's handles have pieces");
  return bytes;
}

function expected(index: number): Uint8Array {
  return pattern(PIECES * PIECE).subarray(index * PIECE, (index + 1) * PIECE);
}

/** Reads pieces 0 and 1, so that piece 2 is read ahead. */
async function readTwo(fs: FileSystem): Promise<FileHandle> {
  const handle = await fs.open("/f", { read: true, write: true });
  for (const index of [0, 1]) expectSame(await piece(handle, index), expected(index));
  await settle();
  return handle;
}

describe("a sequential reader", () => {
  it("finds the next piece read, and the one after it on its way", async () => {
    const { fs, store } = await storedFile();
    const handle = await fs.open("/f", { read: true });
    await piece(handle, 0);
    await settle();
    const once = store.slotsRead;
    await piece(handle, 1);
    await settle();
    expect(store.slotsRead).toBeGreaterThan(once + PIECE / 4096);
    for (let index = 2; index < PIECES; index++)
      expectSame(await piece(handle, index), expected(index));
    expectSame(await piece(handle, PIECES), new Uint8Array(0));
    await handle.close();
  });

  it("that jumps about, or takes small pieces, has nothing read ahead", async () => {
    const { fs, store } = await storedFile();
    const handle = await fs.open("/f", { read: true });
    for (const index of [0, 5, 2, 7]) expectSame(await piece(handle, index), expected(index));
    await settle();
    const jumped = store.slotsRead;
    await settle();
    expect(store.slotsRead).toBe(jumped);
    for (let at = 0; at < 8; at++) await handle.readPiece?.(100, at * 100);
    await settle();
    expect(store.slotsRead - jumped).toBeLessThan(PIECE / 4096);
    await handle.close();
  });

  it("sees what was written, cut off and put back after it was read ahead", async () => {
    const { fs, engine } = await storedFile();
    await engine.snapshots.take("before");
    const changes: ((handle: FileHandle) => Promise<unknown>)[] = [
      (handle) => handle.write(Uint8Array.of(1, 2, 3), 2 * PIECE),
      async () => {
        const other = await fs.open("/f", { write: true });
        await other.write(Uint8Array.of(4, 5, 6), 2 * PIECE);
        await other.close();
      },
      () => engine.snapshots.restore("before"),
      () => fs.truncate("/f", 2 * PIECE + 5),
      () => fs.writeFile("/f", pattern(3 * PIECE, 9)),
    ];
    for (const change of changes) {
      const handle = await readTwo(fs);
      await change(handle);
      const now = (await fs.readFile("/f")).subarray(2 * PIECE, 3 * PIECE);
      expectSame(await piece(handle, 2), now);
      await handle.close();
      await engine.snapshots.restore("before");
    }
  });

  it("sees in a transaction what the transaction has written, and others do not", async () => {
    const { fs, engine } = await storedFile();
    const transaction = await engine.begin();
    const within = new RepoFileSystem(transaction);
    const [inside, outside] = [await readTwo(within), await readTwo(fs)];
    await within.truncate("/f", 2 * PIECE + 7);
    expectSame(await piece(inside, 2), expected(2).subarray(0, 7));
    expectSame(await piece(outside, 2), expected(2));
    await inside.close();
    await transaction.commit();
    expectSame(await piece(outside, 3), new Uint8Array(0));
    await outside.close();
  });

  it("is given nothing after the repo was closed or taken over", async () => {
    const taken = await storedFile();
    const reading = await readTwo(taken.fs);
    taken.engine.yieldToOther();
    await expect(piece(reading, 2)).rejects.toMatchObject({ code: "STALE_WRITER" });
    const closed = await storedFile();
    const handle = await readTwo(closed.fs);
    await closed.fs.close();
    await expect(piece(handle, 2)).rejects.toMatchObject({ code: "REPO_CLOSED" });
  });

  it("is told of damage by the read that meets it, not by the one before", async () => {
    const { fs, store } = await storedFile();
    const handle = await fs.open("/f", { read: true });
    await piece(handle, 0);
    await settle();
    const read = store.read.bind(store);
    const broken = (): Promise<void> => Promise.reject(new Error("as asked"));
    const second = piece(handle, 1);
    store.read = (runs) => {
      store.read = broken;
      return read(runs);
    };
    expectSame(await second, expected(1));
    await settle();
    await expect(piece(handle, 2)).rejects.toThrow("as asked");
    store.read = read;
    expectSame(await piece(handle, 2), expected(2));
    await handle.close();
  });
});
