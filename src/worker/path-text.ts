/**
 * Paths as text, for operations over many entries that name what they come across. They do what Node's `path` does on Linux,
 * with the root as the current directory; what a path leads to is the file system's business.
 */

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Without empty components and `.`, and with `..` taken back where that is possible by the text alone. */
export function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || parts.length === 0 || parts.at(-1) === "..") parts.push(part);
    else parts.pop();
  }
  if (isAbsolute(path)) {
    while (parts[0] === "..") parts.shift();
    return "/" + parts.join("/");
  }
  return parts.join("/") || ".";
}

export function join(directory: string, name: string): string {
  return normalized(directory === "" ? name : `${directory}/${name}`);
}

/** What is left without the last component. */
export function dirname(path: string): string {
  const end = path.replace(/(?<=.)\/+$/, "").lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end).replace(/\/+$/, "") || "/";
}

/** The absolute path of `path`, as seen from `directory`. */
export function resolved(path: string, directory = "/"): string {
  return normalized(isAbsolute(path) ? path : `/${directory}/${path}`);
}

/** Whether the one is the other or below it, by the text alone. */
export function isBelow(path: string, directory: string): boolean {
  const [inner, outer] = [resolved(path), resolved(directory)];
  return inner === outer || inner.startsWith(outer === "/" ? "/" : `${outer}/`);
}
