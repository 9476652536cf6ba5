/** Container files: their bytes, what a crash may leave, and who may have them. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HEADER_AREA_BYTES } from "../../../../src/backends/block-store.js";
import type { BlockStore, SlotAddress } from "../../../../src/backends/block-store.js";
import { FileStoreProvider } from "../../../../src/backends/file/file-store.js";

const SLOT = 4096;
const provider = new FileStoreProvider({ busyWaitMs: 30 });

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cofferfs-file-"));
  path = join(folder, "vault.coffer");
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function create(slots = 2): Promise<BlockStore> {
  const store = await provider.open(path, "create");
  store.setSlotBytes(SLOT);
  await store.resize(slots);
  await store.writeHeader(0, new Uint8Array([1]));
  return store;
}

function write(store: BlockStore, slot: number, byte: number): Promise<void> {
  return store.write([{ start: slot as SlotAddress, bytes: new Uint8Array(SLOT).fill(byte) }]);
}

const lockFiles = (): string[] => readdirSync(folder).filter((name) => name.includes(".lock"));

/** The number of a process that has ended. */
function goneProcess(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("a container file", () => {
  test("is the header area, then the slots, and belongs to its owner alone", async () => {
    const store = await create(3);
    await write(store, 2, 9);
    await store.flush();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(HEADER_AREA_BYTES + 3 * SLOT);
    expect(bytes[0]).toBe(1);
    expect(bytes.subarray(HEADER_AREA_BYTES + 2 * SLOT).every((byte) => byte === 9)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test("cut or grown by a part of a slot has only whole slots", async () => {
    await (await create(3)).close();
    for (const [bytes, slots] of [
      [-1, 2],
      [1, 3],
      [-3 * SLOT - 1, 0],
    ] as const) {
      truncateSync(path, HEADER_AREA_BYTES + 3 * SLOT + bytes);
      const store = await provider.open(path, "read");
      store.setSlotBytes(SLOT);
      expect(store.slotCount).toBe(slots);
      expect((await store.readHeader()).length).toBe(HEADER_AREA_BYTES);
      await store.close();
    }
  });

  test.each([0, 100, HEADER_AREA_BYTES])(
    "of %i zeros is the debris of a creation",
    async (length) => {
      writeFileSync(path, new Uint8Array(length));
      expect(await provider.exists(path)).toBe(false);
      await expect(provider.open(path, "open")).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
      await (await create()).close();
      expect(await provider.exists(path)).toBe(true);
    },
  );

  test("that cannot be had says why, with its path", async () => {
    const missing = join(folder, "none", "vault.coffer");
    await expect(provider.open(missing, "create")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(provider.open(folder, "open")).rejects.toMatchObject({
      code: "EISDIR",
      path: folder,
    });
  });

  test("is not made to grow beyond what the disk has room for", async () => {
    const store = await create();
    const { bavail, bsize } = statfsSync(folder);
    const slots = Math.ceil((bavail * bsize) / SLOT) + 100_000;
    await expect(store.resize(slots)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(store.slotCount).toBe(2);
    await store.close();
  });
});

test("a flush is an fsync after the writes before it, and a creation syncs file and folder", async () => {
  const probe = await open(folder, "r");
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const calls: string[] = [];
  for (const method of ["sync", "write"] as const) {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its owner
    const original: (...args: never[]) => unknown = prototype[method];
    vi.spyOn(prototype, method).mockImplementation(async function (
      this: FileHandle,
      ...args: unknown[]
    ) {
      const result: unknown = await Reflect.apply(original, this, args);
      calls.push(method);
      return result as never;
    });
  }
  const store = await create();
  expect(calls.filter((call) => call === "sync")).toHaveLength(2);
  calls.length = 0;
  const written = write(store, 0, 1);
  await Promise.all([written, store.writeHeader(0, new Uint8Array([1])), store.flush()]);
  expect(calls).toEqual(["write", "write", "sync"]);
  await store.close();
});

describe("the lock", () => {
  test("is there while a store is open, and gone afterwards", async () => {
    const store = await create();
    expect(lockFiles()).toEqual(["vault.coffer.lock"]);
    await store.close();
    expect(lockFiles()).toEqual([]);
    const readers = [await provider.open(path, "read"), await provider.open(path, "read")];
    expect(lockFiles()).toHaveLength(2);
    for (const reader of readers) await reader.close();
    await provider.destroy(path);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("lets readers share, and keeps readers and writers apart; the error names the owner", async () => {
    await (await create()).close();
    const reader = await provider.open(path, "read");
    await (await provider.open(path, "read")).close();
    await expect(provider.open(path, "open")).rejects.toMatchObject({
      code: "REPO_BUSY",
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    await reader.close();
    const writer = await provider.open(path, "open");
    await expect(provider.open(path, "read")).rejects.toMatchObject({ code: "REPO_BUSY" });
    await expect(provider.open(path, "open")).rejects.toMatchObject({ code: "REPO_BUSY" });
    await writer.close();
    expect(lockFiles()).toEqual([]);
  });

  test("is one for all paths to a file", async () => {
    const store = await create();
    const other = join(folder, "link.coffer");
    symlinkSync(path, other);
    await expect(provider.open(other, "open")).rejects.toMatchObject({ code: "REPO_BUSY" });
    await store.close();
    await (await provider.open(other, "open")).close();
  });

  test("of a process that was killed is taken over at once", async () => {
    const script = `process.stdout.write("up"); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    await (await create()).close();
    const started = startOf(child.pid ?? 0);
    const left = { ...ownerTemplate(), pid: child.pid, started };
    writeFileSync(join(folder, "vault.coffer.lock"), JSON.stringify(left));
    await expect(provider.open(path, "open")).rejects.toMatchObject({ code: "REPO_BUSY" });
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await provider.open(path, "open")).close();
    expect(lockFiles()).toEqual([]);
  });

  test.each([
    ["whose number another process has got since", () => ({ started: "1" })],
    ["from before the last boot", () => ({ boot: "another-boot" })],
    ["that is gone", () => ({ pid: goneProcess() })],
  ])("of a process %s is stale, a reader's as well as a writer's", async (_, change) => {
    await (await create()).close();
    for (const name of ["vault.coffer.lock", "vault.coffer.lock-0123"]) {
      const left = { ...ownerTemplate(), ...change() };
      writeFileSync(join(folder, name), JSON.stringify(left));
      await (await provider.open(path, "open")).close();
      expect(lockFiles()).toEqual([]);
    }
  });

  test.each([
    ["of another machine", () => JSON.stringify({ ...ownerTemplate(), host: "elsewhere", pid: 1 })],
    ["that does not say whose it is", () => "{"],
  ])("%s is believed, and the error says what to remove", async (_, content) => {
    await (await create()).close();
    const file = join(folder, "vault.coffer.lock");
    writeFileSync(file, content());
    await expect(provider.open(path, "open")).rejects.toMatchObject({
      code: "REPO_BUSY",
      message: expect.stringContaining(file) as string,
    });
    await expect(provider.open(path, "read")).rejects.toMatchObject({ code: "REPO_BUSY" });
    expect(readFileSync(file, "utf8")).toBe(content());
  });

  test.each([
    [
      "removed",
      () => {
        unlinkSync(`${path}.lock`);
      },
    ],
    [
      "taken by somebody else",
      () => {
        writeFileSync(`${path}.lock`, JSON.stringify(ownerTemplate()));
      },
    ],
  ])("%s fences the writer, who changes nothing any more", async (_, loseLock) => {
    const store = await create();
    await write(store, 0, 5);
    loseLock();
    const before = readFileSync(path);
    for (const change of [
      () => write(store, 0, 6),
      () => store.writeHeader(8, new Uint8Array([6])),
      () => store.resize(9),
      () => store.resize(1),
      () => store.flush(),
    ])
      await expect(change()).rejects.toMatchObject({ code: "STALE_WRITER" });
    const left = readdirSync(folder);
    await store.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    // Somebody else's lock is not ours to remove.
    expect(readdirSync(folder)).toEqual(left);
  });
});

/** An owner that lives: this process, as it describes itself. */
function ownerTemplate(): object {
  const boot = readText("/proc/sys/kernel/random/boot_id").trim();
  const started = startOf(process.pid);
  return { host: hostname(), pid: process.pid, boot, started, token: "fedcba9876543210" };
}

function startOf(pid: number): string {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
