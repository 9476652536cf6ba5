/** The part of RepoFs that is about what is known of a file beside its content. */
import type { RemoteFiles } from "../worker/protocol.js";
import { toInteger, toMode, toOwner, toPath, toTimes } from "./arguments.js";
import { constants } from "./flags.js";
import type { RepoFs } from "./fs.js";
import { Stats } from "./stats.js";

type AttributeCalls = Pick<
  RepoFs,
  "stat" | "lstat" | "access" | "chmod" | "chown" | "lchown" | "utimes" | "lutimes"
>;

export function attributeCalls(remote: RemoteFiles): AttributeCalls {
  return {
    stat: async (path) => new Stats(await remote.stat(toPath(path))),
    lstat: async (path) => new Stats(await remote.lstat(toPath(path))),
    async access(path, mode = constants.F_OK) {
      const wanted = toInteger(mode, "mode", constants.R_OK | constants.W_OK | constants.X_OK);
      await remote.access(toPath(path), (wanted & constants.W_OK) !== 0);
    },
    chmod: async (path, mode) => remote.setattr(toPath(path), { mode: toMode(mode) ?? 0 }, true),
    chown: async (path, uid, gid) => remote.setattr(toPath(path), toOwner(uid, gid), true),
    lchown: async (path, uid, gid) => remote.setattr(toPath(path), toOwner(uid, gid), false),
    utimes: async (path, atime, mtime) => remote.setattr(toPath(path), toTimes(atime, mtime), true),
    lutimes: async (path, atime, mtime) =>
      remote.setattr(toPath(path), toTimes(atime, mtime), false),
  };
}
