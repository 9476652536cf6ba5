/** Names of every kind, and handles of what is gone. */
import type { RootDirectoryHandle } from "../../../src/index.js";
import { write, wrong, type Case, type Planted } from "./case.js";

const NAMES: readonly unknown[] = [
  "",
  ".",
  "..",
  "/",
  "a/b",
  "/f",
  "d/x",
  "d/",
  "a\\b",
  "f",
  "d",
  "e",
  "none",
  " a",
  "a ",
  "a.",
  "...",
  ".hidden",
  "con",
  'a:b*?"<>|',
  "a\nb",
  "\u00e9",
  "e\u0301",
  "👩‍👩‍👧",
  "__proto__",
  "constructor",
  "%2e%2e",
  "x".repeat(255),
  "\ud800",
  "a\0b",
  null,
  undefined,
  5,
  true,
];

type NameCall = (at: RootDirectoryHandle, name: string) => unknown;

const CALLS: Readonly<Record<string, NameCall>> = {
  getFileHandle: (at, name) => at.getFileHandle(name),
  "getFileHandle create": (at, name) => at.getFileHandle(name, { create: true }),
  getDirectoryHandle: (at, name) => at.getDirectoryHandle(name),
  "getDirectoryHandle create": (at, name) => at.getDirectoryHandle(name, { create: true }),
  removeEntry: (at, name) => at.removeEntry(name),
  "removeEntry recursive": (at, name) => at.removeEntry(name, { recursive: true }),
};

const namedCases = NAMES.flatMap((name) =>
  Object.entries(CALLS).map(([call, run]): Case => ({
    name: `${call} ${shortened(name)}`,
    run: ({ root }) => run(root, wrong(name)),
  })),
);

const moveCases = NAMES.filter((name) => name !== undefined).flatMap((name): Case[] => [
  { name: `move to ${shortened(name)}`, run: ({ f }) => f.move(wrong(name)) },
  { name: `move into d as ${shortened(name)}`, run: ({ f, d }) => f.move(d, wrong(name)) },
]);

function shortened(name: unknown): string {
  const text = name === undefined ? "undefined" : JSON.stringify(name);
  return text.length > 60 ? `${text.slice(0, 5)}… (${text.length - 2})` : text;
}

const OPTIONS: readonly unknown[] = [undefined, null, {}, { create: 1 }, { create: "" }, 5, "x"];

const optionCases = OPTIONS.flatMap((options): Case[] => [
  {
    name: `getFileHandle new with ${JSON.stringify(options)}`,
    run: ({ root }) => root.getFileHandle("new", wrong(options)),
  },
  {
    name: `getDirectoryHandle new with ${JSON.stringify(options)}`,
    run: ({ root }) => root.getDirectoryHandle("new", wrong(options)),
  },
  {
    name: `removeEntry d with ${JSON.stringify(options)}`,
    run: ({ root }) => root.removeEntry("d", wrong(options)),
  },
  { name: `remove d with ${JSON.stringify(options)}`, run: ({ d }) => d.remove(wrong(options)) },
  {
    name: `createWritable with ${JSON.stringify(options)}`,
    run: async ({ f }) => (await f.createWritable(wrong(options))).abort(),
  },
]);

async function namesIn(directory: RootDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
}

const HANDLE_CALLS: Readonly<Record<string, (planted: Planted) => unknown>> = {
  "getFile of the file": ({ x }) => x.getFile(),
  "createWritable of the file": async ({ x }) => (await x.createWritable()).abort(),
  "remove of the file": ({ x }) => x.remove(),
  "move of the file": ({ x }) => x.move("y"),
  "move of the file up": ({ x, root }) => x.move(root, "y"),
  "move into the directory": ({ f, d }) => f.move(d),
  "permission of the file": ({ x }) => x.queryPermission({ mode: "readwrite" }),
  "names of the directory": ({ d }) => namesIn(d),
  "getFileHandle in the directory": ({ d }) => d.getFileHandle("x"),
  "getFileHandle create in the directory": ({ d }) => d.getFileHandle("n", { create: true }),
  "getDirectoryHandle in the directory": ({ d }) => d.getDirectoryHandle("x"),
  "getDirectoryHandle create in the directory": ({ d }) =>
    d.getDirectoryHandle("n", { create: true }),
  "removeEntry in the directory": ({ d }) => d.removeEntry("x"),
  "remove of the directory": ({ d }) => d.remove(),
  "remove recursive of the directory": ({ d }) => d.remove({ recursive: true }),
  "resolve of the file": ({ d, x }) => d.resolve(x),
};

const BEFORE: Readonly<Record<string, (planted: Planted) => unknown>> = {
  "as it is": () => undefined,
  "after the file is gone": ({ x }) => x.remove(),
  "after all is gone": ({ d }) => d.remove({ recursive: true }),
  "with a directory in the file's place": async ({ d, x }) => {
    await x.remove();
    await d.getDirectoryHandle("x", { create: true });
  },
  "with a file in the directory's place": async ({ root, d }) => {
    await d.remove({ recursive: true });
    await write(await root.getFileHandle("d", { create: true }), "in place of d");
  },
};

const goneCases = Object.entries(BEFORE).flatMap(([before, prepare]) =>
  Object.entries(HANDLE_CALLS).map(([call, run]): Case => ({
    name: `${call}, ${before}`,
    run: async (planted) => {
      await prepare(planted);
      return run(planted);
    },
  })),
);

export const nameCases = [...namedCases, ...moveCases, ...optionCases, ...goneCases];
