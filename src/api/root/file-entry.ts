/** FileEntry: a file's handle. */
import { toChoice, toOptions } from "./dictionary.js";
import { Entry } from "./entry.js";
import { domException, handled } from "./handle-errors.js";
import type { Stats } from "../../worker/protocol.js";
import { LazyFile } from "./lazy-file.js";
import { mediaType } from "./media-types.js";
import type { CreateWritableOptions, RootFileHandle, RootWritable } from "./root.js";
import { StagedContent } from "./staged-content.js";
import { StagedWritable } from "./staged-writable.js";

/** What was a directory on the way is none any more. */
const GONE = { ENOTDIR: "NotFoundError" } as const;

const MODES = ["siloed", "exclusive"] as const;

export class FileEntry extends Entry implements RootFileHandle {
  readonly kind = "file";

  get [Symbol.toStringTag](): string {
    return "FileSystemFileHandle";
  }

  async getFile(): Promise<globalThis.File> {
    const { tree, path } = this.place;
    const { name } = this;
    const stats = await handled(tree.files.stat(path), GONE);
    if (stats.type !== "file") throw domException("TypeMismatchError", "this is a directory");
    const options = { type: mediaType(name), lastModified: stats.mtimeMs };
    const stamp = stampOf(stats);
    const isSame = (now: Stats): boolean => stampOf(now) === stamp;
    return new LazyFile({ files: tree.files, path, size: stats.size, isSame }, name, options);
  }

  async createWritable(options?: CreateWritableOptions): Promise<RootWritable> {
    const { keepExistingData, mode: given } = toOptions<CreateWritableOptions>(options);
    const mode = toChoice(given, MODES, "mode");
    const { tree, path } = this.place;
    const keep = Boolean(keepExistingData);
    const fd = await handled(tree.files.openStaging(path, keep, mode));
    return new StagedWritable(new StagedContent(tree, fd), mode);
  }
}

/** What tells one state of a file from others. */
function stampOf({ ino, version, size, mtimeMs }: Stats): string {
  return [ino, version, size, mtimeMs].join();
}
