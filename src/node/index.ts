/** The public surface of `cofferfs/node`: repos in container files, with the types of the browser's. */
export {
  openRepo,
  repoExists,
  destroyRepo,
  exportRepo,
  importRepo,
  repairRepo,
  type RepairFileOptions,
} from "./repos.js";
export type { OpenFileRepoOptions } from "./open-container.js";
export type { ContainerPath } from "./place.js";
export { constants } from "../api/flags.js";
export { FileObserver } from "../api/root/file-observer.js";
export { RepoError, isRepoError } from "../errors.js";
export type * from "../api/public-types.js";
