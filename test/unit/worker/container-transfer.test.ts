/** ContainerExport and ContainerImport: which bytes leave, which are let in, and what is left of a failure. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { HEADER_AREA_BYTES } from "../../../src/backends/block-store.js";
import type { SlotAddress } from "../../../src/backends/block-store.js";
import { MemoryStoreProvider } from "../../../src/backends/memory/memory-store.js";
import { HEADER_COPY_BYTES } from "../../../src/crypto/header.js";
import type { Engine } from "../../../src/engine/engine.js";
import { RepoError } from "../../../src/errors.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { ContainerExport } from "../../../src/worker/container-export.js";
import { ContainerImport } from "../../../src/worker/container-import.js";
import { openContainer } from "../../../src/worker/container.js";

const SLOT = 32 * 1024;
const COPY_B = 64 * 1024;

let provider: MemoryStoreProvider;

beforeEach(() => {
  provider = new MemoryStoreProvider();
});

async function open(name: string, mode: "open" | "createNew" = "open", from = provider) {
  const events: unknown[] = [];
  const { engine } = await openContainer(
    {
      uri: `mem://${name}`,
      opening: 1,
      credential: { rawKey: new Uint8Array(32).fill(9) },
      mode,
      readOnly: false,
      durability: "relaxed",
      cipher: "aes-256-gcm",
      kdf: "interactive",
      versionLimit: 1,
      compress: undefined,
      dedup: false,
    },
    { backend: "mem", name, location: `mem://${name}`, provider: from },
    { derive: () => Promise.reject(new Error("no password")), onEvent: (e) => events.push(e) },
  );
  return { engine, fs: new RepoFileSystem(engine), events };
}

function content(byte: number): Uint8Array {
  return Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + byte) & 255);
}

/** A repo with a few files, closed. */
async function closedRepo(name = "source"): Promise<void> {
  const { fs } = await open(name, "createNew");
  for (let i = 0; i < 5; i++) await fs.writeFile(`/f${i}`, content(i));
  await fs.close();
}

/** Quicker than toEqual by far, and as much is said of what differs. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((byte, i) => byte !== expected[i])).toBe(-1);
}

async function drain(one: ContainerExport): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await one.next();
    if (piece === undefined) break;
    pieces.push(piece);
  }
  await one.end();
  return new Uint8Array(Buffer.concat(pieces));
}

async function exportOf(name: string): Promise<Uint8Array> {
  return drain(await ContainerExport.ofClosed({ provider, name }, () => undefined));
}

interface ImportChoice {
  readonly into?: MemoryStoreProvider;
  readonly overwrite?: boolean;
  readonly maxBytes?: number;
  readonly pieceBytes?: number;
}

/** Imports; a failure abandons. Resolves to how often the lock was let go. */
async function importOf(bytes: Uint8Array, name: string, choice: ImportChoice = {}): Promise<void> {
  const { into = provider, overwrite = false, maxBytes = Infinity, pieceBytes = 100_000 } = choice;
  const unlock = vi.fn();
  const one = await ContainerImport.begin({ provider: into, name, overwrite, maxBytes, unlock });
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      await one.write(bytes.subarray(at, at + pieceBytes));
    await one.finish();
  } finally {
    await one.abandon();
    expect(unlock).toHaveBeenCalledTimes(1);
  }
}

async function expectContent(name: string, from = provider): Promise<void> {
  const { fs, engine, events } = await open(name, "open", from);
  for (let i = 0; i < 5; i++) expectSame(await fs.readFile(`/f${i}`), content(i));
  expect(await engine.check()).toMatchObject({ ok: true });
  expect(events).toEqual([]);
  await fs.close();
}

describe("an export", () => {
  test("of a closed repo is the header area and every slot, and nothing else", async () => {
    await closedRepo();
    const bytes = await exportOf("source");
    const store = await provider.open("source", "read");
    store.setSlotBytes(SLOT);
    expect(bytes.length).toBe(HEADER_AREA_BYTES + store.slotCount * SLOT);
    expectSame(bytes.subarray(0, HEADER_AREA_BYTES), await store.readHeader());
    const slots = new Uint8Array(store.slotCount * SLOT);
    await store.read([{ start: 0 as SlotAddress, into: slots }]);
    expectSame(bytes.subarray(HEADER_AREA_BYTES), slots);
    await store.close();
  });

  test("imported elsewhere opens with everything in it, and exports the same bytes", async () => {
    await closedRepo();
    const bytes = await exportOf("source");
    await importOf(bytes, "copy");
    expectSame(await exportOf("copy"), bytes);
    await expectContent("copy");
  });

  test("gives at most a mebibyte at a time and says beforehand how much it will be", async () => {
    await closedRepo();
    const one = await ContainerExport.ofClosed({ provider, name: "source" }, () => undefined);
    let bytes = 0;
    for (let piece = await one.next(); piece !== undefined; piece = await one.next()) {
      expect(piece.length).toBeLessThanOrEqual(1024 * 1024);
      bytes += piece.length;
    }
    expect(bytes).toBe(one.totalBytes);
    await one.end();
  });

  test("exports a slot that the storage has lost as one that opens for nobody", async () => {
    await closedRepo();
    const whole = await exportOf("source");
    const lost = 3;
    const store = await provider.open("source", "read");
    const read = vi.spyOn(Object.getPrototypeOf(store) as typeof store, "read");
    read.mockImplementation(async function (this: typeof store, runs) {
      for (const { start, into } of runs) {
        const slots = into.length / SLOT;
        if (start <= lost && lost < start + slots) throw new RepoError("INTEGRITY");
        const at = HEADER_AREA_BYTES + start * SLOT;
        into.set(whole.subarray(at, at + into.length));
      }
    });
    const bytes = await exportOf("source").finally(() => {
      read.mockRestore();
    });
    await store.close();
    const slot = (all: Uint8Array, i: number): Uint8Array =>
      all.subarray(HEADER_AREA_BYTES + i * SLOT, HEADER_AREA_BYTES + (i + 1) * SLOT);
    expect(slot(bytes, lost)).not.toEqual(slot(whole, lost));
    expect(new Set(slot(bytes, lost)).size).toBeGreaterThan(200);
    bytes.set(slot(whole, lost), HEADER_AREA_BYTES + lost * SLOT);
    expectSame(bytes, whole);
  });

  test("of what is no container, or a missing one, lets the lock go", async () => {
    for (const [header, code] of [
      [undefined, "REPO_NOT_FOUND"],
      [[1], "FORMAT_UNSUPPORTED"],
    ] as const) {
      if (header !== undefined) {
        const store = await provider.open("source", "create");
        await store.writeHeader(0, new Uint8Array(header));
        await store.close();
      }
      const unlock = vi.fn();
      const attempt = ContainerExport.ofClosed({ provider, name: "source" }, unlock);
      await expect(attempt).rejects.toMatchObject({ code });
      expect(unlock).toHaveBeenCalledTimes(1);
    }
    await provider.destroy("source");
  });
});

describe("an export of an open repo", () => {
  /** Overwrites everything again and again, so that every slot that may be used again is. */
  async function churn(fs: RepoFileSystem, engine: Engine, rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 5; i++) await fs.writeFile(`/f${i}`, content(100 + round));
      await engine.sync();
    }
  }

  test("is the state of its beginning, whatever is written while it is read", async () => {
    await closedRepo();
    const { fs, engine } = await open("source");
    await fs.writeFile("/pending", content(50));
    const one = await ContainerExport.ofOpen(engine);
    const pieces: Uint8Array[] = [];
    for (let piece = await one.next(); piece !== undefined; piece = await one.next()) {
      pieces.push(piece);
      await churn(fs, engine, 4);
    }
    await one.end();
    await importOf(new Uint8Array(Buffer.concat(pieces)), "copy");
    await expectContent("copy");
    const copy = await open("copy");
    expectSame(await copy.fs.readFile("/pending"), content(50));
    await copy.fs.close();
    expect(await engine.check()).toMatchObject({ ok: true });
    await fs.close();
  });

  test("holds up no commit, and what it held is used again after its end", async () => {
    await closedRepo();
    const { fs, engine } = await open("source");
    const one = await ContainerExport.ofOpen(engine);
    await churn(fs, engine, 10);
    const during = engine.stats().slots;
    await one.end();
    await churn(fs, engine, 30);
    // Otherwise it would be thirty times what a round writes, some 40 slots.
    expect(engine.stats().slots).toBeLessThan(during + 200);
    await fs.close();
  });

  test("is settled: damage on its way is found on a path, and no older commit is fallen back to", async () => {
    await closedRepo();
    const { fs, engine } = await open("source");
    await fs.writeFile("/last", content(60));
    const bytes = await drain(await ContainerExport.ofOpen(engine));
    await fs.close();
    let damaged = 0;
    for (let at = HEADER_AREA_BYTES; at < bytes.length; at += SLOT) {
      const copy = bytes.slice();
      copy[at + 1000] = (copy[at + 1000] ?? 0) ^ 1;
      const into = new MemoryStoreProvider();
      await importOf(copy, "copy", { into, pieceBytes: copy.length });
      const found = await open("copy", "open", into);
      expect(found.events).toEqual([]);
      if (!(await found.engine.check()).ok) damaged++;
      await found.fs.close().catch(() => undefined);
    }
    expect(damaged).toBeGreaterThan(50);
  });

  test("ends with REPO_CLOSED when the repo is closed", async () => {
    await closedRepo();
    const { fs, engine } = await open("source");
    const one = await ContainerExport.ofOpen(engine);
    await one.next();
    await fs.close();
    await expect(one.next()).rejects.toMatchObject({ code: "REPO_CLOSED" });
    await one.end();
  });
});

describe("an import", () => {
  let bytes: Uint8Array;

  beforeEach(async () => {
    await closedRepo();
    bytes = await exportOf("source");
  });

  test.each([1, 7, 65_536, 5_000_000])("takes pieces of %i bytes", async (pieceBytes) => {
    if (pieceBytes > 1) await importOf(bytes, "copy", { pieceBytes });
    else {
      // Byte by byte around every border, in larger pieces between them.
      const unlock = (): void => undefined;
      const target = { provider, name: "copy", overwrite: false, maxBytes: Infinity, unlock };
      const one = await ContainerImport.begin(target);
      for (let at = 0; at < bytes.length;) {
        const near = at % SLOT < 3 || at % SLOT > SLOT - 4;
        const end = near ? at + 1 : Math.min(bytes.length, at + SLOT - 3 - (at % SLOT));
        await one.write(bytes.subarray(at, end));
        at = end;
      }
      await one.finish();
    }
    expectSame(await exportOf("copy"), bytes);
  });

  test("exists when it is finished, and not before", async () => {
    const unlock = (): void => undefined;
    const target = { provider, name: "copy", overwrite: false, maxBytes: Infinity, unlock };
    const one = await ContainerImport.begin(target);
    await one.write(bytes);
    expect(await provider.exists("copy")).toBe(false);
    await one.finish();
    expect(await provider.exists("copy")).toBe(true);
    await one.abandon();
    expect(await provider.exists("copy")).toBe(true);
  });

  test("does not touch a repo that exists, unless it may", async () => {
    const other = await open("other", "createNew");
    await other.fs.writeFile("/kept", content(1));
    await other.fs.close();
    const before = await exportOf("other");
    await expect(importOf2("other", false)).rejects.toMatchObject({ code: "REPO_EXISTS" });
    expectSame(await exportOf("other"), before);
    await importOf(bytes, "other", { overwrite: true });
    await expectContent("other");
  });

  test("does not remove the repo in its way before the new header was found readable", async () => {
    const before = await exportOf("source");
    const garbage = bytes.map((byte) => byte ^ 0x55);
    const attempt = importOf(garbage, "source", { overwrite: true });
    await expect(attempt).rejects.toMatchObject({ code: "FORMAT_UNSUPPORTED" });
    expectSame(await exportOf("source"), before);
  });

  const flip = (at: number): void => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  };

  test.each<[string, () => Uint8Array, string, ImportChoice?]>([
    ["nothing", () => new Uint8Array(0), "INTEGRITY"],
    ["half a header area", () => bytes.subarray(0, HEADER_AREA_BYTES / 2), "INTEGRITY"],
    ["a header area alone", () => bytes.subarray(0, HEADER_AREA_BYTES), "INTEGRITY"],
    ["a part of a slot at the end", () => bytes.subarray(0, bytes.length - 1), "INTEGRITY"],
    [
      "a byte too many",
      () => new Uint8Array(Buffer.concat([bytes, new Uint8Array(1)])),
      "INTEGRITY",
    ],
    ["a few words", () => new TextEncoder().encode("hello"), "FORMAT_UNSUPPORTED"],
    ["zeros", () => new Uint8Array(bytes.length), "FORMAT_UNSUPPORTED"],
    ["text", () => new TextEncoder().encode("hello ".repeat(40_000)), "FORMAT_UNSUPPORTED"],
    [
      "a format of the future",
      () => {
        for (const copy of [0, COPY_B]) bytes[copy + 8] = 2;
        return bytes;
      },
      "FORMAT_UNSUPPORTED",
    ],
    [
      "two torn header copies",
      () => {
        flip(2000);
        flip(COPY_B + 2000);
        return bytes;
      },
      "INTEGRITY",
    ],
    ["more than is allowed", () => bytes, "EFBIG", { maxBytes: 1_000_000 }],
    [
      "more than the storage has",
      () => bytes,
      "ENOSPC",
      { into: new MemoryStoreProvider({ maxSlots: 20 }) },
    ],
  ])("refuses %s and leaves nothing", async (_, make, code, choice = {}) => {
    const into = choice.into ?? new MemoryStoreProvider();
    await expect(importOf(make(), "copy", { ...choice, into })).rejects.toMatchObject({ code });
    expect(await into.exists("copy")).toBe(false);
    await expect(into.destroy("copy")).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
  });

  test("refuses header copies of two containers", async () => {
    const other = await open("other", "createNew");
    await other.fs.close();
    const foreign = await exportOf("other");
    bytes.set(foreign.subarray(COPY_B, COPY_B + HEADER_COPY_BYTES), COPY_B);
    await expect(importOf(bytes, "copy")).rejects.toMatchObject({ code: "INTEGRITY" });
  });

  test.each([
    ["A", 0],
    ["B", COPY_B],
  ])("mends header copy %s, if it alone is torn", async (_, at) => {
    const whole = bytes.slice();
    flip(at + 2000);
    await importOf(bytes, "copy");
    expectSame(await exportOf("copy"), whole);
  });

  test("finds a place that is just large enough", async () => {
    const slots = (bytes.length - HEADER_AREA_BYTES) / SLOT;
    const into = new MemoryStoreProvider({ maxSlots: slots });
    await importOf(bytes, "copy", { into });
    await expectContent("copy", into);
  });

  test("that is abandoned waits for what is under way and leaves nothing", async () => {
    const unlock = vi.fn();
    const target = { provider, name: "copy", overwrite: false, maxBytes: Infinity, unlock };
    const one = await ContainerImport.begin(target);
    const written = one.write(bytes);
    await one.abandon();
    await written;
    expect(unlock).toHaveBeenCalledTimes(1);
    await expect(provider.destroy("copy")).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
  });

  async function importOf2(name: string, overwrite: boolean): Promise<void> {
    const unlock = vi.fn();
    const target = { provider, name, overwrite, maxBytes: Infinity, unlock };
    await ContainerImport.begin(target).finally(() => {
      expect(unlock).toHaveBeenCalledTimes(1);
    });
  }
});
