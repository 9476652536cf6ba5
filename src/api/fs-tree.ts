/** The part of RepoFs that is about names. */
import type { RemoteFiles } from "../worker/protocol.js";
import { pathText, toMode, toPath, type Mode, type PathLike } from "./arguments.js";
import { direntsOf, type Dirent } from "./dirent.js";
import type { MkdirOptions, ReaddirOptions, RepoFs } from "./fs.js";

type TreeCalls = Pick<
  RepoFs,
  | "mkdir"
  | "readdir"
  | "rename"
  | "rm"
  | "rmdir"
  | "unlink"
  | "link"
  | "symlink"
  | "readlink"
  | "realpath"
>;

export function treeCalls(remote: RemoteFiles): TreeCalls {
  function mkdir(
    path: PathLike,
    options: MkdirOptions & { readonly recursive: true },
  ): Promise<string | undefined>;
  function mkdir(
    path: PathLike,
    options?: (MkdirOptions & { readonly recursive?: false | undefined }) | Mode | null,
  ): Promise<undefined>;
  function mkdir(path: PathLike, options?: MkdirOptions | Mode | null): Promise<string | undefined>;
  async function mkdir(
    path: PathLike,
    options?: MkdirOptions | Mode | null,
  ): Promise<string | undefined> {
    const isMode = typeof options !== "object" || options === null;
    const { recursive = false, mode } = isMode ? { mode: options } : options;
    if (recursive) return remote.makeDirectories(toPath(path), toMode(mode));
    await remote.mkdir(toPath(path), toMode(mode));
    return undefined;
  }

  function readdir(
    path: PathLike,
    options: ReaddirOptions & { readonly withFileTypes: true },
  ): Promise<Dirent[]>;
  function readdir(
    path: PathLike,
    options?: (ReaddirOptions & { readonly withFileTypes?: false | undefined }) | "utf8" | null,
  ): Promise<string[]>;
  function readdir(
    path: PathLike,
    options?: ReaddirOptions | "utf8" | null,
  ): Promise<string[] | Dirent[]>;
  async function readdir(
    path: PathLike,
    options?: ReaddirOptions | "utf8" | null,
  ): Promise<string[] | Dirent[]> {
    const { withFileTypes = false, recursive = false } =
      typeof options === "object" && options !== null ? options : {};
    const directory = toPath(path);
    const listing = await remote.list(directory, recursive);
    return withFileTypes ? direntsOf(listing, directory) : [...listing.names];
  }

  return {
    mkdir,
    readdir,
    rename: async (from, to) => remote.rename(toPath(from, "oldPath"), toPath(to, "newPath")),
    rm: async (path, { recursive = false, force = false } = {}) =>
      remote.remove(toPath(path), recursive, force),
    rmdir: async (path) => remote.rmdir(toPath(path)),
    unlink: async (path) => remote.unlink(toPath(path)),
    link: async (existing, path) =>
      remote.link(toPath(existing, "existingPath"), toPath(path, "newPath")),
    symlink: async (target, path) => remote.symlink(pathText(target, "target"), toPath(path)),
    readlink: async (path) => remote.readlink(toPath(path)),
    realpath: async (path) => remote.realpath(toPath(path)),
  };
}
