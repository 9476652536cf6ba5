/**
 * VS Code itself as the consumer: its extension host, messages and file service (monaco-vscode-api) over a provider of a repo. The same scenarios
 * run with an extension's provider and with one of the workbench.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import {
  fileSystemProvider,
  workbenchFileSystemProvider,
  type WorkbenchFileSystemProvider,
} from "../../../src/vscode/index.js";
import type { Repo } from "../../../src/index.js";
import { play, scenarios, type Desk } from "../../support/vscode-scenarios.js";
import {
  createStack,
  type Ends,
  type VscodeModules,
  type VscodeStack,
} from "../../support/vscode-stack.js";
import { vscodeInNode } from "./modules.js";
import { repoSide } from "./provider-sides.js";
import { activate, FITS_WORKBENCH } from "./types.js";

type Side = Awaited<ReturnType<typeof repoSide>>;

const PATIENCE = { timeout: 20_000, interval: 10 };

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (given: string): Uint8Array => new TextEncoder().encode(given);

let modules: VscodeModules;

beforeAll(async () => {
  modules = await vscodeInNode();
});

function deskOf(stack: VscodeStack, repo: Repo, scheme: string): Desk {
  return {
    modules,
    files: stack.fileService,
    fs: {
      readFile: (path) => repo.fs.readFile(`/base${path}`),
      writeFile: (path, content) => repo.fs.writeFile(`/base${path}`, content),
      utimes: (path, atime, mtime) => repo.fs.utimes(`/base${path}`, atime, mtime),
    },
    uri: (path) => modules.URI.from({ scheme, path }),
  };
}

describe("VS Code with an extension's provider", () => {
  let side: Side;
  let stack: VscodeStack;
  const ends: Ends[] = [];
  const uri = (path: string): vscode.Uri => modules.URI.from({ scheme: "coffer", path });

  beforeAll(async () => {
    side = await repoSide("vscode-extension");
    stack = createStack(modules);
    const registerFileSystemProvider = (
      scheme: string,
      provider: vscode.FileSystemProvider,
      options: object = {},
    ): vscode.Disposable => {
      const registered = stack.register(scheme, provider, options);
      return new modules.Disposable(() => registered.dispose());
    };
    const workspace = { registerFileSystemProvider };
    ends.push(...activate(side.repo.fs, { ...modules, workspace }), stack);
    await vi.waitUntil(() => stack.fileService.hasProvider(uri("/")), PATIENCE);
  });

  afterAll(async () => {
    for (const end of ends) end.dispose();
    await side.end();
  });

  for (const name of Object.keys(scenarios))
    it(`can ${name}`, async () => {
      expect(await play(name, deskOf(stack, side.repo, "coffer"))).toEqual([]);
    });

  for (const which of ["workspaceFs", "ownWorkspaceFs"] as const)
    it(`serves vscode.workspace.fs ${which === "workspaceFs" ? "of another extension" : "of the same extension"}`, async () => {
      const fs = stack[which];
      await fs.writeFile(uri("/ws/a/f.txt"), bytes("hello"));
      expect(text(await fs.readFile(uri("/ws/a/f.txt")))).toBe("hello");
      expect(await fs.stat(uri("/ws/a/f.txt"))).toMatchObject({ type: 1, size: 5 });
      await side.repo.fs.symlink("a", "/base/ws/link");
      expect((await fs.readDirectory(uri("/ws"))).sort()).toEqual([
        ["a", 2],
        ["link", 2 | 64],
      ]);
      await fs.copy(uri("/ws/a"), uri("/ws/b"));
      await fs.rename(uri("/ws/b"), uri("/ws/c"));
      expect(await fs.readDirectory(uri("/ws/c"))).toEqual([["f.txt", 1]]);
      expect(fs.isWritableFileSystem("coffer")).toBe(true);
      const failures: readonly (readonly [string, () => Thenable<unknown>])[] = [
        ["FileNotFound", () => fs.stat(uri("/ws/none"))],
        ["FileNotFound", () => fs.readFile(uri("/ws/none"))],
        ["FileNotFound", () => fs.delete(uri("/ws/none"))],
        ["FileNotADirectory", () => fs.readDirectory(uri("/ws/a/f.txt"))],
        ["FileIsADirectory", () => fs.readFile(uri("/ws/a"))],
        ["FileExists", () => fs.rename(uri("/ws/a"), uri("/ws/c"))],
        ["FileExists", () => fs.copy(uri("/ws/a"), uri("/ws/c"), { overwrite: false })],
        ["Unknown", () => fs.delete(uri("/ws/a"))],
      ];
      for (const [code, call] of failures) {
        const error: unknown = await Promise.resolve(call()).catch((thrown: unknown) => thrown);
        expect(error, String(call)).toBeInstanceOf(modules.FileSystemError);
        // What the editor itself refuses has a code of its own.
        if (code !== "Unknown") expect(error, String(call)).toMatchObject({ code });
      }
      await fs.delete(uri("/ws"), { recursive: true });
      expect(await side.repo.fs.readdir("/base")).toEqual([]);
    });

  it("shows a read-only tree as one", async () => {
    await side.repo.fs.writeFile("/base/kept", "1");
    await side.repo.snapshot("kept");
    const snapshot = await side.repo.openSnapshot("kept");
    const kept = fileSystemProvider<vscode.Uri>(snapshot.fs, modules, { root: "/base" });
    stack.register("kept", kept, { isCaseSensitive: true });
    const file = modules.URI.from({ scheme: "kept", path: "/kept" });
    await vi.waitUntil(() => stack.fileService.hasProvider(file), PATIENCE);
    expect(await stack.fileService.stat(file)).toMatchObject({ readonly: true });
    const save = stack.fileService.writeFile(file, modules.VSBuffer.fromString("2"));
    await expect(save).rejects.toMatchObject({ fileOperationResult: 6 });
    await expect(
      stack.workspaceFs.createDirectory(file.with({ path: "/new" })),
    ).rejects.toMatchObject({ code: "NoPermissions" });
    await side.repo.fs.rm("/base/kept");
    kept.dispose();
    await snapshot.close();
  });
});

describe("VS Code with a provider of the workbench", () => {
  let side: Side;
  let stack: VscodeStack;
  let provider: WorkbenchFileSystemProvider<vscode.Uri>;
  const uri = (path: string): vscode.Uri => modules.URI.from({ scheme: "coffer", path });

  beforeAll(async () => {
    side = await repoSide("vscode-workbench");
    stack = createStack(modules);
    provider = workbenchFileSystemProvider<vscode.Uri>(side.fs, undefined, { root: "/base" });
    stack.fileService.registerProvider("coffer", provider);
  });

  afterAll(async () => {
    provider.dispose();
    stack.dispose();
    await side.end();
  });

  for (const name of Object.keys(scenarios))
    it(`can ${name}`, async () => {
      expect(await play(name, deskOf(stack, side.repo, "coffer"))).toEqual([]);
    });

  it("writes atomically and tells real paths, as its capabilities say", async () => {
    const file = uri("/dir/f");
    const { fileService: files } = stack;
    const content = modules.VSBuffer.fromString("whole");
    await files.writeFile(file, content, { atomic: { postfix: ".tmp" } });
    await side.repo.fs.symlink("dir", "/base/link");
    expect((await files.realpath(uri("/link/f")))?.path).toBe("/dir/f");
    await side.repo.fs.symlink("/", "/base/out");
    expect((await files.realpath(uri("/out")))?.path).toBe("/out");
    for (const link of ["/out", "/link"]) await files.del(uri(link), { recursive: true });
    expect(await files.exists(uri("/dir/f"))).toBe(true);
  });

  it("tells watchers that ask for a mark of their own of what they watch, and nobody else", async () => {
    const { fileService: files } = stack;
    const [own, all] = [new Set<string>(), new Set<string>()];
    const listener = files.onDidFilesChange(({ rawAdded }) => {
      for (const { path } of rawAdded) all.add(path);
    });
    for (const folder of ["marked", "plain"]) await side.repo.fs.mkdir(`/base/${folder}`);
    const watcher = files.createWatcher(uri("/marked"), { recursive: true, excludes: [] });
    watcher.onDidChange(({ rawAdded }) => {
      for (const { path } of rawAdded) own.add(path);
    });
    const plain = files.watch(uri("/plain"), { recursive: true, excludes: [] });
    // The editor begins to watch at a moment of its own choice.
    for (let i = 0; own.size === 0 || all.size === 0; i++) {
      await side.repo.fs.writeFile(`/base/marked/${i}`, "");
      await side.repo.fs.writeFile(`/base/plain/${i}`, "");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect([...own].filter((path) => !path.startsWith("/marked/"))).toEqual([]);
    expect([...all].filter((path) => !path.startsWith("/plain/"))).toEqual([]);
    for (const ended of [listener, plain, watcher]) ended.dispose();
  });

  it("fits the interface of the workbench, also for its compiler", () => {
    expect(FITS_WORKBENCH).toBe(true);
  });

  it("is read-only to the editor if it is made so", async () => {
    const kept = workbenchFileSystemProvider<vscode.Uri>(side.fs, undefined, { readOnly: true });
    stack.fileService.registerProvider("kept", kept);
    const file = modules.URI.from({ scheme: "kept", path: "/base/new" });
    const save = stack.fileService.createFile(file);
    await expect(save).rejects.toMatchObject({ fileOperationResult: 6 });
    kept.dispose();
  });
});
