/** DirectorySource: everything below a FileSystemDirectoryHandle, OPFS or picked. */
import type { SourceEntry } from "./source-entry.js";
import type { EntryFilter } from "./options.js";

/** Entries by their paths; a directory comes before what is in it. */
export async function* directoryEntries(
  directory: FileSystemDirectoryHandle,
  filter: EntryFilter | undefined,
  prefix = "",
): AsyncGenerator<SourceEntry, void> {
  for await (const [name, handle] of directory.entries()) {
    const path = prefix + name;
    if (handle.kind === "directory") {
      if (filter !== undefined && !filter(path, "directory")) continue;
      yield { name: path, type: "directory" };
      yield* directoryEntries(handle, filter, `${path}/`);
    } else {
      if (filter !== undefined && !filter(path, "file")) continue;
      const file = await handle.getFile();
      yield { name: path, type: "file", data: file, mtimeMs: file.lastModified };
    }
  }
}
