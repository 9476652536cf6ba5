/** What tells the two trees apart: codec, copies of a leaf, kind of seal (docs/FORMAT.md §5). */
import { SEAL_KIND } from "../crypto/sealer.js";
import type { TreeSpec } from "./node.js";
import { poolRecordCodec, type PoolRecord } from "./pool-records.js";
import { fileRecordCodec, type FileRecord } from "./records.js";

/** The file tree: inodes, dentries, extents, orphans. A damaged leaf costs the paths in it. */
export function fileSpec(slotBytes: number): TreeSpec<FileRecord> {
  return {
    codec: fileRecordCodec,
    leafCopies: 1,
    kind: SEAL_KIND.fileNode,
    nodeBytes: slotBytes,
  };
}

/** The pool tree: free, deferred, references. Its leaves are stored twice, since writing stops without them. */
export function poolSpec(slotBytes: number): TreeSpec<PoolRecord> {
  return {
    codec: poolRecordCodec,
    leafCopies: 2,
    kind: SEAL_KIND.poolNode,
    nodeBytes: slotBytes,
  };
}
