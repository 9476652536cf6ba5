/** Places, moves, locks, and files that are read later. */
import type { RootDirectoryHandle, RootHandle, RootWritable } from "../../../src/index.js";
import { bare, outcome, textOf, write, wrong, type Case, type Planted } from "./case.js";

type Runs = Readonly<Record<string, Case["run"]>>;

/** The case goes on while a writable of `f` is open, which is given up at the end. */
async function whileWriting(
  { f }: Planted,
  mode: "siloed" | "exclusive",
  act: (writable: RootWritable) => unknown,
): Promise<unknown> {
  const writable = await f.createWritable({ mode });
  try {
    return await act(writable);
  } finally {
    await writable.abort().catch(() => undefined);
  }
}

const places: Runs = {
  "resolve of itself": ({ d }) => d.resolve(d),
  "resolve of a file": async ({ root, x }) => root.resolve(x),
  "resolve of a child": ({ d, x }) => d.resolve(x),
  "resolve of what is above": ({ d, root }) => d.resolve(root),
  "resolve of what is beside": ({ d, e }) => d.resolve(e),
  "resolve of a name that begins alike": async ({ root, d }) =>
    d.resolve(await root.getDirectoryHandle("dd", { create: true })),
  "resolve of no handle": ({ d }) => d.resolve(wrong({})),
  "resolve of null": ({ d }) => d.resolve(wrong(null)),
  "resolve after a move": async ({ root, f, d }) => {
    await f.move(d, "g");
    return root.resolve(f);
  },
  "the same file": async ({ root, f }) => f.isSameEntry(await root.getFileHandle("f")),
  "the same directory": async ({ root, d }) => d.isSameEntry(await root.getDirectoryHandle("d")),
  "not the same": ({ f, x }) => f.isSameEntry(x),
  "not of the same kind": ({ f, d }) => f.isSameEntry(wrong(d)),
  "the same as no handle": ({ f }) => f.isSameEntry(wrong({})),
  "the same as null": ({ f }) => f.isSameEntry(wrong(null)),
  "the same place, another kind": async ({ root, f }) => {
    await f.remove();
    return f.isSameEntry(await root.getDirectoryHandle("f", { create: true }));
  },
  "the same after a move": async ({ root, f }) => {
    const other = await root.getFileHandle("f");
    await f.move("g");
    return [await f.isSameEntry(other), await f.isSameEntry(await root.getFileHandle("g"))];
  },
  kinds: ({ d, f }) => [d.kind, d.name, f.kind, f.name, tagOf(d), tagOf(f)],
  "permission to read": ({ f }) => f.queryPermission(),
  "permission to write": ({ d }) => d.requestPermission({ mode: "readwrite" }),
  "permission of another kind": ({ f }) => f.queryPermission({ mode: wrong("execute") }),
  "permission of no options": ({ f }) => f.queryPermission(wrong(null)),
  entries: async ({ root }) => sorted(root.entries()),
  values: async ({ root }) => sorted(root.values()),
  keys: async ({ root }) => sorted(root.keys()),
  "for await": async ({ d }) => sorted(d),
  "of an empty directory": async ({ e }) => sorted(e.entries()),
  "of a file, walking": ({ f }) => sorted(wrong(f)),
  "an iterator that is asked by hand": async ({ root }) => {
    const names = root.keys();
    const found: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const { done, value }: IteratorResult<string, unknown> = await names.next();
      found.push(done, typeof value);
    }
    return found;
  },
  "many entries": async ({ e }) => {
    for (let i = 0; i < 300; i++) await e.getDirectoryHandle(`n${i}`, { create: true });
    const names = (await sorted(e.keys())) as string[];
    await e.remove({ recursive: true });
    return names;
  },
};

function tagOf(value: object): unknown {
  return Reflect.get(value, Symbol.toStringTag);
}

async function sorted(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf(item: unknown): string {
  if (typeof item === "string") return item;
  return Array.isArray(item) ? String(item[0]) : (item as RootHandle).name;
}

const moves: Runs = {
  "move over a file": async ({ root, f }) => {
    await write(await root.getFileHandle("g", { create: true }), "g");
    await f.move("g");
    return f.name;
  },
  "move over a file elsewhere": async ({ f, d }) => {
    await f.move(d, "x");
    return textOf(f);
  },
  "move over a directory": ({ f }) => f.move("d"),
  "move over an empty directory": ({ f }) => f.move("e"),
  "move to where it is": ({ f }) => f.move("f"),
  "move to where it is, by directory": ({ f, root }) => f.move(root),
  "move into a file": ({ f, x }) => f.move(wrong(x), "y"),
  "move of a name and a name": ({ f }) => f.move(wrong("a"), "b"),
  "move to nowhere": ({ f }) => bare(f, "move"),
  "move into what is gone": async ({ f, e }) => {
    await e.remove();
    await f.move(e, "g");
  },
  "move, and read by it": async ({ f }) => {
    await f.move("g");
    return [f.name, await textOf(f)];
  },
  "move, and read by another": async ({ root, f }) => {
    const other = await root.getFileHandle("f");
    await f.move("g");
    return other.getFile();
  },
  "move up": async ({ root, x }) => {
    await x.move(root, "up");
    return root.resolve(x);
  },
};

const locks: Runs = {
  "another writable": (planted) =>
    whileWriting(planted, "siloed", async () => (await planted.f.createWritable()).abort()),
  "an exclusive writable beside a siloed one": (planted) =>
    whileWriting(planted, "siloed", () => planted.f.createWritable({ mode: "exclusive" })),
  "a siloed writable beside an exclusive one": (planted) =>
    whileWriting(planted, "exclusive", () => planted.f.createWritable()),
  "two exclusive writables": (planted) =>
    whileWriting(planted, "exclusive", () => planted.f.createWritable({ mode: "exclusive" })),
  "an exclusive writable after another": async (planted) => {
    await whileWriting(planted, "exclusive", (writable) => writable.close());
    await whileWriting(planted, "exclusive", (writable) => writable.write("x"));
  },
  "a writable of another file": (planted) =>
    whileWriting(planted, "exclusive", async () => (await planted.x.createWritable()).abort()),
  "reading while it is written": (planted) =>
    whileWriting(planted, "exclusive", async (writable) => {
      await writable.write("new");
      return textOf(planted.f);
    }),
  "remove while it is written": (planted) =>
    whileWriting(planted, "siloed", () => planted.f.remove()),
  "removeEntry while it is written": (planted) =>
    whileWriting(planted, "siloed", () => planted.root.removeEntry("f")),
  "removeEntry of another": (planted) =>
    whileWriting(planted, "siloed", () => planted.root.removeEntry("e")),
  "move while it is written": (planted) =>
    whileWriting(planted, "siloed", () => planted.f.move("g")),
  "move over it while it is written": (planted) =>
    whileWriting(planted, "siloed", () => planted.x.move(planted.root, "f")),
  "remove of the directory above": async (planted) => {
    await planted.f.move(planted.d);
    return whileWriting(planted, "siloed", () => planted.d.remove({ recursive: true }));
  },
  "remove once it is closed": async (planted) => {
    await whileWriting(planted, "siloed", (writable) => writable.close());
    await planted.f.remove();
  },
  "remove once it is aborted": async (planted) => {
    await whileWriting(planted, "siloed", (writable) => writable.abort());
    await planted.f.remove();
  },
  "the last of two to close": async ({ f }) => {
    const first = await f.createWritable();
    const second = await f.createWritable({ keepExistingData: true });
    await first.write("first, and longer");
    await second.write("2nd");
    const seen: string[] = [];
    for (const writable of [first, second]) {
      await writable.close();
      seen.push(await textOf(f));
    }
    return seen;
  },
};

/** A file that was got before something happened to it. */
function later(
  act: (planted: Planted) => unknown,
  read: (file: globalThis.File) => unknown,
): Case["run"] {
  return async (planted) => {
    const file = await planted.f.getFile();
    await act(planted);
    return read(file);
  };
}

const files: Runs = {
  "what a file is": async ({ f }) => {
    const file = await f.getFile();
    return [file.name, file.size, file.type, file instanceof Blob, tagOf(file)];
  },
  "all ways to read": async ({ f }) => {
    const file = await f.getFile();
    return [
      await file.text(),
      await file.arrayBuffer(),
      await file.bytes(),
      await new Response(file.stream()).text(),
    ];
  },
  "a stream that is read in parts": async ({ f }) => {
    const reader = (await f.getFile()).stream().getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(4));
    await reader.cancel();
    return [first.done, first.value];
  },
  "a stream in a buffer of one's own, to the end": async ({ f }) => {
    const reader = (await f.getFile()).stream().getReader({ mode: "byob" });
    let length = 0;
    let last = await reader.read(new Uint8Array(64));
    for (; !last.done; last = await reader.read(new Uint8Array(64))) length += last.value.length;
    return [length, last.value?.length];
  },
  "an empty file": async ({ x }) => {
    const file = await x.getFile();
    return [file.size, await file.text(), await new Response(file.stream()).text()];
  },
  "text after the file was changed": later(
    ({ f }) => write(f, "longer than before"),
    (file) => file.text(),
  ),
  "bytes after it was changed to the same length": later(
    ({ f }) => write(f, "9876543210"),
    (file) => file.arrayBuffer(),
  ),
  "a part after it was changed": later(
    ({ f }) => write(f, "x"),
    (file) => file.slice(1, 3).text(),
  ),
  "a stream after it was changed": later(
    ({ f }) => write(f, "x"),
    (file) => file.stream().getReader().read(),
  ),
  "text after it was removed": later(
    ({ f }) => f.remove(),
    (file) => file.text(),
  ),
  "text after it was moved": later(
    ({ f }) => f.move("g"),
    (file) => file.text(),
  ),
  "its size after it was changed": later(
    ({ f }) => write(f, "x"),
    (file) => file.size,
  ),
  "a file that is written into another": async ({ f, x }) => {
    const writable = await x.createWritable();
    await (await f.getFile()).stream().pipeTo(writable);
    return textOf(x);
  },
};

const SLICES: readonly (readonly unknown[])[] = [
  [],
  [1],
  [-2],
  [0, -1],
  [2, 1],
  [0, 100],
  [100],
  [-100, 3],
  [1.7],
  [0, 2.2],
  [NaN],
  [null, 2],
  [0, null],
  ["1", "3"],
  [Infinity],
  [-Infinity, 2],
  [undefined, 4],
  [0, 2, "TEXT/Plain"],
  [0, 2, "\u00e9"],
];

const sliceCases = SLICES.map((given): Case => ({
  name: `slice ${given.map(String).join(", ")}`,
  run: async ({ f }) => {
    const file = await f.getFile();
    const cut = (blob: Blob): Blob => bare(blob, "slice", given) as Blob;
    const part = cut(file);
    const again = cut(part);
    return [part.size, part.type, await part.text(), again.size, await again.text()];
  },
}));

const ENDINGS = [
  "txt TXT html htm json js mjs css xml md csv png jpg jpeg gif svg webp avif bmp ico",
  "mp3 wav ogg flac m4a mp4 webm pdf zip wasm tar epub ts map yaml unheard-of",
].flatMap((line) => line.split(" "));

const typeCases = ["none", ".txt", "a.b.txt", "txt", "a.", ...ENDINGS.map((end) => `a.${end}`)].map(
  (name): Case => ({
    name: `type of ${name}`,
    run: async ({ e }) => (await (await e.getFileHandle(name, { create: true })).getFile()).type,
  }),
);

function named(runs: Runs): Case[] {
  return Object.entries(runs).map(([name, run]) => ({ name, run }));
}

export const handleCases = [
  ...[places, moves, locks, files].flatMap(named),
  ...sliceCases,
  ...typeCases,
];

/** Of the root itself, which has no case's directory around it. */
export async function rootOutcomes(root: RootDirectoryHandle): Promise<string[]> {
  return Promise.all([
    outcome(() => [root.kind, root.name]),
    outcome(() => root.resolve(root)),
    outcome(() => root.isSameEntry(root)),
    outcome(() => root.getDirectoryHandle("..")),
    outcome(() => root.queryPermission()),
  ]);
}
