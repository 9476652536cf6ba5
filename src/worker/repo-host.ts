/**
 * RepoHost: what the worker's script offers to the page. It puts lock, backend, keys, engine and file
 * system together and serves each open repo on a port of its own.
 */
import { expose } from "comlink";
import type { EngineEvent } from "../engine/options.js";
import { isRepoError, RepoError } from "../errors.js";
import { openContainer } from "./container.js";
import { ContainerExport } from "./container-export.js";
import { ContainerImport } from "./container-import.js";
import { derivationAt, noDerivation, serveDerivation } from "./derivation.js";
import { Exports } from "./exports.js";
import { readPublicHeader } from "./container-header.js";
import { Imports } from "./imports.js";
import { keyInfos } from "./key-info.js";
import { lockingService } from "./locking-service.js";
import { Marks } from "./marks.js";
import { Places, type Place } from "./places.js";
import type {
  ExportStart,
  FreshnessEvent,
  ImportRequest,
  KeyInfo,
  Notice,
  OpenPorts,
  OpenRequest,
  RemoteEvent,
  RemoteHost,
} from "./protocol.js";
import { lockAcrossTabs, WorkerLocks, type LockRequest, type Unlock } from "./repo-lock.js";
import { RepoService } from "./repo-service.js";
import { parseRepoUri } from "./repo-uri.js";
import { wipeSecrets } from "./secrets.js";
import { encodeError } from "./wire-errors.js";

/** For so long Chromium may forget a new OPFS file's name in a power cut, though the file was flushed (2026). */
const NAME_SETTLES_MS = 60_000;

interface LockedPlace {
  readonly place: Place;
  readonly unlock: Unlock;
}

export class RepoHost implements RemoteHost {
  readonly #places = new Places();
  readonly #locks = new WorkerLocks();
  /** Openings that may still be deriving keys. */
  readonly #openings = new Map<number, AbortController>();
  readonly #exports = new Exports();
  readonly #imports = new Imports();

  async openRepo(request: OpenRequest, ports: OpenPorts): Promise<void> {
    const opening = new AbortController();
    this.#openings.set(request.opening, opening);
    try {
      await this.#open(request, ports, opening.signal);
    } finally {
      this.#openings.delete(request.opening);
      ports.derivation?.close();
      wipeSecrets(request.credential);
    }
  }

  async abandon(opening: number): Promise<void> {
    this.#openings.get(opening)?.abort();
  }

  async repoExists(uri: string): Promise<boolean> {
    const { provider, name } = await this.#places.locate(parseRepoUri(uri));
    return provider.exists(name);
  }

  async destroyRepo(uri: string): Promise<void> {
    const { place, unlock } = await this.#lock(uri, { mode: "exclusive" });
    try {
      // Before the container, lest a crash in between lets it pass for lost.
      await forgetMarks(place);
      await place.provider.destroy(place.name);
    } finally {
      unlock();
    }
  }

  async listKeys(uri: string): Promise<readonly KeyInfo[]> {
    const { place, unlock } = await this.#lock(uri, { mode: "shared" });
    try {
      const store = await place.provider.open(place.name, "read");
      try {
        return keyInfos((await readPublicHeader(await store.readHeader())).header);
      } finally {
        await store.close();
      }
    } finally {
      unlock();
    }
  }

  async beginExport(uri: string): Promise<ExportStart> {
    const { place, unlock } = await this.#lock(uri, { mode: "shared" });
    return this.#exports.add(await ContainerExport.ofClosed(place, unlock));
  }

  nextExport(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#exports.next(id);
  }

  endExport(id: number): Promise<void> {
    return this.#exports.end(id);
  }

  async beginImport({ uri, overwrite, maxBytes }: ImportRequest): Promise<number> {
    const { place, unlock } = await this.#lock(uri, { mode: "exclusive" });
    const { provider, name } = place;
    const beforeCreation = (): Promise<void> => forgetMarks(place);
    const target = { provider, name, overwrite, maxBytes, unlock, beforeCreation };
    return this.#imports.add(await ContainerImport.begin(target));
  }

  writeImport(id: number, bytes: Uint8Array): Promise<void> {
    return this.#imports.get(id).write(bytes);
  }

  finishImport(id: number): Promise<void> {
    return this.#imports.get(id).finish();
  }

  abandonImport(id: number): Promise<void> {
    return this.#imports.abandon(id);
  }

  async serveDerivation(port: MessagePort): Promise<void> {
    serveDerivation(port);
  }

  async #open(request: OpenRequest, ports: OpenPorts, abandoned: AbortSignal): Promise<void> {
    const notify = (event: RemoteEvent): void => {
      ports.repo.postMessage({ event } satisfies Notice);
    };
    const taken = new AbortController();
    const context = {
      derive: ports.derivation ? derivationAt(ports.derivation, abandoned) : noDerivation,
      onEvent: (event: EngineEvent | FreshnessEvent) => {
        notify(encodeEvent(event));
      },
      taken: taken.signal,
    };
    const { uri, force = false } = request;
    const { place, unlock } = await this.#lock(uri, {
      mode: request.readOnly ? "shared" : "exclusive",
      force,
      onLost: () => {
        taken.abort();
      },
    });
    try {
      const container = await openContainer(request, place, context).catch((error: unknown) => {
        throw force && isRepoError(error, "REPO_BUSY") ? notDisplaced(error) : error;
      });
      const service = new RepoService(request, place, container, unlock, (change) => {
        ports.repo.postMessage({ change } satisfies Notice);
      });
      const locked = (reason: "idle" | "suspend"): void => {
        notify({ type: "locked", reason });
      };
      expose(lockingService(service, request.autoLock, locked), ports.repo);
      announceStorage(place, container.isNew, notify);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** `local://` names are locked before they are resolved, so that two tabs create one repo and not two. */
  async #lock(uri: string, request: LockRequest): Promise<LockedPlace> {
    const parsed = parseRepoUri(uri);
    const unlockName = parsed.scheme === "local" ? await lockAcrossTabs(uri, request) : undefined;
    try {
      const place = await this.#places.locate(parsed);
      const unlockPlace = await this.#lockPlace(place, request);
      const unlock = (): void => {
        unlockPlace();
        unlockName?.();
      };
      return { place, unlock };
    } catch (error) {
      unlockName?.();
      throw error;
    }
  }

  #lockPlace({ backend, location }: Place, request: LockRequest): Promise<Unlock> {
    const isOurs = backend === "mem";
    return isOurs ? this.#locks.lock(location, request) : lockAcrossTabs(location, request);
  }
}

/** The page asks for it: what comes to this address next is no rollback. */
async function forgetMarks({ marks, location }: Place): Promise<void> {
  if (marks !== undefined) await new Marks(marks, location).forget();
}

function notDisplaced(cause: RepoError): RepoError {
  const message =
    "whoever has the repo was told to let it go and does not: its page may be frozen, or an import or export may be running";
  return new RepoError("REPO_BUSY", { message, cause });
}

function encodeEvent(event: EngineEvent | FreshnessEvent): RemoteEvent {
  return event.type === "poisoned" ? { ...event, cause: encodeError(event.cause) } : event;
}

/** What the caller may want to know of the storage that the browser gave. */
function announceStorage(place: Place, isNew: boolean, notify: (event: RemoteEvent) => void): void {
  if (place.backend === "mem") return;
  if (place.backend === "opfs" && isNew) notify({ type: "settling", settlesInMs: NAME_SETTLES_MS });
  navigator.storage.persisted().then(
    (persistent) => {
      notify({ type: "durability", persistent });
    },
    () => undefined,
  );
}
