/** RootRef: where the root node of a tree is stored, in the superblock and in records of the pool tree. */
import { MalformedBytes, type ByteReader, type ByteWriter } from "../codec/bytes.js";
import { COPY_BYTES, NodeHandle, readRefs, writeRefs } from "./node.js";
import { SLOT_REF_BYTES, type SlotRef } from "./slot-ref.js";

/** A tree's root: its level and the copies of its root node. */
export interface RootRef {
  readonly level: number;
  readonly refs: readonly SlotRef[];
}

/** No tree is higher: 12 levels of the smallest fan-out hold more than all slots there can be. */
const MAX_LEVEL = 12;

/** The stored root, not yet in memory. */
export function rootHandle<V>({ level, refs }: RootRef): NodeHandle<V> {
  return new NodeHandle<V>(level, refs, undefined);
}

/** Encoded size of a root stored `copies` times. */
export function rootBytes(copies: number): number {
  return 2 + SLOT_REF_BYTES + (copies - 1) * COPY_BYTES;
}

export function writeRoot(to: ByteWriter, root: RootRef): void {
  to.u8(root.level);
  to.u8(root.refs.length);
  writeRefs(to, root.refs);
}

export function readRoot(from: ByteReader): RootRef {
  const level = from.u8();
  const copies = from.u8();
  if (level > MAX_LEVEL || copies < 1 || copies > 2) throw new MalformedBytes("bad root");
  return { level, refs: readRefs(from, copies) };
}
