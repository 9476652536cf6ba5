/** RepoInfo of an open container, from its header and how it was opened. */
import { hexOf } from "./hex.js";
import type { OpenContainer } from "./container.js";
import type { Place } from "./places.js";
import type { OpenRequest, RepoInfo } from "./protocol.js";

export function repoInfo(
  { uri, durability }: OpenRequest,
  { location }: Place,
  { engine, header }: OpenContainer,
): RepoInfo {
  const { cipher, slotBytes, containerId } = header;
  const cost = header.kdf.find((kdf) => kdf !== undefined)?.cost;
  return {
    uri,
    location,
    containerId: hexOf(containerId),
    cipher,
    kdf: cost && { opsLimit: cost.passes, memLimit: cost.memoryKiB * 1024 },
    slotBytes,
    durability,
    readOnly: engine.readOnly,
  };
}
