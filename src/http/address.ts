/** Addresses: which path of the files a URL below a prefix stands for. */

/**
 * The path, or undefined where the address is not below the prefix or stands for no path. The URL's own rules have removed `..` already, also as `%2e%2e`;
 * what is escaped after that is part of a name, so a slash or NUL in there makes no sense.
 */
export function pathOf(url: URL, prefix: string): string | undefined {
  if (!url.pathname.startsWith(prefix)) return undefined;
  const names = url.pathname.slice(prefix.length).split("/").map(decoded);
  return names.every((name) => name !== undefined) ? `/${names.join("/")}` : undefined;
}

function decoded(name: string): string | undefined {
  try {
    const text = decodeURIComponent(name);
    return /[/\0]/.test(text) || text === "." || text === ".." ? undefined : text;
  } catch {
    return undefined;
  }
}

/** @throws TypeError unless it begins and ends with a slash */
export function assertPrefix(prefix: string): void {
  if (typeof prefix !== "string" || !/^\/(?:.*\/)?$/.test(prefix))
    throw new TypeError('"prefix" must be a path that begins and ends with "/"');
}
