/** The part of RepoFs that is about what files hold. */
import type { RemoteFiles } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import {
  toInteger,
  toLength,
  toMode,
  toPath,
  type Data,
  type Mode,
  type PathLike,
} from "./arguments.js";
import { contentOptions, type AsBytes, type AsText } from "./content-options.js";
import type { ReadFileOptions, WriteFileOptions } from "./content-options.js";
import { decodeText, type Encoding } from "./encoding.js";
import { FileHandle, type Content } from "./file-handle.js";
import { constants, parseFlags, type Flags } from "./flags.js";
import type { RepoFs } from "./fs.js";
import { dataPayload } from "./payload.js";

type ContentCalls = Pick<
  RepoFs,
  "readFile" | "writeFile" | "appendFile" | "open" | "truncate" | "copyFile"
>;

export function contentCalls(remote: RemoteFiles): ContentCalls {
  async function open(path: PathLike, flags: Flags = "r", mode?: Mode | null): Promise<FileHandle> {
    const parsed = parseFlags(flags);
    const fd = await remote.open(toPath(path), parsed.flags, toMode(mode));
    return new FileHandle(remote, fd, parsed.synchronous);
  }

  async function withHandle<T>(
    path: PathLike,
    flags: Flags,
    use: (handle: FileHandle) => Promise<T>,
  ): Promise<T> {
    const handle = await open(path, flags);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  }

  /** The whole file is one call; other flags than `r` have effects, and are what a handle is for. */
  function readBytes(path: PathLike, flag: Flags): Promise<Uint8Array<ArrayBuffer>> {
    if (flag === "r") return remote.readFile(toPath(path));
    return withHandle(path, flag, (handle) => handle.readFile());
  }

  function readFile(path: PathLike, options: AsText<ReadFileOptions>): Promise<string>;
  function readFile(
    path: PathLike,
    options?: AsBytes<ReadFileOptions>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  function readFile(path: PathLike, options?: ReadFileOptions | Encoding | null): Promise<Content>;
  async function readFile(
    path: PathLike,
    options?: ReadFileOptions | Encoding | null,
  ): Promise<Content> {
    const { encoding, flag = "r", signal } = contentOptions(options);
    const bytes = await abortable(signal, () => readBytes(path, flag));
    return encoding ? decodeText(bytes, encoding) : bytes;
  }

  async function write(
    path: PathLike,
    data: Data,
    options: WriteFileOptions,
    defaultFlag: Flags,
  ): Promise<void> {
    const { encoding, flag = defaultFlag, mode, signal, flush, transfer } = options;
    const { flags, synchronous } = parseFlags(flag);
    const to = toPath(path);
    const bits = toMode(mode);
    await abortable(signal, async () => {
      // Flags that do not write: the handle says why not.
      if (flags.write !== true) return withHandle(path, flag, (handle) => handle.writeFile(data));
      await remote.writeFile(to, dataPayload(data, encoding, transfer === true), flags, bits);
      if (flush === true || synchronous) await remote.sync();
    });
  }

  return {
    open,
    readFile,
    writeFile: async (path, data, options) => write(path, data, contentOptions(options), "w"),
    appendFile: async (path, data, options) => write(path, data, contentOptions(options), "a"),
    async truncate(path, length) {
      await remote.truncate(toPath(path), toLength(length));
    },
    async copyFile(from, to, mode = 0) {
      const bits = toInteger(mode, "mode", 7);
      const exclusive = (bits & constants.COPYFILE_EXCL) !== 0;
      await remote.copyFile(toPath(from, "src"), toPath(to, "dest"), exclusive);
    },
  };
}
