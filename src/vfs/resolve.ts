/**
 * Path resolution on one snapshot, so that resolving and acting cannot be torn apart: `..` goes to the
 * real parent, symlinks are followed inside the tree, the root is its own parent.
 */
import { assert } from "../assert.js";
import { toByteString } from "../codec/bytes.js";
import { utf8Decode } from "../codec/utf8.js";
import { planRead } from "../engine/content.js";
import type { FileView } from "../engine/file-view.js";
import { ROOT_INO, type Dentry, type Ino, type Inode } from "../engine/records.js";
import { RepoError } from "../errors.js";
import {
  MAX_DEPTH,
  MAX_LINK_HOPS,
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  splitPath,
  type Components,
} from "./path.js";

/**
 * What becomes of a symlink in last place: `last` follows it; `middle` only if the path is written as one of
 * a directory; `parent` never, for calls that make, remove or replace the name itself.
 */
export type Follow = "last" | "middle" | "parent";

/** Where a path leads. The last component may be missing; everything before it exists. */
export interface Resolved {
  /** The directory that holds the last component. */
  readonly parent: Ino;
  /** The last component, undefined if the path ends in the root or in `..`. */
  readonly name: string | undefined;
  readonly dentry: Dentry | undefined;
  /** The directories on the way, from the root to `parent`. */
  readonly ancestors: readonly Ino[];
  /** Their names, to which `name` is to be added. */
  readonly ancestorNames: readonly string[];
  /** The path was written as one of a directory. */
  readonly mustBeDirectory: boolean;
}

/** Throws ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL. */
export function resolve(view: FileView, path: string, follow: Follow): Resolved {
  return new Walk(view, follow).run(splitPath(path));
}

/** Like `resolve`, and ENOENT if the last component is missing, ENOTDIR if it must be a directory and is none. */
export function resolveExisting(
  view: FileView,
  path: string,
  follow: Follow,
): Resolved & { readonly dentry: Dentry } {
  const found = resolve(view, path, follow);
  const { dentry } = found;
  if (dentry === undefined) throw new RepoError("ENOENT");
  if (found.mustBeDirectory && dentry.type !== "directory") throw new RepoError("ENOTDIR");
  return { ...found, dentry };
}

/** The path without symlinks, as a UTF-8 byte string. */
export function realPath({ ancestorNames, name }: Resolved): string {
  const names = name === undefined ? ancestorNames : [...ancestorNames, name];
  return "/" + names.join("/");
}

/** The target of a symlink. */
export function readTarget(view: FileView, ino: Ino, inode: Inode): string {
  if (inode.size > MAX_PATH_BYTES) throw new RepoError("INTEGRITY");
  const bytes = new Uint8Array(inode.size);
  for (const { chunk, offset, length, to } of planRead(view, ino, inode, bytes, 0))
    bytes.set(view.chunkBytes(chunk).subarray(offset, offset + length), to);
  return utf8Decode(toByteString(bytes));
}

class Walk {
  readonly #view: FileView;
  readonly #follow: Follow;
  readonly #inos: Ino[] = [ROOT_INO];
  readonly #names: string[] = [];
  #hops = 0;

  constructor(view: FileView, follow: Follow) {
    this.#view = view;
    this.#follow = follow;
  }

  run(path: Components): Resolved {
    let { names } = path;
    let mustBeDirectory = path.directory;
    const entersLast = path.dot && this.#follow === "parent";
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      assert(name !== undefined, "index in range");
      if (name === "..") {
        this.#leave();
        continue;
      }
      if (name.length > MAX_NAME_BYTES) throw new RepoError("ENAMETOOLONG");
      const isLast = i === names.length - 1;
      const dentry = this.#view.dentry(this.#here, name);
      if (
        dentry?.type === "symlink" &&
        (!isLast || this.#followsLast(mustBeDirectory, entersLast))
      ) {
        const target = this.#target(dentry.ino);
        if (target.absolute) this.#toRoot();
        if (isLast && target.directory) mustBeDirectory = true;
        names = [...target.names, ...names.slice(i + 1)];
        i = -1;
      } else if (isLast && !entersLast) return this.#result(name, dentry, mustBeDirectory);
      else this.#enter(name, dentry);
    }
    return this.#result(undefined, { ino: this.#here, type: "directory" }, mustBeDirectory);
  }

  #followsLast(mustBeDirectory: boolean, entersLast: boolean): boolean {
    if (this.#follow === "parent") return entersLast;
    return this.#follow === "last" || mustBeDirectory;
  }

  get #here(): Ino {
    const ino = this.#inos.at(-1);
    assert(ino !== undefined, "the root is never left");
    return ino;
  }

  #enter(name: string, dentry: Dentry | undefined): void {
    if (dentry === undefined) throw new RepoError("ENOENT");
    if (dentry.type !== "directory") throw new RepoError("ENOTDIR");
    this.#inos.push(dentry.ino);
    this.#names.push(name);
    if (this.#names.length > MAX_DEPTH) throw new RepoError("ENAMETOOLONG");
  }

  #leave(): void {
    if (this.#inos.length > 1) this.#inos.pop();
    this.#names.pop();
  }

  #toRoot(): void {
    this.#inos.length = 1;
    this.#names.length = 0;
  }

  #target(ino: Ino): Components {
    if (++this.#hops > MAX_LINK_HOPS) throw new RepoError("ELOOP");
    return splitPath(readTarget(this.#view, ino, this.#view.inode(ino)));
  }

  #result(
    name: string | undefined,
    dentry: Dentry | undefined,
    mustBeDirectory: boolean,
  ): Resolved {
    return {
      parent: this.#here,
      name,
      dentry,
      ancestors: this.#inos,
      ancestorNames: this.#names,
      mustBeDirectory,
    };
  }
}
