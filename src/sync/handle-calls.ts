/** The part of SyncFs that is about open files. */
import { toLength, toMode, toOwner, toPath, toTimes } from "../api/arguments.js";
import {
  partToRead,
  partToWriteOf,
  rangeOf,
  textBytes,
  toPosition,
  viewsOf,
  type BufferRange,
  type Position,
} from "../api/buffer-range.js";
import type { Encoding } from "../api/encoding.js";
import { parseFlags } from "../api/flags.js";
import { invalidType } from "../api/node-errors.js";
import { statsOf, type BigIntOption } from "../api/stats.js";
import { concatBytes } from "../codec/unshared.js";
import type { Attributes } from "../worker/protocol.js";
import type { OpenHandles } from "./open-handles.js";
import type { SyncFiles } from "./sync-files.js";
import type { SyncFs } from "./sync-fs.js";

type HandleCalls = Pick<
  SyncFs,
  | "openSync"
  | "closeSync"
  | "readSync"
  | "writeSync"
  | "readvSync"
  | "writevSync"
  | "fstatSync"
  | "ftruncateSync"
  | "fsyncSync"
  | "fdatasyncSync"
  | "fchmodSync"
  | "fchownSync"
  | "futimesSync"
>;

const DEFAULT_MODE = 0o666;

export function handleCalls(files: SyncFiles, handles: OpenHandles): HandleCalls {
  function write(fd: number, bytes: Uint8Array, position: Position): number {
    const { remote, synchronous } = handles.get(fd, "write");
    const written = files.fdWrite(remote, bytes, toPosition(position));
    if (synchronous) files.fdDatasync(remote);
    return written;
  }

  function setattr(fd: number, changes: Attributes): void {
    files.fdSetattr(handles.get(fd, "fsetattr").remote, changes);
  }

  // What it returns depends on the option, which is what the overloads of SyncFs say.
  const fstatSync = (fd: number, options?: BigIntOption) =>
    statsOf(files.fdStat(handles.get(fd, "fstat").remote), options);

  return {
    openSync(path, flags, mode) {
      const at = toPath(path);
      const { flags: parsed, synchronous } = parseFlags(flags);
      const remote = files.open(at, parsed, toMode(mode, DEFAULT_MODE));
      return handles.add({ remote, synchronous });
    },
    closeSync(fd) {
      files.fdClose(handles.take(fd).remote);
    },
    readSync(
      fd: number,
      buffer: ArrayBufferView,
      second?: BufferRange | number | null,
      length?: number | null,
      position?: Position,
    ) {
      const { remote } = handles.get(fd, "read");
      const range = rangeOf(second, length, position);
      const into = partToRead(checkedView(buffer), range);
      return into.length === 0 ? 0 : files.readInto(remote, into, toPosition(range.position));
    },
    writeSync(
      fd: number,
      data: ArrayBufferView | string,
      second?: BufferRange | Position,
      third?: number | Encoding | null,
      fourth?: Position,
    ) {
      if (!ArrayBuffer.isView(data)) {
        const position = typeof second === "object" ? undefined : second;
        return write(fd, textBytes(data, third), position);
      }
      const range = rangeOf(second, typeof third === "number" ? third : undefined, fourth);
      return write(fd, partToWriteOf(data, range), range.position);
    },
    readvSync(fd, buffers, position) {
      const views = viewsOf(buffers);
      const all = new Uint8Array(views.reduce((sum, { length }) => sum + length, 0));
      const count = files.readInto(handles.get(fd, "read").remote, all, toPosition(position));
      let at = 0;
      for (const view of views) {
        view.set(all.subarray(at, Math.min(at + view.length, count)));
        at = Math.min(at + view.length, count);
      }
      return count;
    },
    writevSync: (fd, buffers, position) => write(fd, concatBytes(...viewsOf(buffers)), position),
    fstatSync: fstatSync as SyncFs["fstatSync"],
    ftruncateSync(fd, length) {
      const { remote, synchronous } = handles.get(fd, "ftruncate");
      files.fdTruncate(remote, toLength(length ?? 0));
      if (synchronous) files.fdDatasync(remote);
    },
    fsyncSync(fd) {
      files.fdSync(handles.get(fd, "fsync").remote);
    },
    fdatasyncSync(fd) {
      files.fdDatasync(handles.get(fd, "fdatasync").remote);
    },
    fchmodSync(fd, mode) {
      setattr(fd, { mode: toMode(mode) });
    },
    fchownSync(fd, uid, gid) {
      setattr(fd, toOwner(uid, gid));
    },
    futimesSync(fd, atime, mtime) {
      setattr(fd, toTimes(atime, mtime));
    },
  };
}

function checkedView(buffer: ArrayBufferView): ArrayBufferView {
  if (ArrayBuffer.isView(buffer)) return buffer;
  throw invalidType("buffer", "an instance of Buffer, TypedArray, or DataView", buffer);
}
