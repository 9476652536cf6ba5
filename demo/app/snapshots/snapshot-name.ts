/** Names of snapshots: what is proposed, and why one is refused. */
import type { SnapshotInfo } from "cofferfs";
import { formatDate } from "../shared/format.js";
import { freeName } from "../shared/paths.js";

/** The time of day, behind `prefix`, as a name that is free. */
export function freeSnapshotName(infos: readonly SnapshotInfo[], prefix = ""): string {
  const taken = new Set(infos.map(({ name }) => name));
  return freeName(`${prefix}${formatDate(Date.now())}`, (name) => taken.has(name));
}

export function snapshotNameProblem(
  name: string,
  infos: readonly SnapshotInfo[],
): string | undefined {
  if (name.trim() === "") return "Give the snapshot a name.";
  if (new TextEncoder().encode(name).length > 255) return "This name is longer than 255 bytes.";
  if (infos.some((info) => info.name === name))
    return `There is already a snapshot named “${name}”.`;
  return undefined;
}
