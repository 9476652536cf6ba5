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
    for (const path of ["/work/readme.md", "/work/src/main.ts", "/work/src/lib/deep/er.ts"])
      await files.createFile(uri(path), text);
    const { children = [], ...folder } = await files.resolve(uri("/work"), {
      resolveMetadata: true,
      resolveTo: [uri("/work/src/lib")],
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
    yield [await files.exists(uri("/work/nothing")), false];
    yield [await fails(files.resolve(uri("/work/nothing"))), "not found"];
  },

  "create, edit and save": async function* ({ files, uri, modules, fs }) {
    const { VSBuffer } = modules;
    const created = await files.createFile(uri("/work/new.txt"), VSBuffer.fromString("one"));
    yield [created.size, 3];
    yield [await fails(files.createFile(uri("/work/new.txt"))), "modified since"];
    const opened = await files.readFile(uri("/work/new.txt"));
    yield [opened.value.toString(), "one"];
    const saved = await files.writeFile(
      uri("/work/new.txt"),
      VSBuffer.fromString("one two"),
      opened,
    );
    yield [saved.size, 7];
    yield [new TextDecoder().decode(await fs.readFile("/work/new.txt")), "one two"];
    yield [
      await fails(files.writeFile(uri("/work/src"), VSBuffer.fromString("x"))),
      "is a directory",
    ];
    yield [await fails(files.readFile(uri("/work/src"))), "is a directory"];
  },

  "save over a file that was changed meanwhile": async function* ({ files, uri, modules, fs }) {
    const { VSBuffer } = modules;
    const path = "/work/shared.txt";
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
    yield [(await files.move(uri("/work/src"), uri("/work/source"))).isDirectory, true];
    yield [await files.exists(uri("/work/src")), false];
    yield [
      (await files.readFile(uri("/work/source/lib/deep/er.ts"))).value.toString(),
      "# Notes\n",
    ];
    const occupied = files.move(uri("/work/readme.md"), uri("/work/source"));
    yield [await fails(occupied), "move conflict"];
    await files.createFile(uri("/work/old.md"));
    await files.move(uri("/work/old.md"), uri("/work/readme.md"), true);
    yield [(await files.stat(uri("/work/readme.md"))).size, 0];
    await files.move(uri("/work/readme.md"), uri("/work/made/on/the/way/readme.md"));
    yield [await files.exists(uri("/work/made/on/the/way/readme.md")), true];
    // Names that differ by case are different names.
    await files.move(uri("/work/new.txt"), uri("/work/NEW.txt"));
    yield [await files.exists(uri("/work/new.txt")), false];
  },

  "copy a tree": async function* ({ files, uri }) {
    await files.copy(uri("/work/source"), uri("/work/copy"));
    yield [(await files.readFile(uri("/work/copy/lib/deep/er.ts"))).value.toString(), "# Notes\n"];
    yield [await fails(files.copy(uri("/work/source"), uri("/work/copy"))), "move conflict"];
    await files.createFile(uri("/work/copy/more.txt"));
    await files.copy(uri("/work/source"), uri("/work/copy"), true);
    const { children = [] } = await files.resolve(uri("/work/copy"));
    yield [children.map(({ name }) => name).sort(), ["lib", "main.ts"]];
  },

  "hold large and binary files": async function* ({ files, uri, modules }) {
    const bytes = Uint8Array.from({ length: 5 * 1024 * 1024 }, (_, i) => (i * i) >> 3);
    const stat = await files.writeFile(uri("/work/large.bin"), modules.VSBuffer.wrap(bytes));
    yield [stat.size, bytes.length];
    yield [isEqual((await files.readFile(uri("/work/large.bin"))).value.buffer, bytes), true];
    const { value } = await files.readFileStream(uri("/work/large.bin"));
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
    await files.createFolder(uri("/work/out"));
    const events: FileChangesEvent[] = [];
    const paths = (pick: (event: FileChangesEvent) => readonly vscode.Uri[]): string[] =>
      events.flatMap((event) => pick(event).map(({ path }) => path));
    const listener = files.onDidFilesChange((event) => events.push(event));
    const watch = files.watch(uri("/work"), { recursive: true, excludes: ["out"] });
    await until(async () => {
      // The editor begins to watch at a moment of its own choice.
      await fs.writeFile("/work/begun", "");
      return events.length > 0;
    });
    await fs.writeFile("/work/out/hidden", "");
    await fs.writeFile("/work/NEW.txt", "from outside");
    await files.createFile(uri("/work/source/seen.ts"));
    await files.del(uri("/work/copy"), { recursive: true });
    await until(() => paths(({ rawDeleted }) => rawDeleted).includes("/work/copy"));
    yield [paths(({ rawAdded }) => rawAdded).includes("/work/source/seen.ts"), true];
    yield [paths(({ rawUpdated }) => rawUpdated).includes("/work/NEW.txt"), true];
    yield [paths(({ rawAdded }) => rawAdded).includes("/work/out/hidden"), false];
    // What was below is gone with it.
    yield [events.some((event) => event.contains(uri("/work/copy/lib/deep/er.ts"))), true];
    watch.dispose();
    listener.dispose();
  },

  "delete to nothing": async function* ({ files, uri }) {
    const notEmpty = await fails(files.del(uri("/work/source")));
    yield [notEmpty.includes("non-empty"), true];
    yield [await fails(files.del(uri("/work/nothing"))), "not found"];
    await files.del(uri("/work"), { recursive: true });
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
