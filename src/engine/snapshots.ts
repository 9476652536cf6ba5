/**
 * Snapshots: file trees beside the live one (docs/FORMAT.md §6.4). Taking one is one record and one count
 * more; restoring one swaps the live root; what is given up is freed afterwards in steps, as remnants, which
 * go on after a crash.
 */
import { assert } from "../assert.js";
import { utf8Decode, utf8Encode } from "../codec/utf8.js";
import { isRepoError, RepoError } from "../errors.js";
import type { Accounts } from "./accounts.js";
import type { Committer, CommitIntent, TreeChange } from "./committer.js";
import type { NodeCache } from "./node-cache.js";
import { isLeaf, type NodeHandle, type TreeSpec } from "./node.js";
import { looking, Refusal } from "./pipeline.js";
import {
  FIRST_REMNANT_KEY,
  remnantSlot,
  snapshotKey,
  snapshotName,
  type PoolRecord,
  type SnapshotRecord,
} from "./pool-records.js";
import { unitOf, type FileRecord } from "./records.js";
import { SLOT_REF_BYTES, type Generation } from "./slot-ref.js";
import type { TreeView } from "./tree.js";

/** A snapshot that is not open, so that its nodes may be replaced. */
export interface UnreadSnapshot {
  /** Its name as a byte string. */
  readonly bytes: string;
  readonly root: NodeHandle<FileRecord>;
}

export interface SnapshotInfo {
  readonly name: string;
  readonly createdMs: number;
  /** The commit whose state it is. */
  readonly generation: Generation;
}

/** What snapshots need of the engine. */
export interface SnapshotsPort {
  readonly committer: Committer;
  readonly nodes: NodeCache;
  readonly fileSpec: TreeSpec<FileRecord>;
  readonly now: () => number;
  readonly isClosed: () => boolean;
  /** Reads the pool tree. */
  readonly readPool: <T>(read: (pool: TreeView<PoolRecord>) => T) => Promise<T>;
  /** Waits for room for a change that touches so many records, or rejects with ENOSPC. */
  readonly admit: (touches: number, frees: boolean) => Promise<void>;
  /** Runs a task that no commit overlaps. */
  readonly exclusively: (task: () => Promise<void>) => Promise<void>;
  /** Commits, within such a task. */
  readonly commit: (intent: CommitIntent, change: TreeChange) => Promise<void>;
  /** Within such a task: makes `root` the live tree, with mutations held off and nothing uncommitted. */
  readonly replaceLive: (
    root: NodeHandle<FileRecord>,
    change: (old: NodeHandle<FileRecord>) => TreeChange,
  ) => Promise<void>;
}

const MAX_NAME_BYTES = 255;
/** Records of the pool tree that taking, restoring or deleting a snapshot touches. */
const TOUCHES = 4;
/** How much one commit frees of what was given up: nodes, and references in them. */
const STEP_NODES = 256;
const STEP_REFERENCES = 4096;
const DURABLE: CommitIntent = { strict: true, settled: false };
const BACKGROUND: CommitIntent = { strict: false, settled: false };

export class Snapshots {
  readonly #port: SnapshotsPort;
  /** How often each is open, by its name as a byte string. */
  readonly #open = new Map<string, number>();
  #freeing: Promise<void> | undefined;
  /** Remnants that could not be read; they keep their slots. */
  readonly #unreadable = new Set<number>();

  constructor(port: SnapshotsPort) {
    this.#port = port;
  }

  /** Names the present state; durable when it resolves. Rejects with EEXIST, EINVAL, ENAMETOOLONG, ENOSPC. */
  async take(name: string): Promise<void> {
    const { admit, exclusively, commit, now } = this.#port;
    const bytes = nameBytes(name);
    await admit(TOUCHES, false);
    await exclusively(async () => {
      if ((await looking(() => this.#find(bytes))) !== undefined)
        throw new Refusal(new RepoError("EEXIST"));
      const createdMs = now();
      await commit(DURABLE, {
        shares: true,
        touches: TOUCHES,
        apply: (accounts, { root, rootSlot, generation }) => {
          accounts.addSnapshot(bytes, { is: "snapshot", root, generation, createdMs }, rootSlot);
        },
      });
    });
  }

  /** In the order of their names' bytes. */
  list(): Promise<SnapshotInfo[]> {
    return this.#port.readPool((pool) => {
      const found: SnapshotInfo[] = [];
      pool.scan(snapshotKey(""), (key, record) => {
        if (typeof record === "number" || record.is !== "snapshot") return false;
        const { createdMs, generation } = record;
        found.push({ name: utf8Decode(snapshotName(key)), createdMs, generation });
        return true;
      });
      return found;
    });
  }

  /** Makes the live tree what it was; durable when it resolves. Rejects with ENOENT, ENOSPC. */
  async restore(name: string): Promise<void> {
    const { admit, exclusively, replaceLive } = this.#port;
    const bytes = nameBytes(name);
    await admit(TOUCHES, true);
    await exclusively(async () => {
      const { root } = await looking(() => this.#get(bytes));
      const slot = root.refs?.[0]?.slot ?? 0;
      await replaceLive(root, (old) => ({
        shares: true,
        touches: TOUCHES,
        apply: (accounts, { generation }) => {
          accounts.restoreSnapshot(slot, generation);
          accounts.giveUp(old);
        },
      }));
    });
    this.freeRemnants();
  }

  /** Durable when it resolves; its space comes back soon after. Rejects with ENOENT, EBUSY while it is open. */
  async remove(name: string): Promise<void> {
    const { admit, exclusively, commit } = this.#port;
    const bytes = nameBytes(name);
    await admit(TOUCHES, true);
    await exclusively(async () => {
      const record = await looking(() => this.#get(bytes));
      if (this.#open.has(bytes)) throw new Refusal(new RepoError("EBUSY"));
      await commit(DURABLE, {
        touches: TOUCHES,
        apply: (accounts) => {
          accounts.removeSnapshot(bytes, record);
        },
      });
    });
    this.freeRemnants();
  }

  /** The snapshot's tree, kept until `release` is called. Rejects with ENOENT. */
  async open(name: string): Promise<{ root: NodeHandle<FileRecord>; release: () => void }> {
    const bytes = nameBytes(name);
    this.#open.set(bytes, (this.#open.get(bytes) ?? 0) + 1);
    const release = (): void => {
      const left = (this.#open.get(bytes) ?? 0) - 1;
      if (left > 0) this.#open.set(bytes, left);
      else this.#open.delete(bytes);
    };
    try {
      const found: SnapshotRecord[] = [];
      // Not beside a commit that may remove it or put another root in its place.
      await this.#port.exclusively(async () => {
        found.push(await looking(() => this.#get(bytes)));
      });
      const [record] = found;
      assert(record !== undefined, "a snapshot is found or refused");
      return { root: record.root, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The snapshots that nobody reads at the moment. */
  unread(): Promise<UnreadSnapshot[]> {
    return this.#port.readPool((pool) => {
      const found: UnreadSnapshot[] = [];
      pool.scan(snapshotKey(""), (key, record) => {
        if (typeof record === "number" || record.is !== "snapshot") return false;
        const bytes = snapshotName(key);
        if (!this.#open.has(bytes)) found.push({ bytes, root: record.root });
        return true;
      });
      return found;
    });
  }

  /** The roots of all trees beside the live one, and of what is left of those that were given up. */
  roots(): Promise<NodeHandle<FileRecord>[]> {
    return this.#port.readPool((pool) => {
      const found: NodeHandle<FileRecord>[] = [];
      pool.scan(snapshotKey(""), (_, record) => {
        if (typeof record === "object" && "root" in record) found.push(record.root);
        return typeof record === "object" && "root" in record;
      });
      return found;
    });
  }

  async #get(bytes: string): Promise<SnapshotRecord> {
    const record = await this.#find(bytes);
    if (record === undefined) throw new RepoError("ENOENT");
    return record;
  }

  #find(bytes: string): Promise<SnapshotRecord | undefined> {
    return this.#port.readPool((pool) => {
      const record = pool.get(snapshotKey(bytes));
      return typeof record === "object" && record.is === "snapshot" ? record : undefined;
    });
  }

  /** Frees in the background what was given up. A failure is tried again by the next call. */
  freeRemnants(): void {
    this.#freeing ??= this.#freeSteps()
      .catch(() => undefined)
      .finally(() => {
        this.#freeing = undefined;
      });
  }

  /** Waits until what was given up is freed; false if there was nothing, or it could not be. For who needs room. */
  async freeAll(): Promise<boolean> {
    if (!this.#isBehind) return false;
    this.freeRemnants();
    await this.#freeing;
    return !this.#isBehind;
  }

  get #isBehind(): boolean {
    return this.#port.committer.committed.trees.remnants > this.#unreadable.size;
  }

  async #freeSteps(): Promise<void> {
    const { isClosed, exclusively } = this.#port;
    const step = { found: true };
    while (!isClosed() && this.#isBehind && step.found) {
      const most = await this.#admitStep();
      await exclusively(async () => {
        step.found = await this.#freeStep(most);
      });
    }
  }

  /** How many references the next step may take away: on a nearly full disk no more than one node has. */
  async #admitStep(): Promise<number> {
    const { admit } = this.#port;
    try {
      await admit(STEP_REFERENCES, true);
      return STEP_REFERENCES;
    } catch (error) {
      if (!isRepoError(error, "ENOSPC")) throw error;
      await admit(this.#nodeReferences, true);
      return this.#nodeReferences;
    }
  }

  /** The most references that fit into a node. */
  get #nodeReferences(): number {
    return Math.ceil(this.#port.fileSpec.nodeBytes / SLOT_REF_BYTES);
  }

  /** False if there is no remnant, though the superblock counts some. */
  async #freeStep(most: number): Promise<boolean> {
    if (this.#port.isClosed()) return false;
    const unreadable = this.#unreadable.size;
    const batch = await looking(() => this.#loadRemnants(most));
    try {
      if (batch.length === 0) return this.#unreadable.size > unreadable;
      await this.#port.commit(BACKGROUND, {
        touches: most,
        apply: (accounts: Accounts) => {
          for (const handle of batch) accounts.freeRemnant(handle);
        },
      });
      return true;
    } finally {
      for (const handle of batch) handle.held--;
    }
  }

  /** Remnants with at most so many references, in memory and held there; one if it is the only one. */
  async #loadRemnants(most: number): Promise<NodeHandle<FileRecord>[]> {
    const { nodes, fileSpec } = this.#port;
    const batch: NodeHandle<FileRecord>[] = [];
    let references = 0;
    for (const handle of await this.#someRemnants()) {
      if (batch.length > 0 && references + this.#nodeReferences > most) break;
      try {
        handle.held++;
        await nodes.load(handle, fileSpec);
        batch.push(handle);
        references += referencesIn(handle);
      } catch (error) {
        handle.held--;
        if (!isRepoError(error, "INTEGRITY")) throw error;
        this.#unreadable.add(handle.refs?.[0]?.slot ?? 0);
      }
    }
    return batch;
  }

  #someRemnants(): Promise<NodeHandle<FileRecord>[]> {
    return this.#port.readPool((pool) => {
      const found: NodeHandle<FileRecord>[] = [];
      pool.scan(FIRST_REMNANT_KEY, (key, record) => {
        if (typeof record === "number" || record.is !== "remnant") return false;
        if (!this.#unreadable.has(remnantSlot(key))) found.push(record.root);
        return found.length < STEP_NODES;
      });
      return found;
    });
  }
}

/** Children, or extents. */
function referencesIn({ node }: NodeHandle<FileRecord>): number {
  if (node === undefined) return 0;
  if (!isLeaf(node)) return node.children.length;
  return node.values.filter((record) => unitOf(record) !== undefined).length;
}

function nameBytes(name: string): string {
  const bytes = utf8Encode(name);
  if (bytes === undefined || bytes === "" || bytes.includes("\0")) throw new RepoError("EINVAL");
  if (bytes.length > MAX_NAME_BYTES) throw new RepoError("ENAMETOOLONG");
  return bytes;
}
