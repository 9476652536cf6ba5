/**
 * ContainerKeys: the credentials and master keys of an open container. Each change is made of the header that
 * was authenticated last, stored between two commits, and pinned by the next one (docs/format-header.md §2.2, §2.5).
 * Changes take turns.
 */
import type { BlockStore } from "../backends/block-store.js";
import { editKeySlots, type HeaderUpdate, type KeySlotEdit } from "../crypto/edit-header.js";
import { platformCrypto } from "../crypto/environment.js";
import type { HeaderCandidate } from "../crypto/header.js";
import type { KeyDerivation } from "../crypto/kdf.js";
import { KEY_BYTES } from "../crypto/key-bytes.js";
import { KEY_SLOT_TYPE } from "../crypto/key-slots.js";
import type { KeyringSealer } from "../crypto/keyring-sealer.js";
import type { Subkeys } from "../crypto/subkeys.js";
import { encodeRecoveryKey } from "../crypto/recovery-key.js";
import { retireFromKeyring, rotateMaster } from "../crypto/rotate.js";
import type { Engine } from "../engine/engine.js";
import { RING_CELLS } from "../engine/superblock.js";
import { isRepoError, RepoError } from "../errors.js";
import { keyId, keyInfo, keyInfos } from "./key-info.js";
import type { KeyChange, KeyChangeResult, KeyInfo } from "./protocol.js";
import { storeHeader } from "./store-header.js";

export interface KeyedContainer {
  readonly engine: Engine;
  readonly store: BlockStore;
  readonly sealer: KeyringSealer;
  /** The header that opened the container. */
  readonly candidate: HeaderCandidate;
}

export class ContainerKeys {
  readonly #engine: Engine;
  readonly #store: BlockStore;
  readonly #sealer: KeyringSealer;
  #candidate: HeaderCandidate;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ engine, store, sealer, candidate }: KeyedContainer) {
    this.#engine = engine;
    this.#store = store;
    this.#sealer = sealer;
    this.#candidate = candidate;
  }

  /** The header as it is now. */
  get header(): HeaderCandidate["header"] {
    return this.#candidate.header;
  }

  /** What authenticates headers and anchors now. */
  get subkeys(): Subkeys {
    return this.#sealer.subkeys;
  }

  list(): readonly KeyInfo[] {
    return keyInfos(this.header);
  }

  /** The key generation that seals what is written now. */
  get keyGeneration(): number {
    return this.#sealer.keyGeneration;
  }

  /** The key generations whose seals can be opened, newest first. */
  get generations(): readonly number[] {
    return this.#sealer.generations;
  }

  /**
   * Carries out a change, durably.
   * @throws UNLOCK_FAILED if the current credential opens nothing; EROFS; EINVAL and EBUSY for what cannot be; what `derive` and
   * a strict commit throw
   */
  change(change: KeyChange, derive: KeyDerivation): Promise<KeyChangeResult> {
    return this.#inTurn(() => this.#change(change, derive));
  }

  /**
   * Drops the keys of all older generations but those in `stillUsed`, durably, in one change of the header: what they have
   * sealed opens no more. The caller knows that no node and no unit which the committed state, a snapshot or a reader
   * refers to, and nothing that waits to be written, is sealed under another one. Resolves to the generations that were dropped.
   */
  retireGenerations(stillUsed: ReadonlySet<number>): Promise<readonly number[]> {
    return this.#inTurn(async () => {
      const [newest = 0, ...older] = this.generations;
      const idle = older.filter((generation) => !stillUsed.has(generation));
      if (idle.length === 0 || newest !== this.keyGeneration) return [];
      // Older cells may be sealed under these keys, and their states may still need what was. After a crash they may be all there is.
      for (let cell = 0; cell < RING_CELLS; cell++) await this.#commit();
      await this.#replaceHeader(await retireFromKeyring(this.header, idle, this.#sealer.subkeys));
      for (const generation of idle) this.#sealer.drop(generation);
      return idle;
    });
  }

  async #change(change: KeyChange, derive: KeyDerivation): Promise<KeyChangeResult> {
    if (this.#engine.readOnly) throw new RepoError("EROFS", { syscall: "keys" });
    switch (change.type) {
      case "probe":
        return this.#probe(change, derive);
      case "rotate":
        return this.#rotate(change, derive);
      case "addRecoveryKey":
        return this.#addRecoveryKey(change, derive);
      case "add":
      case "replace":
      case "remove":
        return this.#edit(change, derive);
    }
  }

  async #probe({ current }: KeyChange, derive: KeyDerivation): Promise<KeyChangeResult> {
    await editKeySlots(this.#candidate, current, () => ({}), { derive });
    const isFree = this.header.keySlots.some(({ type }) => type === KEY_SLOT_TYPE.unused);
    if (!isFree) throw new RepoError("EINVAL", { message: "all key slots are in use" });
    return { added: [], dropped: [] };
  }

  async #addRecoveryKey(change: KeyChange, derive: KeyDerivation): Promise<KeyChangeResult> {
    const { random, subtle } = platformCrypto();
    const key = random(KEY_BYTES);
    const recoveryKey = await encodeRecoveryKey(key, subtle);
    key.fill(0);
    const credentials = [{ recoveryKey }];
    return { ...(await this.#edit({ ...change, credentials }, derive)), recoveryKey };
  }

  async #edit(
    { type, id, current, credentials, kdf }: KeyChange,
    derive: KeyDerivation,
  ): Promise<KeyChangeResult> {
    const removed = type === "remove" ? [this.#slotOf(id)] : [];
    const edit = (opened: number): KeySlotEdit => ({
      remove: type === "replace" ? [opened] : removed,
      add: credentials,
      ...(kdf !== undefined && { kdf }),
    });
    return this.#put(await editKeySlots(this.#candidate, current, edit, { derive }));
  }

  #slotOf(id: string | undefined): number {
    const slot = this.header.keySlots.find(
      (one) => one.type !== KEY_SLOT_TYPE.unused && keyId(one) === id,
    );
    if (slot === undefined) throw new RepoError("EINVAL", { message: "there is no such key" });
    return slot.index;
  }

  async #rotate(
    { current, credentials }: KeyChange,
    derive: KeyDerivation,
  ): Promise<KeyChangeResult> {
    const old = this.header;
    const rotation = await rotateMaster(this.#candidate, current, credentials, { derive });
    const { keys, header, dropped } = rotation;
    const { keyGeneration } = header;
    try {
      // Sealed under the older key still, so that the older header's openers learn of this one.
      await this.#replaceHeader(rotation, () => {
        this.#sealer.add(keys);
      });
    } finally {
      if (!this.generations.includes(keyGeneration)) keys.sealer.close();
    }
    this.#sealer.sealUnder(keyGeneration);
    await this.#commitAnew();
    return {
      added: [],
      dropped: dropped.flatMap((slot) => keyInfo(slot, old) ?? []),
    };
  }

  /** A superblock under the new key. On a full disk the next commit is the one, in a repo that is closing the last one. */
  async #commitAnew(): Promise<void> {
    try {
      await this.#commit();
    } catch (error) {
      if (!isRepoError(error, "ENOSPC") && !isRepoError(error, "REPO_CLOSED")) throw error;
    }
  }

  async #put(update: HeaderUpdate): Promise<KeyChangeResult> {
    const before = new Map(this.list().map((key) => [key.id, key]));
    await this.#replaceHeader(update);
    const now = this.list();
    const left = new Set(now.map(({ id }) => id));
    return {
      added: now.filter(({ id }) => !before.has(id)),
      dropped: [...before.values()].filter(({ id }) => !left.has(id)),
    };
  }

  /** Puts `update` in the place of the header; `onStored` is called before the commit that pins it. */
  #replaceHeader({ header, bytes }: HeaderUpdate, onStored?: () => void): Promise<void> {
    return this.#engine.pinHeader(header.headerGeneration, async () => {
      await storeHeader(this.#store, bytes);
      this.#candidate = { header, bytes, copies: [0, 1] };
      onStored?.();
    });
  }

  /** A superblock, whether anything has changed or not. */
  #commit(): Promise<void> {
    return this.#engine.pinHeader(this.header.headerGeneration, async () => undefined);
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const work = this.#turn.then(action);
    this.#turn = work.catch(() => undefined);
    return work;
  }
}
