/**
 * Moving content: what one inode holds takes its place in another one, by reference
 * (docs/ARCHITECTURE.md, "A write in parts is staged beside its file").
 */
import { planRead, writeContent } from "./content.js";
import { addChunk, cut, overlapping, putExtent, type Placed } from "./extents.js";
import type { FileEdit, FileView } from "./file-view.js";
import type { Layout } from "./layout.js";
import type { Ino, Inode } from "./records.js";
import { cutKeeping } from "./versions.js";

/** One of the two files of a move. */
export interface MovedFile {
  readonly ino: Ino;
  readonly inode: Inode;
}

/**
 * Puts all that `source` holds into `target` at offset `at`; returns the target's changed inode, which the caller
 * stores. What the source holds afterwards is of no use to anybody: its caller is about to give it up.
 */
export function moveContent(
  edit: FileEdit,
  layout: Layout,
  source: MovedFile,
  { ino, inode }: MovedFile,
  at: number,
): Inode {
  const length = source.inode.size;
  if (length <= layout.slotBytes)
    return writeContent(edit, layout, ino, inode, at, wholeContent(edit, source));
  const end = at + length;
  if (end > inode.size) edit.awaitTrim(ino);
  if (inode.inline !== undefined && inode.inline.length > 0)
    addChunk(edit, ino, 0, inode.inline.slice());
  const { there, kept } = cutKeeping(edit, ino, inode, at, end);
  for (const { at: from, extent } of cut(edit, source.ino, 0, length)) {
    edit.retain(extent.chunk);
    putExtent(edit, ino, at + from, extent);
  }
  if (!kept) for (const piece of there) exchange(edit, source.ino, piece, at, end);
  return { ...inode, size: Math.max(inode.size, end), inline: undefined };
}

/** How many extents a move touches: those that move, and those in their way. */
export function extentsOfMove(view: FileView, source: MovedFile, target: Ino, at: number): number {
  const { ino, inode } = source;
  const moved = overlapping(view, ino, 0, inode.size).length;
  return moved + overlapping(view, target, at, at + inode.size).length;
}

/** All that a file of at most a slot holds. */
function wholeContent(edit: FileEdit, { ino, inode }: MovedFile): Uint8Array {
  const bytes = new Uint8Array(inode.size);
  for (const { chunk, offset, length, to } of planRead(edit, ino, inode, bytes, 0))
    bytes.set(edit.chunkBytes(chunk).subarray(offset, offset + length), to);
  return bytes;
}

/** Gives the source what the target had in [from, to), so that it is freed with it, in steps. */
function exchange(edit: FileEdit, source: Ino, piece: Placed, from: number, to: number): void {
  const { chunk, offset, length } = piece.extent;
  // What is not stored takes nothing to free.
  if (!chunk.frozen) return;
  const begin = Math.max(piece.at, from);
  const stop = Math.min(piece.at + length, to);
  edit.retain(chunk);
  const kept = { chunk, offset: offset + (begin - piece.at), length: stop - begin };
  putExtent(edit, source, begin - from, kept);
}
