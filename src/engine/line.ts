/**
 * Line: a commit and those that it descends from, as far as the ring tells, and how a commit that is
 * remembered elsewhere stands to it (docs/FORMAT.md §9.2).
 */
import { equalBytes } from "../codec/bytes.js";
import type { Generation } from "./slot-ref.js";
import type { Superblock } from "./superblock.js";

/** One commit among all that there ever were, in forked copies too. */
export interface CommitPoint {
  readonly generation: Generation;
  /** Of its superblock cell. */
  readonly tag: Uint8Array;
}

/** A commit on storage, and what is remembered of it. */
export interface CommittedState extends CommitPoint {
  readonly headerGeneration: number;
  /** Nothing of it is in doubt, and a close may follow. */
  readonly settled: boolean;
}

/** A superblock cell that authenticates. */
export interface OpenedCell {
  readonly block: Superblock;
  readonly tag: Uint8Array;
}

/** Newest first. The last may be known by its tag alone; its generation is then the highest that it can be. */
export function lineOf(newest: OpenedCell, cells: readonly OpenedCell[]): readonly CommitPoint[] {
  const line: CommitPoint[] = [];
  for (let at: OpenedCell | undefined = newest; at !== undefined;) {
    const { generation, previousTag }: Superblock = at.block;
    line.push({ generation, tag: at.tag });
    const previous: OpenedCell | undefined = cells.find(
      ({ block, tag }) => block.generation < generation && equalBytes(tag, previousTag),
    );
    if (previous === undefined && previousTag.some((byte) => byte !== 0))
      line.push({ generation: generation - 1, tag: previousTag });
    at = previous;
  }
  return line;
}

/**
 * By how many generations the line is older than `point`; or whether it is the point or descends from it, as far as
 * can be told, or has passed it over.
 */
export function standingTo(
  line: readonly CommitPoint[],
  point: CommitPoint,
): { readonly older: number } | "descended" | "forked" {
  const newest = line[0]?.generation ?? 0;
  if (newest < point.generation) return { older: point.generation - newest };
  const nearest = line.find(({ generation }) => generation <= point.generation);
  if (nearest === undefined) return "descended";
  return equalBytes(nearest.tag, point.tag) ? "descended" : "forked";
}
