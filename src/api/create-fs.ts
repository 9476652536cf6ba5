/** The functions of a RepoFs over anything that serves files. */
import type { RemoteFiles } from "../worker/protocol.js";
import { constants } from "./flags.js";
import { attributeCalls } from "./fs-attributes.js";
import { contentCalls } from "./fs-content.js";
import { treeCalls } from "./fs-tree.js";
import type { RepoFs } from "./fs.js";

export function createFs(remote: RemoteFiles): RepoFs {
  return { constants, ...contentCalls(remote), ...treeCalls(remote), ...attributeCalls(remote) };
}
