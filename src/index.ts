/** The public surface of cofferfs. */
export {
  openRepo,
  repoExists,
  destroyRepo,
  exportRepo,
  importRepo,
  repairRepo,
  type RepairOptions,
  type RepoLocationOptions,
} from "./api/open-repo.js";
export type { AutoLockOptions, OpenRepoOptions } from "./api/open-options.js";
export type { WorkerFactory, WorkerRole } from "./api/spawn.js";
export { constants } from "./api/flags.js";
export { FileObserver } from "./api/root/file-observer.js";
export { RepoError, isRepoError } from "./errors.js";
export type * from "./api/public-types.js";
