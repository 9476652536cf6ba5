/** The public surface of `cofferfs/callback`: Node's `fs` with callbacks. */
export { callbackFs, type CallbackFsOptions, type StreamClasses } from "./create-callback-fs.js";
export type {
  CallbackFs,
  FileStream,
  GlobCall,
  LookAlike,
  NameCall,
  StatCall,
  StreamCalls,
  WriteFileCall,
} from "./callback-fs.js";
export type { Callback, FsError } from "./callback-types.js";
export type { CallbackDir } from "./callback-dir.js";
export type { FSWatcher } from "./fs-watcher.js";
export type { Emitter, Listener } from "./emitter.js";
export type { PromisesFs } from "./promises-fs.js";
export type { BufferClass } from "./bytes.js";
export type { ReadableClass, ReadableLike, StreamLike, WritableClass } from "./streams.js";
export type { ReadStreamOptions, WriteStreamOptions } from "./stream-options.js";
