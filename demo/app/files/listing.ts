/**
 * Listing: the entries of one folder. Names and types come with one call; sizes and times are fetched
 * for what is on the screen, and for everything only when the order asks for them.
 */
import type { RepoFs } from "cofferfs";
import { joinPath } from "../shared/paths.js";

export interface Item {
  readonly name: string;
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Undefined until asked for. */
  details: ItemDetails | undefined;
}

export interface ItemDetails {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Calls issued together travel together, so a batch costs about one round trip. */
const BATCH = 256;

export async function readFolder(fs: RepoFs, folder: string): Promise<Item[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  return entries.map((entry) => ({
    name: entry.name,
    path: joinPath(folder, entry.name),
    type: entry.isDirectory() ? "directory" : entry.isSymbolicLink() ? "symlink" : "file",
    details: undefined,
  }));
}

/** Fills in what is missing. An item that has gone meanwhile stays without. */
export async function loadDetails(
  fs: RepoFs,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<void> {
  const missing = items.filter((item) => item.details === undefined);
  for (let at = 0; at < missing.length && !signal.aborted; at += BATCH) {
    await Promise.all(missing.slice(at, at + BATCH).map((item) => loadItem(fs, item)));
  }
}

async function loadItem(fs: RepoFs, item: Item): Promise<void> {
  try {
    const { size, mtimeMs } = await fs.lstat(item.path);
    item.details = { size, mtimeMs };
  } catch {
    item.details = undefined;
  }
}
