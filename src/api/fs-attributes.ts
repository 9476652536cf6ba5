/** The part of RepoFs that is about what is known of a file beside its content. */
import type { RemoteFiles } from "../worker/protocol.js";
import { toBits, toMode, toOwner, toPath, toTimes, type PathLike } from "./arguments.js";
import { constants } from "./flags.js";
import type { RepoFs } from "./fs.js";
import { statFsOf, statsOf, type BigIntOption } from "./stats.js";

type AttributeCalls = Pick<
  RepoFs,
  | "stat"
  | "lstat"
  | "statfs"
  | "access"
  | "chmod"
  | "lchmod"
  | "chown"
  | "lchown"
  | "utimes"
  | "lutimes"
>;

export function attributeCalls(remote: RemoteFiles): AttributeCalls {
  // What they resolve to depends on the option, which is what the overloads of RepoFs say.
  const stat = async (path: PathLike, options?: BigIntOption) =>
    statsOf(await remote.stat(toPath(path)), options);
  const lstat = async (path: PathLike, options?: BigIntOption) =>
    statsOf(await remote.lstat(toPath(path)), options);
  const statfs = async (path: PathLike, options?: BigIntOption) =>
    statFsOf(await remote.statFs(toPath(path)), options);
  return {
    stat: stat as RepoFs["stat"],
    lstat: lstat as RepoFs["lstat"],
    statfs: statfs as RepoFs["statfs"],
    async access(path, mode) {
      const at = toPath(path);
      await remote.access(at, (toBits(mode) & constants.W_OK) !== 0);
    },
    async chmod(path, mode) {
      const at = toPath(path);
      await remote.setattr(at, { mode: toMode(mode) }, true);
    },
    async lchmod(path, mode) {
      const at = toPath(path);
      await remote.setattr(at, { mode: toMode(mode) }, false);
    },
    chown: async (path, uid, gid) => remote.setattr(toPath(path), toOwner(uid, gid), true),
    lchown: async (path, uid, gid) => remote.setattr(toPath(path), toOwner(uid, gid), false),
    utimes: async (path, atime, mtime) => remote.setattr(toPath(path), toTimes(atime, mtime), true),
    lutimes: async (path, atime, mtime) =>
      remote.setattr(toPath(path), toTimes(atime, mtime), false),
  };
}
