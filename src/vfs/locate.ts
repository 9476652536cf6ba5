/** Locating: the file that a path and the flags of `open` mean, made if they say so. */
import type { FileEdit, FileView } from "../engine/file-view.js";
import type { Ino } from "../engine/records.js";
import { RepoError } from "../errors.js";
import type { OpenFlags } from "./file-system.js";
import { createFile, type TreeContext } from "./repo-tree.js";
import { realPath, resolve } from "./resolve.js";

export interface Located {
  readonly ino: Ino;
  /** Made by this very call. */
  readonly created: boolean;
  /** Without symlinks, as a UTF-8 byte string. */
  readonly path: string;
}

/** Without an `edit` nothing is made: EROFS. */
export function locateFile(
  view: FileView,
  edit: FileEdit | undefined,
  context: TreeContext,
  path: string,
  flags: OpenFlags,
  mode: number,
): Located {
  const create = flags.create === true;
  // As on Linux: what is to be a directory cannot be made by opening it.
  if (create && flags.directory === true) throw new RepoError("EINVAL");
  const exclusive = create && flags.exclusive === true;
  // What is to be created must be named as a file, whatever is there.
  const named = exclusive || (create && /(?:^|\/)\.?$/.test(path));
  const at = resolve(view, path, named ? "parent" : flags.noFollow ? "middle" : "last");
  const { dentry } = at;
  if (create && at.mustBeDirectory && at.name !== undefined) throw new RepoError("EISDIR");
  if (dentry === undefined) {
    if (!create) throw new RepoError("ENOENT");
    if (edit === undefined) throw new RepoError("EROFS");
    return { ino: createFile(edit, context, at, mode, flags), created: true, path: realPath(at) };
  }
  if (exclusive) throw new RepoError("EEXIST");
  if ((at.mustBeDirectory || flags.directory === true) && dentry.type !== "directory")
    throw new RepoError("ENOTDIR");
  if (dentry.type === "symlink") throw new RepoError("ELOOP");
  const writes = flags.write === true || flags.append === true || create;
  if (dentry.type === "directory" && writes) throw new RepoError("EISDIR");
  return { ino: dentry.ino, created: false, path: realPath(at) };
}
