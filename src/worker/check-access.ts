/** access: permission bits are kept and not enforced, so a path is accessible if it exists. */
import type { FileSystem } from "../vfs/file-system.js";
import { RepoError } from "../errors.js";
import { relabelled } from "./compound.js";

/** @throws EROFS if `write` is set and nothing can be written here; what `stat` throws, as of `access` */
export async function checkAccess(fs: FileSystem, path: string, write: boolean): Promise<void> {
  await relabelled({ syscall: "access", path }, () => fs.stat(path));
  if (write && fs.capabilities.readOnly) throw new RepoError("EROFS", { syscall: "access", path });
}
