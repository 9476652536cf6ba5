/** The part of SyncFs that is about what files hold. */
import {
  toBits,
  toLength,
  toMode,
  toPath,
  viewBytes,
  type Data,
  type Mode,
  type PathLike,
} from "../api/arguments.js";
import { decodeText, encodeText, type Encoding } from "../api/encoding.js";
import type { Content } from "../api/file-handle.js";
import { constants, parseFlags, type Flags } from "../api/flags.js";
import { assertBoolean, assertEncodingKnown, checkedOptions, notData } from "../api/validate.js";
import type { OpenHandles } from "./open-handles.js";
import type { SyncFiles } from "./sync-files.js";
import type { SyncFs, SyncReadFileOptions, SyncWriteFileOptions } from "./sync-fs.js";

type ContentCalls = Pick<
  SyncFs,
  "readFileSync" | "writeFileSync" | "appendFileSync" | "truncateSync" | "copyFileSync"
>;

const DEFAULT_MODE = 0o666;

export function contentCalls(files: SyncFiles, handles: OpenHandles): ContentCalls {
  function withHandle<T>(
    path: PathLike,
    flag: Flags,
    use: (remote: number) => T,
    mode?: Mode | null,
  ): T {
    const remote = files.open(toPath(path), parseFlags(flag).flags, toMode(mode, DEFAULT_MODE));
    try {
      return use(remote);
    } finally {
      files.fdClose(remote);
    }
  }

  /** The whole file is one call; other flags than `r` have effects, and are what a handle is for. */
  function readBytes(path: PathLike | number, flag: Flags): Uint8Array<ArrayBuffer> {
    if (typeof path === "number") return files.fdReadAll(handles.get(path, "read").remote);
    if (flag === "r") return files.readFile(toPath(path));
    return withHandle(path, flag, (fd) => files.fdReadAll(fd));
  }

  function readFileSync(
    path: PathLike | number,
    options?: SyncReadFileOptions | Encoding | null,
  ): Content {
    const { encoding, flag } = checkedOptions<SyncReadFileOptions>(options);
    const bytes = readBytes(path, flag || "r");
    return encoding ? decodeText(bytes, encoding) : bytes;
  }

  function writeToHandle(fd: number, bytes: Uint8Array, flush: boolean): void {
    const { remote, synchronous } = handles.get(fd, "write");
    files.fdWrite(remote, bytes);
    if (flush || synchronous) files.fdDatasync(remote);
  }

  function write(
    path: PathLike | number,
    data: Data,
    given: SyncWriteFileOptions | Encoding | null | undefined,
    defaultFlag: Flags,
  ): void {
    const options = checkedOptions<SyncWriteFileOptions>(given);
    const { encoding, mode } = options;
    const flush: unknown = options.flush ?? false;
    const flag = options.flag || defaultFlag;
    assertBoolean(flush, "options.flush");
    const bytes = dataBytes(data, encoding);
    if (typeof path === "number") {
      writeToHandle(path, bytes, flush);
      return;
    }
    const at = toPath(path);
    const { flags, synchronous } = parseFlags(flag);
    // Flags that do not write: the handle says why not.
    if (flags.write !== true)
      withHandle(path, flag, (remote) => files.fdWrite(remote, bytes), mode);
    else files.writeFile(at, bytes, flags, toMode(mode, DEFAULT_MODE));
    if (flush || synchronous) files.sync();
  }

  return {
    readFileSync: readFileSync as SyncFs["readFileSync"],
    writeFileSync(path, data, options) {
      write(path, data, options, "w");
    },
    appendFileSync(path, data, options) {
      write(path, data, options, "a");
    },
    truncateSync(path, length) {
      // As in Node: the path is opened before anybody looks at the length.
      withHandle(path, "r+", (remote) => {
        files.fdTruncate(remote, toLength(length ?? 0));
      });
    },
    copyFileSync(from, to, mode) {
      const [source, target] = [toPath(from, "src"), toPath(to, "dest")];
      const exclusive = (toBits(mode) & constants.COPYFILE_EXCL) !== 0;
      files.copyFile(source, target, exclusive);
    },
  };
}

function dataBytes(data: Data, encoding: Encoding | null | undefined): Uint8Array {
  if (typeof data === "string") {
    if (encoding) assertEncodingKnown(encoding);
    return encodeText(data, encoding ?? "utf8");
  }
  const bytes = viewBytes(data);
  if (bytes === undefined) throw notData(data);
  return bytes;
}
