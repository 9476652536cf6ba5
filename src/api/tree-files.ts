/** The files of one of a repo's trees: every call names the tree, and goes the repo's own way. */
import type { RemoteFiles, RemoteTrees, TreeMethod } from "../worker/protocol.js";

export function treeFiles(remote: RemoteTrees, id: number): RemoteFiles {
  return new Proxy({} as RemoteFiles, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        remote.inTree(id, method as TreeMethod, ...args),
  });
}
