/** The part of SyncFs that is about what is known of a file beside its content. */
import { toBits, toMode, toOwner, toPath, toTimes, type PathLike } from "../api/arguments.js";
import { constants } from "../api/flags.js";
import { statFsOf, statsOf, type BigIntOption } from "../api/stats.js";
import { isRepoError } from "../errors.js";
import type { Stats } from "../worker/protocol.js";
import type { SyncFiles } from "./sync-files.js";
import type { StatOptions, SyncFs } from "./sync-fs.js";

type AttributeCalls = Pick<
  SyncFs,
  | "statSync"
  | "lstatSync"
  | "statfsSync"
  | "existsSync"
  | "accessSync"
  | "chmodSync"
  | "chownSync"
  | "lchownSync"
  | "utimesSync"
  | "lutimesSync"
>;

export function attributeCalls(files: SyncFiles): AttributeCalls {
  const statfsSync = (path: PathLike, options?: BigIntOption) =>
    statFsOf(files.statFs(toPath(path)), options);

  return {
    // What these return depends on the options, which is what the overloads of SyncFs say.
    statSync: statCall((path) => files.stat(path)) as SyncFs["statSync"],
    lstatSync: statCall((path) => files.lstat(path)) as SyncFs["lstatSync"],
    statfsSync: statfsSync as SyncFs["statfsSync"],
    existsSync(path) {
      try {
        files.access(toPath(path), false);
        return true;
      } catch {
        return false;
      }
    },
    accessSync(path, mode) {
      const at = toPath(path);
      files.access(at, (toBits(mode) & constants.W_OK) !== 0);
    },
    chmodSync(path, mode) {
      files.setattr(toPath(path), { mode: toMode(mode) }, true);
    },
    chownSync(path, uid, gid) {
      files.setattr(toPath(path), toOwner(uid, gid), true);
    },
    lchownSync(path, uid, gid) {
      files.setattr(toPath(path), toOwner(uid, gid), false);
    },
    utimesSync(path, atime, mtime) {
      files.setattr(toPath(path), toTimes(atime, mtime), true);
    },
    lutimesSync(path, atime, mtime) {
      files.setattr(toPath(path), toTimes(atime, mtime), false);
    },
  };
}

/** A stat that can do without its file. */
function statCall(stat: (path: string) => Stats) {
  return (path: PathLike, options: StatOptions = {}) => {
    const at = toPath(path);
    try {
      return statsOf(stat(at), options);
    } catch (error) {
      if (options.throwIfNoEntry !== false || !isRepoError(error, "ENOENT")) throw error;
      return undefined;
    }
  };
}
