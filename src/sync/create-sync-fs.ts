/** The functions of a SyncFs over the channel that a worker was given. */
import { argumentError } from "../api/arguments.js";
import { constants } from "../api/flags.js";
import type { SyncChannel } from "../api/sync-channel.js";
import { attributeCalls } from "./attribute-calls.js";
import { contentCalls } from "./content-calls.js";
import { handleCalls } from "./handle-calls.js";
import { OpenHandles } from "./open-handles.js";
import { syncFiles, type SyncFiles } from "./sync-files.js";
import type { SyncFs } from "./sync-fs.js";
import { SyncLink } from "./sync-link.js";
import { treeCalls } from "./tree-calls.js";

/** A {@link SyncChannel} as it arrives in a worker. */
export type PostedSyncChannel = Pick<SyncChannel, "memory" | "name">;

/** What the functions of a SyncFs share. */
interface Channel {
  readonly files: SyncFiles;
  readonly handles: OpenHandles;
}

const channels = new WeakMap<object, Channel>();

/** @throws TypeError for what did not come from {@link syncFs} */
export function channelOf(fs: SyncFs): Channel {
  const channel = channels.get(fs);
  if (channel === undefined) throw argumentError("fs", "what syncFs() returned", fs);
  return channel;
}

/**
 * The files behind a channel that the page has posted to this worker. A channel has one worker, and is taken once.
 *
 * @throws EBUSY if the channel was taken; BACKEND_UNAVAILABLE where blocking is not allowed, as on a page; TypeError
 */
export function syncFs(channel: PostedSyncChannel): SyncFs {
  if (typeof SharedArrayBuffer !== "function" || !(channel.memory instanceof SharedArrayBuffer))
    throw argumentError("channel", "what repo.syncChannel() resolved to", channel);
  const files = syncFiles(new SyncLink(channel));
  const handles = new OpenHandles();
  const fs: SyncFs = {
    constants,
    ...contentCalls(files, handles),
    ...handleCalls(files, handles),
    ...treeCalls(files),
    ...attributeCalls(files),
  };
  channels.set(fs, { files, handles });
  return fs;
}
