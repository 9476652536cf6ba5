/**
 * Records of the pool tree (docs/FORMAT.md §5.5): which slots are free, which were freed too recently
 * to be used again, how often a unit or a node is referred to if not once, the snapshots, what of
 * given-up trees is still to be freed, and the chunk index.
 */
import { MAX_SLOTS } from "../backends/block-store.js";
import { assert } from "../assert.js";
import {
  bigEndian,
  fromBigEndian,
  MalformedBytes,
  varintBytes,
  type ByteReader,
} from "../codec/bytes.js";
import { utf8Decode } from "../codec/utf8.js";
import { FINGERPRINT_BYTES } from "../crypto/sealer.js";
import { placeBytes, readPlace, writePlace, type Chunk } from "./chunk.js";
import type { NodeHandle, ValueCodec } from "./node.js";
import type { FileRecord } from "./records.js";
import { readRoot, rootBytes, rootHandle, writeRoot } from "./root-ref.js";
import type { Generation, Run, SlotRef } from "./slot-ref.js";

/** A number: the slots of a free or deferred run, or the references to a unit or node; at least 1. */
export type PoolRecord = number | SnapshotRecord | RemnantRecord | IndexedChunk | IndexedUnit;

/** The file tree as it was at a moment. */
export interface SnapshotRecord {
  readonly is: "snapshot";
  readonly root: NodeHandle<FileRecord>;
  /** The commit whose state it is. */
  readonly generation: Generation;
  readonly createdMs: number;
}

/** A node that no tree refers to any more, with all below it that nothing else refers to. */
export interface RemnantRecord {
  readonly is: "remnant";
  readonly root: NodeHandle<FileRecord>;
}

/** Stored content that new content may be equal to. */
export interface IndexedChunk {
  readonly is: "chunk";
  readonly chunk: Chunk;
}

/** A unit that holds indexed chunks. */
export interface IndexedUnit {
  readonly is: "unit";
  /** Of its chunks, as byte strings; {@link MAX_UNIT_FINGERPRINTS} at most. */
  readonly fingerprints: readonly string[];
}

/** So many fit a quarter of the smallest node. */
export const MAX_UNIT_FINGERPRINTS = 48;

const KEY_TYPE = {
  free: "\x01",
  deferred: "\x02",
  references: "\x03",
  snapshot: "\x04",
  remnant: "\x05",
  chunk: "\x06",
  unit: "\x07",
} as const;
const SLOT_BYTES = 6;
const GENERATION_BYTES = 6;

/** A free run, by its first slot. */
export function freeKey(start: number): string {
  return KEY_TYPE.free + bigEndian(start, SLOT_BYTES);
}

/** A run that was freed by commit `freed`, sorted so that the oldest comes first. */
export function deferredKey(freed: Generation, start: number): string {
  return KEY_TYPE.deferred + bigEndian(freed, GENERATION_BYTES) + bigEndian(start, SLOT_BYTES);
}

/** How many extents refer to the unit, or nodes and roots to the node, at `slot`, if not 1. */
export function referencesKey(slot: number): string {
  return KEY_TYPE.references + bigEndian(slot, SLOT_BYTES);
}

/** `name` is a UTF-8 byte string; the empty one precedes all snapshots. */
export function snapshotKey(name: string): string {
  return KEY_TYPE.snapshot + name;
}

export function remnantKey(slot: number): string {
  return KEY_TYPE.remnant + bigEndian(slot, SLOT_BYTES);
}

/** An indexed chunk, by its fingerprint, a byte string. */
export function chunkKey(fingerprint: string): string {
  return KEY_TYPE.chunk + fingerprint;
}

/** What is indexed of the unit at `slot`. */
export function unitKey(slot: number): string {
  return KEY_TYPE.unit + bigEndian(slot, SLOT_BYTES);
}

/** The fingerprint in a key, or undefined if the key is of another type. */
export function keyFingerprint(key: string): string | undefined {
  return key.startsWith(KEY_TYPE.chunk) ? key.slice(1) : undefined;
}

/** The slot of what is indexed of a unit. */
export function unitSlot(key: string): number {
  return fromBigEndian(key, 1, SLOT_BYTES);
}

export const FIRST_REMNANT_KEY: string = KEY_TYPE.remnant;

/** The slot of a remnant. */
export function remnantSlot(key: string): number {
  return fromBigEndian(key, 1, SLOT_BYTES);
}

/** The name in a snapshot's key, as a UTF-8 byte string. */
export function snapshotName(key: string): string {
  return key.slice(1);
}

export const FIRST_DEFERRED_KEY: string = KEY_TYPE.deferred;

/** The run of a free record, or undefined if the key is of another type. */
export function freeRun(key: string, record: PoolRecord): Run | undefined {
  if (!key.startsWith(KEY_TYPE.free)) return undefined;
  return { start: fromBigEndian(key, 1, SLOT_BYTES), count: countOf(record) };
}

export interface DeferredRun extends Run {
  /** The commit that freed the run. */
  readonly freed: Generation;
}

export function deferredRun(key: string, record: PoolRecord): DeferredRun | undefined {
  if (!key.startsWith(KEY_TYPE.deferred)) return undefined;
  return {
    freed: fromBigEndian(key, 1, GENERATION_BYTES),
    start: fromBigEndian(key, 1 + GENERATION_BYTES, SLOT_BYTES),
    count: countOf(record),
  };
}

/** The slot of a references record. */
export function referencesSlot(key: string): number | undefined {
  return key.startsWith(KEY_TYPE.references) ? fromBigEndian(key, 1, SLOT_BYTES) : undefined;
}

/** The number in a record that is one. */
export function countOf(record: PoolRecord): number {
  assert(typeof record === "number", "runs and references are numbers");
  return record;
}

const KEY_BYTES: Readonly<Record<string, number>> = {
  [KEY_TYPE.free]: 1 + SLOT_BYTES,
  [KEY_TYPE.deferred]: 1 + GENERATION_BYTES + SLOT_BYTES,
  [KEY_TYPE.references]: 1 + SLOT_BYTES,
  [KEY_TYPE.remnant]: 1 + SLOT_BYTES,
  [KEY_TYPE.chunk]: 1 + FINGERPRINT_BYTES,
  [KEY_TYPE.unit]: 1 + SLOT_BYTES,
};

/** Nodes above the leaves are stored twice. */
function treeBytes({ root }: SnapshotRecord | RemnantRecord): number {
  return rootBytes(root.level > 0 ? 2 : 1);
}

/** Where the root is stored; known once it is sealed, which is before the pool tree is. */
function storedRoot({ root }: SnapshotRecord | RemnantRecord): {
  level: number;
  refs: readonly SlotRef[];
} {
  assert(root.refs !== undefined, "the file tree is sealed before the pool tree");
  return { level: root.level, refs: root.refs };
}

export const poolRecordCodec: ValueCodec<PoolRecord> = {
  size: (record) => {
    if (typeof record === "number") return varintBytes(record);
    switch (record.is) {
      case "snapshot":
        return 8 + 8 + treeBytes(record);
      case "remnant":
        return treeBytes(record);
      case "chunk":
        return placeBytes(record.chunk);
      case "unit":
        return 1 + record.fingerprints.length * FINGERPRINT_BYTES;
    }
  },
  write: (record, _key, to) => {
    if (typeof record === "number") {
      to.varint(record);
      return;
    }
    switch (record.is) {
      case "snapshot":
        to.u64(record.generation);
        to.f64(record.createdMs);
        writeRoot(to, storedRoot(record));
        return;
      case "remnant":
        writeRoot(to, storedRoot(record));
        return;
      case "chunk":
        writePlace(record.chunk, to);
        return;
      case "unit":
        to.u8(record.fingerprints.length);
        for (const fingerprint of record.fingerprints) to.byteString(fingerprint);
    }
  },
  read: (key, from) => {
    if (key.startsWith(KEY_TYPE.snapshot)) return readSnapshot(key, from);
    if (KEY_BYTES[key.charAt(0)] !== key.length) throw new MalformedBytes("bad pool key");
    switch (key.charAt(0)) {
      case KEY_TYPE.remnant:
        return { is: "remnant", root: rootHandle(readRoot(from)) };
      case KEY_TYPE.chunk:
        return { is: "chunk", chunk: readPlace(from) };
      case KEY_TYPE.unit:
        return readUnit(from);
      default:
        return readCount(from);
    }
  },
};

function readCount(from: ByteReader): number {
  const value = from.varint();
  if (value < 1 || value > MAX_SLOTS) throw new MalformedBytes("bad pool record");
  return value;
}

function readUnit(from: ByteReader): IndexedUnit {
  const count = from.u8();
  if (count < 1 || count > MAX_UNIT_FINGERPRINTS) throw new MalformedBytes("bad indexed unit");
  const fingerprints = Array.from({ length: count }, () => from.byteString(FINGERPRINT_BYTES));
  return { is: "unit", fingerprints };
}

function readSnapshot(key: string, from: ByteReader): SnapshotRecord {
  if (key.length < 2) throw new MalformedBytes("a snapshot without a name");
  utf8Decode(snapshotName(key));
  const [generation, createdMs] = [from.u64(), from.f64()];
  if (!Number.isFinite(createdMs)) throw new MalformedBytes("bad time");
  return { is: "snapshot", generation, createdMs, root: rootHandle(readRoot(from)) };
}
