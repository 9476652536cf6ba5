/** Where a repo is under Node: a container file, named by its path or its `file:` URL. */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { StoreProvider } from "../backends/block-store.js";
import { FileStoreProvider } from "../backends/file/file-store.js";
import { RepoError } from "../errors.js";

export interface FilePlace {
  readonly backend: "file";
  /** Absolute path. */
  readonly name: string;
  /** `file:` URL. */
  readonly location: string;
  readonly provider: StoreProvider;
  /** Nothing is remembered of container files. */
  readonly marks?: undefined;
}

/** A path, relative to the working directory, or a `file:` URL as text or object. */
export type ContainerPath = string | URL;

const provider = new FileStoreProvider();

/** @throws EINVAL for another kind of URL or an empty path, TypeError for another type */
export function filePlace(path: ContainerPath): FilePlace {
  if (typeof path !== "string" && !(path instanceof URL))
    throw new TypeError("a container is named by a path or a file: URL");
  const name = pathOf(path);
  return { backend: "file", name, location: pathToFileURL(name).href, provider };
}

function pathOf(path: ContainerPath): string {
  if (typeof path === "string" && !/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    if (path === "" || path.includes("\0")) throw new RepoError("EINVAL", { path });
    return resolve(path);
  }
  try {
    return fileURLToPath(path);
  } catch (cause) {
    throw new RepoError("EINVAL", { path: String(path), cause });
  }
}
