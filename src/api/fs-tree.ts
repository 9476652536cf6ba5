/** The part of RepoFs that is about names. */
import type { CopyOptions, RemoteFiles } from "../worker/protocol.js";
import { toMode, toPath, type Mode, type PathLike } from "./arguments.js";
import { Dir, type OpenDirOptions } from "./dir.js";
import { direntsOf } from "./dirent.js";
import { nameAs, type NameEncoding } from "./encoding.js";
import { constants } from "./flags.js";
import type {
  CpOptions,
  MkdirOptions,
  NameOptions,
  ReaddirOptions,
  RepoFs,
  RmdirOptions,
  RmOptions,
} from "./fs.js";
import { codedError, typeError } from "./node-errors.js";
import { asked } from "./page-question.js";
import {
  assertBoolean,
  assertFunction,
  assertInteger,
  assertObject,
  assertUint32,
  checkedOptions,
} from "./validate.js";

type TreeCalls = Pick<
  RepoFs,
  | "mkdir"
  | "mkdtemp"
  | "readdir"
  | "opendir"
  | "rename"
  | "cp"
  | "rm"
  | "rmdir"
  | "unlink"
  | "link"
  | "symlink"
  | "readlink"
  | "realpath"
>;

type Names = NameOptions | NameEncoding | null;

const DEFAULT_MODE = 0o777;

export function treeCalls(remote: RemoteFiles): TreeCalls {
  async function mkdir(
    path: PathLike,
    options?: MkdirOptions | Mode | null,
  ): Promise<string | undefined> {
    const isMode = typeof options === "number" || typeof options === "string";
    const { recursive = false, mode } = isMode ? { mode: options } : (options ?? {});
    const at = toPath(path);
    assertBoolean(recursive, "options.recursive");
    const bits = toMode(mode, DEFAULT_MODE);
    if (recursive) return remote.makeDirectories(at, bits);
    await remote.mkdir(at, bits);
    return undefined;
  }

  async function mkdtemp(prefix: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(await remote.makeTemporary(toPath(prefix, "prefix")), encoding);
  }

  async function readdir(path: PathLike, options?: ReaddirOptions | NameEncoding | null) {
    const { withFileTypes, recursive, encoding } = checkedOptions<ReaddirOptions>(options);
    const directory = toPath(path);
    const listing = await remote.list(directory, Boolean(recursive));
    if (withFileTypes) return direntsOf(listing, directory, encoding);
    return listing.names.map((name) => nameAs(name, encoding));
  }

  async function readlink(path: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(await remote.readlink(toPath(path, "oldPath")), encoding);
  }

  async function realpath(path: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(await remote.realpath(toPath(path)), encoding);
  }

  return {
    mkdir: mkdir as RepoFs["mkdir"],
    mkdtemp: mkdtemp as RepoFs["mkdtemp"],
    readdir: readdir as RepoFs["readdir"],
    readlink: readlink as RepoFs["readlink"],
    realpath: realpath as RepoFs["realpath"],
    async opendir(path, options) {
      const at = toPath(path);
      return Dir.open(remote, at, checkedOptions<OpenDirOptions>(options));
    },
    rename: async (from, to) => remote.rename(toPath(from, "oldPath"), toPath(to, "newPath")),
    async cp(from, to, options) {
      const { filter, ...checked } = copyOptions(options);
      const [source, target] = [toPath(from, "src"), toPath(to, "dest")];
      await asked(filter, (port) => remote.copyTree(source, target, checked, port));
    },
    async rm(path, options) {
      const at = toPath(path);
      const { recursive, force } = removalOptions(options);
      await remote.remove(at, recursive, force);
    },
    async rmdir(path, options) {
      const at = toPath(path);
      const { recursive } = removalOptions(options);
      if (recursive && (await remote.stat(at)).type === "directory")
        await remote.remove(at, true, false);
      else await remote.rmdir(at);
    },
    unlink: async (path) => remote.unlink(toPath(path)),
    link: async (existing, path) =>
      remote.link(toPath(existing, "existingPath"), toPath(path, "newPath")),
    async symlink(target, path, type) {
      const [text, at] = [toPath(target, "target"), toPath(path)];
      if (typeof type === "string" && !["dir", "file", "junction"].includes(type))
        throw codedError(
          "ERR_FS_INVALID_SYMLINK_TYPE",
          `Symlink type must be one of "dir", "file", or "junction". Received "${type}"`,
        );
      await remote.symlink(text, at);
    },
  };
}

type CopyChoices = CopyOptions & Pick<CpOptions, "filter">;

function copyOptions(options: CpOptions | undefined): CopyChoices {
  if (options !== undefined) assertObject(options);
  const { filter, force = true, ...given } = options ?? {};
  const mode: unknown = given.mode ?? 0;
  const { recursive = false, errorOnExist = false, dereference = false } = given;
  const { preserveTimestamps = false, verbatimSymlinks = false } = given;
  const links = { dereference, verbatimSymlinks };
  const choices = { errorOnExist, force, preserveTimestamps, recursive };
  for (const [name, value] of Object.entries({ dereference, ...choices, verbatimSymlinks }))
    assertBoolean(value, `options.${name}`);
  assertInteger(mode, "mode", 0, 7);
  if (dereference && verbatimSymlinks)
    throw typeError(
      "ERR_INCOMPATIBLE_OPTION_PAIR",
      'Option "dereference" cannot be used in combination with option "verbatimSymlinks"',
    );
  if (filter !== undefined) assertFunction(filter, "options.filter");
  return { ...choices, ...links, exclusive: (mode & constants.COPYFILE_EXCL) !== 0, filter };
}

interface Removal {
  readonly recursive: boolean;
  readonly force: boolean;
}

function removalOptions(options: (RmdirOptions & Pick<RmOptions, "force">) | undefined): Removal {
  if (options !== undefined) assertObject(options);
  const { recursive = false, force = false, retryDelay = 100, maxRetries = 0 } = options ?? {};
  assertBoolean(recursive, "options.recursive");
  assertInteger(retryDelay, "options.retryDelay", 0, 0x7fff_ffff);
  assertUint32(maxRetries, "options.maxRetries");
  assertBoolean(force, "options.force");
  return { recursive, force };
}
