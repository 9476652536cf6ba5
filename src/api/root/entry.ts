/** Entry: what file and directory handles have in common. */
import { toChoice, toOptions } from "./dictionary.js";
import { domException, handled } from "./handle-errors.js";
import { isRepoError } from "../../errors.js";
import { absolute, childPath, lastName, placeOf, putPlace, type Place } from "./place.js";
import type {
  PermissionOptions,
  RemoveEntryOptions,
  RootDirectoryHandle,
  RootHandle,
} from "./root.js";

const PERMISSIONS = ["read", "readwrite"] as const;
/** Of the handle of a directory that a file has taken the place of. */
const GONE = { ENOTDIR: "NotFoundError" } as const;

/** A directory on the way that is none, and one in the place that a file is to have. */
const MOVE_NAMES = { ENOTDIR: "NotFoundError", EISDIR: "InvalidModificationError" } as const;

export abstract class Entry implements RootHandle {
  abstract readonly kind: "file" | "directory";
  protected readonly place: Place;
  /** An own function, so that whoever tries to post or store a handle is told that he cannot. */
  readonly isSameEntry: (other: RootHandle) => Promise<boolean>;

  constructor(place: Place) {
    this.place = place;
    putPlace(this, place);
    this.isSameEntry = async (other) => {
      const { tree, path } = placeOf(other);
      return tree === place.tree && path === place.path && other.kind === this.kind;
    };
  }

  get name(): string {
    return lastName(this.place.path);
  }

  async queryPermission(options?: PermissionOptions): Promise<"granted" | "denied"> {
    const { mode } = toOptions<PermissionOptions>(options);
    const writes = toChoice(mode, PERMISSIONS, "mode") === "readwrite";
    try {
      await this.place.tree.files.access("/", writes);
      return "granted";
    } catch (error) {
      if (isRepoError(error, "EROFS")) return "denied";
      return handled(Promise.reject(error as Error));
    }
  }

  requestPermission(options?: PermissionOptions): Promise<"granted" | "denied"> {
    return this.queryPermission(options);
  }

  move(name: string): Promise<void>;
  move(directory: RootDirectoryHandle, name?: string): Promise<void>;
  async move(first: RootDirectoryHandle | string, second?: string): Promise<void> {
    const { tree, path } = this.place;
    this.#assertNotRoot();
    const moves =
      second !== undefined || (typeof first === "object" && (first as unknown) !== null);
    const into = moves ? directoryPlace(first) : this.#above();
    if (into.tree !== tree)
      throw domException("InvalidModificationError", "entries are moved within one tree only");
    const to = childPath(into.path, moves ? (second === undefined ? this.name : second) : first);
    await handled(tree.files.moveEntry(path, to), MOVE_NAMES);
    this.place.path = to;
  }

  async remove(options?: RemoveEntryOptions): Promise<void> {
    this.#assertNotRoot();
    await removeAt(this.place, this.place.path, options);
  }

  #above(): Place {
    const { tree, path } = this.place;
    return { tree, path: path.slice(0, path.lastIndexOf("/")) };
  }

  #assertNotRoot(): void {
    if (this.place.path === "")
      throw domException("InvalidModificationError", "the root stays where it is");
  }
}

function directoryPlace(handle: RootDirectoryHandle | string): Place {
  const place = placeOf(handle);
  if (typeof handle === "object" && (handle.kind as string) === "directory") return place;
  throw new TypeError("this is no handle of a directory");
}

export async function removeAt(
  { tree }: Place,
  path: string,
  options: RemoveEntryOptions | undefined,
): Promise<void> {
  const { recursive } = toOptions<RemoveEntryOptions>(options);
  await handled(tree.files.removeEntry(absolute(path), Boolean(recursive)), GONE);
}
