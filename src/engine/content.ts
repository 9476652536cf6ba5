/**
 * Content of a file: inline in its inode while tiny, else extents that point to chunks. Ranges without
 * an extent are holes and read as zeros. Extents beyond the size belong to an unfinished truncation
 * and do not count (reclaim.ts).
 */
import { assert } from "../assert.js";
import { chunks, endsAtCut } from "../codec/fastcdc.js";
import { Chunk, type Extent } from "./chunk.js";
import { addChunk, cut, overlapping, putExtent, type Placed } from "./extents.js";
import type { FileEdit, FileView } from "./file-view.js";
import type { Layout } from "./layout.js";
import {
  extentKey,
  extentOf,
  keyIno,
  keyOffset,
  keyPastOffset,
  keyVersion,
  pastKey,
  recordsEnd,
  type FileRecord,
  type Ino,
  type Inode,
} from "./records.js";
import { cutKeeping, findVersion, forgetVersions, pastRanges, removePastStep } from "./versions.js";

/** Extents that one step of a truncation frees; more are left to the reclaimer. */
const STEP_EXTENTS = 128;
/** Extents that one transaction shares with another file. */
const SHARED_STEP = 2048;

/** A stored range that a read still has to fetch. */
export interface StoredRange {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly length: number;
  /** Where it goes in the reader's buffer. */
  readonly to: number;
}

/**
 * Fills what memory knows of [at, at + into.length) (holes, inline and pending content) and returns
 * the stored ranges that remain. `into` must lie within the file's size.
 */
export function planRead(
  view: FileView,
  ino: Ino,
  inode: Inode,
  into: Uint8Array,
  at: number,
): StoredRange[] {
  if (inode.inline !== undefined) {
    into.set(inode.inline.subarray(at, at + into.length));
    return [];
  }
  const plan = new ReadPlan(into, at);
  plan.fillPresent(view, ino, at, at + into.length);
  return plan.stored;
}

/** The same for a past version, within its size. */
export function planVersionRead(
  view: FileView,
  ino: Ino,
  inode: Inode,
  version: number,
  into: Uint8Array,
  at: number,
): StoredRange[] {
  const inline = findVersion(view, ino, version)?.inline;
  if (inline !== undefined) {
    into.set(inline.subarray(at, at + into.length));
    return [];
  }
  const plan = new ReadPlan(into, at);
  let open = [{ from: at, to: at + into.length }];
  // What a version has not of its own is as the next one has it, and at last as the present content.
  for (let later = version; later < inode.version && open.length > 0; later++)
    open = open.flatMap(({ from, to }) => plan.fillPast(view, ino, later, from, to));
  for (const { from, to } of open)
    if (inode.inline === undefined) plan.fillPresent(view, ino, from, to);
    else plan.fillHole(from, to);
  return plan.stored;
}

interface FileRange {
  readonly from: number;
  readonly to: number;
}

/** Fills a reader's buffer, which begins at a file offset, range by range. */
class ReadPlan {
  readonly stored: StoredRange[] = [];
  readonly #into: Uint8Array;
  readonly #at: number;

  constructor(into: Uint8Array, at: number) {
    this.#into = into;
    this.#at = at;
  }

  fillHole(from: number, to: number): void {
    this.#into.fill(0, from - this.#at, to - this.#at);
  }

  /** Fills the part of a piece that lies in [from, to). */
  #fillPiece(piece: Placed, from: number, to: number): void {
    const begin = Math.max(piece.at, from);
    const length = Math.min(piece.at + piece.extent.length, to) - begin;
    const { chunk } = piece.extent;
    const offset = piece.extent.offset + (begin - piece.at);
    const target = begin - this.#at;
    if (chunk.bytes === undefined) this.stored.push({ chunk, offset, length, to: target });
    else this.#into.set(chunk.bytes.subarray(offset, offset + length), target);
  }

  fillPresent(view: FileView, ino: Ino, from: number, to: number): void {
    let filled = from;
    for (const piece of overlapping(view, ino, from, to)) {
      if (piece.at > filled) this.fillHole(filled, piece.at);
      this.#fillPiece(piece, from, to);
      filled = piece.at + piece.extent.length;
    }
    if (filled < to) this.fillHole(filled, to);
  }

  /** Fills what the past version has of its own; returns the ranges that it has not. */
  fillPast(view: FileView, ino: Ino, version: number, from: number, to: number): FileRange[] {
    const open: FileRange[] = [];
    let at = from;
    for (const past of pastRanges(view, ino, version, from, to)) {
      if (past.at > at) open.push({ from: at, to: past.at });
      const end = Math.min(past.at + past.length, to);
      if (past.extent === undefined) this.fillHole(Math.max(past.at, from), end);
      else this.#fillPiece({ at: past.at, extent: past.extent }, from, to);
      at = end;
    }
    if (at < to) open.push({ from: at, to });
    return open;
  }
}

/**
 * Writes what is left of a stored unit again if that is less than half of it and all in this file, so
 * that overwriting a file here and there cannot keep many times its size alive.
 */
function rewriteRemains(edit: FileEdit, ino: Ino, dedup: boolean, cutOff: readonly Placed[]): void {
  const seen = new Set<number>();
  for (const { at, extent } of cutOff) {
    const { chunk, offset } = extent;
    if (chunk.unit === undefined || seen.has(chunk.unit.slot)) continue;
    // A snapshot may keep the unit alive anyhow.
    if (chunk.unit.birth <= edit.sharedBirth) continue;
    seen.add(chunk.unit.slot);
    const begin = Math.max(0, at - offset);
    const remains = overlapping(edit, ino, begin, at - offset + chunk.used).filter(
      (piece) => piece.extent.chunk.unit?.slot === chunk.unit?.slot,
    );
    const live = remains.reduce((sum, piece) => sum + piece.extent.length, 0);
    if (2 * live >= chunk.used) continue;
    for (const piece of remains) {
      const content = edit.chunkBytes(piece.extent.chunk);
      const from = piece.extent.offset;
      const bytes = content.slice(from, from + piece.extent.length);
      edit.release(piece.extent.chunk);
      addChunk(edit, ino, piece.at, bytes, dedup);
    }
  }
}

/**
 * Adds `bytes` as new extents: cut by their content if equal content is to be shared, else as whole units, then whole
 * slots, then a rest that shares a slot with others.
 */
function addExtents(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  dedup: boolean,
  at: number,
  bytes: Uint8Array,
): void {
  if (dedup) {
    let from = at;
    for (const part of chunks(bytes, layout.chunking)) {
      addChunk(edit, ino, from, part, true);
      from += part.length;
    }
    return;
  }
  for (let from = 0; from < bytes.length;) {
    const rest = bytes.length - from;
    const wholeSlots = rest - (rest % layout.slotBytes);
    const length = Math.min(rest, layout.unitBytes, wholeSlots === 0 ? rest : wholeSlots);
    addChunk(edit, ino, at + from, bytes.subarray(from, from + length));
    from += length;
  }
}

/**
 * Cuts pending chunks into chunks of one slot: when space is so fragmented that no run holds them. Whoever refers to one
 * of them, copies and past versions included, is not stored yet either.
 */
export function splitChunks(edit: FileEdit, layout: Layout, chunks: ReadonlySet<Chunk>): void {
  const found: { key: string; record: FileRecord; extent: Extent }[] = [];
  edit.tree.scanUnstored((key, record) => {
    const extent = extentOf(record);
    if (extent !== undefined && chunks.has(extent.chunk)) found.push({ key, record, extent });
  });
  const pieces = new Map<Chunk, Chunk[]>();
  for (const { key, record, extent } of found) {
    const { chunk, offset, length } = extent;
    const parts = pieces.get(chunk) ?? inSlots(chunk, layout.slotBytes);
    pieces.set(chunk, parts);
    edit.tree.delete(key);
    edit.release(chunk);
    for (let from = offset; from < offset + length;) {
      const part = parts[Math.floor(from / layout.slotBytes)];
      assert(part !== undefined, "the parts are as long as the whole");
      const within = from % layout.slotBytes;
      const taken = Math.min(part.used - within, offset + length - from);
      const piece = { chunk: part, offset: within, length: taken };
      edit.tree.put(...laterRecord(key, record, from - offset, piece));
      edit.retain(part);
      from += taken;
    }
  }
}

/** The content of a pending chunk as chunks of a slot each. */
function inSlots({ bytes, used, frozen, framed }: Chunk, slotBytes: number): Chunk[] {
  assert(bytes !== undefined && !frozen, "only pending chunks are split");
  const parts: Chunk[] = [];
  for (let from = 0; from < used; from += slotBytes)
    parts.push(
      Chunk.pending(bytes.slice(from, Math.min(from + slotBytes, used)), { framed, dedup: false }),
    );
  return parts;
}

/** An extent of the same kind as `record`, by so many bytes later in the file. */
function laterRecord(
  key: string,
  record: FileRecord,
  by: number,
  extent: Extent,
): [key: string, record: FileRecord] {
  const ino = keyIno(key);
  if (record.is !== "past") return [extentKey(ino, keyOffset(key) + by), { is: "extent", extent }];
  const at = pastKey(ino, keyVersion(key), keyPastOffset(key) + by);
  return [at, { is: "past", past: { length: extent.length, extent } }];
}

/** The extent that ends exactly at `at`, if any. */
function endingAt(edit: FileEdit, ino: Ino, at: number): Placed | undefined {
  if (at === 0) return undefined;
  const before = edit.tree.floor(extentKey(ino, at - 1));
  if (before?.value.is !== "extent" || keyIno(before.key) !== ino) return undefined;
  const placed = { at: keyOffset(before.key), extent: before.value.extent };
  return placed.at + placed.extent.length === at ? placed : undefined;
}

/**
 * Lets the pending chunk before `at` grow by the first of `bytes`, up to a whole unit, so that many
 * small appends become few chunks. Returns how many bytes it took.
 */
function growPending(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  at: number,
  bytes: Uint8Array,
): number {
  const last = endingAt(edit, ino, at);
  if (last === undefined) return 0;
  const { chunk, offset, length } = last.extent;
  if (chunk.bytes === undefined || chunk.frozen || offset + length !== chunk.used) return 0;
  const taken = Math.min(bytes.length, layout.unitBytes - chunk.used);
  if (taken <= 0 || edit.references.has(chunk)) return 0;
  putExtent(edit, ino, last.at, { chunk, offset, length: length + taken });
  edit.grown.set(chunk, (edit.grown.get(chunk) ?? 0) + taken);
  edit.onPublish.push(() => {
    appendToChunk(chunk, bytes.subarray(0, taken), layout.unitBytes);
  });
  return taken;
}

function appendToChunk(chunk: Chunk, bytes: Uint8Array, unitBytes: number): void {
  const old = chunk.bytes;
  assert(old !== undefined && !chunk.frozen, "only a pending chunk grows");
  const used = chunk.used + bytes.length;
  if (old.length < used || old.byteOffset !== 0 || old.byteLength !== old.buffer.byteLength) {
    const grown = new Uint8Array(Math.min(Math.max(used, 2 * old.length), unitBytes));
    grown.set(old.subarray(0, chunk.used));
    chunk.bytes = grown;
  }
  chunk.bytes?.set(bytes, chunk.used);
  chunk.used = used;
}

/**
 * The stored rest before `at` that is shorter than a slot, removed from the extents so that the caller
 * writes it again in front of new content: appending to a file must not leave a trail of tiny extents.
 */
function takeTail(edit: FileEdit, layout: Layout, ino: Ino, at: number): Uint8Array | undefined {
  const last = endingAt(edit, ino, at);
  if (last === undefined || last.extent.length >= layout.slotBytes) return undefined;
  if (last.extent.chunk.bytes !== undefined) return undefined;
  const content = edit.chunkBytes(last.extent.chunk);
  const { offset, length } = last.extent;
  cut(edit, ino, last.at, at);
  return content.subarray(offset, offset + length);
}

/**
 * The same where content is cut by itself: the chunk before `at`, unless it ends at a cut, so that the cuts do not
 * depend on how much is written at a time. Of a stored one only at the end of the file.
 */
function takeOpenChunk(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  at: number,
  isEnd: boolean,
): Uint8Array | undefined {
  const last = endingAt(edit, ino, at);
  if (last === undefined) return undefined;
  const { chunk, offset, length } = last.extent;
  if (offset !== 0 || length !== chunk.used || length >= layout.chunking.maxBytes) return undefined;
  if (chunk.bytes === undefined && !isEnd) return undefined;
  const content = edit.chunkBytes(chunk);
  if (endsAtCut(content, layout.chunking)) return undefined;
  cut(edit, ino, last.at, at);
  return content;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** The content of an inline file after writing `bytes` at `at`. */
function overlaid(inline: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(inline.length, at + bytes.length));
  result.set(inline);
  result.set(bytes, at);
  return result;
}

/**
 * Writes `bytes` at `at`; returns the changed inode, which the caller stores. The bytes become part of
 * the repo's pending content and must not be changed afterwards.
 */
export function writeContent(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  inode: Inode,
  at: number,
  bytes: Uint8Array,
): Inode {
  if (bytes.length === 0) return inode;
  const end = at + bytes.length;
  if (end > inode.size) edit.awaitTrim(ino);
  const size = Math.max(inode.size, end);
  // An empty file is inline, unless its old extents are still being freed: inline content has none.
  const empty = inode.size === 0 && !edit.reclaim.has(ino) ? new Uint8Array(0) : undefined;
  const inline = inode.inline ?? empty;
  if (inline !== undefined && size <= layout.inlineBytes)
    return { ...inode, size, inline: overlaid(inline, at, bytes) };
  if (inline !== undefined && inline.length > 0)
    spill(edit, layout, ino, inode.dedup, inline, at, bytes);
  else writeExtents(edit, layout, ino, inode, at, bytes);
  return { ...inode, size, inline: undefined };
}

/** Turns inline content into extents, together with the write that made it too large. */
function spill(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  dedup: boolean,
  inline: Uint8Array,
  at: number,
  bytes: Uint8Array,
): void {
  if (at <= inline.length) {
    addExtents(edit, layout, ino, dedup, 0, overlaid(inline, at, bytes));
    return;
  }
  addExtents(edit, layout, ino, dedup, 0, inline);
  addExtents(edit, layout, ino, dedup, at, bytes);
}

function writeExtents(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  inode: Inode,
  at: number,
  bytes: Uint8Array,
): void {
  const { dedup } = inode;
  const { there, kept } = cutKeeping(edit, ino, inode, at, at + bytes.length);
  if (!kept) rewriteRemains(edit, ino, dedup, there);
  const isEnd = at === inode.size;
  const before = dedup
    ? takeOpenChunk(edit, layout, ino, at, isEnd)
    : isEnd
      ? takeTail(edit, layout, ino, at)
      : undefined;
  if (before !== undefined) {
    addExtents(edit, layout, ino, dedup, at - before.length, joined(before, bytes));
    return;
  }
  const grown = dedup ? 0 : growPending(edit, layout, ino, at, bytes);
  addExtents(edit, layout, ino, dedup, at + grown, bytes.subarray(grown));
}

/**
 * Gives `target` some of the content that `source` has in extents, from file offset `from` on, by reference;
 * what it had there is gone. Returns where the next step begins, Infinity at the end.
 */
export function shareStep(
  edit: FileEdit,
  source: Ino,
  size: number,
  target: Ino,
  targetInode: Inode,
  from: number,
): number {
  const end = stepEnd(edit, source, from, SHARED_STEP);
  cutKeeping(edit, target, targetInode, from, Math.min(end, size));
  for (const { at, extent } of overlapping(edit, source, from, Math.min(end, size))) {
    putExtent(edit, target, at, { ...extent, length: Math.min(extent.length, size - at) });
    edit.retain(extent.chunk);
  }
  return end < size ? end : Infinity;
}

/** Whether one `shareStep` shares all of a file's content. */
export function isSharedAtOnce(edit: FileEdit, ino: Ino, size: number): boolean {
  return stepEnd(edit, ino, 0, SHARED_STEP) >= size;
}

/** Sets the size; content beyond it is gone, a longer file ends in a hole. Returns the changed inode. */
export function truncateContent(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  inode: Inode,
  size: number,
): Inode {
  if (size > inode.size) edit.awaitTrim(ino);
  const { inline } = inode;
  if (inline === undefined) {
    const trimFrom = size < inode.size ? trimStep(edit, ino, inode, size) : Infinity;
    if (trimFrom !== Infinity) edit.putOrphan(ino, { trimFrom });
    return { ...inode, size };
  }
  if (size <= inline.length) return { ...inode, size, inline: inline.slice(0, size) };
  if (size <= layout.inlineBytes)
    return { ...inode, size, inline: overlaid(inline, size, new Uint8Array(0)) };
  if (inline.length > 0) addExtents(edit, layout, ino, inode.dedup, 0, inline);
  return { ...inode, size, inline: undefined };
}

/** Cuts off some of the extents from `from` on. Returns where the next step begins, Infinity if none is left. */
export function trimStep(edit: FileEdit, ino: Ino, inode: Inode, from: number): number {
  const to = stepEnd(edit, ino, from, STEP_EXTENTS);
  cutKeeping(edit, ino, inode, from, to);
  return to;
}

/** The offset behind the next `most` extents from `from` on: Infinity if there are no more. */
function stepEnd(edit: FileEdit, ino: Ino, from: number, most: number): number {
  let seen = 0;
  let end = Infinity;
  const each = (key: string): boolean => {
    if (seen++ < most) return true;
    end = keyOffset(key);
    return false;
  };
  edit.tree.scan(extentKey(ino, from), each, recordsEnd(ino, "extent"));
  return end;
}

/** Frees an inode that has no name and no handle: a step of its content, and at last itself. True when it is gone. */
export function removeStep(edit: FileEdit, ino: Ino): boolean {
  forgetVersions(edit, ino);
  const to = stepEnd(edit, ino, 0, STEP_EXTENTS);
  cut(edit, ino, 0, to);
  if (to !== Infinity || !removePastStep(edit, ino, Infinity)) return false;
  edit.removeInode(ino);
  return true;
}
