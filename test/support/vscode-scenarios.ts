/**
 * What a person does in an editor, as calls of VS Code's file service, on any scheme that is registered there. They run in Node and on pages, so they
 * compare by themselves: each resolves to what went wrong, in words.
 */
import type * as vscode from "vscode";
import type {
  EditorFileService,
  FileChangesEvent,
  StackBuffer,
  VscodeModules,
} from "./vscode-stack.js";

export interface Desk {
  readonly modules: Pick<VscodeModules, "VSBuffer">;
  readonly files: EditorFileService;
  /** The provider's file system, past the editor. */
  readonly fs: {
    readFile(path: string): Promise<Uint8Array>;
    writeFile(path: string, text: string): Promise<void>;
    utimes(path: string, atime: number, mtime: number): Promise<void>;
  };
  readonly uri: (path: string) => vscode.Uri;
}

/** What `FileOperationError.fileOperationResult` says. */
const RESULT: ReadonlyMap<unknown, string> = new Map([
  [0, "is a directory"],
  [1, "not found"],
  [3, "modified since"],
  [4, "move conflict"],
]);

type Finding = readonly [found: unknown, expected: unknown];

function outcome(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("fileOperationResult" in error)) return error.message;
  return RESULT.get(error.fileOperationResult) ?? error.message;
}

const fails = (call: Promise<unknown>): Promise<string> => call.then(() => "it succeeded", outcome);

/** By name, in the order in which they run. */
export const scenarios: Readonly<Record<string, (desk: Desk) => AsyncGenerator<Finding>>> = {
  "open a folder": async function* ({ files, uri, modules }) {
    const text = modules.VSBuffer.fromString("# Notes\n");
    for (const path of [
      "/project/readme.md",
      "/project/src/main.ts",
      "/project/src/lib/deep/er.ts",
    ])
      await files.createFile(uri(path), text);
    const { children = [], ...folder } = await files.resolve(uri("/project"), {
      resolveMetadata: true,
      resolveTo: [uri("/project/src/lib")],
    });
    yield [folder.isDirectory, true];
    yield [
      children.map(({ name, isFile }) => [name, isFile]).sort(),
      [
        ["readme.md", true],
        ["src", false],
      ],
    ];
    const src = children.find(({ name }) => name === "src");
    yield [src?.children?.map(({ name }) => name).sort(), ["lib", "main.ts"]];
    yield [await files.exists(uri("/project/nothing")), false];
    yield [await fails(files.resolve(uri("/project/nothing"))), "not found"];
  },

  "create, edit and save": async function* ({ files, uri, modules, fs }) {
    const { VSBuffer } = modules;
    const created = await files.createFile(uri("/project/new.txt"), VSBuffer.fromString("one"));
    yield [created.size, 3];
    yield [await fails(files.createFile(uri("/project/new.txt"))), "modified since"];
    const opened = await files.readFile(uri("/project/new.txt"));
    yield [opened.value.toString(), "one"];
    const saved = await files.writeFile(
      uri("/project/new.txt"),
      VSBuffer.fromString("one two"),
      opened,
    );
    yield [saved.size, 7];
    yield [new TextDecoder().decode(await fs.readFile("/project/new.txt")), "one two"];
    yield [
      await fails(files.writeFile(uri("/project/src"), VSBuffer.fromString("x"))),
      "is a directory",
    ];
    yield [await fails(files.readFile(uri("/project/src"))), "is a directory"];
  },

  "save over a file that was changed meanwhile": async function* ({ files, uri, modules, fs }) {
    const { VSBuffer } = modules;
    const path = "/project/shared.txt";
    const mine = await files.createFile(uri(path), VSBuffer.fromString("mine"));
    await fs.writeFile(path, "theirs, longer");
    // Another second, as where people take longer than programs.
    await fs.utimes(path, mine.mtime / 1000 + 1, mine.mtime / 1000 + 1);
    const save = files.writeFile(uri(path), VSBuffer.fromString("mine again"), mine);
    yield [await fails(save), "modified since"];
    yield [new TextDecoder().decode(await fs.readFile(path)), "theirs, longer"];
    const theirs = await files.stat(uri(path));
    yield [theirs.etag === mine.etag, false];
    await files.writeFile(uri(path), VSBuffer.fromString("merged"), theirs);
    yield [(await files.readFile(uri(path))).value.toString(), "merged"];
  },

  "rename and move": async function* ({ files, uri }) {
    yield [(await files.move(uri("/project/src"), uri("/project/source"))).isDirectory, true];
    yield [await files.exists(uri("/project/src")), false];
    yield [
      (await files.readFile(uri("/project/source/lib/deep/er.ts"))).value.toString(),
      "# Notes\n",
    ];
    const occupied = files.move(uri("/project/readme.md"), uri("/project/source"));
    yield [await fails(occupied), "move conflict"];
    await files.createFile(uri("/project/old.md"));
    await files.move(uri("/project/old.md"), uri("/project/readme.md"), true);
    yield [(await files.stat(uri("/project/readme.md"))).size, 0];
    await files.move(uri("/project/readme.md"), uri("/project/made/on/the/way/readme.md"));
    yield [await files.exists(uri("/project/made/on/the/way/readme.md")), true];
    // Names that differ by case are different names.
    await files.move(uri("/project/new.txt"), uri("/project/NEW.txt"));
    yield [await files.exists(uri("/project/new.txt")), false];
  },

  "copy a tree": async function* ({ files, uri }) {
    await files.copy(uri("/project/source"), uri("/project/copy"));
    yield [
      (await files.readFile(uri("/project/copy/lib/deep/er.ts"))).value.toString(),
      "# Notes\n",
    ];
    yield [await fails(files.copy(uri("/project/source"), uri("/project/copy"))), "move conflict"];
    await files.createFile(uri("/project/copy/more.txt"));
    await files.copy(uri("/project/source"), uri("/project/copy"), true);
    const { children = [] } = await files.resolve(uri("/project/copy"));
    yield [children.map(({ name }) => name).sort(), ["lib", "main.ts"]];
  },

  "hold large and binary files": async function* ({ files, uri, modules }) {
    const bytes = Uint8Array.from({ length: 5 * 1024 * 1024 }, (_, i) => (i * i) >> 3);
    const stat = await files.writeFile(uri("/project/large.bin"), modules.VSBuffer.wrap(bytes));
    yield [stat.size, bytes.length];
    yield [isEqual((await files.readFile(uri("/project/large.bin"))).value.buffer, bytes), true];
    const { value } = await files.readFileStream(uri("/project/large.bin"));
    const pieces: StackBuffer[] = [];
    await new Promise<void>((resolve, reject) => {
      value.on("data", (piece) => pieces.push(piece));
      value.on("error", reject);
      value.on("end", resolve);
    });
    const streamed = new Uint8Array(bytes.length);
    let length = 0;
    for (const { buffer } of pieces) {
      streamed.set(buffer, length);
      length += buffer.length;
    }
    yield [length, bytes.length];
    yield [isEqual(streamed, bytes), true];
  },

  "follow changes": async function* ({ files, uri, fs }) {
    await files.createFolder(uri("/project/out"));
    const events: FileChangesEvent[] = [];
    const paths = (pick: (event: FileChangesEvent) => readonly vscode.Uri[]): string[] =>
      events.flatMap((event) => pick(event).map(({ path }) => path));
    const listener = files.onDidFilesChange((event) => events.push(event));
    const watch = files.watch(uri("/project"), { recursive: true, excludes: ["out"] });
    await until(async () => {
      // The editor begins to watch at a moment of its own choice.
      await fs.writeFile("/project/begun", "");
      return events.length > 0;
    });
    await fs.writeFile("/project/out/hidden", "");
    await fs.writeFile("/project/NEW.txt", "from outside");
    await files.createFile(uri("/project/source/seen.ts"));
    await files.del(uri("/project/copy"), { recursive: true });
    await until(() => paths(({ rawDeleted }) => rawDeleted).includes("/project/copy"));
    yield [paths(({ rawAdded }) => rawAdded).includes("/project/source/seen.ts"), true];
    yield [paths(({ rawUpdated }) => rawUpdated).includes("/project/NEW.txt"), true];
    yield [paths(({ rawAdded }) => rawAdded).includes("/project/out/hidden"), false];
    // What was below is gone with it.
    yield [events.some((event) => event.contains(uri("/project/copy/lib/deep/er.ts"))), true];
    watch.dispose();
    listener.dispose();
  },

  "delete to nothing": async function* ({ files, uri }) {
    const notEmpty = await fails(files.del(uri("/project/source")));
    yield [notEmpty.includes("non-empty"), true];
    yield [await fails(files.del(uri("/project/nothing"))), "not found"];
    await files.del(uri("/project"), { recursive: true });
    const { children = [] } = await files.resolve(uri("/"));
    yield [children.map(({ name }) => name), []];
  },
};

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** All that was found otherwise than expected. */
export async function play(name: string, desk: Desk): Promise<string[]> {
  const wrong: string[] = [];
  const scenario = scenarios[name];
  if (scenario === undefined) return [`there is no scenario ${name}`];
  let place = 0;
  for await (const [found, expected] of scenario(desk)) {
    place += 1;
    const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
    if (is !== should) wrong.push(`finding ${place}: ${is} instead of ${should}`);
  }
  return wrong;
}
