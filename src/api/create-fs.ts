/** The functions of a RepoFs over anything that serves files. */
import type { RemoteFiles } from "../worker/protocol.js";
import { constants } from "./flags.js";
import { withSink } from "./entry-sink.js";
import { attributeCalls } from "./fs-attributes.js";
import { contentCalls } from "./fs-content.js";
import { globCall } from "./fs-glob.js";
import { treeCalls } from "./fs-tree.js";
import type { RepoFs } from "./fs.js";
import { watchCall } from "./fs-watch.js";
import type { Watches } from "./watches.js";

/** `watches` is where the notices of `remote` go. */
export function createFs(remote: RemoteFiles, watches: Watches): RepoFs {
  const calls = {
    constants,
    ...contentCalls(remote),
    ...treeCalls(remote),
    ...attributeCalls(remote),
    glob: globCall(remote),
    watch: watchCall(remote, watches),
  };
  return withSink(calls, remote);
}
