/** What the owner sees: counts and bytes of the whole tree, walked through the public API. */
import type { Repo } from "cofferfs";
import { loadDetails, readFolder } from "../files/listing.js";
import { ROOT } from "../shared/paths.js";

export interface Contents {
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
}

/** `progress` hears interim results. */
export async function countContents(
  repo: Repo,
  progress: (contents: Contents) => void,
  signal: AbortSignal,
): Promise<Contents> {
  let contents: Contents = { files: 0, folders: 0, bytes: 0 };
  const waiting = [ROOT];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    signal.throwIfAborted();
    const items = await readFolder(repo.fs, folder);
    const below = items.filter(({ type }) => type === "directory").map(({ path }) => path);
    const files = items.filter(({ type }) => type !== "directory");
    await loadDetails(repo.fs, files, signal);
    contents = {
      files: contents.files + files.length,
      folders: contents.folders + below.length,
      bytes: files.reduce((sum, { details }) => sum + (details?.size ?? 0), contents.bytes),
    };
    waiting.push(...below);
    progress(contents);
  }
  return contents;
}
