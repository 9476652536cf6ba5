/**
 * The operations on names: what POSIX says of directories, links and renames, each as one change of a
 * FileEdit. Thrown RepoErrors carry no path yet; repo-fs.ts adds it.
 */
import { fromByteString } from "../codec/bytes.js";
import { utf8Encode } from "../codec/utf8.js";
import { removeStep, writeContent } from "../engine/content.js";
import type { Layout } from "../engine/layout.js";
import type { FileEdit } from "../engine/file-view.js";
import {
  MAX_VERSION_LIMIT,
  type Dentry,
  type Ino,
  type Inode,
  type NodeType,
} from "../engine/records.js";
import { RepoError } from "../errors.js";
import type { OpenFlags } from "./file-system.js";
import { MAX_DEPTH, MAX_PATH_BYTES } from "./path.js";
import { realPath, resolve, resolveExisting, type Resolved } from "./resolve.js";

/** What the operations need to know beside the tree. */
export interface TreeContext {
  readonly layout: Layout;
  /** Whether a handle keeps the inode alive. */
  readonly isOpen: (ino: Ino) => boolean;
}

/** Marks a change of the directory's entries. */
function touchDirectory(edit: FileEdit, ino: Ino, subdirectories: -1 | 0 | 1): void {
  const inode = edit.inode(ino);
  const nlink = inode.nlink + subdirectories;
  edit.putInode(ino, { ...inode, nlink, mtimeMs: edit.nowMs, ctimeMs: edit.nowMs });
}

function newInode(edit: FileEdit, type: NodeType, mode: number): Inode {
  const now = edit.nowMs;
  const times = { atimeMs: now, mtimeMs: now, ctimeMs: now, birthtimeMs: now };
  const nlink = type === "directory" ? 2 : 1;
  const inline = type === "directory" ? undefined : new Uint8Array(0);
  const owner = { uid: 0, gid: 0, nlink };
  const versions = { version: 1, versionLimit: 0, dedup: false };
  return { type, mode: mode & 0o7777, ...owner, size: 0, ...times, ...versions, inline };
}

/** Adds a new node at a free place; its content is written by `fill`. */
function addNode(
  edit: FileEdit,
  at: Resolved,
  inode: Inode,
  fill: (ino: Ino, inode: Inode) => Inode = (_ino, empty) => empty,
): Ino {
  if (at.name === undefined || at.dentry !== undefined) throw new RepoError("EEXIST");
  if (inode.type === "directory" && at.ancestors.length >= MAX_DEPTH)
    throw new RepoError("ENAMETOOLONG");
  const ino = edit.newIno();
  edit.putInode(ino, fill(ino, inode));
  edit.putDentry(at.parent, at.name, { ino, type: inode.type });
  touchDirectory(edit, at.parent, inode.type === "directory" ? 1 : 0);
  edit.events.push({ is: "added", path: realPath(at), type: inode.type });
  return ino;
}

/** A new empty file at a place that `resolve` found free. Throws EINVAL for a limit that is none. */
export function createFile(
  edit: FileEdit,
  { layout }: TreeContext,
  at: Resolved,
  mode: number,
  { versionLimit = 0, dedup = layout.dedup }: Pick<OpenFlags, "versionLimit" | "dedup">,
): Ino {
  if (!Number.isInteger(versionLimit) || versionLimit < 0 || versionLimit > MAX_VERSION_LIMIT)
    throw new RepoError("EINVAL");
  return addNode(edit, at, { ...newInode(edit, "file", mode), versionLimit, dedup });
}

export function makeDirectory(edit: FileEdit, path: string, mode: number): void {
  addDirectory(edit, resolve(edit, path, "parent"), mode);
}

/** A new directory at a place that `resolve` found free. */
export function addDirectory(edit: FileEdit, at: Resolved, mode: number): Ino {
  return addNode(edit, at, newInode(edit, "directory", mode));
}

export function makeSymlink(
  edit: FileEdit,
  context: TreeContext,
  target: string,
  path: string,
): void {
  const bytes = targetBytes(target);
  const at = resolve(edit, path, "parent");
  if (at.mustBeDirectory && at.dentry === undefined) throw new RepoError("ENOENT");
  addLinkNode(edit, context, bytes, at);
}

/** A new symlink at a place that `resolve` found free. */
export function addSymlink(
  edit: FileEdit,
  context: TreeContext,
  target: string,
  at: Resolved,
): Ino {
  return addLinkNode(edit, context, targetBytes(target), at);
}

/** The target of a symlink as a byte string. */
function targetBytes(target: string): string {
  const bytes = utf8Encode(target);
  if (bytes === undefined || bytes.includes("\0")) throw new RepoError("EINVAL");
  if (bytes.length === 0) throw new RepoError("ENOENT");
  if (bytes.length >= MAX_PATH_BYTES) throw new RepoError("ENAMETOOLONG");
  return bytes;
}

function addLinkNode(edit: FileEdit, context: TreeContext, bytes: string, at: Resolved): Ino {
  return addNode(edit, at, newInode(edit, "symlink", 0o777), (ino, inode) =>
    writeContent(edit, context.layout, ino, inode, 0, fromByteString(bytes)),
  );
}

export function makeLink(edit: FileEdit, existing: string, path: string): void {
  const { dentry } = resolveExisting(edit, existing, "middle");
  const at = resolve(edit, path, "parent");
  if (at.dentry !== undefined || at.name === undefined) throw new RepoError("EEXIST");
  if (at.mustBeDirectory) throw new RepoError("ENOENT");
  addName(edit, at, dentry);
}

/** Another name for a file, at a place that `resolve` found free. */
export function addName(edit: FileEdit, at: Resolved, dentry: Dentry): void {
  if (at.dentry !== undefined || at.name === undefined) throw new RepoError("EEXIST");
  if (dentry.type === "directory") throw new RepoError("EPERM");
  const inode = edit.inode(dentry.ino);
  edit.putInode(dentry.ino, { ...inode, nlink: inode.nlink + 1, ctimeMs: edit.nowMs });
  edit.putDentry(at.parent, at.name, dentry);
  touchDirectory(edit, at.parent, 0);
  edit.events.push({ is: "added", path: realPath(at), type: dentry.type });
}

/** A file without a name, as `createNameless`, with the repo's own choices. */
export function createNewNameless(edit: FileEdit, { layout }: TreeContext, mode: number): Ino {
  return createNameless(edit, { ...newInode(edit, "file", mode), dedup: layout.dedup });
}

/** An inode without a name, which a handle must keep alive. */
export function createNameless(edit: FileEdit, like: Inode): Ino {
  const ino = edit.newIno();
  const { mode, versionLimit, dedup } = like;
  const inode = newInode(edit, "file", mode);
  edit.putInode(ino, { ...inode, nlink: 0, versionLimit, dedup });
  edit.putOrphan(ino, { trimFrom: 0 });
  return ino;
}

/** Gives a nameless inode the place that `resolve` found, in place of the file that is there, if any. */
export function giveName(edit: FileEdit, context: TreeContext, at: Resolved, ino: Ino): void {
  if (at.name === undefined) throw new RepoError("EISDIR");
  edit.putInode(ino, { ...edit.inode(ino), nlink: 1, ctimeMs: edit.nowMs });
  edit.removeOrphan(ino);
  edit.putDentry(at.parent, at.name, { ino, type: "file" });
  touchDirectory(edit, at.parent, 0);
  if (at.dentry !== undefined) dropName(edit, context, at.dentry.ino);
  const path = realPath(at);
  if (at.dentry !== undefined) edit.events.push({ is: "replaced", path });
  else edit.events.push({ is: "added", path, type: "file" });
}

/** Takes one name from the inode; without names and handles it is freed. */
function dropName(edit: FileEdit, context: TreeContext, ino: Ino): void {
  const inode = edit.inode(ino);
  const nlink = inode.type === "directory" ? 0 : inode.nlink - 1;
  if (nlink === 0 && !context.isOpen(ino) && removeStep(edit, ino)) return;
  edit.putInode(ino, { ...inode, nlink, ctimeMs: edit.nowMs });
  if (nlink === 0) edit.putOrphan(ino, { trimFrom: 0 });
}

export function unlinkFile(edit: FileEdit, context: TreeContext, path: string): void {
  removeName(edit, context, resolve(edit, path, "parent"));
}

/** Removes the file or symlink that `resolve` found. */
export function removeName(edit: FileEdit, context: TreeContext, at: Resolved): void {
  const { parent, name, dentry, mustBeDirectory } = at;
  if (name === undefined) throw new RepoError("EISDIR");
  if (dentry === undefined) throw new RepoError("ENOENT");
  if (dentry.type === "directory") throw new RepoError("EISDIR");
  if (mustBeDirectory) throw new RepoError("ENOTDIR");
  edit.removeDentry(parent, name);
  touchDirectory(edit, parent, 0);
  dropName(edit, context, dentry.ino);
  edit.events.push({ is: "removed", path: realPath(at) });
}

export function removeDirectory(edit: FileEdit, context: TreeContext, path: string): void {
  const at = resolve(edit, path, "parent");
  const { parent, name, dentry } = at;
  if (name === undefined) throw new RepoError(unnamedRemoval(path));
  if (dentry === undefined) throw new RepoError("ENOENT");
  if (dentry.type !== "directory") throw new RepoError("ENOTDIR");
  if (!edit.isEmptyDirectory(dentry.ino)) throw new RepoError("ENOTEMPTY");
  edit.removeDentry(parent, name);
  touchDirectory(edit, parent, -1);
  dropName(edit, context, dentry.ino);
  edit.events.push({ is: "removed", path: realPath(at) });
}

/** Why a directory cannot be removed by a path that ends in no name of it. */
function unnamedRemoval(path: string): "EINVAL" | "ENOTEMPTY" | "EBUSY" {
  const last = path.split("/").findLast((part) => part !== "");
  if (last === "..") return "ENOTEMPTY";
  return last === "." ? "EINVAL" : "EBUSY";
}

/** The order of the checks is that of Linux. */
export function renameNode(
  edit: FileEdit,
  context: TreeContext,
  from: string,
  to: string,
  exclusive: boolean,
): void {
  const source = resolve(edit, from, "parent");
  const target = resolve(edit, to, "parent");
  if (source.name === undefined || target.name === undefined) throw new RepoError("EBUSY");
  const moved = source.dentry;
  if (moved === undefined) throw new RepoError("ENOENT");
  const isDirectory = moved.type === "directory";
  if (!isDirectory && (source.mustBeDirectory || target.mustBeDirectory))
    throw new RepoError("ENOTDIR");
  if (target.ancestors.includes(moved.ino)) throw new RepoError("EINVAL");
  const replaced = target.dentry;
  if (exclusive && replaced !== undefined) {
    const itself = source.parent === target.parent && source.name === target.name;
    throw new RepoError(itself ? "EINVAL" : "EEXIST");
  }
  if (replaced !== undefined && source.ancestors.includes(replaced.ino))
    throw new RepoError("ENOTEMPTY");
  if (replaced?.ino === moved.ino) return;
  if (replaced !== undefined) assertReplaceable(edit, isDirectory, replaced.ino, replaced.type);

  edit.removeDentry(source.parent, source.name);
  edit.putDentry(target.parent, target.name, moved);
  touchDirectory(edit, source.parent, isDirectory ? -1 : 0);
  touchDirectory(edit, target.parent, isDirectory && replaced === undefined ? 1 : 0);
  const inode = edit.inode(moved.ino);
  edit.putInode(moved.ino, { ...inode, ctimeMs: edit.nowMs });
  if (replaced !== undefined) dropName(edit, context, replaced.ino);
  const { type } = moved;
  edit.events.push({ is: "moved", path: realPath(source), to: realPath(target), type });
}

function assertReplaceable(edit: FileEdit, byDirectory: boolean, ino: Ino, type: NodeType): void {
  if (byDirectory && type !== "directory") throw new RepoError("ENOTDIR");
  if (!byDirectory && type === "directory") throw new RepoError("EISDIR");
  if (byDirectory && !edit.isEmptyDirectory(ino)) throw new RepoError("ENOTEMPTY");
}
