/** Fills a disk to the last file that it takes. */
import { isRepoError } from "../../src/errors.js";
import type { FileSystem } from "../../src/vfs/file-system.js";

/**
 * Writes `content` to one new file after the other until there is no room for another, and syncs after every
 * so many; returns their paths.
 */
export async function fillDisk(
  fs: FileSystem,
  content: Uint8Array,
  syncEvery: number,
  prefix = "/fill",
): Promise<string[]> {
  const paths: string[] = [];
  for (;;) {
    const path = `${prefix}${paths.length}`;
    if (paths.length % syncEvery === 0) await fs.sync();
    try {
      await fs.writeFile(path, content);
    } catch (error) {
      if (isRepoError(error, "ENOSPC")) return paths;
      throw error;
    }
    paths.push(path);
  }
}
