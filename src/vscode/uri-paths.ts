/** UriPaths: the paths of URIs as paths of the file system, below the folder that is shown as the root. */
import type { UriLike } from "./editor-types.js";

export class UriPaths {
  /** Without a slash at its end: empty for the root itself. */
  readonly #root: string;

  constructor(root: string) {
    this.#root = normalized(root).replace(/^\/$/, "");
  }

  get root(): string {
    return this.#root || "/";
  }

  /** `..` ends at the root, so that no URI leads out of it by being written cleverly. */
  pathOf(uri: UriLike): string {
    const path = normalized(uri.path);
    return path === "/" ? this.root : this.#root + path;
  }

  /** The other way round, for a path below the root. */
  uriPathOf(path: string): string {
    return relativePath(this.root, path) ?? path;
  }

  isRoot(uri: UriLike): boolean {
    return normalized(uri.path) === "/";
  }
}

/** From the root, without empty names, `.` and `..`. */
function normalized(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/"))
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  return `/${names.join("/")}`;
}

/** As it is called from `root`, if it is there or below. */
export function relativePath(root: string, path: string): string | undefined {
  if (root === "/") return path;
  if (path === root) return "/";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/** The path of an entry of a directory. */
export function below(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
