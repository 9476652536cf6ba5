/**
 * The superblock: the root of everything, one per commit, kept in a ring of four cells
 * (docs/FORMAT.md §4). A commit is one cell written; this file is its encoding.
 */
import { MAX_SLOTS } from "../backends/block-store.js";
import { ByteReader, ByteWriter, MalformedBytes } from "../codec/bytes.js";
import type { CompressorName } from "../codec/compression.js";
import { CELL_PAYLOAD_BYTES, TAG_BYTES, type SlotKind } from "../crypto/sealer.js";
import type { DeferredRun } from "./pool-records.js";
import { readRoot, writeRoot, type RootRef } from "./root-ref.js";
import {
  readSlotRef,
  SLOT_REF_BYTES,
  writeSlotRef,
  type Generation,
  type Run,
  type SlotRef,
} from "./slot-ref.js";

/** Cells of the ring; generation n is in cell n mod 4. */
export const RING_CELLS = 4;

/** One thing that a commit wrote, so that recovery can tell whether all of it arrived. */
export interface ManifestEntry {
  readonly kind: SlotKind;
  readonly ref: SlotRef;
}

/** Choices made at creation, constant for the life of the repo. */
export interface RepoSettings {
  /** Versions kept of each file unless it says otherwise; 1–255. */
  readonly versionLimit: number;
  readonly createdMs: number;
  /** How content is compressed, if at all. */
  readonly compress: CompressorName | undefined;
  /** Whether new files share equal content with others unless they say otherwise. */
  readonly dedup: boolean;
}

const COMPRESSORS: readonly (CompressorName | undefined)[] = [undefined, "lz4", "zstd"];

/** What the pool tree holds besides free slots and counts, and what that means for the live tree. */
export interface TreeCounts {
  readonly snapshots: number;
  /** Parts of given-up trees that wait to be freed. */
  readonly remnants: number;
  /** A node of the file tree that was born later has one parent. 0 if all have. */
  readonly sharedBirth: Generation;
  /** Entries of the chunk index. */
  readonly indexed: number;
}

export interface Superblock {
  readonly generation: Generation;
  /** The tag of the cell of generation − 1; zero in the first. */
  readonly previousTag: Uint8Array;
  /** The generation of the container's header; an older header is refused. */
  readonly headerGeneration: number;
  /** How often the repo was opened for writing. */
  readonly writerFence: number;
  /** Slots of the container. */
  readonly slots: number;
  readonly nextIno: number;
  readonly settings: RepoSettings;
  /** Set by a clean close: everything before was flushed, nothing is in doubt. */
  readonly settled: boolean;
  /** Whether somebody was told that this commit is durable (`strict`, `sync()`). */
  readonly strict: boolean;
  readonly fileRoot: RootRef;
  readonly poolRoot: RootRef;
  readonly trees: TreeCounts;
  /** Slots counted in the free and in the deferred records of the pool tree. */
  readonly freeInTree: number;
  readonly deferredInTree: number;
  /** Free runs that are in no record: what the allocator holds ready. */
  readonly ready: readonly Run[];
  /** Recently freed runs that are in no record. */
  readonly deferred: readonly DeferredRun[];
  readonly manifest: readonly ManifestEntry[];
}

/** The longest manifest. A larger commit flushes first what it does not list. */
export const MAX_MANIFEST = 160;
/** How many bytes `ready` and `deferred` may take together. */
export const LIST_BYTES = CELL_PAYLOAD_BYTES - 512 - MAX_MANIFEST * (1 + SLOT_REF_BYTES);
/** The longest encoding of one run of either list. */
export const RUN_BYTES = 6 + 4 + 2;

const FLAG = { settled: 1, strict: 2, dedup: 4 } as const;
/** References hold generations in six bytes. */
const MAX_GENERATION = 2 ** 48 - 1;
/** An older run is as good as one of this age. */
const MAX_AGE = 0xffff;

/** The payload of the cell, {@link CELL_PAYLOAD_BYTES} long. */
export function encodeSuperblock(block: Superblock): Uint8Array {
  const to = new ByteWriter(new Uint8Array(CELL_PAYLOAD_BYTES));
  to.u64(block.generation);
  to.raw(block.previousTag);
  to.u64(block.headerGeneration);
  to.u64(block.writerFence);
  to.u48(block.slots);
  to.u48(block.nextIno);
  to.u8(block.settings.versionLimit);
  to.f64(block.settings.createdMs);
  to.u8(COMPRESSORS.indexOf(block.settings.compress));
  to.u8(block.settings.dedup ? 1 : 0);
  to.u8((block.settled ? FLAG.settled : 0) | (block.strict ? FLAG.strict : 0));
  writeRoot(to, block.fileRoot);
  writeRoot(to, block.poolRoot);
  to.u32(block.trees.snapshots);
  to.u32(block.trees.remnants);
  to.u64(block.trees.sharedBirth);
  to.u48(block.trees.indexed);
  to.u48(block.freeInTree);
  to.u48(block.deferredInTree);
  to.u16(block.ready.length);
  for (const run of block.ready) writeRun(to, run);
  to.u16(block.deferred.length);
  for (const run of block.deferred) {
    to.u16(Math.min(block.generation - run.freed, MAX_AGE));
    writeRun(to, run);
  }
  to.u16(block.manifest.length);
  for (const entry of block.manifest) {
    to.u8(entry.kind);
    writeSlotRef(to, entry.ref);
  }
  return to.bytes;
}

function writeRun(to: ByteWriter, run: Run): void {
  to.u48(run.start);
  to.u32(run.count);
}

function readRun(from: ByteReader): Run {
  const run = { start: from.u48(), count: from.u32() };
  if (run.count < 1 || run.start + run.count > MAX_SLOTS) throw new MalformedBytes("bad run");
  return run;
}

/** Throws MalformedBytes, also for bytes that decrypted well. */
export function decodeSuperblock(payload: Uint8Array): Superblock {
  const from = new ByteReader(payload);
  const generation = from.u64();
  const previousTag = from.raw(TAG_BYTES);
  const headerGeneration = from.u64();
  const writerFence = from.u64();
  const slots = from.u48();
  const nextIno = from.u48();
  const settings = readSettings(from);
  const flags = from.u8();
  if (generation < 1 || generation > MAX_GENERATION || slots > MAX_SLOTS || flags > 3)
    throw new MalformedBytes("bad superblock");
  const fileRoot = readRoot(from);
  const poolRoot = readRoot(from);
  const [snapshots, remnants, sharedBirth] = [from.u32(), from.u32(), from.u64()];
  const trees = { snapshots, remnants, sharedBirth, indexed: from.u48() };
  const freeInTree = from.u48();
  const deferredInTree = from.u48();
  const ready = readList(from, () => readRun(from));
  const deferred = readList(from, () => {
    const age = from.u16();
    if (age > generation) throw new MalformedBytes("bad age");
    return { freed: generation - age, ...readRun(from) };
  });
  assertDisjoint([...ready, ...deferred], slots);
  const manifest = readList(from, () => ({ kind: readKind(from), ref: readSlotRef(from) }));
  return {
    generation,
    previousTag,
    headerGeneration,
    writerFence,
    slots,
    nextIno,
    settings,
    settled: (flags & FLAG.settled) !== 0,
    strict: (flags & FLAG.strict) !== 0,
    fileRoot,
    poolRoot,
    trees,
    freeInTree,
    deferredInTree,
    ready,
    deferred,
    manifest,
  };
}

function readSettings(from: ByteReader): RepoSettings {
  const [versionLimit, createdMs] = [from.u8(), from.f64()];
  const [compressor, dedup] = [from.u8(), from.u8()];
  const wellFormed = versionLimit >= 1 && Number.isFinite(createdMs) && dedup <= 1;
  if (!wellFormed || compressor >= COMPRESSORS.length) throw new MalformedBytes("bad settings");
  return { versionLimit, createdMs, compress: COMPRESSORS[compressor], dedup: dedup === 1 };
}

/** Free runs that share a slot, or lie beyond the end, would be written twice or not at all. */
function assertDisjoint(runs: readonly Run[], slots: number): void {
  let end = 0;
  for (const run of runs.toSorted((a, b) => a.start - b.start)) {
    if (run.start < end) throw new MalformedBytes("overlapping runs");
    end = run.start + run.count;
  }
  if (end > slots) throw new MalformedBytes("a run beyond the end");
}

function readKind(from: ByteReader): SlotKind {
  const kind = from.u8();
  if (kind !== 1 && kind !== 2 && kind !== 3) throw new MalformedBytes("bad kind");
  return kind;
}

function readList<T>(from: ByteReader, read: () => T): T[] {
  const count = from.u16();
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read());
  return list;
}
