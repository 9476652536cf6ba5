/**
 * Places: which store of which backend a repo URI stands for. `local://` is OPFS where synchronous
 * access handles work and IndexedDB elsewhere; a repo that exists in either is found there, so that a
 * browser which learns or unlearns access handles does not lose sight of it.
 */
import type { StoreProvider } from "../backends/block-store.js";
import { IdbMarkStore } from "../backends/indexeddb/idb-marks.js";
import { IdbStoreProvider } from "../backends/indexeddb/idb-store.js";
import type { MarkStore } from "../backends/mark-store.js";
import { MemoryStoreProvider } from "../backends/memory/memory-store.js";
import { OpfsMarkStore } from "../backends/opfs/opfs-marks.js";
import { OpfsStoreProvider } from "../backends/opfs/opfs-store.js";
import { isRepoError } from "../errors.js";
import type { Backend, RepoUri } from "./repo-uri.js";

export interface Place {
  readonly backend: Backend | "file";
  readonly name: string;
  /** Its URI, never `local://`; `file:` under Node. */
  readonly location: string;
  readonly provider: StoreProvider;
  /** Where the marks of its containers are: in the storage that it is not in. */
  readonly marks?: MarkStore | undefined;
}

export class Places {
  readonly #providers: Readonly<Record<Backend, StoreProvider>> = {
    mem: new MemoryStoreProvider(),
    opfs: new OpfsStoreProvider(),
    idb: new IdbStoreProvider(),
  };
  readonly #marks: Readonly<Record<Backend, MarkStore | undefined>> = {
    mem: undefined,
    opfs: new IdbMarkStore(),
    idb: new OpfsMarkStore(),
  };

  /** Where the repo is, or would be created. @throws BACKEND_UNAVAILABLE, BACKEND_IO */
  async locate({ scheme, name }: RepoUri): Promise<Place> {
    if (scheme !== "local") return this.#place(scheme, name);
    if (await this.#exists("opfs", name)) return this.#place("opfs", name);
    if (await this.#exists("idb", name)) return this.#place("idb", name);
    return this.#place((await accessHandlesWork()) ? "opfs" : "idb", name);
  }

  /** A backend that this browser lacks holds nothing. */
  async #exists(backend: Backend, name: string): Promise<boolean> {
    try {
      return await this.#providers[backend].exists(name);
    } catch (error) {
      if (isRepoError(error, "BACKEND_UNAVAILABLE")) return false;
      throw error;
    }
  }

  #place(backend: Backend, name: string): Place {
    const provider = this.#providers[backend];
    const marks = this.#marks[backend];
    return { backend, name, location: `${backend}://${name}`, provider, marks };
  }
}

/** Tries one: some browsers have the functions and refuse the call (private windows, 2026). */
async function accessHandlesWork(): Promise<boolean> {
  const probe = `.cofferfs-probe-${crypto.randomUUID()}`;
  try {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle(probe, { create: true });
    try {
      (await file.createSyncAccessHandle()).close();
    } finally {
      await root.removeEntry(probe);
    }
    return true;
  } catch {
    return false;
  }
}
