/** Absolute paths inside a vault: `/`-separated, no trailing slash but for the root. */

export const ROOT = "/";

export function joinPath(folder: string, name: string): string {
  return folder === ROOT ? `/${name}` : `${folder}/${name}`;
}

export function parentOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut <= 0 ? ROOT : path.slice(0, cut);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder itself and everything below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === ROOT || path.startsWith(`${folder}/`);
}

/** Every folder from the root down to `path`, both included. */
export function lineage(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.reduce<string[]>(
    (paths, name) => [...paths, joinPath(paths.at(-1) ?? ROOT, name)],
    [ROOT],
  );
}

/** `photo.tar.gz` is `photo.tar` and `.gz`; a leading dot starts no extension. */
export function splitExtension(name: string): readonly [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
}

/** The first of `name`, `name (2)`, `name (3)` … that is not taken. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  const [stem, extension] = splitExtension(name);
  for (let count = 2; ; count += 1) {
    const candidate = `${stem} (${count})${extension}`;
    if (!taken(candidate)) return candidate;
  }
}

/** Why `name` cannot be a name in a vault, in plain words, or undefined if it can. */
export function nameProblem(name: string): string | undefined {
  if (name.trim() === "") return "A name cannot be empty.";
  if (name === "." || name === "..") return `“${name}” means a folder already.`;
  if (name.includes("/") || name.includes("\0")) return "A name cannot contain “/”.";
  if (/\p{Surrogate}/u.test(name)) return "This name contains half a character.";
  if (new TextEncoder().encode(name).length > 255) return "This name is longer than 255 bytes.";
  return undefined;
}
