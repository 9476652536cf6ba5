/** Bulk import: many entries in one message, made in their order, each a transaction of its own. */
import type { Conflict, FileSystem, NewEntry, Placed } from "../vfs/file-system.js";
import type { OpenFiles } from "./open-files.js";
import type { EntryBatch, PlacedBatch } from "./protocol.js";
import { encodeThrown } from "./wire-errors.js";

/** Never rejects: what was made before a failure must be told as well. */
export async function placeEntries(
  fs: FileSystem,
  files: OpenFiles,
  base: string,
  { entries, bytes }: EntryBatch,
  conflict: Conflict,
): Promise<PlacedBatch> {
  const placed: Placed[] = [];
  let at = 0;
  const place = (entry: NewEntry): Promise<Placed> => fs.place(base, entry, conflict);
  try {
    for (const { size = 0, fd, ...entry } of entries) {
      // A copy of its own, so that a small file does not keep the whole batch in memory.
      const content = bytes.slice(at, (at += size));
      const outcome =
        fd === undefined
          ? place({ ...entry, content })
          : files.get(fd, "import").use((handle) => place({ ...entry, handle }));
      placed.push(await outcome);
    }
    return { placed };
  } catch (error) {
    return { placed, failure: encodeThrown(error) };
  }
}
