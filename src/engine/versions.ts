/**
 * Versions of a file's content (docs/FORMAT.md §5.6). The present content is in the file's extents. A past
 * version is a record with its size, and what it had in the ranges that the next version has changed;
 * everywhere else it is as the next one. So a version costs what it differs by, and the oldest can go
 * without touching the others.
 */
import { assert } from "../assert.js";
import type { Layout } from "./layout.js";
import { cut, type Placed } from "./extents.js";
import type { FileEdit, FileView } from "./file-view.js";
import {
  keyIno,
  keyPastOffset,
  keyVersion,
  pastKey,
  recordsEnd,
  versionKey,
  type FileRecord,
  type Ino,
  type Inode,
  type PastRange,
  type Version,
} from "./records.js";

/** Records that one step of removing past versions takes away; more are left to the reclaimer. */
const STEP_RECORDS = 128;

/** How many versions of the file are kept, the present one included. */
export function versionLimit(layout: Layout, inode: Inode): number {
  return inode.versionLimit === 0 ? layout.versionLimit : inode.versionLimit;
}

/**
 * Makes the present content a past version and the inode the next one, whose content is the same so far;
 * the oldest beyond the limit goes. Returns the changed inode, which the caller stores.
 */
export function beginVersion(edit: FileEdit, layout: Layout, ino: Ino, inode: Inode): Inode {
  const limit = versionLimit(layout, inode);
  const next = { ...inode, version: inode.version + 1 };
  if (limit === 1) return next;
  // What an unfinished truncation cuts off belongs to the version before this one.
  edit.awaitTrim(ino);
  const { size, mtimeMs, inline } = inode;
  const version = { size, createdMs: mtimeMs, inline };
  edit.tree.put(versionKey(ino, inode.version), { is: "version", version });
  for (const old of pastVersions(edit, ino))
    if (old <= next.version - limit) edit.tree.delete(versionKey(ino, old));
  if (!removePastStep(edit, ino, inode.version)) edit.putOrphan(ino, { trimFrom: size });
  return next;
}

/** The numbers of the past versions that there are, oldest first. */
export function pastVersions(view: FileView, ino: Ino): number[] {
  const found: number[] = [];
  const each = (key: string): boolean => {
    found.push(keyVersion(key));
    return true;
  };
  view.tree.scan(versionKey(ino, 0), each, recordsEnd(ino, "version"));
  return found;
}

export function findVersion(view: FileView, ino: Ino, version: number): Version | undefined {
  const record = view.tree.get(versionKey(ino, version));
  return record?.is === "version" ? record.version : undefined;
}

/**
 * Removes [from, to) from the present content, and gives it to the version before, if that is kept and has
 * not got that range already. Returns what was there, and whether a past version may still need it.
 */
export function cutKeeping(
  edit: FileEdit,
  ino: Ino,
  inode: Inode,
  from: number,
  to: number,
): { there: Placed[]; kept: boolean } {
  const there = cut(edit, ino, from, to);
  const before = inode.version - 1;
  const past = findVersion(edit, ino, before);
  if (past === undefined) return { there, kept: false };
  if (past.inline !== undefined) return { there, kept: true };
  const end = Math.min(to, past.size);
  let at = from;
  for (const known of [...pastRanges(edit, ino, before, from, end), { at: end, length: 0 }]) {
    if (known.at > at) keep(edit, ino, before, at, known.at, there);
    at = Math.max(at, known.at + known.length);
  }
  return { there, kept: true };
}

/** Books what was in [from, to), extents and holes, as the past version's. */
function keep(
  edit: FileEdit,
  ino: Ino,
  version: number,
  from: number,
  to: number,
  there: readonly Placed[],
): void {
  let at = from;
  const put = (past: PastRange): void => {
    edit.tree.put(pastKey(ino, version, at), { is: "past", past });
    if (past.extent !== undefined) edit.retain(past.extent.chunk);
    at += past.length;
  };
  for (const piece of there) {
    const begin = Math.max(piece.at, from);
    const length = Math.min(piece.at + piece.extent.length, to) - begin;
    if (length <= 0) continue;
    if (begin > at) put({ length: begin - at, extent: undefined });
    const { chunk, offset } = piece.extent;
    put({ length, extent: { chunk, offset: offset + (begin - piece.at), length } });
  }
  if (at < to) put({ length: to - at, extent: undefined });
}

/** A range that a past version has of its own. */
export interface PlacedPast extends PastRange {
  readonly at: number;
}

/** What the past version has of its own that overlaps [from, to), in order. */
export function pastRanges(
  view: FileView,
  ino: Ino,
  version: number,
  from: number,
  to: number,
): PlacedPast[] {
  const found: PlacedPast[] = [];
  const before = view.tree.floor(pastKey(ino, version, from));
  const start =
    before?.value.is === "past" && keyIno(before.key) === ino && keyVersion(before.key) === version
      ? before.key
      : pastKey(ino, version, from);
  const each = (key: string, record: FileRecord): boolean => {
    if (record.is !== "past") return false;
    const at = keyPastOffset(key);
    if (at + record.past.length > from) found.push({ at, ...record.past });
    return true;
  };
  view.tree.scan(start, each, pastKey(ino, version, to));
  return found;
}

/** Removes some of what versions have had that are no more; true if nothing of that is left. `present` may be going too. */
export function removePastStep(edit: FileEdit, ino: Ino, present: number): boolean {
  const oldest = pastVersions(edit, ino)[0] ?? present;
  const stale: { key: string; past: PastRange }[] = [];
  const each = (key: string, record: FileRecord): boolean => {
    if (record.is !== "past" || keyVersion(key) >= oldest) return false;
    stale.push({ key, past: record.past });
    return stale.length <= STEP_RECORDS;
  };
  edit.tree.scan(pastKey(ino, 0, 0), each, recordsEnd(ino, "past"));
  for (const { key, past } of stale.slice(0, STEP_RECORDS)) {
    edit.tree.delete(key);
    if (past.extent !== undefined) edit.release(past.extent.chunk);
  }
  return stale.length <= STEP_RECORDS;
}

/** Takes away the records of all past versions; what they have had follows in steps. */
export function forgetVersions(edit: FileEdit, ino: Ino): void {
  const versions = pastVersions(edit, ino);
  assert(versions.length < 256, "no file has more versions than the limit");
  for (const version of versions) edit.tree.delete(versionKey(ino, version));
}
