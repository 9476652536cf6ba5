/** Dirent: an entry of a directory with its type, in the shape of Node's. */
import type { FileType, Listing } from "../worker/protocol.js";
import { TypedNode } from "./stats.js";

export class Dirent extends TypedNode {
  readonly name: string;
  /** The directory that holds it, as it was asked for or below that. */
  readonly parentPath: string;

  /** @internal */
  constructor(name: string, parentPath: string, type: FileType) {
    super(type);
    this.name = name;
    this.parentPath = parentPath;
  }

  /** The same as `parentPath`, by its older name. */
  get path(): string {
    return this.parentPath;
  }
}

/** The entries of a listing of `directory`. */
export function direntsOf({ names, types }: Listing, directory: string): Dirent[] {
  const base = directory.endsWith("/") ? directory : `${directory}/`;
  return types.map((type, i) => {
    const below = names[i] ?? "";
    const slash = below.lastIndexOf("/");
    const parent = slash < 0 ? directory : base + below.slice(0, slash);
    return new Dirent(below.slice(slash + 1), parent, type);
  });
}
