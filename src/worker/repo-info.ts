/** RepoInfo of an open container, from its header and how it was opened. */
import { FORMAT } from "../crypto/associated-data.js";
import { hexOf } from "./hex.js";
import type { OpenContainer } from "./container.js";
import type { Place } from "./places.js";
import type { OpenRequest, RepoInfo } from "./protocol.js";

export function repoInfo(
  { uri, durability }: Pick<OpenRequest, "uri" | "durability">,
  { location }: Place,
  { engine, keys: { header, generations } }: OpenContainer,
): RepoInfo {
  const { cipher, slotBytes, containerId } = header;
  const { createdMs, compress = false, versionLimit, dedup } = engine.settings;
  const cost = header.kdf.find((kdf) => kdf !== undefined)?.cost;
  return {
    uri,
    location,
    containerId: hexOf(containerId),
    format: FORMAT,
    cipher,
    kdf: cost && { opsLimit: cost.passes, memLimit: cost.memoryKiB * 1024 },
    keyGenerations: generations.length,
    slotBytes,
    createdMs,
    compress,
    versionLimit,
    dedupChunk: dedup,
    durability,
    readOnly: engine.readOnly,
  };
}
