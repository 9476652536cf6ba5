/**
 * Copy-on-write B+tree over nodes in memory. All operations are synchronous: where a node is not
 * loaded they throw {@link NodeMiss}, and the engine loads the node and runs the whole operation
 * again (docs/ARCHITECTURE.md, "Restart on miss"). A TreeEdit copies the path that it changes and
 * leaves every other holder of the old root undisturbed, so a failed operation is undone by
 * forgetting its edit, and readers keep the snapshot they began with.
 */
import { assert } from "../assert.js";
import type { Footprint } from "./footprint.js";
import {
  childBytes,
  isLeaf,
  keyBytes,
  NODE_HEADER_BYTES,
  nodeBytes,
  NodeHandle,
  valueBytes,
  type Interior,
  type Leaf,
  type Node,
  type TreeSpec,
} from "./node.js";

/** Something that an operation needs before it can run; the engine gets it and runs the operation again. */
export abstract class Miss extends Error {}

/** A node that is not in memory. */
export class NodeMiss extends Miss {
  readonly handle: NodeHandle<unknown>;
  readonly spec: TreeSpec<unknown>;

  constructor(handle: NodeHandle<unknown>, spec: TreeSpec<unknown>) {
    super("a node is not in memory");
    this.handle = handle;
    this.spec = spec;
  }
}

/** The first index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child whose subtree may hold `key`. */
function childIndex(keys: readonly string[], key: string): number {
  const i = lowerBound(keys, key);
  return i < keys.length && keys[i] === key ? i : Math.max(0, i - 1);
}

export class TreeView<V> {
  readonly spec: TreeSpec<V>;
  protected current: NodeHandle<V>;
  /** Where the keys that are read and written are booked. */
  protected readonly footprint: Footprint | undefined;

  constructor(spec: TreeSpec<V>, root: NodeHandle<V>, footprint?: Footprint) {
    this.spec = spec;
    this.current = root;
    this.footprint = footprint;
  }

  get root(): NodeHandle<V> {
    return this.current;
  }

  protected load(handle: NodeHandle<V>): Node<V> {
    const node = handle.node;
    if (node === undefined) throw new NodeMiss(handle, this.spec);
    handle.hot = true;
    return node;
  }

  get(key: string): V | undefined {
    this.footprint?.read(key);
    let node = this.load(this.current);
    while (!isLeaf(node)) node = this.load(child(node, childIndex(node.keys, key)));
    const i = lowerBound(node.keys, key);
    return node.keys[i] === key ? node.values[i] : undefined;
  }

  /** Calls `visit` with each entry from key `from` on, in order, until it returns false or the key is not below `to`. */
  scan(from: string, visit: (key: string, value: V) => boolean, to?: string): void {
    let last = to;
    this.#scan(this.current, from, (key, value) => {
      if (to !== undefined && key >= to) return false;
      const goesOn = visit(key, value);
      if (!goesOn) last = key;
      return goesOn;
    });
    this.footprint?.readInterval(from, last);
  }

  #scan(handle: NodeHandle<V>, from: string, visit: (key: string, value: V) => boolean): boolean {
    const node = this.load(handle);
    if (isLeaf(node)) {
      for (let i = lowerBound(node.keys, from); i < node.keys.length; i++)
        if (!visit(node.keys[i] as string, node.values[i] as V)) return false;
      return true;
    }
    for (let i = childIndex(node.keys, from); i < node.children.length; i++)
      if (!this.#scan(child(node, i), from, visit)) return false;
    return true;
  }

  /** The last entry whose key is at most `key`. */
  floor(key: string): { key: string; value: V } | undefined {
    const found = this.#floor(this.current, key);
    this.footprint?.readInterval(found?.key ?? "", key);
    return found;
  }

  /** Calls `visit` with each entry of the leaves that are not stored, all of which are in memory. */
  scanUnstored(visit: (key: string, value: V) => void): void {
    this.#scanUnstored(this.current, visit);
  }

  #scanUnstored({ refs, node }: NodeHandle<V>, visit: (key: string, value: V) => void): void {
    if (refs !== undefined) return;
    assert(node !== undefined, "a node that is not stored is in memory");
    if (isLeaf(node))
      node.keys.forEach((key, i) => {
        visit(key, node.values[i] as V);
      });
    else for (const below of node.children) this.#scanUnstored(below, visit);
  }

  /** The leaf that may hold `key`, the nodes above it from the root down, and where the next leaf begins. */
  leafAt(key: string): { path: NodeHandle<V>[]; leaf: Leaf<V>; next: string | undefined } {
    const path = [this.current];
    let next: string | undefined;
    let node = this.load(this.current);
    while (!isLeaf(node)) {
      const i = childIndex(node.keys, key);
      next = node.keys[i + 1] ?? next;
      const below = child(node, i);
      path.push(below);
      node = this.load(below);
    }
    return { path, leaf: node, next };
  }

  #floor(handle: NodeHandle<V>, key: string): { key: string; value: V } | undefined {
    const node = this.load(handle);
    if (isLeaf(node)) {
      const at = lowerBound(node.keys, key);
      const i = node.keys[at] === key ? at : at - 1;
      const found = node.keys[i];
      return found === undefined ? undefined : { key: found, value: node.values[i] as V };
    }
    for (let i = childIndex(node.keys, key); i >= 0; i--) {
      const found = this.#floor(child(node, i), key);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function child<V>(node: Interior<V>, i: number): NodeHandle<V> {
  const handle = node.children[i];
  assert(handle !== undefined, "child index out of range");
  return handle;
}

interface Split<V> {
  readonly key: string;
  readonly handle: NodeHandle<V>;
}

export class TreeEdit<V> extends TreeView<V> {
  /** Nodes that the new tree no longer uses, in the order of their replacement. */
  readonly retired: NodeHandle<V>[] = [];
  /** Nodes made by this edit, some of which may be retired again. */
  readonly created: NodeHandle<V>[] = [];
  readonly #token = {};

  /** Inserts or replaces. */
  /** Has an empty tree written anew; any other is by putting what is there. */
  renewRoot(): void {
    this.current = this.#own(this.current);
  }

  put(key: string, value: V): void {
    this.footprint?.write(key);
    this.current = this.#own(this.current);
    const split = this.#put(this.current, key, value);
    if (split === undefined) return;
    const level = this.current.level + 1;
    const node: Interior<V> = {
      level,
      keys: ["", split.key],
      children: [this.current, split.handle],
      bytes: 0,
    };
    node.bytes = nodeBytes(this.spec, node);
    this.current = this.#make(node);
  }

  /** Removes the entry; false if there was none. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.footprint?.write(key);
    this.current = this.#own(this.current);
    this.#delete(this.current, key);
    for (let node = this.#nodeOf(this.current); !isLeaf(node); node = this.load(this.current)) {
      if (node.children.length > 1) break;
      this.retired.push(this.current);
      this.current =
        node.children[0] ??
        this.#make({ level: 0, keys: [], values: [], bytes: NODE_HEADER_BYTES });
    }
    return true;
  }

  #make(node: Node<V>): NodeHandle<V> {
    const handle = new NodeHandle<V>(node.level, undefined, node);
    handle.owner = this.#token;
    this.created.push(handle);
    return handle;
  }

  /** A handle with the same content that this edit may change. */
  #own(handle: NodeHandle<V>): NodeHandle<V> {
    if (handle.owner === this.#token) return handle;
    const node = this.load(handle);
    this.retired.push(handle);
    return this.#make(
      isLeaf(node)
        ? { level: 0, keys: node.keys.slice(), values: node.values.slice(), bytes: node.bytes }
        : {
            level: node.level,
            keys: node.keys.slice(),
            children: node.children.slice(),
            bytes: node.bytes,
          },
    );
  }

  #nodeOf(handle: NodeHandle<V>): Node<V> {
    const node = handle.node;
    assert(node !== undefined, "an owned node is in memory");
    return node;
  }

  #put(handle: NodeHandle<V>, key: string, value: V): Split<V> | undefined {
    const node = this.#nodeOf(handle);
    if (isLeaf(node)) {
      const at = this.#putInLeaf(node, key, value);
      return node.bytes > this.spec.nodeBytes ? this.#split(node, at) : undefined;
    }
    const i = childIndex(node.keys, key);
    if (key < (node.keys[i] as string)) this.#lowerFirstKey(node, key);
    const owned = this.#own(child(node, i));
    node.children[i] = owned;
    const split = this.#put(owned, key, value);
    if (split !== undefined) this.#insertChild(node, i + 1, split.key, split.handle);
    return node.bytes > this.spec.nodeBytes ? this.#split(node, i + 1) : undefined;
  }

  #putInLeaf(leaf: Leaf<V>, key: string, value: V): number {
    const i = lowerBound(leaf.keys, key);
    const bytes = valueBytes(this.spec, key, value);
    assert(bytes * 4 <= this.spec.nodeBytes, "a value takes at most a quarter of a node");
    if (leaf.keys[i] === key) {
      leaf.bytes += bytes - valueBytes(this.spec, key, leaf.values[i] as V);
      leaf.values[i] = value;
    } else {
      leaf.bytes += bytes + insertedKeyBytes(leaf.keys, i, key);
      leaf.keys.splice(i, 0, key);
      leaf.values.splice(i, 0, value);
    }
    return i;
  }

  /** Keeps the first key at or below everything under its child, which a split of that child relies on. */
  #lowerFirstKey(node: Interior<V>, key: string): void {
    node.bytes -= removedKeyBytes(node.keys, 0);
    node.keys.splice(0, 1);
    node.bytes += insertedKeyBytes(node.keys, 0, key);
    node.keys.splice(0, 0, key);
  }

  #insertChild(node: Interior<V>, i: number, key: string, handle: NodeHandle<V>): void {
    node.bytes += childBytes(this.spec, node.level) + insertedKeyBytes(node.keys, i, key);
    node.keys.splice(i, 0, key);
    node.children.splice(i, 0, handle);
  }

  /** Moves the upper part of an overfull node into a new one; `at` is where the last entry went in. */
  #split(node: Node<V>, at: number): Split<V> {
    const from = this.#splitPoint(node, at);
    const keys = node.keys.splice(from);
    const upper: Node<V> = isLeaf(node)
      ? { level: 0, keys, values: node.values.splice(from), bytes: 0 }
      : { level: node.level, keys, children: node.children.splice(from), bytes: 0 };
    upper.bytes = nodeBytes(this.spec, upper);
    node.bytes = nodeBytes(this.spec, node);
    assert(
      upper.bytes <= this.spec.nodeBytes && node.bytes <= this.spec.nodeBytes,
      "both halves of a split fit",
    );
    return { key: keys[0] as string, handle: this.#make(upper) };
  }

  /** Half of the bytes; behind an insertion at the end only the new entry moves, so that ascending keys fill nodes. */
  #splitPoint(node: Node<V>, at: number): number {
    const count = node.keys.length;
    if (at === count - 1) return count - 1;
    let bytes = NODE_HEADER_BYTES;
    let previous = "";
    for (let i = 0; i < count; i++) {
      const key = node.keys[i] as string;
      bytes += keyBytes(previous, key);
      bytes += isLeaf(node)
        ? valueBytes(this.spec, key, node.values[i] as V)
        : childBytes(this.spec, node.level);
      if (bytes > node.bytes / 2) return Math.min(Math.max(i, 1), count - 1);
      previous = key;
    }
    return count - 1;
  }

  #delete(handle: NodeHandle<V>, key: string): void {
    const node = this.#nodeOf(handle);
    if (isLeaf(node)) {
      const i = lowerBound(node.keys, key);
      node.bytes -= valueBytes(this.spec, key, node.values[i] as V);
      node.bytes -= removedKeyBytes(node.keys, i);
      node.keys.splice(i, 1);
      node.values.splice(i, 1);
      return;
    }
    const i = childIndex(node.keys, key);
    const owned = this.#own(child(node, i));
    node.children[i] = owned;
    this.#delete(owned, key);
    this.#rebalance(node, i);
  }

  /**
   * Drops children[i] if it is empty, also if it is the only one: then the node is empty itself and will be
   * dropped by its own parent. Or joins it with a neighbour if both are small.
   */
  #rebalance(node: Interior<V>, i: number): void {
    const small = this.#nodeOf(child(node, i));
    if (small.keys.length === 0) {
      this.retired.push(child(node, i));
      this.#removeChild(node, i);
    } else if (small.bytes * 4 < this.spec.nodeBytes && node.children.length > 1) {
      this.#join(node, i === 0 ? 0 : i - 1);
    }
  }

  #removeChild(node: Interior<V>, i: number): void {
    node.bytes -= childBytes(this.spec, node.level) + removedKeyBytes(node.keys, i);
    node.keys.splice(i, 1);
    node.children.splice(i, 1);
  }

  /** Joins children[i] and children[i + 1] if the result fills at most four fifths of a node. */
  #join(node: Interior<V>, i: number): void {
    const left = this.load(child(node, i));
    const right = this.load(child(node, i + 1));
    if (left.bytes + right.bytes > this.spec.nodeBytes * 0.8) return;
    const owned = this.#own(child(node, i));
    node.children[i] = owned;
    const target = this.#nodeOf(owned);
    // The first key of an interior node may have risen above the separator as children were removed.
    // Inside the joined node it must be the separator again, or keys between the two would be looked
    // for on the wrong side.
    const keys = right.keys.slice();
    if (!isLeaf(right)) keys[0] = node.keys[i + 1] as string;
    target.keys.push(...keys);
    if (isLeaf(target) && isLeaf(right)) target.values.push(...right.values);
    else if (!isLeaf(target) && !isLeaf(right)) target.children.push(...right.children);
    target.bytes = nodeBytes(this.spec, target);
    this.retired.push(child(node, i + 1));
    this.#removeChild(node, i + 1);
  }
}

/** What inserting `key` before keys[i] adds in key bytes, the changed front-coding of its successor included. */
function insertedKeyBytes(keys: readonly string[], i: number, key: string): number {
  const previous = i > 0 ? (keys[i - 1] as string) : "";
  const next = keys[i];
  const own = keyBytes(previous, key);
  return next === undefined ? own : own + keyBytes(key, next) - keyBytes(previous, next);
}

/** What removing keys[i] takes away in key bytes. */
function removedKeyBytes(keys: readonly string[], i: number): number {
  const previous = i > 0 ? (keys[i - 1] as string) : "";
  const own = keyBytes(previous, keys[i] as string);
  const next = keys[i + 1];
  if (next === undefined) return own;
  return own + keyBytes(keys[i] as string, next) - keyBytes(previous, next);
}
