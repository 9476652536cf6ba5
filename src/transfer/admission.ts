/**
 * Admission: what stands between a source and the destination. Names, links and types that have no business there are refused, and
 * so is too much of anything, while it is read and by what is read: what a source declares is not believed.
 */
import { entryPath, refused } from "../api/entry-path.js";
import type { TreeEntry } from "../api/tree-import.js";
import { iterated, piecesOf } from "../api/entry-data.js";
import { RepoError } from "../errors.js";
import type { ImportArchiveOptions } from "./options.js";
import type { NameRule, Source, SourceEntry } from "./source-entry.js";

const MAX_ENTRIES = 1_000_000;
const MAX_RATIO = 200;
/** What any archive may hold, however small it is. */
const FREE_BYTES = 16 * 2 ** 20;
const PIECE_BYTES = 64 * 1024;
/** What decoders put where bytes are no UTF-8. */
const REPLACEMENT = "\ufffd";

export async function* admitted(
  source: Source,
  options: ImportArchiveOptions,
): AsyncGenerator<TreeEntry, void> {
  const { filter, signal, maxEntries = MAX_ENTRIES } = options;
  const { symlinks = source.symlinks } = options;
  const meter = new Meter(source, options);
  let count = 0;
  for await (const entry of iterated(source.entries, signal)) {
    if (filter !== undefined && !filter(entry.name, entry.type)) continue;
    if (++count > maxEntries) throw tooMuch(`more than ${maxEntries} entries`, entry.name);
    if (entry.type === "symlink" && symlinks === "skip") continue;
    const path = checkedName(entry.name, source.names, entry.type === "directory");
    // A tar of a directory begins with the directory itself.
    if (path === "") continue;
    yield toTreeEntry(entry, path, source.names, symlinks, meter, signal);
  }
}

function toTreeEntry(
  { name, type, data, target = "", mode, mtimeMs }: SourceEntry,
  path: string,
  names: NameRule,
  symlinks: "inside" | "any" | "skip",
  meter: Meter,
  signal: AbortSignal | undefined,
): TreeEntry {
  const attributes = { path, mode, mtime: mtimeMs };
  switch (type) {
    case "other":
      throw refused("neither a file nor a directory nor a link", name);
    case "file":
      return {
        ...attributes,
        type,
        data: meter.measured(name, piecesOf(data, PIECE_BYTES, signal)),
      };
    case "directory":
      return { ...attributes, type };
    case "symlink":
      if (symlinks === "inside") assertInside(path, target, name);
      return { ...attributes, type, target };
    case "link":
      return { path, type, target: linkTarget(target, name, names) };
  }
}

function linkTarget(target: string, name: string, names: NameRule): string {
  try {
    return checkedName(target, names, false);
  } catch (cause) {
    throw refused(`a link to '${target}'`, name, cause);
  }
}

/** The path below the destination; empty for the destination itself. */
function checkedName(name: string, rule: NameRule, isDirectory: boolean): string {
  if (name.includes(REPLACEMENT)) throw refused("a name that is no UTF-8", name);
  const bare = name.replace(/^\.\/+/, "");
  if (isDirectory && (bare === "" || bare === ".") && name !== "") return "";
  const path = entryPath(bare);
  const asWindows = path.replaceAll("\\", "/");
  const suspect = rule === "windows" ? /^[a-z]:|\\/i : /^[a-z]:(?:$|[\\/])/i;
  if (suspect.test(path)) throw refused("a path of Windows", name);
  // Only what would lead elsewhere if it were read so.
  if (asWindows.startsWith("/") || asWindows.split("/").includes(".."))
    throw refused("a path that leads out for some", name);
  return path;
}

/**
 * Refuses a symlink that may lead out. Its directories are real ones, so `..` at the beginning of the target leads up to where it says; after a
 * name, which may be another symlink, nobody can tell.
 */
function assertInside(path: string, target: string, name: string): void {
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const up = steps.findIndex((step) => step !== "..");
  const ups = up === -1 ? steps.length : up;
  const depth = path.split("/").length - 1;
  const leadsOut =
    target.startsWith("/") || ups > depth || steps.slice(ups).includes("..") || target === "";
  if (leadsOut || target.includes("\0"))
    throw refused(`a symlink to '${target}', which leads out or may`, name);
}

/** Counts content as it is read, and stops it. */
class Meter {
  readonly #source: Source;
  readonly #maxBytes: number;
  readonly #maxRatio: number;
  #bytes = 0;

  constructor(source: Source, { maxBytes = Infinity, maxRatio = MAX_RATIO }: ImportArchiveOptions) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.#maxRatio = maxRatio;
  }

  async *measured(
    name: string,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void> {
    for await (const piece of pieces) {
      this.#bytes += piece.length;
      if (this.#bytes > this.#maxBytes) throw tooMuch(`more than ${this.#maxBytes} bytes`, name);
      const read = this.#source.bytesRead?.() ?? Infinity;
      if (this.#bytes > FREE_BYTES && this.#bytes > read * this.#maxRatio)
        throw tooMuch(`more than ${this.#maxRatio} times the archive`, name);
      yield piece;
    }
  }
}

function tooMuch(message: string, path: string): RepoError {
  return new RepoError("EFBIG", { message, syscall: "import", path });
}
