/** Excludes: what a watch leaves out, in the words of VS Code's `files.watcherExclude`. */
import { Minimatch } from "minimatch";
import { below } from "./uri-paths.js";

/** Whether an entry is left out, by its path relative to what is watched. */
export type Excludes = (relative: string) => boolean;

/**
 * A pattern is an absolute path of a URI, a path relative to the one that is watched, or a glob of either; one that begins with `**`
 * counts from anywhere. It takes along what is below.
 */
export function excluder(watched: string, patterns: readonly string[]): Excludes {
  const matchers = patterns.map((given) => {
    const pattern = given.replace(/(?<=.)\/$/, "");
    const glob = new Minimatch(pattern, {
      dot: true,
      nocomment: true,
      nonegate: true,
      platform: "linux",
    });
    const isAbsolute = /^(?:\/|\*\*(?:\/|$))/.test(pattern);
    return (relative: string) => {
      const path = isAbsolute ? below(watched, relative) : relative;
      // A folder may have a name that would mean something else in a pattern.
      return path === pattern || glob.match(path);
    };
  });
  return (relative) =>
    matchers.length > 0 &&
    withFoldersAbove(relative).some((path) => matchers.some((matches) => matches(path)));
}

function withFoldersAbove(relative: string): string[] {
  const paths = [relative];
  for (let end = relative.lastIndexOf("/"); end > 0; end = relative.lastIndexOf("/", end - 1))
    paths.push(relative.slice(0, end));
  return paths;
}
