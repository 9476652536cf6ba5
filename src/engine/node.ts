/**
 * Tree nodes and their encoding (docs/FORMAT.md §5.2). A node fills one slot. Keys are byte strings,
 * front-coded against their predecessor. In memory a node is immutable unless its handle is owned by
 * the running edit (tree.ts); a handle without references is dirty and lives only in memory.
 */
import { MalformedBytes, varintBytes, ByteReader, ByteWriter } from "../codec/bytes.js";
import {
  AUTHENTICATOR_BYTES,
  readSlotRef,
  SLOT_REF_BYTES,
  writeSlotRef,
  type Generation,
  type SlotRef,
} from "./slot-ref.js";

/** Encodes the values of one tree. `size` must equal what `write` writes. */
export interface ValueCodec<V> {
  size(value: V, key: string): number;
  write(value: V, key: string, to: ByteWriter): void;
  /** Throws MalformedBytes. */
  read(key: string, from: ByteReader): V;
}

/** What tells the trees apart. */
export interface TreeSpec<V> {
  readonly codec: ValueCodec<V>;
  /** How many copies of a leaf are stored; nodes of level ≥ 1 always have two. */
  readonly leafCopies: 1 | 2;
  readonly kind: 1 | 2;
  /** Bytes of a node: the slot size. */
  readonly nodeBytes: number;
}

export interface Leaf<V> {
  readonly level: 0;
  readonly keys: string[];
  readonly values: V[];
  /** Encoded size. */
  bytes: number;
}

export interface Interior<V> {
  readonly level: number;
  /** keys[i] is at most every key below children[i]; keys[0] counts as the lowest key of all. */
  readonly keys: string[];
  readonly children: NodeHandle<V>[];
  bytes: number;
}

export type Node<V> = Leaf<V> | Interior<V>;

export function isLeaf<V>(node: Node<V>): node is Leaf<V> {
  return node.level === 0;
}

/** Which keys a stored node may hold, according to the node above it. */
export interface KeyRange {
  readonly from: string;
  /** Exclusive; undefined means the end of the tree. */
  readonly to: string | undefined;
}

/** The range of a root, and of nodes that this session has made. */
const ALL_KEYS: KeyRange = { from: "", to: undefined };

/** The identity of a node: where it is stored, and its content while that is in memory. */
export class NodeHandle<V> {
  readonly level: number;
  readonly range: KeyRange;
  /** The copies on storage; undefined while dirty. */
  refs: readonly SlotRef[] | undefined;
  node: Node<V> | undefined;
  /** The edit that may change the node in place. */
  owner: object | undefined;
  /** Set at each use, cleared by the cache's clock hand. */
  hot = true;
  /** The commit that is sealing the node: it will have references soon. */
  sealing: Generation | undefined;
  /** Running operations that need the node to stay loaded. */
  held = 0;

  constructor(
    level: number,
    refs: readonly SlotRef[] | undefined,
    node: Node<V> | undefined,
    range = ALL_KEYS,
  ) {
    this.level = level;
    this.refs = refs;
    this.node = node;
    this.range = range;
  }
}

/** level, count */
export const NODE_HEADER_BYTES = 1 + 2;
/** A second copy's slot, nonce and tag. */
export const COPY_BYTES = 6 + AUTHENTICATOR_BYTES;
/** The longest key: ino, type, and a name of 255 bytes. */
export const MAX_KEY_BYTES = 6 + 1 + 255;

export function copiesOf<V>(spec: TreeSpec<V>, level: number): 1 | 2 {
  return level > 0 ? 2 : spec.leafCopies;
}

function sharedPrefix(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}

/** Bytes of `key` front-coded after `previous`. */
export function keyBytes(previous: string, key: string): number {
  const shared = sharedPrefix(previous, key);
  const suffix = key.length - shared;
  return varintBytes(shared) + varintBytes(suffix) + suffix;
}

export function valueBytes<V>(spec: TreeSpec<V>, key: string, value: V): number {
  const bytes = spec.codec.size(value, key);
  return varintBytes(bytes) + bytes;
}

/** Bytes of a child's references inside a node of `level`. */
export function childBytes<V>(spec: TreeSpec<V>, level: number): number {
  return SLOT_REF_BYTES + (copiesOf(spec, level - 1) - 1) * COPY_BYTES;
}

/** Encoded size of a node, counted afresh. */
export function nodeBytes<V>(spec: TreeSpec<V>, node: Node<V>): number {
  let bytes = NODE_HEADER_BYTES;
  let previous = "";
  for (const [i, key] of node.keys.entries()) {
    bytes += keyBytes(previous, key);
    bytes += isLeaf(node)
      ? valueBytes(spec, key, node.values[i] as V)
      : childBytes(spec, node.level);
    previous = key;
  }
  return bytes;
}

/** The references of the copies of one node: the first whole, the others by slot, nonce and tag. */
export function writeRefs(to: ByteWriter, refs: readonly SlotRef[]): void {
  refs.forEach((ref, i) => {
    if (i === 0) writeSlotRef(to, ref);
    else {
      to.u48(ref.slot);
      to.byteString(ref.authenticator);
    }
  });
}

export function readRefs(from: ByteReader, copies: number): SlotRef[] {
  const first = readSlotRef(from);
  if (first.count !== 1) throw new MalformedBytes("a node spans one slot");
  const refs = [first];
  while (refs.length < copies) {
    const slot = from.u48() as SlotRef["slot"];
    refs.push({ ...first, slot, authenticator: from.byteString(AUTHENTICATOR_BYTES) });
  }
  return refs;
}

/** The node as it is sealed: one slot long, zero-padded. All children must have references. */
export function encodeNode<V>(spec: TreeSpec<V>, node: Node<V>): Uint8Array {
  const to = new ByteWriter(new Uint8Array(spec.nodeBytes));
  to.u8(node.level);
  to.u16(node.keys.length);
  let previous = "";
  for (const [i, key] of node.keys.entries()) {
    const shared = sharedPrefix(previous, key);
    to.varint(shared);
    to.varint(key.length - shared);
    to.byteString(key, shared);
    if (isLeaf(node)) writeValue(spec, key, node.values[i] as V, to);
    else writeRefs(to, node.children[i]?.refs ?? []);
    previous = key;
  }
  return to.bytes;
}

function writeValue<V>(spec: TreeSpec<V>, key: string, value: V, to: ByteWriter): void {
  to.varint(spec.codec.size(value, key));
  spec.codec.write(value, key, to);
}

/**
 * Decodes the node that `handle` refers to. Throws MalformedBytes, also for bytes that decrypted well: of
 * another level, or with keys that are not where the node above says, which would let one node stand for many.
 */
export function decodeNode<V>(
  spec: TreeSpec<V>,
  { level, range }: Pick<NodeHandle<V>, "level" | "range">,
  plaintext: Uint8Array,
): Node<V> {
  const from = new ByteReader(plaintext);
  if (from.u8() !== level) throw new MalformedBytes("node of another level");
  const count = from.u16();
  const keys: string[] = [];
  const values: V[] = [];
  const refs: SlotRef[][] = [];
  let previous = "";
  for (let i = 0; i < count; i++) {
    const key = readKey(from, previous);
    if (i > 0 && key <= previous) throw new MalformedBytes("keys out of order");
    keys.push(key);
    if (level === 0) values.push(readValue(spec, key, from));
    else refs.push(readRefs(from, copiesOf(spec, level - 1)));
    previous = key;
  }
  assertWithin(range, level, keys);
  const bytes = from.at;
  if (level === 0) return { level, keys, values, bytes };
  const children = refs.map((copies, i) => {
    const below = { from: i === 0 ? range.from : (keys[i] ?? ""), to: keys[i + 1] ?? range.to };
    return new NodeHandle<V>(level - 1, copies, undefined, below);
  });
  return { level, keys, children, bytes };
}

function assertWithin(range: KeyRange, level: number, keys: readonly string[]): void {
  if (keys.length === 0 && (level > 0 || range !== ALL_KEYS))
    throw new MalformedBytes("empty node");
  // The first key of an interior node says nothing.
  const [first, last] = [keys[level > 0 ? 1 : 0], keys.at(-1)];
  const within =
    (first === undefined || first >= range.from) &&
    (last === undefined || range.to === undefined || last < range.to);
  if (!within) throw new MalformedBytes("keys of another node");
}

function readKey(from: ByteReader, previous: string): string {
  const shared = from.varint();
  const suffix = from.varint();
  if (shared > previous.length || shared + suffix > MAX_KEY_BYTES)
    throw new MalformedBytes("bad key");
  return previous.slice(0, shared) + from.byteString(suffix);
}

function readValue<V>(spec: TreeSpec<V>, key: string, from: ByteReader): V {
  const bytes = from.varint();
  if (bytes > from.remaining) throw new MalformedBytes("value beyond its node");
  const end = from.at + bytes;
  const value = spec.codec.read(key, from);
  if (from.at !== end) throw new MalformedBytes("value of another length");
  return value;
}
