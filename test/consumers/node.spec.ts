/**
 * A container leaves the browser, opens under Node with the packed package's command line and its `cofferfs/node`, and
 * comes back. Whatever is changed in it on the way is reported with the path that it costs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import type * as NodeApi from "../../src/node/index.js";
import { cofferfs, type CliChoice, type CliResult } from "./cli.js";
import { FreshApp } from "./fresh-app.js";

declare global {
  // The page puts it here, see PAGE.
  var browserApi: typeof Api;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.browserApi = await import("/src/index.ts");
</script>`;
const PASSWORD = "correct horse battery";
const HEADER_AREA = 192 * 1024;
const SLOT = 32 * 1024;
const [COPY_A, COPY_B, CELLS, SLOTS] = [0, 64 * 1024, 128 * 1024, 192 * 1024];

let app: FreshApp;
let folder: string;
let context: BrowserContext;
let page: Page;
let node: typeof NodeApi;
let containers = 0;

test.beforeAll(async () => {
  app = await FreshApp.make();
  folder = await mkdtemp(join(tmpdir(), "cofferfs-node-"));
  const entry = join(app.folder, "node_modules", "cofferfs", "dist", "node", "index.js");
  node = (await import(pathToFileURL(entry).href)) as typeof NodeApi;
  context = await chromium.launchPersistentContext(join(folder, "profile"));
  await context.route("**/node.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  page = await context.newPage();
  await page.goto(`${String(test.info().project.use.baseURL)}/node.html`);
  await page.waitForFunction(() => "browserApi" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the command line with the password on stdin. */
function cli(...parameters: string[]): Promise<CliResult> {
  return cofferfs(app, parameters, { stdin: `${PASSWORD}\n`, cwd: folder });
}

function cliWith(choice: CliChoice, ...parameters: string[]): Promise<CliResult> {
  return cofferfs(app, parameters, { cwd: folder, ...choice });
}

/** Content that the page and the test both know. */
function contentOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 8)) & 255);
}

/** Makes a repo with every kind of slot in the browser and exports it, closed or while it is open. */
async function exportFromBrowser(uri: string, whileOpen: boolean): Promise<Buffer> {
  const pieces = await page.evaluate(
    async ({ uri: at, password, whileOpen: open }) => {
      const { openRepo, exportRepo } = browserApi;
      const kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };
      const repo = await openRepo(at, { password, kdf, createNew: true });
      const bytes = (seed: number, length: number): Uint8Array =>
        Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 8)) & 255);
      await repo.fs.mkdir("/letters");
      await repo.fs.writeFile("/letters/first.txt", "Nobody but us reads this.\n");
      // More than a leaf of the tree holds.
      for (let i = 0; i < 400; i++)
        await repo.fs.writeFile(`/letters/${i}`, `letter ${i} `.repeat(20));
      await repo.fs.writeFile("/large", bytes(7, 700_000));
      await repo.fs.writeFile("/doomed", bytes(5, 400_000));
      // Small contents that share a slot.
      for (let i = 0; i < 6; i++) await repo.fs.writeFile(`/small${i}`, bytes(i + 1, 4000));
      await repo.sync();
      await repo.fs.symlink("letters/first.txt", "/link");
      await repo.fs.unlink("/doomed");
      for (let i = 0; i < 5; i++) {
        await repo.fs.writeFile("/counter", String(i));
        await repo.sync();
      }
      if (!open) await repo.close();
      const stream = open ? repo.export() : exportRepo(at);
      const texts: string[] = [];
      const reader = stream.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        let text = "";
        for (let i = 0; i < value.length; i += 0x2000)
          text += String.fromCharCode(...value.subarray(i, i + 0x2000));
        texts.push(btoa(text));
        if (open) await repo.fs.writeFile("/counter", "later");
      }
      if (open) await repo.close();
      return texts;
    },
    { uri, password: PASSWORD, whileOpen },
  );
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

async function store(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `container-${++containers}.coffer`);
  await writeFile(path, bytes);
  return path;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

interface Report {
  readonly ok: boolean;
  readonly damage: { readonly path: string; readonly what: string }[];
  readonly liveSlots: number;
}

async function checkJson(path: string): Promise<{ code: number | null; report: Report }> {
  const { code, stdout } = await cli("check", "--json", path);
  return { code, report: JSON.parse(stdout.toString()) as Report };
}

for (const scheme of ["opfs", "idb"] as const)
  for (const whileOpen of [false, true])
    test(`${scheme}: what the browser exports ${whileOpen ? "while it is in use" : "of a closed repo"} opens with the command line, checks clean, and comes back`, async () => {
      const uri = `${scheme}://out-${whileOpen ? "open" : "closed"}`;
      const bytes = await exportFromBrowser(uri, whileOpen);
      const path = await store(bytes);

      const listing = await cli("ls", "-R", path);
      expect(listing).toMatchObject({ code: 0, stderr: "" });
      const names = listing.stdout.toString().trimEnd().split("\n");
      expect(names).toHaveLength(411);
      expect(names).toEqual(expect.arrayContaining(["letters/", "letters/399", "large", "link"]));
      const first = await cli("cat", path, "/link");
      expect(first.stdout.toString()).toBe("Nobody but us reads this.\n");
      expect((await cli("cat", path, "/counter")).stdout.toString()).toBe("4");
      const large = await cli("cat", path, "/large", "/small3");
      const expected = Buffer.concat([contentOf(7, 700_000), contentOf(4, 4000)]);
      expect(large.stdout.equals(expected)).toBe(true);
      expect(await cli("check", path)).toMatchObject({ code: 0 });
      expect(await readFile(path)).toEqual(bytes);

      await writeFile(join(folder, "answer.txt"), "from Node");
      const put = await cliWith(
        { env: { VAULT: PASSWORD } },
        ...["put", "--password-env", "VAULT", path, "answer.txt", "/letters/"],
      );
      expect(put).toMatchObject({ code: 0 });
      const back = await readFile(path);
      await page.route("**/back.coffer", (route) => route.fulfill({ body: back }));
      const read = await page.evaluate(
        async ({ into, password }) => {
          const { openRepo, importRepo } = browserApi;
          const { body } = await fetch("/back.coffer");
          if (body === null) throw new Error("no body");
          await importRepo(into, body);
          const repo = await openRepo(into, { password });
          const text = await repo.fs.readFile("/letters/answer.txt", "utf8");
          const { length } = await repo.fs.readFile("/large");
          const { ok } = await repo.check();
          await repo.close();
          return { text, length, ok };
        },
        { into: `${scheme}://back-${whileOpen ? "open" : "closed"}`, password: PASSWORD },
      );
      await page.unroute("**/back.coffer");
      expect(read).toEqual({ text: "from Node", length: 700_000, ok: true });
    });

test("one byte changed in any slot is reported with its path; in a free one nothing is damaged", async () => {
  const bytes = await exportFromBrowser("opfs://slots", false);
  const { report: clean } = await checkJson(await store(bytes));
  const path = await store(bytes);
  /** Slots by what a change in them damages. */
  const kinds = new Map<string, { slot: number; paths: string[] }[]>();
  for (let slot = 0; slot * SLOT < bytes.length - HEADER_AREA; slot++) {
    await writeFile(path, flipped(bytes, HEADER_AREA + slot * SLOT + ((slot * 7919) % SLOT)));
    const repo = await node.openRepo(path, { password: PASSWORD, readOnly: true });
    const { damage, problems } = await repo.check();
    await repo.close();
    expect(problems).toEqual([]);
    const kind = damage[0]?.what ?? "free";
    const found = { slot, paths: damage.map((one) => one.path) };
    kinds.set(kind, [...(kinds.get(kind) ?? []), found]);
  }
  const free = kinds.get("free")?.length ?? 0;
  const all = [...kinds.values()].reduce((sum, slots) => sum + slots.length, 0);
  expect(all - free).toBe(clean.liveSlots);
  expect(kinds.get("content")?.length).toBeGreaterThan(20);
  expect(kinds.get("spare copy")?.length).toBeGreaterThanOrEqual(4);
  // Leaves of the file tree: what they held is lost, and named as far as names are left.
  expect(kinds.size).toBeGreaterThanOrEqual(4);
  expect(free).toBeGreaterThan(0);

  for (const [kind, slots] of kinds)
    for (const { slot, paths } of [slots[0], slots.at(-1)].flatMap((one) => one ?? [])) {
      await writeFile(path, flipped(bytes, HEADER_AREA + slot * SLOT + 11));
      const { code, stdout } = await cli("check", path);
      expect([kind, code]).toEqual([kind, kind === "free" ? 0 : 4]);
      const shown = stdout.toString().trimEnd();
      expect(shown === "" ? 0 : shown.split("\n").length).toBe(paths.length);
      for (const one of paths) expect(shown).toContain(`: ${one}`);
    }

  const large = kinds.get("content")?.find(({ paths }) => paths.includes("/large"));
  await writeFile(path, flipped(bytes, HEADER_AREA + (large?.slot ?? 0) * SLOT + SLOT - 1));
  const damaged = await cli("cat", path, "/large");
  expect(damaged).toMatchObject({ code: 4 });
  expect(damaged.stderr).toContain("INTEGRITY");
  expect(contentOf(7, 700_000).subarray(0, damaged.stdout.length)).toEqual(
    new Uint8Array(damaged.stdout),
  );
  expect(await cli("cat", path, "/letters/first.txt")).toMatchObject({ code: 0 });
  const plain = join(folder, "plain");
  const exported = await cli("export", path, plain);
  expect(exported).toMatchObject({ code: 4 });
  expect(exported.stderr).toContain("damaged /large");
  expect(await readdir(join(plain, "letters"))).toHaveLength(401);
  expect(await readdir(plain)).not.toContain("large");
});

test("one byte changed anywhere in the header area is reported, and everything is still readable", async () => {
  const bytes = await exportFromBrowser("idb://header", false);
  const path = await store(bytes);
  const inCopy = [0, 9, 20, 45, 1024, 1500, 5200, 8130, 8191];
  const places = [
    ...inCopy.map((at) => [COPY_A + at, "header copy A"] as const),
    ...inCopy.map((at) => [COPY_B + at, "header copy B"] as const),
    ...[8192, COPY_B - 1, COPY_B + 8192, CELLS - 1].map((at) => [at, "unused part"] as const),
    ...[0, 1, 2, 3].flatMap((cell) =>
      [0, 5000, 16_383].map(
        (at) => [CELLS + cell * 16_384 + at, `superblock cell ${cell}`] as const,
      ),
    ),
  ];
  for (const [at, what] of places) {
    await writeFile(path, flipped(bytes, at));
    const { code, report } = await checkJson(path);
    expect([at, code, report.damage.map((one) => one.path)]).toEqual([at, 4, ["/"]]);
    expect(report.damage[0]?.what).toContain(what);
  }
  expect(await cli("cat", path, "/letters/first.txt")).toMatchObject({ code: 0 });
});

test("every exit code is what the help says", async () => {
  const bytes = await exportFromBrowser("opfs://codes", false);
  const path = await store(bytes);
  const noContainer = join(folder, "letter.txt");
  await writeFile(noContainer, "Dear reader ".repeat(30_000));
  const torn = flipped(flipped(bytes, COPY_A + 50), COPY_B + 50);
  const cases: [number, Promise<CliResult>][] = [
    [0, cli("ls", path)],
    [0, cliWith({}, "info", path)],
    [0, cliWith({}, "--version")],
    [1, cli("ls", noContainer)],
    [2, cliWith({}, "list", path)],
    [2, cliWith({}, "ls")],
    [2, cliWith({}, "ls", "--password", PASSWORD, path)],
    [2, cliWith({}, "ls", "--password-env", "NO_SUCH_VARIABLE", path)],
    [2, cliWith({}, "ls", path)],
    [3, cliWith({ stdin: "wrong\n" }, "ls", path)],
    [4, cli("ls", await store(torn))],
    [5, cli("ls", join(folder, "none.coffer"))],
    [5, cli("cat", path, "/none")],
  ];
  for (const [code, running] of cases) {
    const { code: found, stderr } = await running;
    expect([found, stderr]).toEqual([code, stderr]);
    expect(stderr === "").toBe(code === 0);
  }
  const repo = await node.openRepo(path, { password: PASSWORD });
  const busy = await cli("put", path, noContainer, "/x");
  await repo.close();
  expect(busy).toMatchObject({ code: 6 });
  expect(busy.stderr).toContain(`process ${process.pid}`);
});

test("help teaches: every command has one with examples, and the exit codes are listed", async () => {
  const help = (await cliWith({}, "--help")).stdout.toString();
  for (const code of ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "130"])
    expect(help).toContain(`\n  ${code}`);
  for (const command of ["info", "ls", "cat", "get", "put", "export", "check", "passwd"]) {
    expect(help).toContain(`\n  ${command} `);
    const { code, stdout } = await cliWith({}, command, "--help");
    expect(code).toBe(0);
    expect(stdout.toString()).toContain(`Usage: cofferfs ${command}`);
    expect(stdout.toString()).toMatch(/Examples:\n {2}cofferfs /);
    expect((await cliWith({}, "help", command)).stdout.equals(stdout)).toBe(true);
  }
});

test("trees go in and out with content, modes, times and links, through passwords of every source", async () => {
  const path = await store(await exportFromBrowser("idb://tree", false));
  const source = join(folder, "source");
  await mkdir(join(source, "sub"), { recursive: true });
  await writeFile(join(source, "sub", "script.sh"), "#!/bin/sh\n", { mode: 0o755 });
  await writeFile(join(source, "big"), contentOf(11, 3_000_000));
  const secret = join(folder, "secret.txt");
  await writeFile(secret, `${PASSWORD}\r\nthe second line is somebody's note\n`);
  const byFile = ["--password-file", secret];
  expect(await cliWith({}, "put", "-r", ...byFile, path, source, "/kept")).toMatchObject({
    code: 0,
  });
  const again = await cliWith({}, "put", "-r", ...byFile, path, join(source, "big"), "/kept/");
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toContain("EEXIST");
  const piped = { stdin: contentOf(3, 200_000) };
  const fromStdin = await cliWith(piped, "put", ...byFile, path, "-", "/kept/piped");
  expect(fromStdin).toMatchObject({ code: 0 });
  expect(await cliWith(piped, "put", path, "-", "/kept/x")).toMatchObject({ code: 2 });

  const out = join(folder, "out");
  expect(await cli("get", "-r", path, "/kept", out)).toMatchObject({ code: 0 });
  expect(await readFile(join(out, "big"))).toEqual(Buffer.from(contentOf(11, 3_000_000)));
  expect(await readFile(join(out, "piped"))).toEqual(Buffer.from(contentOf(3, 200_000)));
  const [given, got] = [join(source, "sub", "script.sh"), join(out, "sub", "script.sh")];
  expect((await stat(got)).mode & 0o700).toBe(0o700);
  expect((await stat(got)).mtimeMs).toBeCloseTo((await stat(given)).mtimeMs, -2);
  const entries = JSON.parse(
    (await cli("ls", "-R", "--json", path, "/kept")).stdout.toString(),
  ) as {
    path: string;
    size: number;
  }[];
  expect(entries.map((one) => one.path)).toEqual([
    "/kept/big",
    "/kept/piped",
    "/kept/sub",
    "/kept/sub/script.sh",
  ]);
  expect(entries[0]?.size).toBe(3_000_000);
  expect(await cli("check", path)).toMatchObject({ code: 0 });
});

test("a changed password: the new one opens, the old one does not, and no slot is touched", async () => {
  const bytes = await exportFromBrowser("opfs://passwd", false);
  const path = await store(bytes);
  const stdin = `${PASSWORD}\na new one\n`;
  expect(await cliWith({ stdin }, "passwd", path)).toMatchObject({ code: 0 });
  expect(await cli("ls", path)).toMatchObject({ code: 3 });
  expect(await cliWith({ stdin: "a new one" }, "check", path)).toMatchObject({ code: 0 });
  const changed = await readFile(path);
  expect(changed.subarray(SLOTS).equals(bytes.subarray(SLOTS))).toBe(true);
  expect(changed.subarray(0, CELLS).equals(bytes.subarray(0, CELLS))).toBe(false);
  const wrong = await cliWith({ stdin: "wrong\nanother\n" }, "passwd", path);
  expect(wrong).toMatchObject({ code: 3 });
  expect((await readFile(path)).equals(changed)).toBe(true);
  const rolledBack = await store(
    Buffer.concat([bytes.subarray(0, CELLS), changed.subarray(CELLS)]),
  );
  const { code, stderr } = await cli("ls", rolledBack);
  expect([code, stderr]).toEqual([4, expect.stringContaining("ROLLBACK")]);
});

test("a process that is killed while it writes loses nothing acknowledged, and its lock stops nobody", async () => {
  const script = join(app.folder, "writer.mjs");
  await writeFile(
    script,
    `import { openRepo } from "cofferfs/node";
     const rawKey = new Uint8Array(32).fill(7);
     const repo = await openRepo(process.argv[2], { rawKey, create: true, durability: "strict" });
     for (let i = Number(process.argv[3]); ; i++) {
       await repo.fs.writeFile("/" + i, new Uint8Array(20_000).fill(i));
       process.stdout.write(i + "\\n");
     }`,
  );
  const path = join(folder, "killed.coffer");
  const rawKey = new Uint8Array(32).fill(7);
  let acknowledged = -1;
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [script, path, String(acknowledged + 1)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    child.stdout.on("data", (piece: Buffer) => {
      told += piece.toString();
      if (told.split("\n").length > 4 + round) child.kill("SIGKILL");
    });
    await once(child, "close");
    acknowledged = Number(told.trimEnd().split("\n").at(-1));
    const repo = await node.openRepo(path, { rawKey });
    for (let i = 0; i <= acknowledged; i++)
      expect(await repo.fs.readFile(`/${i}`)).toEqual(new Uint8Array(20_000).fill(i));
    expect(await repo.check()).toMatchObject({ ok: true });
    // The one after may have been written and not told; the next writer writes it again.
    await repo.close();
  }
  expect(acknowledged).toBeGreaterThan(15);
});

for (const name of ["v1-aes", "v1-aes-lz4"])
  test(`the golden container ${name} opens with its password, checks clean, and comes into the browser`, async () => {
    const path = await store(await readFile(new URL(`../repos/${name}.coffer`, import.meta.url)));
    expect((await checkJson(path)).report).toMatchObject({ ok: true, damage: [] });
    const first = await cli("cat", path, "/letters/first.txt");
    expect(first.stdout.toString()).toBe("Dear Clara, the sun shines.\n");
    const bytes = (await readFile(path)).toString("base64");
    const seen = await page.evaluate(
      async ({ uri, content, password }) => {
        const { importRepo, openRepo } = browserApi;
        const { body } = new Response(Uint8Array.from(atob(content), (c) => c.charCodeAt(0)));
        if (body === null) throw new Error("a response has a body");
        await importRepo(uri, body);
        const repo = await openRepo(uri, { password });
        const snapshot = await repo.openSnapshot("before");
        const then = await snapshot.fs.readFile("/letters/first.txt", "utf8");
        await snapshot.close();
        const { ok } = await repo.check();
        await repo.close();
        return { then, ok };
      },
      { uri: `opfs://golden-${name}`, content: bytes, password: PASSWORD },
    );
    expect(seen).toEqual({ then: "Dear Clara, it rained.\n", ok: true });
  });
