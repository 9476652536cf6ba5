/** Extents of a file: finding, cutting and adding them. Ranges without an extent are holes. */
import type { Extent } from "./chunk.js";
import type { FileEdit, FileView } from "./file-view.js";
import { extentKey, keyIno, keyOffset, MAX_FILE_BYTES } from "./records.js";
import type { FileRecord, Ino } from "./records.js";

/** An extent and where it is in its file. */
export interface Placed {
  /** File offset of its first byte. */
  readonly at: number;
  readonly extent: Extent;
}

/** The extents that overlap [from, to), in order. */
export function overlapping(view: FileView, ino: Ino, from: number, to: number): Placed[] {
  const found: Placed[] = [];
  const before = view.tree.floor(extentKey(ino, from));
  if (before?.value.is === "extent" && keyIno(before.key) === ino) {
    const at = keyOffset(before.key);
    const extent = before.value.extent;
    if (at < from && at + extent.length > from) found.push({ at, extent });
  }
  const each = (key: string, record: FileRecord): boolean => {
    if (record.is !== "extent") return false;
    found.push({ at: keyOffset(key), extent: record.extent });
    return true;
  };
  view.tree.scan(extentKey(ino, from), each, extentKey(ino, Math.min(to, MAX_FILE_BYTES)));
  return found;
}

/** Removes [from, to) from the extents of the file; what sticks out on either side stays. Returns what was there. */
export function cut(edit: FileEdit, ino: Ino, from: number, to: number): Placed[] {
  const there = overlapping(edit, ino, from, to);
  for (const { at, extent } of there) {
    const end = at + extent.length;
    if (at < from) putExtent(edit, ino, at, { ...extent, length: from - at });
    else edit.tree.delete(extentKey(ino, at));
    if (end > to) {
      const skipped = to - at;
      putExtent(edit, ino, to, {
        chunk: extent.chunk,
        offset: extent.offset + skipped,
        length: end - to,
      });
    }
    const left = (at < from ? 1 : 0) + (end > to ? 1 : 0);
    if (left === 0) edit.release(extent.chunk);
    if (left === 2) edit.retain(extent.chunk);
  }
  return there;
}

export function putExtent(edit: FileEdit, ino: Ino, at: number, extent: Extent): void {
  edit.tree.put(extentKey(ino, at), { is: "extent", extent });
}

/** Adds a pending chunk of `bytes`, which belong to it from now on. */
export function addChunk(
  edit: FileEdit,
  ino: Ino,
  at: number,
  bytes: Uint8Array,
  dedup = false,
): void {
  const chunk = edit.newChunk(bytes, dedup, { ino, at });
  putExtent(edit, ino, at, { chunk, offset: 0, length: bytes.length });
}
