/**
 * VS Code's editor on a page, over a repo in OPFS: monaco-vscode-api with its real file service, text models and editor widget, bundled with
 * the provider as an application would bundle them.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { build, preview, type PreviewServer } from "vite";
import type * as vscode from "vscode";
import type * as Api from "../../src/index.js";
import { scenarios, type Desk, type play } from "../support/vscode-scenarios.js";

/** What is used of VS Code's TextFileEditorModel. */
interface EditorModel {
  readonly textEditorModel: { getValue(): string };
  isDirty(): boolean;
  isReadonly(): unknown;
  save(): Promise<boolean>;
  revert(): Promise<void>;
  hasState(state: number): boolean;
}

declare global {
  // The page puts them here, see PAGE.
  var editorDesk: Desk;
  var editorRepo: Api.Repo;
  var playScenario: typeof play;
  var openModel: (uri: vscode.Uri) => Promise<{ readonly object: EditorModel; dispose(): void }>;
  var showEditor: (model: EditorModel) => void;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** States of VS Code's text models. */
const STATES = { conflict: 3, orphan: 4 } as const;

const PAGE = `
  import { getService, IFileService, initialize } from "@codingame/monaco-vscode-api";
  import * as monaco from "@codingame/monaco-vscode-api/monaco";
  import { VSBuffer } from "@codingame/monaco-vscode-api/vscode/vs/base/common/buffer";
  import { URI } from "@codingame/monaco-vscode-api/vscode/vs/base/common/uri";
  import filesOverride, { registerCustomProvider } from "@codingame/monaco-vscode-files-service-override";
  import modelOverride from "@codingame/monaco-vscode-model-service-override";
  import { openRepo } from "${ROOT}src/index.ts";
  import { workbenchFileSystemProvider } from "${ROOT}src/vscode/index.ts";
  import { play } from "${ROOT}test/support/vscode-scenarios.ts";

  const repo = await openRepo("opfs://editor", { rawKey: new Uint8Array(32).fill(7), createNew: true });
  await repo.fs.mkdir("/base");
  registerCustomProvider("coffer", workbenchFileSystemProvider(repo.fs, undefined, { root: "/base" }));
  await initialize({ ...filesOverride(), ...modelOverride() });
  globalThis.editorRepo = repo;
  globalThis.playScenario = play;
  globalThis.openModel = monaco.createModelReference;
  globalThis.showEditor = (model) => {
    const place = document.body.appendChild(document.createElement("div"));
    place.style.height = "300px";
    monaco.createConfiguredEditor(place, { model: model.textEditorModel }).focus();
  };
  globalThis.editorDesk = {
    modules: { VSBuffer },
    files: await getService(IFileService),
    fs: {
      readFile: (path) => repo.fs.readFile("/base" + path),
      writeFile: (path, text) => repo.fs.writeFile("/base" + path, text),
      utimes: (path, atime, mtime) => repo.fs.utimes("/base" + path, atime, mtime),
    },
    uri: (path) => URI.from({ scheme: "coffer", path }),
  };
`;

let scratch: string;
let server: PreviewServer;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cofferfs-editor-"));
  await writeFile(join(scratch, "index.html"), '<script type="module" src="/page.js"></script>');
  const basics = { root: scratch, configFile: false, logLevel: "error" } as const;
  await build({
    ...basics,
    // Beside the packages that it imports, as far as the bundler can tell.
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === "/page.js" ? join(ROOT, "test/browser/vscode-page.js") : null),
        load: (id) => (id.endsWith("/vscode-page.js") ? PAGE : null),
      },
    ],
    worker: { format: "es" },
    build: { outDir: "dist", target: "es2022", minify: false },
  });
  server = await preview({
    ...basics,
    build: { outDir: "dist" },
    preview: { host: "127.0.0.1", port: 0 },
  });
  context = await chromium.launchPersistentContext(join(scratch, "profile"));
  page = await context.newPage();
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await page.waitForFunction(() => "editorDesk" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await server.close();
  await rm(scratch, { recursive: true, force: true });
});

for (const name of Object.keys(scenarios))
  test(`VS Code's file service can ${name} in a repo`, async () => {
    expect(await page.evaluate((given) => playScenario(given, editorDesk), name)).toEqual([]);
  });

test("what is typed into VS Code's editor is in the repo once it is saved", async () => {
  await page.evaluate(async () => {
    await editorDesk.fs.writeFile("/typed.txt", "world\n");
    const { object: model } = await openModel(editorDesk.uri("/typed.txt"));
    showEditor(model);
  });
  await page.keyboard.type("hello ");
  const found = await page.evaluate(async () => {
    const { object: model } = await openModel(editorDesk.uri("/typed.txt"));
    const states: unknown[] = [model.isDirty()];
    const content = (): Promise<string> => editorRepo.fs.readFile("/base/typed.txt", "utf8");
    states.push(await content(), await model.save(), model.isDirty(), await content());
    return states;
  });
  expect(found).toEqual([true, "world\n", true, false, "hello world\n"]);
});

test("an open editor shows what others write, and does not save over what it has not seen", async () => {
  const shown = await page.evaluate(async () => {
    const { files, fs, uri } = editorDesk;
    await fs.writeFile("/shared.txt", "first");
    const { object: model } = await openModel(uri("/shared.txt"));
    const text = (): string => model.textEditorModel.getValue();
    files.watch(uri("/"), { recursive: true, excludes: [] });
    // The editor begins to watch at a moment of its own choice.
    for (let turn = 0; text() === "first"; turn++) {
      await fs.writeFile("/shared.txt", `second ${turn}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await fs.writeFile("/shared.txt", "the last of others");
    while (text() !== "the last of others") await new Promise((resolve) => setTimeout(resolve, 10));
    showEditor(model);
    return model.isDirty();
  });
  expect(shown).toBe(false);
  await page.keyboard.type("mine: ");
  const found = await page.evaluate(async ({ conflict, orphan }) => {
    const { files, fs, uri } = editorDesk;
    const { object: model } = await openModel(uri("/shared.txt"));
    const dirty = model.isDirty();
    const { mtime } = await files.stat(uri("/shared.txt"));
    await fs.writeFile("/shared.txt", "theirs");
    // Another second, as where people take longer than programs.
    await fs.utimes("/shared.txt", mtime / 1000 + 1, mtime / 1000 + 1);
    await model.save();
    const stored = await editorRepo.fs.readFile("/base/shared.txt", "utf8");
    const refused = [model.hasState(conflict), model.isDirty(), stored];
    await model.revert();
    const reverted = model.textEditorModel.getValue();
    await editorRepo.fs.unlink("/base/shared.txt");
    while (!model.hasState(orphan)) await new Promise((resolve) => setTimeout(resolve, 10));
    return { dirty, refused, reverted };
  }, STATES);
  expect(found).toEqual({ dirty: true, refused: [true, true, "theirs"], reverted: "theirs" });
});

test("an open editor shows what a restored snapshot holds", async () => {
  const text = await page.evaluate(async () => {
    const { files, fs, uri } = editorDesk;
    await fs.writeFile("/kept.txt", "as it was");
    await editorRepo.snapshot("kept");
    const { object: model } = await openModel(uri("/kept.txt"));
    const text = (): string => model.textEditorModel.getValue();
    files.watch(uri("/"), { recursive: true, excludes: [] });
    for (let turn = 0; text() === "as it was"; turn++) {
      await fs.writeFile("/kept.txt", `as it became ${turn}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await editorRepo.restore("kept");
    while (text() !== "as it was") await new Promise((resolve) => setTimeout(resolve, 10));
    return text();
  });
  expect(text).toBe("as it was");
});
