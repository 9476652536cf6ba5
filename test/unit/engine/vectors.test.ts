/** Superblocks and tree nodes of test/vectors, which any reader of the format must agree with. */
import { describe, expect, test } from "vitest";
import { MalformedBytes } from "../../../src/codec/bytes.js";
import { CELL_PAYLOAD_BYTES } from "../../../src/crypto/sealer.js";
import { decodeNode, encodeNode, NodeHandle, type TreeSpec } from "../../../src/engine/node.js";
import type { PoolRecord } from "../../../src/engine/pool-records.js";
import type { FileRecord } from "../../../src/engine/records.js";
import { fileSpec, poolSpec } from "../../../src/engine/specs.js";
import { decodeSuperblock, encodeSuperblock } from "../../../src/engine/superblock.js";
import { describeNode, describeSuperblock } from "../../support/vector-json.js";
import { readVectors, unhex } from "../codec/vectors.js";

interface SuperblockVectors {
  readonly cases: readonly { name: string; bytes: string; superblock: unknown }[];
  readonly refused: readonly { name: string; at: number; bytes: string }[];
}

interface NodeVectors {
  readonly slotBytes: number;
  readonly cases: readonly { name: string; tree: string; bytes: string; node: unknown }[];
  readonly refused: readonly RefusedNode[];
}

interface RefusedNode {
  readonly name: string;
  readonly tree: string;
  readonly bytes: string;
  readonly level?: number;
  readonly from?: string;
  readonly to?: string;
}

const superblocks = readVectors("superblock") as SuperblockVectors;
const nodes = readVectors("node") as NodeVectors;

/** The bytes, and zeros behind them. */
function padded(hex: string, bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  whole.set(unhex(hex));
  return whole;
}

describe("a superblock", () => {
  test.each(superblocks.cases)("$name: reads and writes as its vector", (vector) => {
    const payload = padded(vector.bytes, CELL_PAYLOAD_BYTES);
    const block = decodeSuperblock(payload);
    expect(describeSuperblock(block)).toEqual(vector.superblock);
    expect(encodeSuperblock(block)).toEqual(payload);
  });

  test.each(superblocks.refused)("17: with $name is refused", ({ at, bytes }) => {
    const base = superblocks.cases[1];
    const payload = padded(base?.bytes ?? "", CELL_PAYLOAD_BYTES);
    expect(() => decodeSuperblock(payload)).not.toThrow();
    payload.set(unhex(bytes), at);
    expect(() => decodeSuperblock(payload)).toThrow(MalformedBytes);
  });
});

describe("a tree node", () => {
  const file = fileSpec(nodes.slotBytes);
  const pool = poolSpec(nodes.slotBytes);

  test.each(nodes.cases)("of the $tree tree, $name: reads and writes as its vector", (vector) => {
    const payload = padded(vector.bytes, nodes.slotBytes);
    const read = (): [unknown, Uint8Array] =>
      vector.tree === "file" ? roundTrip(file, payload) : roundTrip(pool, payload);
    const [described, again] = read();
    expect(described).toEqual(vector.node);
    expect(again).toEqual(payload);
  });

  test.each(nodes.refused)("17: of the $tree tree, $name, is refused", (vector) => {
    const payload = padded(vector.bytes, nodes.slotBytes);
    const decode = (): unknown =>
      vector.tree === "file"
        ? decodeNode(file, whereOf<FileRecord>(vector), payload)
        : decodeNode(pool, whereOf<PoolRecord>(vector), payload);
    expect(decode).toThrow(MalformedBytes);
  });
});

function roundTrip<V extends FileRecord | PoolRecord>(
  spec: TreeSpec<V>,
  payload: Uint8Array,
): [unknown, Uint8Array] {
  const handle = new NodeHandle<V>(payload[0] ?? 0, undefined, undefined);
  const node = decodeNode(spec, handle, payload);
  return [describeNode(node as Parameters<typeof describeNode>[0]), encodeNode(spec, node)];
}

function whereOf<V>({ level = 0, from, to }: RefusedNode): NodeHandle<V> {
  if (from === undefined) return new NodeHandle<V>(level, undefined, undefined);
  const end = to === undefined ? undefined : Buffer.from(to, "hex").toString("latin1");
  const range = { from: Buffer.from(from, "hex").toString("latin1"), to: end };
  return new NodeHandle<V>(level, undefined, undefined, range);
}
