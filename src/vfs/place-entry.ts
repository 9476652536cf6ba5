/**
 * Placing: an entry beneath a directory, as one change. What an archive or another store says is not to be trusted: the way from the
 * directory down is walked name by name, in the same transaction as the entry is made, and a symlink on it is ELOOP. So nothing
 * lands elsewhere, whatever is there and whoever changes it meanwhile.
 */
import type { FileEdit } from "../engine/file-view.js";
import type { Dentry, Ino } from "../engine/records.js";
import { RepoError } from "../errors.js";
import type { Conflict, NewEntry, Placed } from "./file-system.js";
import { MAX_DEPTH, MAX_NAME_BYTES, splitPath } from "./path.js";
import { withAttributes, writeFile } from "./repo-inode.js";
import {
  addDirectory,
  addName,
  addSymlink,
  createFile,
  giveName,
  removeName,
  type TreeContext,
} from "./repo-tree.js";
import { resolveExisting, type Resolved } from "./resolve.js";

/** A {@link NewEntry} whose nameless file is an inode. */
export type EntryToPlace = Omit<NewEntry, "handle"> & { readonly ino: Ino | undefined };

/** A directory that was reached, and the way to it. */
type Directory = Pick<Resolved, "ancestors" | "ancestorNames" | "parent">;

const DIRECTORY_MODE = 0o777;
const FILE_MODE = 0o666;

export function placeEntry(
  edit: FileEdit,
  context: TreeContext,
  base: string,
  entry: EntryToPlace,
  conflict: Conflict,
): Placed {
  const names = namesOf(entry.path);
  const top = directoryAt(resolveExisting(edit, base, "last"));
  const at = findPlace(edit, top, names);
  if (entry.type === "directory") return placeDirectory(edit, at, entry);
  const { dentry } = at;
  if (dentry !== undefined) {
    if (conflict === "skip") return "there";
    if (dentry.type === "directory") throw new RepoError("EISDIR");
    if (conflict === "error") throw new RepoError("EEXIST");
  }
  // Found before anything makes way: it may be the very file that is replaced.
  const linked = entry.type === "link" ? findLinked(edit, top, entry) : undefined;
  if (linked !== undefined && linked.ino === dentry?.ino) return "there";
  if (dentry !== undefined) removeName(edit, context, at);
  addEntry(edit, context, { ...at, dentry: undefined }, entry, linked);
  return "made";
}

function addEntry(
  edit: FileEdit,
  context: TreeContext,
  at: Resolved,
  entry: EntryToPlace,
  linked: Dentry | undefined,
): void {
  if (linked !== undefined) addName(edit, at, linked);
  else if (entry.type === "symlink")
    setAttributes(edit, addSymlink(edit, context, entry.target ?? "", at), entry);
  else setAttributes(edit, addFile(edit, context, at, entry), entry);
}

function addFile(edit: FileEdit, context: TreeContext, at: Resolved, entry: EntryToPlace): Ino {
  const { ino, content } = entry;
  if (ino === undefined) {
    const made = createFile(edit, context, at, entry.mode ?? FILE_MODE, {});
    if (content !== undefined) writeFile(edit, context, made, edit.inode(made), 0, content);
    return made;
  }
  // One that has a name already would have two and count one.
  if (edit.inode(ino).nlink !== 0) throw new RepoError("EBUSY");
  giveName(edit, context, at, ino);
  return ino;
}

function placeDirectory(edit: FileEdit, at: Resolved, entry: EntryToPlace): Placed {
  const { dentry } = at;
  if (dentry === undefined) {
    setAttributes(edit, addDirectory(edit, at, entry.mode ?? DIRECTORY_MODE), entry);
    return "made";
  }
  assertDirectory(dentry);
  if (entry.merge === true) setAttributes(edit, dentry.ino, entry);
  return "there";
}

function setAttributes(edit: FileEdit, ino: Ino, { mode, mtimeMs }: EntryToPlace): void {
  if (mode === undefined && mtimeMs === undefined) return;
  const changes = {
    ...(mode !== undefined && { mode }),
    ...(mtimeMs !== undefined && { mtimeMs }),
  };
  edit.putInode(ino, withAttributes(edit, edit.inode(ino), changes));
}

/** The file that a link names. */
function findLinked(edit: FileEdit, top: Directory, { target = "" }: EntryToPlace): Dentry {
  let directory = top;
  const names = namesOf(target);
  for (const name of names.slice(0, -1)) directory = enter(child(edit, directory, name));
  const { dentry } = child(edit, directory, names.at(-1) ?? "");
  if (dentry === undefined) throw new RepoError("ENOENT");
  return dentry;
}

/** Where the entry belongs; makes the directories that are missing on the way. */
function findPlace(edit: FileEdit, top: Directory, names: readonly string[]): Resolved {
  let directory = top;
  for (const name of names.slice(0, -1)) {
    const at = child(edit, directory, name);
    const made = at.dentry === undefined ? addDirectory(edit, at, DIRECTORY_MODE) : undefined;
    directory = enter(
      made === undefined ? at : { ...at, dentry: { ino: made, type: "directory" } },
    );
  }
  return child(edit, directory, names.at(-1) ?? "");
}

function child(edit: FileEdit, directory: Directory, name: string): Resolved {
  return {
    ...directory,
    name,
    dentry: edit.dentry(directory.parent, name),
    mustBeDirectory: false,
  };
}

/** Into what `resolve` or `child` found. */
function enter({ ancestors, ancestorNames, name, dentry }: Resolved): Directory {
  if (dentry === undefined) throw new RepoError("ENOENT");
  assertDirectory(dentry);
  const way = name === undefined ? ancestors : [...ancestors, dentry.ino];
  if (way.length > MAX_DEPTH + 1) throw new RepoError("ENAMETOOLONG");
  return {
    parent: dentry.ino,
    ancestors: way,
    ancestorNames: name === undefined ? ancestorNames : [...ancestorNames, name],
  };
}

function directoryAt(found: Resolved): Directory {
  if (found.dentry?.type !== "directory") throw new RepoError("ENOTDIR");
  return enter(found);
}

function assertDirectory({ type }: Dentry): void {
  if (type === "symlink") throw new RepoError("ELOOP");
  if (type !== "directory") throw new RepoError("ENOTDIR");
}

/** At least one name, each a child of the one before it. */
function namesOf(path: string): readonly string[] {
  const { names, absolute } = splitPath(path);
  if (absolute || names.length === 0 || names.includes("..")) throw new RepoError("EINVAL");
  if (names.some(({ length }) => length > MAX_NAME_BYTES)) throw new RepoError("ENAMETOOLONG");
  return names;
}
