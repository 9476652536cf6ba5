/** The part of SyncFs that is about names. */
import { toMode, toPath, type Mode, type PathLike } from "../api/arguments.js";
import { direntsOf } from "../api/dirent.js";
import { nameAs, type NameEncoding } from "../api/encoding.js";
import type {
  MkdirOptions,
  NameOptions,
  ReaddirOptions,
  RmdirOptions,
  RmOptions,
} from "../api/fs.js";
import { assertBoolean, assertObject, checkedOptions } from "../api/validate.js";
import type { SyncFiles } from "./sync-files.js";
import type { SyncFs } from "./sync-fs.js";

type TreeCalls = Pick<
  SyncFs,
  | "mkdirSync"
  | "mkdtempSync"
  | "readdirSync"
  | "renameSync"
  | "rmSync"
  | "rmdirSync"
  | "unlinkSync"
  | "linkSync"
  | "symlinkSync"
  | "readlinkSync"
  | "realpathSync"
>;
type Names = NameOptions | NameEncoding | null;

const DEFAULT_MODE = 0o777;

export function treeCalls(files: SyncFiles): TreeCalls {
  function mkdirSync(path: PathLike, options?: MkdirOptions | Mode | null): string | undefined {
    const isMode = typeof options === "number" || typeof options === "string";
    const { recursive = false, mode } = isMode ? { mode: options } : (options ?? {});
    const at = toPath(path);
    assertBoolean(recursive, "options.recursive");
    const bits = toMode(mode, DEFAULT_MODE);
    if (recursive) return files.makeDirectories(at, bits);
    files.mkdir(at, bits);
    return undefined;
  }

  function mkdtempSync(prefix: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(files.makeTemporary(toPath(prefix, "prefix")), encoding);
  }

  function readdirSync(path: PathLike, options?: ReaddirOptions | NameEncoding | null) {
    const { withFileTypes, recursive, encoding } = checkedOptions<ReaddirOptions>(options);
    const directory = toPath(path);
    const listing = files.list(directory, Boolean(recursive));
    if (withFileTypes) return direntsOf(listing, directory, encoding);
    return listing.names.map((name) => nameAs(name, encoding));
  }

  function readlinkSync(path: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(files.readlink(toPath(path, "oldPath")), encoding);
  }

  function realpathSync(path: PathLike, options?: Names) {
    const { encoding } = checkedOptions<NameOptions>(options);
    return nameAs(files.realpath(toPath(path)), encoding);
  }

  return {
    // What these return depends on the options, which is what the overloads of SyncFs say.
    mkdirSync: mkdirSync as SyncFs["mkdirSync"],
    mkdtempSync: mkdtempSync as SyncFs["mkdtempSync"],
    readdirSync: readdirSync as SyncFs["readdirSync"],
    readlinkSync: readlinkSync as SyncFs["readlinkSync"],
    realpathSync: realpathSync as SyncFs["realpathSync"],
    renameSync(from, to) {
      files.rename(toPath(from, "oldPath"), toPath(to, "newPath"));
    },
    rmSync(path, options) {
      const at = toPath(path);
      const { recursive, force } = removal(options);
      files.remove(at, recursive, force);
    },
    rmdirSync(path, options) {
      const at = toPath(path);
      const { recursive } = removal(options);
      if (recursive && files.stat(at).type === "directory") files.remove(at, true, false);
      else files.rmdir(at);
    },
    unlinkSync(path) {
      files.unlink(toPath(path));
    },
    linkSync(existing, path) {
      files.link(toPath(existing, "existingPath"), toPath(path, "newPath"));
    },
    symlinkSync(target, path) {
      files.symlink(toPath(target, "target"), toPath(path));
    },
  };
}

function removal(options: (RmdirOptions & Pick<RmOptions, "force">) | undefined): {
  readonly recursive: boolean;
  readonly force: boolean;
} {
  if (options !== undefined) assertObject(options);
  const { recursive = false, force = false } = options ?? {};
  assertBoolean(recursive, "options.recursive");
  assertBoolean(force, "options.force");
  return { recursive, force };
}
