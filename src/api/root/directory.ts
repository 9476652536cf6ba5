/** Directory: a directory's handle. */
import { isRepoError } from "../../errors.js";
import type { FileType } from "../../worker/protocol.js";
import { toOptions } from "./dictionary.js";
import { Entry, removeAt } from "./entry.js";
import { domException, handled } from "./handle-errors.js";
import { absolute, childPath, placeOf } from "./place.js";
import type {
  GetEntryOptions,
  RemoveEntryOptions,
  RootDirectoryHandle,
  RootFileHandle,
  RootHandle,
} from "./root.js";

/** Entries that are asked for at a time. */
const BATCH = 256;

type Kind = "file" | "directory";
type Child = RootDirectoryHandle | RootFileHandle;

export class Directory extends Entry implements RootDirectoryHandle {
  readonly kind = "directory";

  get [Symbol.toStringTag](): string {
    return "FileSystemDirectoryHandle";
  }

  async getFileHandle(name: string, options?: GetEntryOptions): Promise<RootFileHandle> {
    return this.place.tree.file(await this.#find(name, "file", options));
  }

  async getDirectoryHandle(name: string, options?: GetEntryOptions): Promise<RootDirectoryHandle> {
    return this.place.tree.directory(await this.#find(name, "directory", options));
  }

  async removeEntry(name: string, options?: RemoveEntryOptions): Promise<void> {
    await removeAt(this.place, childPath(this.place.path, name), options);
  }

  async resolve(descendant: RootHandle): Promise<string[] | null> {
    const { tree, path } = placeOf(descendant);
    const here = this.place.path;
    if (tree !== this.place.tree) return null;
    if (path === here) return descendant.kind === "directory" ? [] : null;
    return path.startsWith(`${here}/`) ? path.slice(here.length + 1).split("/") : null;
  }

  async *entries(): AsyncGenerator<[string, Child], undefined> {
    const { tree, path } = this.place;
    for await (const [name, kind] of this.#children()) {
      const at = `${path}/${name}`;
      yield [name, kind === "file" ? tree.file(at) : tree.directory(at)];
    }
  }

  async *keys(): AsyncGenerator<string, undefined> {
    for await (const [name] of this.#children()) yield name;
  }

  async *values(): AsyncGenerator<Child, undefined> {
    for await (const [, child] of this.entries()) yield child;
  }

  [Symbol.asyncIterator](): AsyncGenerator<[string, Child], undefined> {
    return this.entries();
  }

  /** The path of the entry of that name, which is of that kind. */
  async #find(name: string, kind: Kind, options: GetEntryOptions | undefined): Promise<string> {
    const path = childPath(this.place.path, name);
    const create = Boolean(toOptions<GetEntryOptions>(options).create);
    // Without `create` a directory that is none has no entries.
    const names = create ? {} : { ENOTDIR: "NotFoundError" as const };
    const found = await handled(this.#typeAt(path, create ? kind : undefined), names);
    if (found !== kind)
      throw domException("TypeMismatchError", "the entry of that name is of another kind");
    return path;
  }

  /** What the path leads to; it is made as `create` if there is nothing. */
  async #typeAt(path: string, create: Kind | undefined): Promise<FileType> {
    const { files } = this.place.tree;
    try {
      return (await files.stat(path)).type;
    } catch (error) {
      if (create === undefined || !isRepoError(error, "ENOENT")) throw error;
    }
    try {
      if (create === "directory") await files.mkdir(path);
      else await files.writeFile(path, new Uint8Array(0), NEW_FILE);
      return create;
    } catch (error) {
      // Somebody was quicker, or it is a link that leads nowhere.
      if (!isRepoError(error, "EEXIST")) throw error;
      return (await files.stat(path)).type;
    }
  }

  async *#children(): AsyncGenerator<[string, Kind]> {
    const { files } = this.place.tree;
    const path = absolute(this.place.path);
    let after: string | undefined;
    for (;;) {
      const { names, types } = await handled(files.listPart(path, after, BATCH));
      for (const [i, name] of names.entries()) {
        const type = types[i] === "symlink" ? await this.#behindLink(name) : types[i];
        if (type !== undefined && type !== "symlink") yield [name, type];
      }
      if (names.length < BATCH) return;
      after = names.at(-1);
    }
  }

  async #behindLink(name: string): Promise<FileType | undefined> {
    try {
      return (await this.place.tree.files.stat(`${this.place.path}/${name}`)).type;
    } catch (error) {
      // It leads nowhere, or round in circles.
      if (isRepoError(error, "ENOENT") || isRepoError(error, "ELOOP")) return undefined;
      if (isRepoError(error, "ENOTDIR")) return undefined;
      return handled(Promise.reject(error as Error));
    }
  }
}

const NEW_FILE = { write: true, create: true, exclusive: true };
