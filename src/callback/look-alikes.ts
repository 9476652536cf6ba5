/**
 * Classes for `instanceof` alone. What gives stats and entries may be any PromisesFs, whose classes nobody knows; so it is by
 * its looks that something is one of them.
 */

function looks(name: string, ...members: readonly string[]): object {
  function made(): never {
    throw new TypeError(`${name} cannot be made, only given`);
  }
  const hasLooks = (value: unknown): boolean =>
    typeof value === "object" && value !== null && members.every((member) => member in value);
  return Object.defineProperties(made, {
    name: { value: name },
    [Symbol.hasInstance]: { value: hasLooks },
  });
}

export const lookAlikes = {
  Stats: looks("Stats", "isSymbolicLink", "ino", "mtimeMs"),
  Dirent: looks("Dirent", "isSymbolicLink", "name"),
  Dir: looks("Dir", "read", "close", "path", "entries"),
} as const;
