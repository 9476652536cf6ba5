/**
 * Classes for `instanceof` alone. What gives stats and entries may be any PromisesFs, whose classes nobody knows; so it is by
 * its looks that something is one of them.
 */

function looks(name: string, ...members: readonly string[]): object {
  return Object.defineProperty(
    class {
      constructor() {
        throw new TypeError(`${name} cannot be made, only given`);
      }

      static [Symbol.hasInstance](value: unknown): boolean {
        if (typeof value !== "object" || value === null) return false;
        return members.every((member) => member in value);
      }
    },
    "name",
    { value: name },
  );
}

export const lookAlikes = {
  Stats: looks("Stats", "isSymbolicLink", "ino", "mtimeMs"),
  Dirent: looks("Dirent", "isSymbolicLink", "name"),
  Dir: looks("Dir", "read", "close", "path", "entries"),
} as const;
