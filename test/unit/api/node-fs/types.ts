/**
 * Types: what is not listed here can be given wherever Node's fs/promises is asked for, member by member. The lists are exact: a
 * member that fits and is listed does not compile, and neither does one that does not fit and is not. docs/NODE-FS.md has
 * the reasons as well, and is compared with these.
 */
import type * as node from "node:fs/promises";
import type { FileHandle, RepoFs } from "../../../../src/index.js";

/** Members of `Theirs` for which what `Ours` has cannot be given. */
type Unfit<Ours, Theirs> = {
  [K in keyof Theirs]: K extends keyof Ours ? (Ours[K] extends Theirs[K] ? never : K) : K;
}[keyof Theirs];

const BYTES = "a Uint8Array where Node has a Buffer";
const STREAMS = "Web streams where Node has its own";

/** Of the module. */
export const FS_TYPES: Readonly<Record<Unfit<RepoFs, typeof node>, string>> = {
  appendFile: "encodings by name, and no Node streams, which are asynchronous iterables as well",
  constants: "literal numbers, and none that Linux does not have",
  mkdtemp: BYTES,
  open: "handles differ as below",
  opendir: "directories without callbacks and synchronous calls",
  readFile: BYTES,
  readdir: BYTES,
  readlink: BYTES,
  realpath: BYTES,
  watch: "`filename` may be null, as Node's documentation says",
  writeFile: "encodings by name, and no Node streams, which are asynchronous iterables as well",
};

/** Of a FileHandle. */
export const HANDLE_TYPES: Readonly<Record<Unfit<FileHandle, node.FileHandle>, string>> = {
  createReadStream: STREAMS,
  createWriteStream: STREAMS,
  readFile: BYTES,
  readLines: "an iterator where Node has an Interface of readline",
};
