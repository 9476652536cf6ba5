/**
 * From a place and a credential to a running engine: reads or writes the header, starts the engine, and
 * lets go of store and keys if that fails on the way (docs/FORMAT.md §2, §7).
 */
import type { BlockStore } from "../backends/block-store.js";
import { finishCreation } from "../backends/creation.js";
import { HEADER_COPY_OFFSETS, parseHeader, type Header } from "../crypto/header.js";
import type { KeyDerivation } from "../crypto/kdf.js";
import type { Sealer } from "../crypto/sealer.js";
import { createHeader, unlock, type Unlocked } from "../crypto/unlock.js";
import { Engine } from "../engine/engine.js";
import type { EngineEvent, OpenEngine } from "../engine/options.js";
import { isRepoError, RepoError } from "../errors.js";
import type { Place } from "./places.js";
import { platformEnvironment } from "./platform.js";
import type { OpenRequest } from "./protocol.js";

/**
 * Size of a new container's slots, in bytes (docs/ARCHITECTURE.md, "Slots of 32 KiB").
 */
const SLOT_BYTES = 32 * 1024;

/** What opening needs beside the request. */
export interface ContainerContext {
  readonly derive: KeyDerivation;
  readonly onEvent: (event: EngineEvent) => void;
}

export interface OpenContainer {
  readonly engine: Engine;
  /** Closed by the engine, like the next. */
  readonly store: BlockStore;
  readonly sealer: Sealer;
  readonly header: Header;
  /** Made by this very call. */
  readonly isNew: boolean;
}

/** Opens or creates what `request` asks for at `place`. */
export async function openContainer(
  request: OpenRequest,
  place: Place,
  context: ContainerContext,
): Promise<OpenContainer> {
  if (request.mode === "createNew") return createContainer(request, place, context);
  try {
    return await openExisting(request, place, context);
  } catch (error) {
    if (request.mode === "open" || !isRepoError(error, "REPO_NOT_FOUND")) throw error;
    return createContainer(request, place, context);
  }
}

/** The store is opened after the slow derivation: giving up there leaves nothing behind. */
async function createContainer(
  request: OpenRequest,
  { provider, name }: Place,
  context: ContainerContext,
): Promise<OpenContainer> {
  if (await provider.exists(name)) throw new RepoError("REPO_EXISTS");
  const { cipher, kdf, credential } = request;
  const { derive } = context;
  const keys = await createHeader({ cipher, kdf, credential, derive, slotBytes: SLOT_BYTES });
  return orRelease(keys.sealer, async () => {
    const store = await provider.open(name, "create");
    return orRelease(store, async () => {
      const { versionLimit, dedupChunk: dedup } = request;
      const choices = { versionLimit, dedup };
      const engine = await Engine.create(engineOptions(request, store, keys, context), choices);
      await finishCreation(store, [keys.bytes, keys.bytes]);
      return { engine, store, sealer: keys.sealer, header: keys.header, isNew: true };
    });
  });
}

async function openExisting(
  request: OpenRequest,
  { provider, name }: Place,
  context: ContainerContext,
): Promise<OpenContainer> {
  const store = await provider.open(name, request.readOnly ? "read" : "open");
  return orRelease(store, async () => {
    const candidates = await parseHeader(await store.readHeader(), crypto.subtle);
    const keys = await unlock(candidates, request.credential, { derive: context.derive });
    return orRelease(keys.sealer, async () => {
      const engine = await Engine.open(engineOptions(request, store, keys, context));
      const torn = [1, 0].filter((copy) => !keys.copies.includes(copy));
      if (!engine.readOnly) await writeHeaderCopies(store, keys.bytes, torn);
      return { engine, store, sealer: keys.sealer, header: keys.header, isNew: false };
    });
  });
}

function engineOptions(
  { durability, readOnly }: OpenRequest,
  store: BlockStore,
  { sealer, header }: Unlocked,
  { onEvent }: ContainerContext,
): OpenEngine {
  const { slotBytes, headerGeneration } = header;
  return {
    store,
    sealer,
    slotBytes,
    headerGeneration,
    environment: platformEnvironment(),
    options: { durability, readOnly, onEvent },
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
