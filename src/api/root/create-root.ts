/** The root directory of anything that serves files. */
import { transfer } from "comlink";
import type { Watches } from "../watches.js";
import { Directory } from "./directory.js";
import { FileEntry } from "./file-entry.js";
import type { HandleFiles, HandleTree } from "./place.js";
import type { RootDirectoryHandle } from "./root.js";

/** `watches` is where the notices of `files` go. */
export function createRoot(files: HandleFiles, watches: Watches): RootDirectoryHandle {
  const tree: HandleTree = {
    files,
    watches,
    give: (bytes) => transfer(bytes, [bytes.buffer]),
    directory: (path) => new Directory({ tree, path }),
    file: (path) => new FileEntry({ tree, path }),
  };
  return tree.directory("");
}
