/** Metadata: what there is to know of a file or directory beside its name, and listings that tell it of every entry. */
import type { FileTree } from "../engine/file-tree.js";
import type { FileView } from "../engine/file-view.js";
import type { Ino, Inode } from "../engine/records.js";
import { utf8Decode } from "../codec/utf8.js";
import { RepoError } from "../errors.js";
import type { FileMetadata } from "./file-system.js";
import { resolveExisting } from "./resolve.js";

/** Entries of one step of a listing: each may need a node of its own. */
const STEP = 128;

export function metadataOf({ type, size, version, birthtimeMs, mtimeMs }: Inode): FileMetadata {
  return { type, size, version, createdMs: birthtimeMs, modifiedMs: mtimeMs };
}

/** An entry of a directory. */
export interface EntryMetadata extends FileMetadata {
  readonly name: string;
}

/** Every entry of a directory with its metadata, in the order of the names' UTF-8 bytes; one snapshot. */
export async function listMetadata(tree: FileTree, path: string): Promise<EntryMetadata[]> {
  const entries: EntryMetadata[] = [];
  let directory: Ino | undefined;
  let after = "";
  await tree.viewInSteps((view) => {
    directory ??= findDirectory(view, path);
    const step: [name: string, ino: Ino][] = [];
    view.dentries(directory, after, (name, { ino }) => step.push([name, ino]) < STEP);
    const found = step.map(([name, ino]) => ({
      name: utf8Decode(name),
      ...metadataOf(view.inode(ino)),
    }));
    entries.push(...found);
    after = step.at(-1)?.[0] ?? after;
    return step.length < STEP;
  });
  return entries;
}

export function findDirectory(view: FileView, path: string): Ino {
  const { ino, type } = resolveExisting(view, path, "last").dentry;
  if (type !== "directory") throw new RepoError("ENOTDIR");
  return ino;
}
