/**
 * Containers in files, for Node: one file per container, the header area first and then the slots. A name is a
 * path, unless `pathOf` says otherwise. The lock (file-lock.ts) keeps a second writer out; it is the fence too, looked
 * at before every change, so that a writer whose lock was taken away changes nothing any more.
 */
import { constants } from "node:fs";
import { open, realpath, statfs, unlink, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { RepoError } from "../../errors.js";
import { HEADER_AREA_BYTES } from "../block-store.js";
import type { BlockStore, ReadRun, StoreMode, StoreProvider, WriteRun } from "../block-store.js";
import { BUSY_WAIT_MS, waitWhileBusy } from "../busy-wait.js";
import { isDebris, isFinished } from "../creation.js";
import { StoreGate } from "../store-gate.js";
import { systemCode, unlessMissing, withAccessErrors, withFileErrors } from "./file-errors.js";
import { busyError, FileLock, type LockKind, type Obstacle } from "./file-lock.js";

export interface FileStoreOptions {
  /** The file of a container; default: the name is its path. */
  readonly pathOf?: (name: string) => string;
  /** How long to wait for somebody else's lock, in milliseconds; 5000 by default. */
  readonly busyWaitMs?: number;
}

const OWNER_ONLY = 0o600;

export class FileStoreProvider implements StoreProvider {
  readonly #pathOf: (name: string) => string;
  readonly #busyWaitMs: number;

  constructor(options: FileStoreOptions = {}) {
    this.#pathOf = options.pathOf ?? resolve;
    this.#busyWaitMs = options.busyWaitMs ?? BUSY_WAIT_MS;
  }

  async exists(name: string): Promise<boolean> {
    const path = this.#pathOf(name);
    const isThere = await withAccessErrors(path, () => unlessMissing(() => isFinishedFile(path)));
    return isThere ?? false;
  }

  async open(name: string, mode: StoreMode): Promise<BlockStore> {
    const there = await this.exists(name);
    if (there !== (mode !== "create")) throw notAsWanted(mode);
    const path = this.#pathOf(name);
    return withAccessErrors(path, async () => {
      const real = await realPath(path);
      const lock = await this.#lock(real, mode === "read" ? "reader" : "writer");
      try {
        return await openStore(real, mode, lock);
      } catch (error) {
        await lock.release();
        throw error;
      }
    });
  }

  async destroy(name: string): Promise<void> {
    const path = this.#pathOf(name);
    await withAccessErrors(path, async () => {
      const real = await unlessMissing(() => realpath(path));
      if (real === undefined) throw new RepoError("REPO_NOT_FOUND");
      const lock = await this.#lock(real, "writer");
      try {
        const removed = await unlessMissing(() => unlink(real).then(() => true));
        if (removed === undefined) throw new RepoError("REPO_NOT_FOUND");
        await syncFolder(real);
      } finally {
        await lock.release();
      }
    });
  }

  async #lock(path: string, kind: LockKind): Promise<FileLock> {
    let obstacle: Obstacle | undefined;
    try {
      return await waitWhileBusy(this.#busyWaitMs, async () => {
        const outcome = await FileLock.acquire(path, kind);
        if (outcome instanceof FileLock) return outcome;
        obstacle = outcome;
        return undefined;
      });
    } catch (error) {
      throw error instanceof RepoError && obstacle !== undefined ? busyError(obstacle) : error;
    }
  }
}

function notAsWanted(mode: StoreMode): RepoError {
  return new RepoError(mode === "create" ? "REPO_EXISTS" : "REPO_NOT_FOUND");
}

/** Two paths to one file share a lock; of a file that is yet to be made, the folder is there. */
async function realPath(path: string): Promise<string> {
  const real = await unlessMissing(() => realpath(path));
  return real ?? join(await realpath(dirname(path)), basename(path));
}

async function isFinishedFile(path: string): Promise<boolean> {
  const handle = await open(path, "r");
  try {
    return isFinished(await readHeaderArea(handle));
  } finally {
    await handle.close();
  }
}

async function openStore(path: string, mode: StoreMode, lock: FileLock): Promise<BlockStore> {
  const { O_RDWR, O_CREAT } = constants;
  const flags = mode === "read" ? "r" : mode === "create" ? O_RDWR | O_CREAT : "r+";
  const handle = await open(path, flags, OWNER_ONLY);
  try {
    // Whoever had the lock until now may have finished the creation, or removed the container.
    const area = await readHeaderArea(handle);
    if (isFinished(area) !== (mode !== "create")) throw notAsWanted(mode);
    if (mode === "create") {
      if (!isDebris(area)) throw new RepoError("EEXIST", { syscall: "open", path });
      await handle.truncate(0);
      await handle.truncate(HEADER_AREA_BYTES);
      await handle.sync();
      await syncFolder(path);
    }
    const { size } = await handle.stat();
    return new FileStore(handle, path, lock, size, mode !== "read");
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file that is too short for its header area, as a crash may leave it, reads as if filled up with zeros. */
async function readHeaderArea(handle: FileHandle): Promise<Uint8Array> {
  const area = new Uint8Array(HEADER_AREA_BYTES);
  await readUpTo(handle, 0, area);
  return area;
}

/** Bytes read; fewer than asked only at the end of the file. */
async function readUpTo(handle: FileHandle, at: number, into: Uint8Array): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function writeAll(handle: FileHandle, at: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0)
      throw new RepoError("BACKEND_IO", { message: "the storage wrote nothing" });
    done += bytesWritten;
  }
}

/** Makes a name durable, or its removal. Windows has nothing to open a folder with, and needs it not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot.
    if (systemCode(error) !== "EINVAL" && systemCode(error) !== "ENOTSUP") throw error;
  } finally {
    await folder.close();
  }
}

class FileStore implements BlockStore {
  readonly orderedWrites = false;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #lock: FileLock;
  readonly #gate: StoreGate;
  #sizeBytes: number;
  /** The end of the last change: changes keep their order, which the threads of Node do not. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Calls that use the handle; closing waits for them. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    handle: FileHandle,
    path: string,
    lock: FileLock,
    sizeBytes: number,
    writable: boolean,
  ) {
    this.#handle = handle;
    this.#path = path;
    this.#lock = lock;
    this.#sizeBytes = sizeBytes;
    this.#gate = new StoreGate(writable);
  }

  get slotCount(): number {
    const slotsBytes = Math.max(0, this.#sizeBytes - HEADER_AREA_BYTES);
    return Math.floor(slotsBytes / this.#gate.slotBytes);
  }

  setSlotBytes(slotBytes: number): void {
    this.#gate.setSlotBytes(slotBytes);
  }

  async readHeader(): Promise<Uint8Array> {
    this.#gate.admit();
    return this.#use(() => readHeaderArea(this.#handle));
  }

  async writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    this.#gate.admitHeaderWrite(at, bytes);
    await this.#change(() => writeAll(this.#handle, at, bytes));
  }

  async read(runs: readonly ReadRun[]): Promise<void> {
    this.#gate.admitRead(runs, this.slotCount);
    await this.#use(async () => {
      await Promise.all(runs.map((run) => this.#readRun(run)));
    });
  }

  async write(runs: readonly WriteRun[]): Promise<void> {
    this.#gate.admitWrite(runs, this.slotCount);
    await this.#change(async () => {
      const writes = runs.map(({ start, bytes }) =>
        writeAll(this.#handle, this.#offset(start), bytes),
      );
      await Promise.all(writes);
    });
  }

  async flush(): Promise<void> {
    this.#gate.admit();
    if (this.#gate.writable) await this.#change(() => this.#handle.sync());
  }

  async resize(slots: number): Promise<void> {
    this.#gate.admitResize(slots);
    const sizeBytes = this.#offset(slots);
    await this.#change(async () => {
      await this.#requireSpace(sizeBytes - this.#sizeBytes);
      await this.#handle.truncate(sizeBytes);
      this.#sizeBytes = sizeBytes;
    });
  }

  async close(): Promise<void> {
    if (this.#gate.closed) return;
    this.#gate.close();
    await Promise.allSettled(this.#running);
    try {
      await withFileErrors(() => this.#handle.close());
    } finally {
      await this.#lock.release();
    }
  }

  #offset(slot: number): number {
    return HEADER_AREA_BYTES + slot * this.#gate.slotBytes;
  }

  async #readRun({ start, into }: ReadRun): Promise<void> {
    const count = await readUpTo(this.#handle, this.#offset(start), into);
    if (count < into.length) throw new RepoError("INTEGRITY");
  }

  /** Growing makes a hole, which takes no space before it is written; so a full disk is asked for first. */
  async #requireSpace(bytes: number): Promise<void> {
    if (bytes <= 0) return;
    const { bavail, bsize } = await statfs(this.#path);
    if (bytes > bavail * bsize) throw new RepoError("ENOSPC");
  }

  #change(action: () => Promise<void>): Promise<void> {
    return this.#use(() => {
      const work = this.#turn.then(async () => {
        if (!(await this.#lock.isHeld())) throw new RepoError("STALE_WRITER");
        await action();
      });
      this.#turn = work.catch(() => undefined);
      return work;
    });
  }

  #use<T>(action: () => Promise<T>): Promise<T> {
    const work = withFileErrors(action);
    this.#running.add(work);
    const done = (): void => {
      this.#running.delete(work);
    };
    work.then(done, done);
    return work;
  }
}
