/** Place: where a handle is, which only this package can tell from it, and how handles are made for places. */
import type { RemoteFiles } from "../../worker/protocol.js";
import type { Watches } from "../watches.js";
import { toText } from "./dictionary.js";
import type { RootDirectoryHandle, RootFileHandle } from "./root.js";

/** What handles ask of the files that they stand for. */
export type HandleFiles = Pick<
  RemoteFiles,
  | "stat"
  | "access"
  | "writeFile"
  | "mkdir"
  | "listPart"
  | "readPart"
  | "removeEntry"
  | "moveEntry"
  | "openStaging"
  | "openLocked"
  | "fdWrite"
  | "fdTruncate"
  | "fdFinish"
  | "fdClose"
  | "watch"
  | "unwatch"
>;

/** One tree and the handles for it. Handles of different trees are never the same. */
export interface HandleTree {
  readonly files: HandleFiles;
  /** Where the notices of the files go; undefined where none come. */
  readonly watches: Watches | undefined;
  /** Bytes that nobody else has, to be given away. */
  readonly give: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
  directory(path: string): RootDirectoryHandle;
  file(path: string): RootFileHandle;
}

export interface Place {
  readonly tree: HandleTree;
  /** From the root, which is empty; every name begins with a slash. */
  path: string;
}

const places = new WeakMap<object, Place>();

export function putPlace(handle: object, place: Place): void {
  places.set(handle, place);
}

/** @throws TypeError for anything but a handle of this package */
export function placeOf(handle: unknown): Place {
  const place = typeof handle === "object" && handle !== null ? places.get(handle) : undefined;
  if (place === undefined) throw new TypeError("this is no handle of a repo");
  return place;
}

/** The path below, of a name that the standard allows. @throws TypeError */
export function childPath(directory: string, name: unknown): string {
  if (name === undefined) throw new TypeError("a name is needed");
  // As for every string that a browser is given.
  const given = toText(name).replace(/\p{Surrogate}/gu, "\ufffd");
  if (given === "" || given === "." || given === ".." || /[/\0]/.test(given))
    throw new TypeError("Name is not allowed");
  return `${directory}/${given}`;
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** As a call has it: the root is a slash. */
export function absolute(path: string): string {
  return path === "" ? "/" : path;
}
