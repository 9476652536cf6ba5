/**
 * Copies within a repo share content: the copy's extents refer to the same units. A file of few extents is
 * copied in one transaction. One of many is shared step by step with a nameless inode, which takes the name
 * at the end, so that the copy appears whole and no transaction is large.
 */
import { isSharedAtOnce, shareStep } from "../engine/content.js";
import type { FileTree, InodeWatch, Need } from "../engine/file-tree.js";
import type { FileEdit } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { RepoError } from "../errors.js";
import { truncateFile, writeFile } from "./repo-inode.js";
import { createFile, createNameless, giveName, type TreeContext } from "./repo-tree.js";
import { realPath, resolve, resolveExisting, type Resolved } from "./resolve.js";

/** Room for one step. */
const NEED: Need = { extents: 2048 };
/** How often a copy begins anew because somebody has changed the file meanwhile. */
export const MOST_TRIES = 5;

/** What a copy in steps must find as it was. */
export interface Source {
  readonly ino: Ino;
  readonly inode: Inode;
}

export async function copyInRepo(
  tree: FileTree,
  context: TreeContext,
  from: string,
  to: string,
  exclusive: boolean,
): Promise<void> {
  const copied = await tree.mutate((edit) => {
    const source = findSource(edit, from);
    const target = findTarget(edit, to, exclusive);
    assertFile(source);
    return copyAtOnce(edit, context, source, target);
  }, NEED);
  if (copied) return;
  for (let tries = 0; tries < MOST_TRIES; tries++)
    if (await copyInSteps(tree, context, from, to, exclusive)) return;
  throw new RepoError("EBUSY");
}

function findSource(edit: FileEdit, from: string): Source {
  const { ino } = resolveExisting(edit, from, "last").dentry;
  return { ino, inode: edit.inode(ino) };
}

/** As on Linux only once the target has been looked at. */
function assertFile({ inode }: Source): void {
  if (inode.type === "directory") throw new RepoError("EISDIR");
}

/** A place for a file, or the file that is there. */
function findTarget(edit: FileEdit, to: string, exclusive: boolean): Resolved {
  const at = resolve(edit, to, exclusive || to.endsWith("/") ? "parent" : "last");
  if (exclusive && at.dentry !== undefined) throw new RepoError("EEXIST");
  if (at.name === undefined || at.mustBeDirectory || at.dentry?.type === "directory")
    throw new RepoError("EISDIR");
  if (at.dentry?.type === "symlink") throw new RepoError("ELOOP");
  return at;
}

/** Copies a file of few extents, or one that is inline; false if there are too many. Nothing has changed then. */
function copyAtOnce(
  edit: FileEdit,
  context: TreeContext,
  { ino, inode }: Source,
  at: Resolved,
): boolean {
  const target = at.dentry?.ino;
  const { size, inline, mode } = inode;
  if (target === ino) return true;
  if (inline === undefined && !isSharedAtOnce(edit, ino, size)) return false;
  const into = target ?? createFile(edit, context, at, mode, {});
  const empty = target === undefined ? edit.inode(into) : truncateFile(edit, context, into, 0);
  if (target !== undefined) edit.events.push({ is: "changed", path: realPath(at) });
  const moded = { ...empty, mode };
  edit.putInode(into, moded);
  if (inline !== undefined) writeFile(edit, context, into, moded, 0, inline.slice());
  else {
    shareStep(edit, ino, size, into, moded, 0);
    const times = { mtimeMs: edit.nowMs, ctimeMs: edit.nowMs };
    edit.putInode(into, { ...moded, ...times, size, inline: undefined });
  }
  return true;
}

/** False if somebody has changed the file meanwhile. */
async function copyInSteps(
  tree: FileTree,
  context: TreeContext,
  from: string,
  to: string,
  exclusive: boolean,
): Promise<boolean> {
  const begun = await tree.mutate((edit) => {
    const source = findSource(edit, from);
    const at = findTarget(edit, to, exclusive);
    assertFile(source);
    const replaced = at.dentry === undefined ? source.inode : edit.inode(at.dentry.ino);
    const copy = createNameless(edit, { ...replaced, mode: source.inode.mode });
    tree.retainInode(copy);
    return { source, copy, watch: tree.watchInode(source.ino) };
  });
  const { source, copy, watch } = begun;
  try {
    if (!(await shareAll(tree, source, copy, watch))) return false;
    return await tree.mutate((edit) => {
      if (watch.changed) return false;
      giveName(edit, context, findTarget(edit, to, exclusive), copy);
      return true;
    });
  } finally {
    watch.stop();
    await tree.releaseInode(copy);
  }
}

/**
 * Gives the empty `copy` all that the source holds in extents, one transaction after the other; false if somebody has
 * changed the file meanwhile.
 */
export async function shareAll(
  tree: FileTree,
  source: Source,
  copy: Ino,
  watch: InodeWatch,
): Promise<boolean> {
  for (let next = 0; next !== Infinity;) {
    const step = (edit: FileEdit): number | undefined =>
      watch.changed ? undefined : shareNext(edit, source, copy, next);
    const reached = await tree.mutate(step, NEED);
    if (reached === undefined) return false;
    next = reached;
  }
  return true;
}

/** Returns where the next step begins. */
function shareNext(
  edit: FileEdit,
  { ino, inode: { size } }: Source,
  copy: Ino,
  from: number,
): number {
  const inode = edit.inode(copy);
  const next = shareStep(edit, ino, size, copy, inode, from);
  edit.putInode(copy, { ...inode, size: Math.min(next, size), inline: undefined });
  return next;
}
