/** callbackFs: the functions of a CallbackFs over anything of the shape of `node:fs/promises`. */
import { assertObject, assertFunction } from "../api/validate.js";
import { bytesOf, type BufferClass } from "./bytes.js";
import type { CallbackFs, StreamCalls } from "./callback-fs.js";
import { descriptorCalls } from "./descriptor-calls.js";
import { Descriptors } from "./descriptors.js";
import { watchCall } from "./fs-watcher.js";
import { lookAlikes } from "./look-alikes.js";
import { pathCalls } from "./path-calls.js";
import type { PromisesFs } from "./promises-fs.js";
import { assertStreamClasses } from "./stream-options.js";
import {
  readStreams,
  writeStreams,
  type ReadableClass,
  type ReadableLike,
  type StreamLike,
  type WritableClass,
} from "./streams.js";

export interface CallbackFsOptions<Bytes extends Uint8Array = Uint8Array<ArrayBuffer>> {
  /** Bytes are given out as this class, which is that of Node or of the package `buffer`. Default: as they come. */
  readonly Buffer?: BufferClass<Bytes> | undefined;
}

/** Classes of streams, of `node:stream` or of the package `readable-stream`. */
export interface StreamClasses<R, W> {
  readonly Readable: ReadableClass<R>;
  readonly Writable: WritableClass<W>;
}

/**
 * Node's `fs` with callbacks, for libraries that ask for it, over `repo.fs` or anything else of the shape of `node:fs/promises`.
 * docs/CALLBACK-FS.md lists what differs from Node.
 *
 * With `Readable` and `Writable` it also has `createReadStream` and `createWriteStream`, with `Buffer` its bytes are
 * Buffers: many libraries take them for granted, and a page has neither.
 *
 * @throws ERR_INVALID_ARG_TYPE
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { callbackFs } from "cofferfs/callback";
 *
 * export function show(repo: Repo): void {
 *   const fs = callbackFs(repo.fs);
 *   fs.readFile("/letters/first.txt", "utf8", (error, text) => {
 *     console.log(error?.code ?? text);
 *   });
 * }
 * ```
 */
export function callbackFs<
  R extends ReadableLike,
  W extends StreamLike,
  Bytes extends Uint8Array = Uint8Array<ArrayBuffer>,
>(
  fs: PromisesFs,
  options: CallbackFsOptions<Bytes> & StreamClasses<R, W>,
): CallbackFs<Bytes> & StreamCalls<R, W>;
export function callbackFs<Bytes extends Uint8Array = Uint8Array<ArrayBuffer>>(
  fs: PromisesFs,
  options?: CallbackFsOptions<Bytes>,
): CallbackFs<Bytes>;
export function callbackFs(
  fs: PromisesFs,
  options: CallbackFsOptions<Uint8Array> & Partial<StreamClasses<ReadableLike, StreamLike>> = {},
): unknown {
  assertObject(fs, "fs");
  assertObject(options);
  const { Buffer, Readable, Writable } = options;
  if (Buffer !== undefined) assertFunction(Buffer, "options.Buffer");
  const toBytes = bytesOf(Buffer);
  const descriptors = new Descriptors();
  return {
    promises: fs,
    constants: fs.constants,
    ...pick(fs.constants, "F_OK", "R_OK", "W_OK", "X_OK"),
    ...lookAlikes,
    ...pathCalls(fs, descriptors, toBytes),
    ...descriptorCalls(descriptors, toBytes),
    watch: watchCall(fs, toBytes),
    ...streamCalls(),
  };

  function streamCalls(): object {
    if (Readable === undefined && Writable === undefined) return {};
    assertStreamClasses({ Readable, Writable });
    return {
      ...(Readable && { createReadStream: readStreams(fs, descriptors, Readable, toBytes) }),
      ...(Writable && { createWriteStream: writeStreams(fs, descriptors, Writable) }),
    };
  }
}

function pick(constants: object, ...names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(constants, name)]));
}
