/** FsSource: everything below a directory of anything that has Node's calls. Exports walk the same way. */
import { damagedFile } from "./archive-errors.js";
import type { EntryFilter } from "./options.js";
import type { PromisesStats, ReadableFs } from "./promises-fs.js";
import type { SourceEntry } from "./source-entry.js";

/** Larger ones are read piece by piece where there are handles. */
const PIECE_BYTES = 2 ** 20;

/** What an entry is, with its size. */
export type WalkedEntry = SourceEntry & { readonly size: number };

/** Entries by their paths below `from`, in the order of the names; a directory comes before what is in it. */
export async function* walk(
  fs: ReadableFs,
  from: string,
  filter: EntryFilter | undefined,
  prefix = "",
): AsyncGenerator<WalkedEntry, void> {
  const directory = from.replace(/(?<=.)\/+$/, "");
  for (const name of await namesIn(fs, directory)) {
    const path = prefix + name;
    const at = directory === "/" ? `/${name}` : `${directory}/${name}`;
    const stats = await fs.lstat(at);
    const type = typeOf(stats);
    if (filter !== undefined && !filter(path, type)) continue;
    yield await entryOf(fs, at, path, stats, type);
    if (type === "directory") yield* walk(fs, at, filter, `${path}/`);
  }
}

async function namesIn(fs: ReadableFs, directory: string): Promise<readonly string[]> {
  const names = await fs.readdir(directory);
  return [...names].sort();
}

function typeOf(stats: PromisesStats): "file" | "directory" | "symlink" | "other" {
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isDirectory()) return "directory";
  return stats.isFile() ? "file" : "other";
}

async function entryOf(
  fs: ReadableFs,
  at: string,
  name: string,
  stats: PromisesStats,
  type: "file" | "directory" | "symlink" | "other",
): Promise<WalkedEntry> {
  const { mode, size } = stats;
  // Where times are seconds with decimals, a millisecond comes out a little too early.
  const mtimeMs = Math.round(stats.mtimeMs);
  const entry = { name, type, mode: mode & 0o7777, mtimeMs, size: type === "file" ? size : 0 };
  if (type === "symlink") return { ...entry, target: await fs.readlink(at) };
  return type === "file" ? { ...entry, data: content(fs, at, size) } : entry;
}

async function* content(
  fs: ReadableFs,
  path: string,
  size: number,
): AsyncGenerator<Uint8Array, void> {
  if (size <= PIECE_BYTES || fs.open === undefined) {
    const bytes = await fs.readFile(path);
    // Some give text, or nothing at all, for a file that they cannot read.
    if (!(bytes instanceof Uint8Array)) throw damagedFile(path);
    yield bytes;
    return;
  }
  const file = await fs.open(path, "r");
  try {
    for (let at = 0; ;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
