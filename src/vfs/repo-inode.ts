/** What a call does to one inode: attributes, and content as the version that is being made. */
import { truncateContent, writeContent } from "../engine/content.js";
import type { Layout } from "../engine/layout.js";
import type { FileEdit, FileView } from "../engine/file-view.js";
import { MAX_FILE_BYTES, type Ino, type Inode } from "../engine/records.js";
import { beginVersion } from "../engine/versions.js";
import { RepoError } from "../errors.js";
import type { Attributes, Stats } from "./file-system.js";
import type { TreeContext } from "./repo-tree.js";

export function toStats(ino: Ino, inode: Inode): Stats {
  const { type, version, mode, nlink, uid, gid, size } = inode;
  const { atimeMs, mtimeMs, ctimeMs, birthtimeMs } = inode;
  const times = { atimeMs, mtimeMs, ctimeMs, birthtimeMs };
  return { ino, type, version, mode, nlink, uid, gid, size, ...times };
}

/** The inode of an open file: ESTALE if a tree that was restored over this one lacks it. */
export function existingInode(view: FileView, ino: Ino): Inode {
  const inode = view.findInode(ino);
  if (inode === undefined) throw new RepoError("ESTALE");
  return inode;
}

export function withAttributes(edit: FileEdit, inode: Inode, changes: Attributes): Inode {
  const changed = {
    ...inode,
    mode: (changes.mode ?? inode.mode) & 0o7777,
    uid: ownerId(changes.uid, inode.uid),
    gid: ownerId(changes.gid, inode.gid),
    atimeMs: Math.floor(changes.atimeMs ?? inode.atimeMs),
    mtimeMs: Math.floor(changes.mtimeMs ?? inode.mtimeMs),
    ctimeMs: edit.nowMs,
  };
  const { uid, gid, atimeMs, mtimeMs } = changed;
  if (![uid, gid, atimeMs, mtimeMs].every(Number.isSafeInteger) || uid < 0 || gid < 0)
    throw new RepoError("EINVAL");
  return changed;
}

function ownerId(id: number | undefined, present: number): number {
  return id === undefined || id === -1 ? present : id;
}

export function assertRange(at: number, length: number): void {
  if (!Number.isSafeInteger(at) && !(at > MAX_FILE_BYTES)) throw new RepoError("EINVAL");
  if (at < 0) throw new RepoError("EINVAL");
  if (at + length > MAX_FILE_BYTES) throw new RepoError("EFBIG");
}

/** The system call behind a change of attributes, for error messages. */
export function attributeCall(changes: Attributes, followLink: boolean): string {
  if (changes.mode !== undefined) return followLink ? "chmod" : "lchmod";
  if (changes.uid !== undefined || changes.gid !== undefined)
    return followLink ? "chown" : "lchown";
  return followLink ? "utime" : "lutime";
}

/** Makes a version of the size; returns its inode. */
export function truncateFile(
  edit: FileEdit,
  { layout }: TreeContext,
  ino: Ino,
  size: number,
): Inode {
  return truncateVersion(edit, layout, ino, beginVersion(edit, layout, ino, edit.inode(ino)), size);
}

/** Sets the size of the version that is being made; returns its inode. */
export function truncateVersion(
  edit: FileEdit,
  layout: Layout,
  ino: Ino,
  inode: Inode,
  size: number,
): Inode {
  const times = { mtimeMs: edit.nowMs, ctimeMs: edit.nowMs };
  const changed = { ...truncateContent(edit, layout, ino, inode, size), ...times };
  edit.putInode(ino, changed);
  return changed;
}

export function writeFile(
  edit: FileEdit,
  context: TreeContext,
  ino: Ino,
  inode: Inode,
  at: number,
  bytes: Uint8Array,
): void {
  assertRange(at, bytes.length);
  if (bytes.length === 0) return;
  const times = { mtimeMs: edit.nowMs, ctimeMs: edit.nowMs };
  edit.putInode(ino, { ...writeContent(edit, context.layout, ino, inode, at, bytes), ...times });
}
