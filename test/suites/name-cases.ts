/** Names that some systems change or refuse, and a scenario that gives them to everything. It runs on pages and in Node, on repos and on Linux. */
import type { Repo } from "../../src/index.js";

type Fs = Repo["fs"];

export const NAMES: Readonly<Record<string, string>> = {
  "255 bytes": "n".repeat(255),
  "255 bytes of two each, and one": `${"ä".repeat(127)}x`,
  "256 bytes": "n".repeat(256),
  "256 bytes in 128 characters": "ä".repeat(128),
  "256 bytes in 64 emoji": "🦊".repeat(64),
  composed: "\u00e9",
  decomposed: "e\u0301",
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈",
  // Written without brackets it would be the prototype of this table.
  ["__proto__"]: "__proto__",
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

/** Names that elsewhere are the same as one of these, or as each other. */
const LOOK_ALIKES = [
  "\ud55c",
  "\u1112\u1161\u11ab",
  "hasOwnProperty",
  "a",
  "a..",
  "a  ",
  " a",
  ". ",
  ".. ",
  "a\tb",
  "a\\",
  "..\\..",
  "%2E%2E",
  "..%2f..",
  "%00",
  "100%",
  "con",
  "a:$DATA",
  "readme",
  "\u0131",
  "\ufb01",
  "fi",
  "\uff41",
  "a\u200db",
  "\u{10fffd}",
];

const FITTING = [...Object.values(NAMES), ...LOOK_ALIKES].filter(
  (name) => new TextEncoder().encode(name).length <= 255,
);

/**
 * Gives a directory entries of all these names at once, directories among them, and tells how every call that lists,
 * finds, moves or removes names them. `at` makes a path of one from the root.
 */
export async function tellNames(fs: Fs, at: (path: string) => string): Promise<unknown> {
  const told: unknown[] = [];
  await fs.mkdir(at("/names"));
  for (const name of FITTING) {
    await fs.writeFile(at(`/names/${name}`), name);
    await fs.mkdir(at(`/trees/${name}/${name}`), { recursive: true });
    await fs.writeFile(at(`/trees/${name}/${name}/x`), name);
    await fs.link(at(`/names/${name}`), at(`/trees/${name}/hard`));
  }
  told.push((await fs.readdir(at("/names"))).sort());
  told.push((await fs.readdir(at("/trees"), { recursive: true })).sort());
  // Node's recursive listing would follow them.
  for (const name of FITTING) await fs.symlink(name, at(`/trees/${name}/link`));
  await fs.cp(at("/trees"), at("/copies"), { recursive: true, verbatimSymlinks: true });
  await fs.rename(at("/copies"), at("/moved"));
  for (const name of FITTING) told.push(await tellName(fs, at, name));
  told.push(await fs.readdir(at("/names")), await fs.readdir(at("/moved")));
  return told;
}

/** What there is under one of the names; it is removed. */
async function tellName(fs: Fs, at: (path: string) => string, name: string): Promise<unknown> {
  const told = [
    name,
    await fs.readFile(at(`/names/${name}`), "utf8"),
    await fs.readFile(at(`/moved/${name}/link/x`), "utf8"),
    await fs.readlink(at(`/moved/${name}/link`)),
    (await fs.stat(at(`/trees/${name}/hard`))).nlink,
    (await fs.realpath(at(`/moved/${name}/link/x`))).slice(at("").length),
    (await fs.readdir(at(`/moved/${name}`), { withFileTypes: true }))
      .map((entry) => `${entry.name} ${entry.isDirectory()}`)
      .sort(),
  ];
  const directory = await fs.opendir(at(`/trees/${name}`));
  const opened: string[] = [];
  for await (const entry of directory) opened.push(entry.name);
  told.push(opened.sort());
  await fs.rename(at(`/names/${name}`), at(`/trees/${name}/${name}/x`));
  told.push(await fs.readFile(at(`/trees/${name}/${name}/x`), "utf8"));
  await fs.rm(at(`/moved/${name}`), { recursive: true });
  return told;
}
