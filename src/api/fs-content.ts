/** The part of RepoFs that is about what files hold. */
import type { RemoteFiles } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import {
  toBits,
  toMode,
  toPath,
  viewBytes,
  type Data,
  type DataPieces,
  type Mode,
  type PathLike,
} from "./arguments.js";
import type { ReadFileOptions, WriteFileOptions } from "./content-options.js";
import { decodeText, type Encoding } from "./encoding.js";
import { FileHandle, type Content } from "./file-handle.js";
import { constants, parseFlags, type Flags } from "./flags.js";
import type { RepoFs } from "./fs.js";
import { abortError } from "./node-errors.js";
import { dataPayload, isPieces } from "./payload.js";
import { assertBoolean, assertEncodingKnown, checkedOptions, notData } from "./validate.js";

type ContentCalls = Pick<
  RepoFs,
  "readFile" | "writeFile" | "appendFile" | "open" | "truncate" | "copyFile"
>;

const DEFAULT_MODE = 0o666;

export function contentCalls(remote: RemoteFiles): ContentCalls {
  async function open(
    path: PathLike,
    flags?: Flags | null,
    mode?: Mode | null,
  ): Promise<FileHandle> {
    const at = toPath(path);
    const parsed = parseFlags(flags);
    const fd = await remote.open(at, parsed.flags, toMode(mode, DEFAULT_MODE));
    return new FileHandle(remote, fd, parsed.synchronous);
  }

  async function withHandle<T>(
    opening: Promise<FileHandle>,
    use: (handle: FileHandle) => Promise<T>,
  ): Promise<T> {
    const handle = await opening;
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  }

  /** The whole file is one call; other flags than `r` have effects, and are what a handle is for. */
  function readBytes(path: PathLike, flag: Flags): Promise<Uint8Array<ArrayBuffer>> {
    if (flag === "r") return remote.readFile(toPath(path));
    return withHandle(open(path, flag), (handle) => handle.readFile());
  }

  async function readFile(
    path: PathLike | FileHandle,
    options?: ReadFileOptions | Encoding | null,
  ): Promise<Content> {
    if (path instanceof FileHandle) return path.readFile(options);
    const { encoding, flag, signal } = checkedOptions<ReadFileOptions>(options);
    const bytes = await abortable(signal, () => readBytes(path, flag || "r"), abortError);
    return encoding ? decodeText(bytes, encoding) : bytes;
  }

  async function write(
    path: PathLike | FileHandle,
    data: Data | DataPieces,
    given: WriteFileOptions | Encoding | null | undefined,
    defaultFlag: Flags,
  ): Promise<void> {
    const options = checkedOptions<WriteFileOptions>(given);
    if (path instanceof FileHandle) return path.writeFile(data, options);
    const { encoding, mode, signal, transfer } = options;
    const flush: unknown = options.flush ?? false;
    const flag = options.flag || defaultFlag;
    assertBoolean(flush, "options.flush");
    const pieces = isPieces(data);
    if (!pieces && typeof data !== "string" && viewBytes(data) === undefined) throw notData(data);
    if (encoding) assertEncodingKnown(encoding);
    const work = async (): Promise<void> => {
      const to = toPath(path);
      const { flags, synchronous } = parseFlags(flag);
      const bits = toMode(mode, DEFAULT_MODE);
      // Flags that do not write: the handle says why not.
      if (pieces || flags.write !== true)
        await withHandle(open(path, flag, mode), (handle) =>
          handle.writeFile(data, { encoding, signal }),
        );
      else await remote.writeFile(to, dataPayload(data, encoding, transfer === true), flags, bits);
      if (flush || synchronous) await remote.sync();
    };
    await abortable(signal, work, abortError);
  }

  return {
    open,
    readFile: readFile as RepoFs["readFile"],
    writeFile: (path, data, options) => write(path, data, options, "w"),
    appendFile: (path, data, options) => write(path, data, options, "a"),
    async truncate(path, length) {
      // As in Node: the path is opened before anybody looks at the length.
      await withHandle(open(path, "r+"), (handle) => handle.truncate(length));
    },
    async copyFile(from, to, mode) {
      const [source, target] = [toPath(from, "src"), toPath(to, "dest")];
      const exclusive = (toBits(mode) & constants.COPYFILE_EXCL) !== 0;
      await remote.copyFile(source, target, exclusive);
    },
  };
}
