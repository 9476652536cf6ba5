/** copyFile: content and mode of a file, in one read and one write; the copy appears whole or not at all. */
import type { FileSystem, OpenFlags } from "../vfs/file-system.js";
import { relabelled } from "./compound.js";

/** With `exclusive`, EEXIST if there is something at `to`. Files up to 2 GiB; EFBIG above. */
export function copyFile(
  fs: FileSystem,
  from: string,
  to: string,
  exclusive: boolean,
): Promise<void> {
  return relabelled({ syscall: "copyfile", path: from, dest: to }, async () => {
    const { mode } = await fs.stat(from);
    const flags: OpenFlags = { write: true, create: true, exclusive, truncate: true };
    await fs.writeFile(to, await fs.readFile(from), flags, mode, true);
  });
}
