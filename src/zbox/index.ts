/** The public surface of `cofferfs/zbox`: the repo and its files, called as ZboxFS is called. */
export {
  Zbox,
  type EnvOptions,
  type LogLevel,
  type ZboxOpening,
  type ZboxOpeningOptions,
} from "./zbox.js";
export type {
  ZboxEntry,
  ZboxFileOpening,
  ZboxMove,
  ZboxPasswords,
  ZboxRepo,
  ZboxRepoInfo,
} from "./zbox-repo.js";
export type {
  ZboxFile,
  ZboxMetadata,
  ZboxSeek,
  ZboxVersion,
  ZboxVersionReader,
} from "./zbox-file.js";
export { RepoError, isRepoError, type RepoErrorCode } from "../errors.js";
