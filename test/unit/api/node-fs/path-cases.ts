/** Cases about names that some systems change or refuse, and about paths that are not relative. */
import type { At, Case, Fs } from "./two-sides.js";

/** Names that some systems change or refuse. */
const NAMES: Readonly<Record<string, string>> = {
  "255 bytes": "n".repeat(255),
  "255 bytes of two each, and one": `${"ä".repeat(127)}x`,
  "256 bytes in 128 characters": "ä".repeat(128),
  composed: "\u00e9",
  decomposed: "e\u0301",
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈",
  __proto__: "__proto__",
  constructor: "constructor",
  "trailing dot": "a.",
  "three dots": "...",
  "trailing space": "a ",
  "only a space": " ",
  newline: "a\nb",
  backslash: "a\\b",
  drive: "C:",
  "%2e%2e": "%2e%2e",
  "device of another system": "CON",
  "star and question mark": '*?<>|"',
  case: "README",
  "control characters": "\u0001\u001b\u007f",
  "byte order mark": "\ufeffa",
  "right to left": "\u202ea",
  "replacement character": "\ufffd",
};

export const named: Case[] = Object.entries(NAMES).flatMap(([label, name]) => [
  {
    name: `name: ${label}`,
    run: async (fs: Fs, at: At) => {
      await fs.writeFile(name, "x");
      await fs.mkdir(`${name}-d`).catch(() => undefined);
      return [
        (await fs.readdir(".")).filter((found) => found === name),
        await fs.readFile(at(`/${name}`), "utf8"),
        await fs.realpath(name),
        await fs
          .readdir(".", "buffer")
          .then((all) => all.some((found) => Buffer.from(found).equals(Buffer.from(name)))),
        await fs.stat(Buffer.from(name)).then((stats) => stats.size),
      ];
    },
  },
  { name: `mkdir, name: ${label}`, run: (fs: Fs) => fs.mkdir(name) },
  { name: `rename, name: ${label}`, run: (fs: Fs) => fs.rename("f", `d/${name}`) },
  { name: `symlink, name: ${label}`, run: (fs: Fs) => fs.symlink(name, name) },
  { name: `missing, name: ${label}`, run: (fs: Fs) => fs.readFile(`missing/${name}`) },
]);

named.push({
  name: "composed and decomposed are two names",
  run: async (fs) => {
    await fs.writeFile("\u00e9", "1");
    await fs.writeFile("e\u0301", "2");
    await fs.writeFile("README", "3");
    await fs.writeFile("readme", "4");
    return Promise.all(
      ["\u00e9", "e\u0301", "README", "readme"].map((one) => fs.readFile(one, "utf8")),
    );
  },
});

export const absolute: Case[] = ["/f", "/d/../f", "/lf", "/missing", "/f/x", "/d/"].flatMap(
  (path) => [
    { name: `stat of the absolute path ${path}`, run: (fs: Fs, at: At) => fs.stat(at(path)) },
    {
      name: `stat of the URL of ${path}`,
      run: (fs: Fs, at: At) => fs.stat(new URL(`file://${at(path)}`)),
    },
    {
      name: `readFile of the bytes of ${path}`,
      run: (fs: Fs, at: At) => fs.readFile(Buffer.from(at(path))),
    },
    {
      name: `cp of the absolute path ${path}`,
      run: (fs: Fs, at: At) => fs.cp(at(path), at("/new"), { recursive: true }),
    },
  ],
);
