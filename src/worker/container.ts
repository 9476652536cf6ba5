/**
 * From a place and a credential to a running engine: reads or writes the header, starts the engine, and
 * lets go of store and keys if that fails on the way (docs/FORMAT.md §2, §7).
 */
import type { BlockStore } from "../backends/block-store.js";
import { finishCreation } from "../backends/creation.js";
import { HEADER_COPY_OFFSETS, parseHeader, type Header } from "../crypto/header.js";
import type { KeyDerivation } from "../crypto/kdf.js";
import type { KeyringSealer } from "../crypto/keyring-sealer.js";
import { createHeader, unlock, type Unlocked } from "../crypto/unlock.js";
import { Engine } from "../engine/engine.js";
import type { EngineEvent, OpenEngine } from "../engine/options.js";
import { isRepoError, RepoError } from "../errors.js";
import { ContainerKeys } from "./container-keys.js";
import { FencedStore } from "./fenced-store.js";
import { Freshness } from "./freshness.js";
import type { Place } from "./places.js";
import { platformEnvironment } from "./platform.js";
import type { FreshnessEvent, OpenRequest } from "./protocol.js";

/**
 * Size of a new container's slots, in bytes (docs/ARCHITECTURE.md, "Slots of 32 KiB").
 */
const SLOT_BYTES = 32 * 1024;

/** What opening needs beside the request. */
export interface ContainerContext {
  readonly derive: KeyDerivation;
  readonly onEvent: (event: EngineEvent | FreshnessEvent) => void;
  /** Aborts when somebody else takes the repo away. */
  readonly taken?: AbortSignal;
}

/** An opening, and what it has to heed. */
interface Task extends ContainerContext {
  readonly request: OpenRequest;
  readonly place: Place;
  readonly freshness: Freshness;
}

export interface OpenContainer {
  readonly engine: Engine;
  /** Closed by the engine, like the next. */
  readonly store: BlockStore;
  readonly sealer: KeyringSealer;
  readonly header: Header;
  readonly keys: ContainerKeys;
  readonly freshness: Freshness;
  /** Made by this very call. */
  readonly isNew: boolean;
  /** Header copies that were unlike the one that authenticated, and were written again. */
  readonly rewrittenCopies: readonly number[];
}

/** Opens or creates what `request` asks for at `place`. */
export async function openContainer(
  request: OpenRequest,
  place: Place,
  context: ContainerContext,
): Promise<OpenContainer> {
  const freshness = new Freshness(request, place, context.onEvent);
  const task = { ...context, request, place, freshness };
  if (request.mode === "createNew") {
    if (await place.provider.exists(place.name)) throw new RepoError("REPO_EXISTS");
    await freshness.admitAbsence();
    return createContainer(task);
  }
  try {
    return await openExisting(task);
  } catch (error) {
    if (!isRepoError(error, "REPO_NOT_FOUND")) throw error;
    await freshness.admitAbsence();
    if (request.mode === "open") throw error;
    return createContainer(task);
  }
}

/** The store is opened after the slow derivation: giving up there leaves nothing behind. */
async function createContainer(task: Task): Promise<OpenContainer> {
  const { place, request, derive } = task;
  const { provider, name } = place;
  const { cipher, kdf, credential } = request;
  const keys = await createHeader({ cipher, kdf, credential, derive, slotBytes: SLOT_BYTES });
  return orRelease(keys.sealer, async () => {
    const store = new FencedStore(await provider.open(name, "create"));
    return orRelease(store, async () => {
      const { versionLimit, compress, dedup } = request;
      const open = engineOptions(task, store, keys);
      const engine = await Engine.create(open, { versionLimit, compress, dedup });
      await finishCreation(store, [keys.bytes, keys.bytes]);
      return opened(task, { engine, store, unlocked: keys, isNew: true, rewrittenCopies: [] });
    });
  });
}

async function openExisting(task: Task): Promise<OpenContainer> {
  const { place, request, freshness, derive } = task;
  const mode = request.readOnly ? "read" : "open";
  const store = new FencedStore(await place.provider.open(place.name, mode));
  return orRelease(store, async () => {
    const candidates = await parseHeader(await store.readHeader(), crypto.subtle);
    freshness.requireExpected(candidates);
    const keys = await unlock(candidates, request.credential, { derive });
    return orRelease(keys.sealer, async () => {
      const engine = await Engine.open({
        ...engineOptions(task, store, keys),
        vet: (found) => freshness.vet(found, keys),
      });
      const torn = [1, 0].filter((copy) => !keys.copies.includes(copy));
      const rewrittenCopies = engine.readOnly ? [] : torn;
      await writeHeaderCopies(store, keys.bytes, rewrittenCopies);
      if (!engine.readOnly && !engine.headerWasPinned) await pinHeader(engine, keys);
      return opened(task, { engine, store, unlocked: keys, isNew: false, rewrittenCopies });
    });
  });
}

interface Opened extends Pick<OpenContainer, "engine" | "isNew" | "rewrittenCopies"> {
  readonly store: FencedStore;
  readonly unlocked: Unlocked;
}

/** From here on the container may be taken away, and what it commits is remembered. */
async function opened(
  { freshness, taken }: Task,
  { engine, store, unlocked, isNew, rewrittenCopies }: Opened,
): Promise<OpenContainer> {
  const yieldToOther = (): void => {
    store.fence();
    freshness.abandon();
    engine.yieldToOther();
  };
  taken?.addEventListener("abort", yieldToOther);
  if (taken?.aborted === true) yieldToOther();
  const { sealer, header } = unlocked;
  const keys = new ContainerKeys({ engine, store, sealer, candidate: unlocked });
  await freshness.follow(engine, keys);
  return { engine, store, sealer, header, keys, freshness, isNew, rewrittenCopies };
}

/**
 * Ends a change of keys that was cut off before the commit which pins its header. Like there, that commit is sealed under
 * the key that older headers know too. On a full disk the next commit does it, and the newest key waits for the next opening.
 */
async function pinHeader(engine: Engine, { sealer, header }: Unlocked): Promise<void> {
  sealer.sealUnder(sealer.cellGeneration);
  try {
    await engine.pinHeader(header.headerGeneration, async () => undefined);
  } catch (error) {
    if (isRepoError(error, "ENOSPC")) return;
    throw error;
  }
  sealer.sealUnder(sealer.newestGeneration);
}

function engineOptions(
  { request, freshness, onEvent }: Task,
  store: BlockStore,
  { sealer, header }: Unlocked,
): OpenEngine {
  const { durability, readOnly, acceptRollback } = request;
  const { slotBytes, headerGeneration } = header;
  return {
    store,
    sealer,
    slotBytes,
    headerGeneration,
    environment: platformEnvironment(),
    options: {
      durability,
      readOnly,
      onEvent,
      acceptRollback: acceptRollback !== undefined,
      onCommit: (state) => {
        freshness.note(state);
      },
    },
  };
}

/** One after the other, so that a crash tears one of them at most. */
async function writeHeaderCopies(
  store: BlockStore,
  bytes: Uint8Array,
  copies: readonly number[],
): Promise<void> {
  for (const copy of copies) {
    await store.writeHeader(HEADER_COPY_OFFSETS[copy] ?? 0, bytes);
    await store.flush();
  }
}

/** Runs `work`; if it fails, `resource` is closed, and the failure is what the caller gets. */
async function orRelease<T>(resource: { close(): unknown }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await Promise.resolve(resource.close()).catch(() => undefined);
    throw error;
  }
}
