import { describe, expect, test } from "vitest";
import type { SlotAddress } from "../../../src/backends/block-store.js";
import type { ByteReader } from "../../../src/codec/bytes.js";
import { MalformedBytes, type ByteWriter } from "../../../src/codec/bytes.js";
import {
  decodeNode,
  encodeNode,
  isLeaf,
  nodeBytes,
  NodeHandle,
  type KeyRange,
  type TreeSpec,
} from "../../../src/engine/node.js";
import { AUTHENTICATOR_BYTES } from "../../../src/engine/slot-ref.js";
import { NodeMiss, TreeEdit, TreeView } from "../../../src/engine/tree.js";
import { Prng } from "../../simulated-disk/prng.js";

const NODE_BYTES = 512;

/** Values are byte strings of up to a quarter of a node. */
const spec: TreeSpec<string> = {
  codec: {
    size: (value) => value.length,
    write: (value, _key, to: ByteWriter) => {
      to.byteString(value);
    },
    read: (_key, from: ByteReader) => from.byteString(Math.min(from.remaining, 1)),
  },
  leafCopies: 1,
  kind: 1,
  nodeBytes: NODE_BYTES,
};

/** A stored node of which nothing is known but its level and, if it is not a root, its keys' range. */
function stored(level: number, range?: KeyRange): NodeHandle<string> {
  return new NodeHandle<string>(level, [], undefined, range);
}

function emptyRoot(): NodeHandle<string> {
  return new NodeHandle<string>(0, undefined, { level: 0, keys: [], values: [], bytes: 3 });
}

function must(condition: boolean, invariant: string): void {
  if (!condition) throw new Error(`broken: ${invariant}`);
}

/** Checks every invariant of the tree and returns its entries. */
function inspect(root: NodeHandle<string>): [string, string][] {
  const entries: [string, string][] = [];
  const visit = (handle: NodeHandle<string>, low: string, high: string | undefined): void => {
    const { node } = handle;
    if (node === undefined) throw new Error("a node of the test's tree is in memory");
    must(node.level === handle.level, "a node has its handle's level");
    must(node.bytes === nodeBytes(spec, node), "bytes are counted right");
    must(node.bytes <= NODE_BYTES, "a node fits its slot");
    must(
      node.keys.every((key, i) => i === 0 || key > (node.keys[i - 1] ?? "")),
      "keys ascend",
    );
    must(node.keys.length > 0 || handle === root, "no node but the root is empty");
    if (isLeaf(node)) {
      for (const [i, key] of node.keys.entries()) {
        must(key >= low && (high === undefined || key < high), "a key is where it is looked for");
        entries.push([key, node.values[i] ?? ""]);
      }
      return;
    }
    must(node.children.length === node.keys.length, "a key for each child");
    must(
      node.keys.slice(1).every((key) => key >= low && (high === undefined || key < high)),
      "separators lie within the node's range",
    );
    for (const [i, child] of node.children.entries())
      visit(child, i === 0 ? low : (node.keys[i] ?? low), node.keys[i + 1] ?? high);
  };
  visit(root, "", undefined);
  return entries;
}

function randomKey(prng: Prng): string {
  const length = 1 + prng.below(12);
  return Array.from({ length }, () => String.fromCharCode(97 + prng.below(3))).join("");
}

describe("TreeEdit", () => {
  test.each([1, 2, 3, 4, 5, 6])("equals a sorted map under random edits (seed %i)", (seed) => {
    const prng = new Prng(seed);
    const model = new Map<string, string>();
    let root = emptyRoot();
    for (let round = 0; round < 200; round++) {
      const edit = new TreeEdit(spec, root);
      const growing = round % 100 < 60;
      for (let i = 0; i < 20; i++) {
        const key = randomKey(prng);
        if (prng.below(10) < (growing ? 7 : 3)) {
          const value = "v".repeat(prng.below(100));
          edit.put(key, value);
          model.set(key, value);
        } else expect(edit.delete(key)).toBe(model.delete(key));
      }
      root = edit.root;
      const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(inspect(root)).toEqual(sorted);
      const probe = randomKey(prng);
      const view = new TreeView(spec, root);
      expect(view.get(probe)).toBe(model.get(probe));
      const below = sorted.filter(([key]) => key <= probe).at(-1);
      expect(view.floor(probe)).toEqual(below && { key: below[0], value: below[1] });
      const above: string[] = [];
      view.scan(probe, (key) => above.push(key) < 5);
      expect(above).toEqual(
        sorted
          .map(([key]) => key)
          .filter((key) => key >= probe)
          .slice(0, 5),
      );
    }
  });

  test("leaves the tree that it began with untouched", () => {
    const prng = new Prng(9);
    const first = new TreeEdit(spec, emptyRoot());
    for (let i = 0; i < 500; i++) first.put(randomKey(prng), "x");
    const before = inspect(first.root);
    const second = new TreeEdit(spec, first.root);
    for (let i = 0; i < 500; i++) second.delete(randomKey(prng));
    for (let i = 0; i < 500; i++) second.put(randomKey(prng), "y");
    expect(inspect(first.root)).toEqual(before);
  });

  test("ascending keys fill their nodes", () => {
    const edit = new TreeEdit(spec, emptyRoot());
    for (let i = 0; i < 2000; i++) edit.put(String(i).padStart(6, "0"), "0123456789");
    let leaves = 0;
    const count = (handle: NodeHandle<string>): void => {
      const { node } = handle;
      if (node === undefined || isLeaf(node)) leaves++;
      else node.children.forEach(count);
    };
    count(edit.root);
    const bytes = inspect(edit.root).length * (10 + 1 + 3);
    expect(bytes / (leaves * NODE_BYTES)).toBeGreaterThan(0.85);
  });

  test("a tree emptied again is one empty leaf", () => {
    const prng = new Prng(4);
    const edit = new TreeEdit(spec, emptyRoot());
    const keys = Array.from({ length: 800 }, () => randomKey(prng));
    for (const key of keys) edit.put(key, "z".repeat(20));
    for (const key of keys) edit.delete(key);
    expect(edit.root.level).toBe(0);
    expect(inspect(edit.root)).toEqual([]);
  });

  test("a leaf that is alone in its branch goes when it is empty, and its branch with it", () => {
    const edit = new TreeEdit(spec, emptyRoot());
    const keys = Array.from({ length: 3000 }, (_, i) => String(i).padStart(6, "0"));
    for (const [i, key] of keys.entries()) {
      edit.put(key, "0123456789");
      // Ascending keys leave one entry in each new node: now and then that is all that goes again.
      const last = new TreeEdit(spec, edit.root);
      expect(last.delete(key)).toBe(true);
      inspect(last.root);
      if (i % 100 === 0) expect(inspect(last.root)).toHaveLength(i);
    }
    expect(edit.root.level).toBeGreaterThanOrEqual(2);
  });

  test("a node that is not in memory is asked for, and nothing has changed", () => {
    const edit = new TreeEdit(spec, emptyRoot());
    for (let i = 0; i < 200; i++) edit.put(String(i).padStart(4, "0"), "v".repeat(40));
    const { node } = edit.root;
    if (node === undefined || isLeaf(node)) throw new Error("the tree has two levels");
    const child = node.children[1];
    if (child === undefined) throw new Error("the root has two children");
    const content = child.node;
    child.node = undefined;
    const key = node.keys[1] ?? "";
    const next = new TreeEdit(spec, edit.root);
    expect(() => {
      next.put(key, "new");
    }).toThrow(
      expect.toSatisfy((miss: unknown) => miss instanceof NodeMiss && miss.handle === child),
    );
    child.node = content;
    expect(new TreeView(spec, edit.root).get(key)).toBe("v".repeat(40));
  });
});

describe("decodeNode", () => {
  const leaf = { level: 0 as const, keys: ["a", "ab", "b"], values: ["1", "2", "3"], bytes: 0 };

  test("reads what encodeNode wrote", () => {
    const decoded = decodeNode(spec, stored(0), encodeNode(spec, leaf));
    expect(decoded).toEqual({ ...leaf, bytes: nodeBytes(spec, leaf) });
  });

  test("refuses a node of another level", () => {
    expect(() => decodeNode(spec, stored(1), encodeNode(spec, leaf))).toThrow(MalformedBytes);
  });

  test("refuses keys out of order", () => {
    const disordered = { ...leaf, keys: ["b", "a", "c"] };
    expect(() => decodeNode(spec, stored(0), encodeNode(spec, disordered))).toThrow(MalformedBytes);
  });

  test("refuses keys that the node above does not expect, and leaves without keys", () => {
    const bytes = encodeNode(spec, leaf);
    const decode = (range: KeyRange) => () => decodeNode(spec, stored(0, range), bytes);
    expect(decode({ from: "a", to: "c" })).not.toThrow();
    expect(decode({ from: "a", to: undefined })).not.toThrow();
    expect(decode({ from: "aa", to: "c" })).toThrow(MalformedBytes);
    expect(decode({ from: "a", to: "b" })).toThrow(MalformedBytes);
    const empty = encodeNode(spec, { level: 0, keys: [], values: [], bytes: 0 });
    expect(() => decodeNode(spec, stored(0), empty)).not.toThrow();
    expect(() => decodeNode(spec, stored(0, { from: "", to: undefined }), empty)).toThrow(
      MalformedBytes,
    );
  });

  test("refuses an interior node whose separators are another node's", () => {
    const ref = {
      slot: 1 as SlotAddress,
      count: 1,
      keyGeneration: 1,
      birth: 1,
      authenticator: "x".repeat(AUTHENTICATOR_BYTES),
    };
    const children = [0, 1, 2].map(() => new NodeHandle<string>(0, [ref], undefined));
    const bytes = encodeNode(spec, { level: 1, keys: ["a", "m", "t"], children, bytes: 0 });
    const decode = (range: KeyRange) => () => decodeNode(spec, stored(1, range), bytes);
    expect(decode({ from: "b", to: "z" })).not.toThrow();
    expect(decode({ from: "n", to: "z" })).toThrow(MalformedBytes);
    expect(decode({ from: "b", to: "t" })).toThrow(MalformedBytes);
    const node = decode({ from: "b", to: "z" })();
    expect(isLeaf(node) ? [] : node.children.map(({ range }) => range)).toEqual([
      { from: "b", to: "m" },
      { from: "m", to: "t" },
      { from: "t", to: "z" },
    ]);
  });

  test("any bytes decode or are refused as malformed, nothing else", () => {
    const prng = new Prng(7);
    const good = encodeNode(spec, leaf);
    for (let i = 0; i < 20_000; i++) {
      const bytes = i % 2 === 0 ? good.slice() : prng.bytes(NODE_BYTES);
      for (let flips = 1 + prng.below(4); flips > 0; flips--)
        bytes[prng.below(i % 4 === 0 ? 20 : bytes.length)] = prng.below(256);
      const level = prng.below(3);
      try {
        decodeNode(spec, stored(level), bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }
  });
});
