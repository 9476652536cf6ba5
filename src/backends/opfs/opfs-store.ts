/**
 * Containers in the origin private file system (`opfs://`): one file per container, the header area
 * first and then the slots, behind one exclusive access handle. Only a dedicated worker has these.
 *
 * The handle is the fence: while a writer is open nobody else can be, so `open` waits and then
 * rejects with REPO_BUSY, and STALE_WRITER never occurs. Chromium charges `truncate` to the quota
 * at once, so `resize` rejects with ENOSPC there; but the new space is sparse, and a disk that is
 * really full shows only when it is written. Asking `navigator.storage.estimate()` first would tell
 * nothing more: it reports the same quota and not the disk.
 */
import { RepoError } from "../../errors.js";
import { HEADER_AREA_BYTES } from "../block-store.js";
import type { BlockStore, ReadRun, StoreMode, StoreProvider, WriteRun } from "../block-store.js";
import { BUSY_WAIT_MS, waitWhileBusy } from "../busy-wait.js";
import { encodeContainerName } from "../container-name.js";
import { isFinished } from "../creation.js";
import {
  isDomError,
  requireBrowser,
  requireSecureContext,
  withStorageErrors,
} from "../dom-errors.js";
import { StoreGate } from "../store-gate.js";
import { acquireHandle, OpfsFile, STAGING_BYTES } from "./opfs-file.js";

export interface OpfsStoreOptions {
  /** The directory of the containers, at the top of OPFS. */
  readonly directory?: string;
  /** How long to wait for somebody else's handle, in milliseconds; 5000 by default. */
  readonly busyWaitMs?: number;
}

/** A container file changed under a reader of its snapshot so often before it is an error. */
const SNAPSHOT_ATTEMPTS = 10;

export class OpfsStoreProvider implements StoreProvider {
  readonly #directory: string;
  readonly #busyWaitMs: number;

  constructor(options: OpfsStoreOptions = {}) {
    this.#directory = options.directory ?? ".cofferfs";
    this.#busyWaitMs = options.busyWaitMs ?? BUSY_WAIT_MS;
  }

  exists(name: string): Promise<boolean> {
    return withStorageErrors(async () => {
      const file = await this.#find(name);
      return file !== undefined && (await isFinishedFile(file));
    });
  }

  open(name: string, mode: StoreMode): Promise<BlockStore> {
    return withStorageErrors(() =>
      mode === "create" ? this.#create(name) : this.#open(name, mode),
    );
  }

  destroy(name: string): Promise<void> {
    return withStorageErrors(async () => {
      const directory = await this.#openDirectory(false);
      if (directory === undefined) throw new RepoError("REPO_NOT_FOUND");
      await waitWhileBusy(this.#busyWaitMs, () => removeEntry(directory, fileName(name)));
    });
  }

  async #create(name: string): Promise<BlockStore> {
    if (await this.exists(name)) throw new RepoError("REPO_EXISTS");
    const directory = await this.#openDirectory(true);
    const handle = await directory?.getFileHandle(fileName(name), { create: true });
    if (handle === undefined) throw new RepoError("BACKEND_IO");
    const file = await this.#acquire(handle, "readwrite");
    return withFile(file, () => {
      // Whoever held the handle until now may have finished the creation.
      if (isFinished(readHeaderArea(file))) throw new RepoError("REPO_EXISTS");
      file.truncate(0);
      file.truncate(HEADER_AREA_BYTES);
      file.flush();
      return new OpfsStore(file, true);
    });
  }

  async #open(name: string, mode: "open" | "read"): Promise<BlockStore> {
    const handle = await this.#find(name);
    if (handle === undefined) throw new RepoError("REPO_NOT_FOUND");
    const file = await this.#acquire(handle, mode === "read" ? "read-only" : "readwrite");
    return withFile(file, () => {
      if (!isFinished(readHeaderArea(file))) throw new RepoError("REPO_NOT_FOUND");
      return new OpfsStore(file, mode !== "read");
    });
  }

  async #acquire(file: FileSystemFileHandle, mode: "readwrite" | "read-only"): Promise<OpfsFile> {
    return new OpfsFile(await waitWhileBusy(this.#busyWaitMs, () => acquireHandle(file, mode)));
  }

  async #find(name: string): Promise<FileSystemFileHandle | undefined> {
    const wanted = fileName(name);
    const directory = await this.#openDirectory(false);
    return unlessMissing(async () => directory?.getFileHandle(wanted));
  }

  async #openDirectory(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    requireOpfs();
    const root = await navigator.storage.getDirectory();
    return unlessMissing(() => root.getDirectoryHandle(this.#directory, { create }));
  }
}

function requireOpfs(): void {
  requireSecureContext();
  const hasHandles =
    typeof FileSystemFileHandle === "function" &&
    typeof FileSystemFileHandle.prototype.createSyncAccessHandle === "function";
  requireBrowser(hasHandles, "OPFS needs a dedicated worker and synchronous access handles");
}

function fileName(name: string): string {
  return `${encodeContainerName(name)}.coffer`;
}

async function unlessMissing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isDomError(error, "NotFoundError")) return undefined;
    throw error;
  }
}

/** True once removed; undefined while the file is in use. */
async function removeEntry(
  directory: FileSystemDirectoryHandle,
  entry: string,
): Promise<true | undefined> {
  try {
    await directory.removeEntry(entry);
    return true;
  } catch (error) {
    if (isDomError(error, "NoModificationAllowedError")) return undefined;
    if (isDomError(error, "NotFoundError")) throw new RepoError("REPO_NOT_FOUND");
    throw error;
  }
}

/** Asks a snapshot, since the file may be in use; a snapshot that a writer overtook is unreadable. */
async function isFinishedFile(handle: FileSystemFileHandle): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const file = await handle.getFile();
      return isFinished(new Uint8Array(await file.slice(0, HEADER_AREA_BYTES).arrayBuffer()));
    } catch (error) {
      if (!isDomError(error, "NotReadableError") || attempt === SNAPSHOT_ATTEMPTS) throw error;
    }
  }
}

/** A file that does not become a store is let go. */
function withFile(file: OpfsFile, make: () => BlockStore): BlockStore {
  try {
    return make();
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A file that is too short for its header area, as a crash may leave it, reads as if filled up with zeros. */
function readHeaderArea(file: OpfsFile): Uint8Array {
  const area = new Uint8Array(HEADER_AREA_BYTES);
  file.readUpTo(0, area);
  return area;
}

class OpfsStore implements BlockStore {
  readonly orderedWrites = false;
  readonly #file: OpfsFile;
  readonly #gate: StoreGate;
  #staging: Uint8Array | undefined;

  constructor(file: OpfsFile, writable: boolean) {
    this.#file = file;
    this.#gate = new StoreGate(writable);
  }

  get slotCount(): number {
    const slotsBytes = Math.max(0, this.#file.sizeBytes - HEADER_AREA_BYTES);
    return Math.floor(slotsBytes / this.#gate.slotBytes);
  }

  setSlotBytes(slotBytes: number): void {
    this.#gate.setSlotBytes(slotBytes);
  }

  async readHeader(): Promise<Uint8Array> {
    this.#gate.admit();
    return readHeaderArea(this.#file);
  }

  async writeHeader(at: number, bytes: Uint8Array): Promise<void> {
    this.#gate.admitHeaderWrite(at, bytes);
    this.#file.write(at, bytes);
  }

  async read(runs: readonly ReadRun[]): Promise<void> {
    this.#gate.admitRead(runs, this.slotCount);
    for (const run of runs) this.#file.read(this.#offset(run.start), run.into);
  }

  async write(runs: readonly WriteRun[]): Promise<void> {
    this.#gate.admitWrite(runs, this.slotCount);
    const sorted = runs.toSorted((a, b) => a.start - b.start);
    let adjacent: WriteRun[] = [];
    let end = -1;
    for (const run of sorted) {
      if (run.start !== end) {
        this.#writeAdjacent(adjacent);
        adjacent = [];
      }
      adjacent.push(run);
      end = run.start + run.bytes.length / this.#gate.slotBytes;
    }
    this.#writeAdjacent(adjacent);
  }

  async flush(): Promise<void> {
    this.#gate.admit();
    if (this.#gate.writable) this.#file.flush();
  }

  async resize(slots: number): Promise<void> {
    this.#gate.admitResize(slots);
    this.#file.truncate(this.#offset(slots));
  }

  async close(): Promise<void> {
    if (this.#gate.closed) return;
    this.#gate.close();
    this.#staging = undefined;
    this.#file.close();
  }

  #offset(slot: number): number {
    return HEADER_AREA_BYTES + slot * this.#gate.slotBytes;
  }

  /** Runs that follow one another on storage, in as few calls as the staging buffer allows. */
  #writeAdjacent(runs: readonly WriteRun[]): void {
    const [first] = runs;
    if (first === undefined) return;
    let at = this.#offset(first.start);
    let staged = 0;
    const writeStaged = (): void => {
      if (staged > 0) this.#file.write(at, this.#stagingBuffer().subarray(0, staged));
      at += staged;
      staged = 0;
    };
    for (const { bytes } of runs) {
      if (staged + bytes.length > STAGING_BYTES) writeStaged();
      if (runs.length === 1 || bytes.length >= STAGING_BYTES) {
        this.#file.write(at, bytes);
        at += bytes.length;
      } else {
        this.#stagingBuffer().set(bytes, staged);
        staged += bytes.length;
      }
    }
    writeStaged();
  }

  #stagingBuffer(): Uint8Array {
    this.#staging ??= new Uint8Array(STAGING_BYTES);
    return this.#staging;
  }
}
