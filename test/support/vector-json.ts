/**
 * Superblocks and nodes as the vectors show them: plain JSON with the nouns of docs/FORMAT.md, byte strings and bytes in
 * hexadecimal. One way only, so that what a vector says is compared with what was decoded.
 */
import type { Chunk } from "../../src/engine/chunk.js";
import { isLeaf, type Node } from "../../src/engine/node.js";
import type { PoolRecord } from "../../src/engine/pool-records.js";
import type { FileRecord, Inode } from "../../src/engine/records.js";
import type { RootRef } from "../../src/engine/root-ref.js";
import type { SlotRef } from "../../src/engine/slot-ref.js";
import type { Superblock } from "../../src/engine/superblock.js";

type Json = unknown;

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Of a byte string. */
export function hexOf(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

export function describeSuperblock(block: Superblock): Json {
  const { fileRoot, poolRoot, previousTag, manifest, ...rest } = block;
  return {
    ...rest,
    settings: { ...rest.settings, compress: rest.settings.compress ?? "none" },
    previousTag: hex(previousTag),
    fileRoot: describeRoot(fileRoot),
    poolRoot: describeRoot(poolRoot),
    manifest: manifest.map(({ kind, ref }) => ({ kind, ref: describeRef(ref) })),
  };
}

export function describeNode(node: Node<FileRecord> | Node<PoolRecord>): Json {
  const { level, keys } = node;
  const entries = isLeaf<FileRecord | PoolRecord>(node)
    ? node.values.map((value, i) => ({ key: hexOf(keys[i] ?? ""), value: describeValue(value) }))
    : node.children.map(({ refs }, i) => ({
        key: hexOf(keys[i] ?? ""),
        child: (refs ?? []).map(describeRef),
      }));
  return { level, entries };
}

function describeRef(ref: SlotRef): Json {
  const { slot, count, keyGeneration, birth, authenticator } = ref;
  const [nonce, tag] = [hexOf(authenticator.slice(0, 24)), hexOf(authenticator.slice(24))];
  return { slot, count, keyGeneration, birth, nonce, tag };
}

function describeRoot({ level, refs }: RootRef): Json {
  return { level, copies: refs.map(describeRef) };
}

function describeValue(value: FileRecord | PoolRecord): Json {
  if (typeof value === "number") return value;
  switch (value.is) {
    case "inode":
      return { inode: describeInode(value.inode) };
    case "dentry":
      return value;
    case "extent":
      return { extent: describeExtent(value.extent) };
    case "orphan":
      return value;
    case "version": {
      const { inline, ...rest } = value.version;
      return { version: { ...rest, inline: inline === undefined ? null : hex(inline) } };
    }
    case "past": {
      const { length, extent } = value.past;
      return { past: extent === undefined ? { hole: length } : describeExtent(extent) };
    }
    case "snapshot": {
      const { generation, createdMs, root } = value;
      return { snapshot: { generation, createdMs, root: describeHandle(root) } };
    }
    case "remnant":
      return { remnant: describeHandle(value.root) };
    case "chunk":
      return { chunk: describeChunk(value.chunk) };
    case "unit":
      return { fingerprints: value.fingerprints.map(hexOf) };
  }
}

function describeHandle({
  level,
  refs,
}: {
  readonly level: number;
  readonly refs: readonly SlotRef[] | undefined;
}): Json {
  return describeRoot({ level, refs: refs ?? [] });
}

function describeInode({ inline, ...inode }: Inode): Json {
  return { ...inode, inline: inline === undefined ? null : hex(inline) };
}

function describeExtent(extent: {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly length: number;
}): Json {
  return {
    chunk: describeChunk(extent.chunk),
    offset: extent.offset,
    length: extent.length,
  };
}

function describeChunk({ unit, frame, base, used }: Chunk): Json {
  const place = unit === undefined ? null : describeRef(unit);
  return { unit: place, frame: frame ?? null, begins: base, length: used };
}
