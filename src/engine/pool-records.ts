/**
 * Records of the pool tree (docs/FORMAT.md §5.5): which slots are free, which were freed too recently
 * to be used again, and how many extents share a unit. A live unit without a record has one extent.
 */
import { bigEndian, fromBigEndian, MalformedBytes, varintBytes } from "../codec/bytes.js";
import { MAX_SLOTS } from "../backends/block-store.js";
import type { ValueCodec } from "./node.js";
import type { Generation, Run } from "./slot-ref.js";

/** Slots of a free or deferred run, or the extents of a unit; always at least 1. */
export type PoolRecord = number;

const KEY_TYPE = { free: "\x01", deferred: "\x02", references: "\x03" } as const;
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

/** The number of extents that share the unit at `slot`, if it is not 1. */
export function referencesKey(slot: number): string {
  return KEY_TYPE.references + bigEndian(slot, SLOT_BYTES);
}

export const FIRST_DEFERRED_KEY: string = KEY_TYPE.deferred;

/** The run of a free record, or undefined if the key is of another type. */
export function freeRun(key: string, count: PoolRecord): Run | undefined {
  if (!key.startsWith(KEY_TYPE.free)) return undefined;
  return { start: fromBigEndian(key, 1, SLOT_BYTES), count };
}

export interface DeferredRun extends Run {
  /** The commit that freed the run. */
  readonly freed: Generation;
}

export function deferredRun(key: string, count: PoolRecord): DeferredRun | undefined {
  if (!key.startsWith(KEY_TYPE.deferred)) return undefined;
  return {
    freed: fromBigEndian(key, 1, GENERATION_BYTES),
    start: fromBigEndian(key, 1 + GENERATION_BYTES, SLOT_BYTES),
    count,
  };
}

/** The slot of a references record. */
export function referencesSlot(key: string): number | undefined {
  return key.startsWith(KEY_TYPE.references) ? fromBigEndian(key, 1, SLOT_BYTES) : undefined;
}

const KEY_BYTES: Readonly<Record<string, number>> = {
  [KEY_TYPE.free]: 1 + SLOT_BYTES,
  [KEY_TYPE.deferred]: 1 + GENERATION_BYTES + SLOT_BYTES,
  [KEY_TYPE.references]: 1 + SLOT_BYTES,
};

export const poolRecordCodec: ValueCodec<PoolRecord> = {
  size: (value) => varintBytes(value),
  write: (value, _key, to) => {
    to.varint(value);
  },
  read: (key, from) => {
    if (KEY_BYTES[key.charAt(0)] !== key.length) throw new MalformedBytes("bad pool key");
    const value = from.varint();
    if (value < 1 || value > MAX_SLOTS) throw new MalformedBytes("bad pool record");
    return value;
  },
};
