/** What a repo begins with: a root directory, an empty pool tree, and a superblock that no commit has written. */
import { TAG_BYTES } from "../crypto/sealer.js";
import { nodeBytes, NodeHandle, NODE_HEADER_BYTES, type Leaf } from "./node.js";
import type { PoolRecord } from "./pool-records.js";
import { inodeKey, ROOT_INO, type FileRecord } from "./records.js";
import { fileSpec } from "./specs.js";
import type { Superblock } from "./superblock.js";

/** What whoever makes a repo chooses for its files. */
export interface NewRepoChoices {
  /** Default 1. */
  readonly versionLimit?: number;
  /** Default false. */
  readonly dedup?: boolean;
}

/** A file tree of one leaf: the inode of the root directory. */
export function newFileRoot(slotBytes: number, nowMs: number): NodeHandle<FileRecord> {
  const leaf: Leaf<FileRecord> = {
    level: 0,
    keys: [inodeKey(ROOT_INO)],
    values: [rootDirectory(nowMs)],
    bytes: 0,
  };
  leaf.bytes = nodeBytes(fileSpec(slotBytes), leaf);
  return new NodeHandle<FileRecord>(0, undefined, leaf);
}

export function newPoolRoot(): NodeHandle<PoolRecord> {
  const leaf = { level: 0 as const, keys: [], values: [], bytes: NODE_HEADER_BYTES };
  return new NodeHandle<PoolRecord>(0, undefined, leaf);
}

function rootDirectory(nowMs: number): FileRecord {
  const inode = {
    type: "directory",
    mode: 0o755,
    uid: 0,
    gid: 0,
    nlink: 2,
    size: 0,
    atimeMs: nowMs,
    mtimeMs: nowMs,
    ctimeMs: nowMs,
    birthtimeMs: nowMs,
    version: 1,
    versionLimit: 0,
    dedup: false,
    inline: undefined,
  } as const;
  return { is: "inode", inode };
}

/** The state before the first commit. */
export function unwrittenSuperblock(
  headerGeneration: number,
  settings: Superblock["settings"],
): Superblock {
  return {
    generation: 0,
    previousTag: new Uint8Array(TAG_BYTES),
    headerGeneration,
    writerFence: 1,
    slots: 0,
    nextIno: ROOT_INO + 1,
    settings,
    settled: false,
    strict: false,
    fileRoot: { level: 0, refs: [] },
    poolRoot: { level: 0, refs: [] },
    trees: { snapshots: 0, remnants: 0, sharedBirth: 0 },
    freeInTree: 0,
    deferredInTree: 0,
    ready: [],
    deferred: [],
    manifest: [],
  };
}
