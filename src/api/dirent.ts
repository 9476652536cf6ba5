/** Dirent: an entry of a directory with its type, in the shape of Node's. */
import type { FileType, Listing } from "../worker/protocol.js";
import { nameAs, type NameEncoding } from "./encoding.js";
import { TypedNode } from "./stats.js";

export class Dirent<Name extends string | Uint8Array = string> extends TypedNode {
  readonly name: Name;
  /** The directory that holds it, as it was asked for or below that. */
  readonly parentPath: string;

  /** @internal */
  constructor(name: Name, parentPath: string, type: FileType) {
    super(type);
    this.name = name;
    this.parentPath = parentPath;
  }

  /** The same as `parentPath`, by its older name. */
  get path(): string {
    return this.parentPath;
  }
}

/** An entry whose name is in the encoding that the caller wants. */
export type AnyDirent = Dirent<string | Uint8Array<ArrayBuffer>>;

/** The entries of a listing of `directory`. */
export function direntsOf(
  { names, types }: Listing,
  directory: string,
  encoding?: NameEncoding | null,
): AnyDirent[] {
  return types.map((type, i) => {
    const below = names[i] ?? "";
    const slash = below.lastIndexOf("/");
    const parent = slash < 0 ? directory : joined(directory, below.slice(0, slash));
    return new Dirent(nameAs(below.slice(slash + 1), encoding), parent, type);
  });
}

/** The path of what is below a directory, written as Node's `path.join` does. */
export function joined(directory: string, below: string): string {
  const base = directory.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
  const start = base.replace(/^(?:\.\/)+/, "").replace(/\/\.(?=\/|$)/g, "");
  if (start === "" || start === ".") return below || ".";
  if (below === "") return start;
  return start === "/" ? `/${below}` : `${start}/${below}`;
}
