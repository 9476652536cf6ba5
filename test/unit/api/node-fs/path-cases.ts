/** Cases about names that some systems change or refuse, and about paths that are not relative. */
import { NAMES, tellNames } from "../../../suites/name-cases.js";
import type { At, Case, Fs } from "./two-sides.js";

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

named.push(
  { name: "all names at once, by every call", run: tellNames },
  {
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
  },
  ...[
    "d/%2e%2e/g",
    "%252e%252e",
    "d/%2E./f",
    "a%5Cb",
    "a\\b",
    "e%CC%81",
    "%F0%9F%A6%8A",
    "a%20",
    "a.",
  ].map((path) => ({
    name: `writeFile to a URL: ${path}`,
    run: async (fs: Fs, at: At) => {
      const url = new URL(`file://${at(`/${path}`)}`);
      await fs.writeFile(url, "x");
      return fs.realpath(url);
    },
  })),
);

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
