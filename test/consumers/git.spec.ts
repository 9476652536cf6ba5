/**
 * isomorphic-git, as it comes from npm, keeps its repositories in an encrypted one, on OPFS in a real browser. What it has made is taken out
 * with the package's command line and held against what real git makes of the same story.
 */
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { build, preview, type PreviewServer } from "vite";
import { cofferfs } from "./cli.js";
import { FreshApp } from "./fresh-app.js";
import { GitServer } from "./git-server.js";
import { realGit, storyOf, tellWithRealGit, type Story } from "./git-story.js";

type Way = "promises" | "callbacks";

interface Told {
  readonly added: string[];
  readonly committed: string[];
  readonly contested: string[];
  readonly marked: string;
  readonly states: string[];
  readonly log: string[];
  readonly trees: string[];
  readonly head: string;
  readonly branches: string[];
}

interface Packed {
  readonly lost: string;
  readonly oids: string[];
  readonly indexed: string[];
  readonly types: string[];
  readonly states: string[];
}

interface GitClient {
  open(uri: string, password: string): Promise<void>;
  tell(way: Way, dir: string, story: Story): Promise<Told>;
  pack(dir: string): Promise<Packed>;
  clone(way: Way, dir: string, url: string): Promise<Record<string, unknown>>;
  stream(path: string, text: string): Promise<{ text: string; bytes: number }>;
  download(uri: string): Promise<boolean>;
}

declare global {
  // The application's page puts it here, see app/git/main.js.
  var gitClient: GitClient;
}

const URI = "opfs://projects";
const PASSWORD = "correct horse battery";
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
/** Of `git.statusMatrix`: HEAD, working tree and index are the same; and new and added. */
const [CLEAN, ADDED] = ["111", "022"];

const stories = { promises: storyOf(1000), callbacks: storyOf(60) } as const;

let app: FreshApp;
let folder: string;
let context: BrowserContext;
let server: PreviewServer;
let gitServer: GitServer;
let page: Page;

// Everything happens in one repo, in turn, and is taken out of it in the end.
test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cofferfs-git-"));
  app = await FreshApp.make();
  for (const name of ["isomorphic-git", "buffer", "readable-stream"])
    await symlink(join(MODULES, name), join(app.folder, "node_modules", name));
  const root = join(app.folder, "git");
  const basics = { root, configFile: false, logLevel: "error" } as const;
  await build(basics);
  const preparing = Object.entries(stories).map(([way, story]) =>
    tellWithRealGit(join(folder, way), story),
  );
  await mkdir(join(folder, "served"));
  server = await preview({
    ...basics,
    preview: { host: "127.0.0.1", port: 0, headers: ISOLATED },
  });
  context = await chromium.launchPersistentContext(join(folder, "profile"));
  page = await context.newPage();
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await page.waitForFunction(() => "gitClient" in globalThis);
  await page.evaluate(([uri, password]) => gitClient.open(uri, password), [URI, PASSWORD] as const);
  await Promise.all(preparing);
  const bare = ["clone", "--quiet", "--bare", "promises", "served/project.git"];
  await realGit(folder, bare);
  gitServer = await GitServer.serve(join(folder, "served"));
});

test.afterAll(async () => {
  await gitServer[Symbol.asyncDispose]();
  await server.close();
  await context.close();
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

for (const way of ["promises", "callbacks"] as const)
  test(`init, add, commit, branch, checkout, merge, status and log give git's own hashes, with ${way}`, async () => {
    const story = stories[way];
    const told = await page.evaluate(([by, dir, what]) => gitClient.tell(by, dir, what), [
      way,
      `/${way}`,
      story,
    ] as const);
    const git = (...parameters: string[]): Promise<string> =>
      realGit(join(folder, way), parameters);
    const log = (await git("log", "--format=%H %T")).split("\n");
    expect(told).toMatchObject({
      added: [ADDED],
      committed: [CLEAN],
      contested: ["poem.txt"],
      states: [CLEAN],
      log: log.map((line) => line.split(" ")[0]),
      trees: log.map((line) => line.split(" ")[1]),
      head: await git("rev-parse", "HEAD"),
      branches: ["feature", "main", "rival"],
    });
    expect(log).toHaveLength(7);
    expect(told.marked).toMatch(/^<{7} [^]*^ours$[^]*^={7}$[^]*^theirs$[^]*^>{7} /m);
  });

test("everything can be packed, the pack indexed, and all of it read from there", async () => {
  const { oids, indexed, ...seen } = await page.evaluate(() => gitClient.pack("/promises"));
  expect(seen).toEqual({
    lost: "NotFoundError",
    types: ["blob", "commit", "tree"],
    states: [CLEAN],
  });
  expect(indexed).toEqual(oids);
  const all = await realGit(join(folder, "promises"), ["rev-list", "--all", "--objects"]);
  const reachable = all.split("\n").map((line) => line.slice(0, 40));
  expect(oids).toEqual(expect.arrayContaining(reachable));
  // Beside them the two of the merge that came to nothing.
  expect(oids).toHaveLength(reachable.length + 2);
});

for (const way of ["promises", "callbacks"] as const)
  test(`a repository is cloned from git's own HTTP server, with ${way}`, async () => {
    const cloned = await page.evaluate(([by, url]) => gitClient.clone(by, `/cloned-${by}`, url), [
      way,
      gitServer.url("project.git"),
    ] as const);
    const git = (...parameters: string[]): Promise<string> =>
      realGit(join(folder, "served/project.git"), parameters);
    expect(cloned).toEqual({
      head: await git("rev-parse", "HEAD"),
      remote: ["HEAD", "feature", "main", "rival"],
      files: (await git("ls-tree", "-r", "--name-only", "HEAD")).split("\n").length,
      states: [CLEAN],
      isolated: true,
    });
  });

test("cofferfs/callback makes Node's streams on a page, with readable-stream", async () => {
  const text = "one line and another\n".repeat(2000);
  const copied = await page.evaluate((given) => gitClient.stream("/lines.txt", given), text);
  expect(copied).toEqual({ text: `${text}\n`, bytes: text.length + 1 });
});

test("git fsck --strict finds nothing wrong with what is exported, and git sees the same trees", async () => {
  const downloading = page.waitForEvent("download");
  expect(await page.evaluate((uri) => gitClient.download(uri), URI)).toBe(true);
  const container = join(folder, "projects.coffer");
  await (await downloading).saveAs(container);
  const plain = join(folder, "plain");
  const exported = await cofferfs(app, ["export", container, plain], { stdin: `${PASSWORD}\n` });
  expect(exported).toMatchObject({ code: 0 });

  for (const [name, origin] of [
    ["promises", "promises"],
    ["callbacks", "callbacks"],
    ["cloned-promises", "promises"],
    ["cloned-callbacks", "promises"],
  ] as const) {
    const git = (...parameters: string[]): Promise<string> =>
      realGit(join(plain, name), parameters);
    const real = (...parameters: string[]): Promise<string> =>
      realGit(join(folder, origin), parameters);
    expect(await git("fsck", "--strict", "--full", "--no-dangling")).toBe("");
    expect(await git("status", "--porcelain")).toBe("");
    for (const question of [
      ["rev-parse", "HEAD", "HEAD^{tree}"],
      ["log", "--format=raw"],
      ["ls-tree", "-r", "HEAD"],
      ["ls-files", "--stage"],
    ])
      expect(await git(...question), `${name}: git ${question.join(" ")}`).toBe(
        await real(...question),
      );
    expect(await readFile(join(plain, name, "Äpfel/🍎.txt"), "utf8")).toBe("an apple\n");
  }
  const packs = await realGit(join(plain, "promises"), ["count-objects", "-v"]);
  expect(packs).toMatch(/^count: 0$[^]*^packs: 1$/m);
});
