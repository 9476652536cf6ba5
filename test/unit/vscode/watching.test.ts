/** What the provider tells of changes: batches, each path once, over a repo and over Node's own files. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type * as vscode from "vscode";
import { fileSystemProvider, type FileSystemProvider } from "../../../src/vscode/index.js";
import type { Repo } from "../../../src/index.js";
import type { VscodeModules } from "../../support/vscode-stack.js";
import { vscodeInNode } from "./modules.js";
import { nodeSide, rawKey, repoSide, type ProviderSide } from "./provider-sides.js";

type Provider = FileSystemProvider<vscode.Uri>;

const KINDS = ["", "changed", "created", "deleted"];
const BYTES = new TextEncoder().encode("new");
const RECURSIVE = { recursive: true, excludes: [] };
const PATIENT_MS = 20_000;
let count = 0;
let modules: VscodeModules;

beforeAll(async () => {
  modules = await vscodeInNode();
});

const at = (path: string): vscode.Uri => modules.URI.from({ scheme: "coffer", path });

/** Gathers what is told, in words. */
class Told {
  readonly batches: string[][] = [];

  constructor(provider: Provider) {
    provider.onDidChangeFile((changes) => {
      this.batches.push(changes.map(({ type, uri }) => `${String(KINDS[type])} ${uri.path}`));
    });
  }

  get all(): string[] {
    return this.batches.flat();
  }

  /** Waits until all of these were told. */
  async until(...expected: string[]): Promise<void> {
    await expect
      .poll(() => this.all, { timeout: PATIENT_MS })
      .toEqual(expect.arrayContaining(expected));
  }
}

describe("a provider of a repo", () => {
  let side: ProviderSide & { readonly repo: Repo };
  let provider: Provider;
  let told: Told;
  /** Past the provider, as another tab or program would. */
  let fs: Repo["fs"];

  beforeEach(async () => {
    side = await repoSide(`provider-watch-${++count}`);
    fs = side.repo.fs;
    provider = fileSystemProvider(side.fs, modules, { root: "/base" });
    told = new Told(provider);
    await side.plant(["/d/", "/d/x", "/d/y/", "/d/y/z", "/f"]);
  });

  afterEach(async () => {
    provider.dispose();
    await side.end();
  });

  /** A change that is told last: whatever was to be told before it has been. */
  async function settled(): Promise<void> {
    const mark = `/mark-${++count}`;
    await fs.writeFile(`/base${mark}`, "");
    await told.until(`created ${mark}`);
  }

  it("tells of what comes, changes and goes, each path once in a batch", async () => {
    provider.watch(at("/"), RECURSIVE);
    await fs.writeFile("/base/new", "1");
    await fs.appendFile("/base/new", "2");
    await fs.appendFile("/base/f", "more");
    await fs.unlink("/base/d/x");
    await settled();
    expect(told.all).toEqual(["created /new", "changed /f", "deleted /d/x", expect.any(String)]);
  });

  it("tells nothing of what came and went in between, and a change of what went and came", async () => {
    provider.watch(at("/"), RECURSIVE);
    await fs.writeFile("/base/passing", "");
    await fs.unlink("/base/passing");
    await fs.unlink("/base/f");
    await fs.writeFile("/base/f", "another");
    await settled();
    expect(told.all).toEqual(["changed /f", expect.any(String)]);
  });

  it("tells of a renamed folder as gone and come, and of a deleted one without what was in it", async () => {
    provider.watch(at("/"), RECURSIVE);
    await fs.rename("/base/d/y", "/base/z");
    await settled();
    expect(told.all.slice(0, 2).sort()).toEqual(["created /z", "deleted /d/y"]);
    await provider.delete(at("/d"), { recursive: true });
    await settled();
    expect(told.all.slice(3)).toEqual(["deleted /d", expect.any(String)]);
  });

  it("tells of a copied or replaced folder when it is whole, and of nothing that was on its way", async () => {
    provider.watch(at("/"), RECURSIVE);
    await provider.copy(at("/d"), at("/copy"), { overwrite: false });
    await settled();
    expect(told.all.slice(0, -1)).toEqual(["created /copy"]);
    await provider.rename(at("/d"), at("/copy"), { overwrite: true });
    await settled();
    expect(told.all.slice(2, -1).sort()).toEqual(["changed /copy", "deleted /d"]);
  });

  it("tells of direct entries only, unless it is to be recursive", async () => {
    provider.watch(at("/d"), { recursive: false, excludes: [] });
    provider.watch(at("/"), { recursive: false, excludes: [] });
    await fs.writeFile("/base/d/y/deep", "");
    await fs.writeFile("/base/d/near", "");
    await settled();
    expect(told.all.slice(0, -1)).toEqual(["created /d/near"]);
  });

  it("leaves out what is excluded: relative and absolute paths, and patterns, with everything below", async () => {
    const excludes = ["d/y", "/g.log", "**/.git/objects/**", "**/node_modules", "*.tmp", "out/**"];
    provider.watch(at("/"), { recursive: true, excludes });
    await fs.appendFile("/base/d/y/z", "x");
    for (const folder of ["/.git/objects", "/.git/refs", "/d/node_modules/a", "/out"])
      await fs.mkdir(`/base${folder}`, { recursive: true });
    for (const file of ["/g.log", "/a.tmp", "/out/a", "/d/node_modules/a/b", "/.git/objects/0"])
      await fs.writeFile(`/base${file}`, "");
    await fs.writeFile("/base/d/a.tmp", "");
    await fs.writeFile("/base/.git/refs/head", "");
    await settled();
    expect(told.all.slice(0, -1)).toEqual([
      ...["created /.git", "created /.git/objects", "created /.git/refs", "created /out"],
      ...["created /d/a.tmp", "created /.git/refs/head"],
    ]);
  });

  it("takes a folder's name in an excluded path as it is, whatever it means in a pattern", async () => {
    await fs.mkdir("/base/[a]*");
    provider.watch(at("/[a]*"), { recursive: true, excludes: ["/[a]*/out", "tmp"] });
    provider.watch(at("/"), { recursive: false, excludes: [] });
    for (const name of ["out", "tmp", "in"]) await fs.writeFile(`/base/[a]*/${name}`, "");
    await settled();
    expect(told.all.slice(0, -1)).toEqual(["created /[a]*/in"]);
  });

  it("tells once what two watches see, and nothing any more to one that was disposed of", async () => {
    const first = provider.watch(at("/"), RECURSIVE);
    provider.watch(at("/d"), RECURSIVE);
    await fs.writeFile("/base/d/one", "");
    await settled();
    expect(told.all.slice(0, -1)).toEqual(["created /d/one"]);
    first.dispose();
    first.dispose();
    await fs.writeFile("/base/unseen", "");
    await fs.writeFile("/base/d/seen", "");
    await told.until("created /d/seen");
    expect(told.all).not.toContain("created /unseen");
  });

  it("follows a single file, also if it goes and comes again", async () => {
    provider.watch(at("/f"), { recursive: false, excludes: [] });
    await fs.appendFile("/base/f", "x");
    await told.until("changed /f");
    await fs.unlink("/base/f");
    await told.until("deleted /f");
    await fs.writeFile("/base/f", "again");
    await told.until("created /f");
    expect(told.all).toEqual(["changed /f", "deleted /f", "created /f"]);
  });

  it("waits for what is not there yet, whatever comes on the way to it", async () => {
    provider.watch(at("/later/on/file"), { recursive: false, excludes: [] });
    await fs.mkdir("/base/later");
    await fs.mkdir("/base/later/on");
    await fs.writeFile("/base/later/on/other", "");
    await fs.writeFile("/base/later/on/file", "1");
    await told.until("created /later/on/file");
    await fs.appendFile("/base/later/on/file", "2");
    await told.until("changed /later/on/file");
    expect(told.all).toEqual(["created /later/on/file", "changed /later/on/file"]);
  });

  it("tells a folder that is watched from an entry of the same name", async () => {
    await fs.mkdir("/base/same");
    provider.watch(at("/same"), RECURSIVE);
    await fs.writeFile("/base/same/same", "");
    await told.until("created /same/same");
    await fs.unlink("/base/same/same");
    await told.until("deleted /same/same");
    expect(told.all).not.toContain("deleted /same");
    await fs.rmdir("/base/same");
    await told.until("deleted /same");
    await fs.mkdir("/base/same");
    await told.until("created /same");
  });

  it("says after a restored snapshot what has become of all that the editor knows", async () => {
    await side.repo.snapshot("before");
    await fs.writeFile("/base/d/fresh", "");
    await fs.unlink("/base/d/x");
    provider.watch(at("/"), { recursive: true, excludes: ["f"] });
    await provider.readDirectory(at("/d"));
    await provider.readFile(at("/f"));
    await provider.stat(at("/d/y/z"));
    await side.repo.restore("before");
    await told.until("created /d/x");
    const changed = ["changed /", "changed /d/y", "changed /d/y/z"];
    expect(told.all.sort()).toEqual([...changed, "created /d/x", "deleted /d/fresh"]);
  });

  it("goes on after the repo was locked, with what was missed", async () => {
    provider.watch(at("/"), RECURSIVE);
    await provider.readDirectory(at("/"));
    await settled();
    await side.repo.lock();
    await expect(provider.stat(at("/f"))).rejects.toMatchObject({ code: "Unavailable" });
    await side.repo.unlock({ rawKey });
    await fs.unlink("/base/f");
    await provider.stat(at("/d"));
    await told.until("deleted /f");
    await fs.writeFile("/base/after", "");
    await told.until("created /after");
  });

  it("tells nothing after it was disposed of, and fails no listener for another's failure", async () => {
    const [ends, heard]: [(() => void)[], string[]] = [[], []];
    const subscription = provider.onDidChangeFile(
      function (this: string[], changes) {
        this.push(...changes.map(({ uri }) => uri.path));
      },
      heard,
      ends as unknown as vscode.Disposable[],
    );
    expect(ends).toEqual([subscription]);
    provider.watch(at("/"), RECURSIVE);
    await settled();
    expect(heard).toHaveLength(1);
    subscription.dispose();
    await settled();
    expect(heard).toHaveLength(1);
    provider.dispose();
    await fs.writeFile("/base/new", "");
    await provider.stat(at("/new"));
    expect(told.all).not.toContain("created /new");
  });

  it("keeps watching where a symlink leads", async () => {
    await fs.symlink("d", "/base/link");
    provider.watch(at("/link"), RECURSIVE);
    await fs.writeFile("/base/d/new", "");
    await told.until("created /link/new");
  });

  it("tells of read-only trees that they are", async () => {
    await side.repo.snapshot("kept");
    const snapshot = await side.repo.openSnapshot("kept");
    const kept = fileSystemProvider(snapshot.fs, modules, { root: "/base" });
    expect(await kept.stat(at("/f"))).toMatchObject({ type: 1, permissions: 1 });
    const changes = [
      () => kept.writeFile(at("/f"), BYTES, { create: true, overwrite: true }),
      () => kept.writeFile(at("/f"), BYTES, { create: false, overwrite: true }),
      () => kept.writeFile(at("/new"), BYTES, { create: true, overwrite: false }),
      () => kept.createDirectory(at("/new")),
      () => kept.delete(at("/f"), { recursive: false }),
      () => kept.delete(at("/d"), { recursive: true }),
      () => kept.rename(at("/f"), at("/new"), { overwrite: false }),
      () => kept.rename(at("/d"), at("/f"), { overwrite: true }),
      () => kept.copy(at("/f"), at("/new"), { overwrite: false }),
      () => kept.copy(at("/d"), at("/new"), { overwrite: false }),
    ];
    for (const change of changes)
      await expect(change(), String(change)).rejects.toMatchObject({ code: "NoPermissions" });
    await snapshot.close();
  });

  it("serves the files of a transaction, and is Unavailable when that is over", async () => {
    let inside: Provider | undefined;
    await side.repo.transaction(async (transaction) => {
      inside = fileSystemProvider(transaction.fs, modules);
      await inside.writeFile(at("/base/f"), BYTES, { create: false, overwrite: true });
      await expect(provider.readFile(at("/f"))).resolves.not.toEqual(BYTES);
    });
    expect(await provider.readFile(at("/f"))).toEqual(BYTES);
    await expect(inside?.stat(at("/base/f"))).rejects.toMatchObject({ code: "Unavailable" });
  });

  it("is Unavailable once the repo is closed, with the reason as cause", async () => {
    await side.repo.close();
    const calls = [
      () => provider.stat(at("/f")),
      () => provider.readFile(at("/f")),
      () => provider.writeFile(at("/f"), BYTES, { create: true, overwrite: true }),
      () => provider.rename(at("/f"), at("/g"), { overwrite: true }),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({
        code: "Unavailable",
        cause: { code: "REPO_CLOSED" },
      });
    provider.watch(at("/"), RECURSIVE).dispose();
  });
});

describe("a provider of Node's own files", () => {
  it("tells of what comes, changes and goes", async () => {
    const side = await nodeSide();
    await side.plant(["/d/", "/d/x", "/f"]);
    const provider = fileSystemProvider<vscode.Uri>(side.fs, modules, { root: side.root });
    const told = new Told(provider);
    try {
      provider.watch(at("/"), { recursive: false, excludes: [] });
      // Node begins to watch at a moment of its own choice.
      await expect
        .poll(
          async () => {
            await side.fs.writeFile(`${side.root}/f`, BYTES, { flag: "w" });
            return told.all;
          },
          { timeout: PATIENT_MS },
        )
        .toContain("changed /f");
      await provider.writeFile(at("/new"), BYTES, { create: true, overwrite: false });
      await told.until("created /new");
      await provider.delete(at("/new"), { recursive: false });
      await told.until("deleted /new");
    } finally {
      provider.dispose();
      await side.end();
    }
  });
});
