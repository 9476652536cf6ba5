/**
 * The package as its users get it: packed, installed into a fresh application, bundled by Vite and by
 * webpack without any configuration for it, and used in a browser; how large it is there, and
 * whether compilers find its types.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { chromium, expect, test } from "@playwright/test";
import ts from "typescript";
import { build, createServer, preview } from "vite";
import webpack from "webpack";
import { SIZE_LIMITS } from "../../scripts/size-limits.mjs";
import { FreshApp } from "./fresh-app.js";

declare global {
  // The application's page puts it here, see app/main.js.
  var roundTrip: (uri: string) => Promise<Record<string, unknown>>;
}

/** The first page of a development server waits for its dependencies to be bundled. */
const LOAD_MS = 30_000;
const OWN_ADDRESS = { host: "127.0.0.1", port: 0 };
const WORKER_SCRIPT = /^worker-[^/]*\.js$/;

let app: FreshApp;
let profile: string;

test.beforeAll(async () => {
  app = await FreshApp.make();
  profile = await mkdtemp(join(tmpdir(), "cofferfs-consumer-"));
});

test.afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(profile, { recursive: true, force: true });
});

test("works in a Vite application in development", async () => {
  const server = await createServer({ ...viteBasics(), server: OWN_ADDRESS });
  await server.listen();
  try {
    await expectRoundTrips(server.resolvedUrls?.local[0]);
  } finally {
    await server.close();
  }
});

test("works in a Vite application as it is built", async () => {
  await build(viteBasics());
  await expectServedRoundTrips("dist");
});

test("works in a webpack application", async () => {
  await runWebpack("dist-webpack");
  const page = await readFile(join(app.folder, "index.html"), "utf8");
  await writeFile(
    join(app.folder, "dist-webpack/index.html"),
    page.replace('type="module" src="./main.js"', 'defer src="./main.js"'),
  );
  await expectServedRoundTrips("dist-webpack");
});

test(`gives a page at most ${SIZE_LIMITS.page} bytes of code (minified, brotli), the worker apart`, async () => {
  const outDir = join(app.folder, "dist-whole");
  await build({ ...viteBasics(), root: join(app.folder, "whole"), build: { outDir } });
  const scripts = await readdir(join(outDir, "assets"));
  const workers = scripts.filter((name) => WORKER_SCRIPT.test(name));
  const pages = scripts.filter((name) => !WORKER_SCRIPT.test(name));
  expect([workers.length, pages.length]).toEqual([1, 1]);
  const contents = await Promise.all(pages.map((name) => readFile(join(outDir, "assets", name))));
  const bytes = contents.reduce((sum, content) => sum + brotliCompressSync(content).length, 0);
  test.info().annotations.push({ type: "page", description: `${bytes} bytes` });
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThanOrEqual(SIZE_LIMITS.page);
});

for (const resolution of ["bundler", "nodenext"] as const)
  for (const skipLibCheck of [false, true])
    test(`has types for module resolution ${resolution}${skipLibCheck ? " and an older library" : ""}`, () => {
      for (const source of ["typed.ts", "typed-node.ts"])
        expect(diagnosticsOf(source, resolution, skipLibCheck)).toEqual([]);
    });

function viteBasics() {
  return { root: app.folder, configFile: false, logLevel: "error" } as const;
}

async function runWebpack(outDir: string): Promise<void> {
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    webpack(
      {
        mode: "production",
        context: app.folder,
        entry: "./main.js",
        output: { path: join(app.folder, outDir) },
      },
      (error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      },
    );
  });
  expect(stats?.compilation.errors).toEqual([]);
}

async function expectServedRoundTrips(outDir: string): Promise<void> {
  const server = await preview({ ...viteBasics(), build: { outDir }, preview: OWN_ADDRESS });
  try {
    await expectRoundTrips(server.resolvedUrls?.local[0]);
  } finally {
    await server.close();
  }
}

/** On storage and in memory; nothing may be logged as an error. */
async function expectRoundTrips(address = ""): Promise<void> {
  const context = await chromium.launchPersistentContext(profile);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(address);
    await page.waitForFunction(() => "roundTrip" in globalThis, undefined, {
      timeout: LOAD_MS,
    });
    for (const uri of ["opfs://notes", "mem://notes"])
      expect(await page.evaluate((given) => roundTrip(given), uri)).toEqual({
        written: "Nobody but us reads this.",
        refused: "UNLOCK_FAILED",
        text: "Nobody but us reads this.",
        length: 300_000,
        ok: true,
      });
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

/** What the compiler says of a file of the application. */
function diagnosticsOf(
  source: string,
  resolution: "bundler" | "nodenext",
  skipLibCheck: boolean,
): string[] {
  const program = ts.createProgram([join(app.folder, source)], {
    strict: true,
    noEmit: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    lib: skipLibCheck ? ["lib.es2022.d.ts", "lib.dom.d.ts"] : ["lib.esnext.d.ts", "lib.dom.d.ts"],
    skipLibCheck,
    ...(resolution === "bundler"
      ? { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
      : { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }),
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName ?? ""}: ${textOfMessage(messageText)}`);
}

function textOfMessage(message: string | ts.DiagnosticMessageChain): string {
  return ts.flattenDiagnosticMessageText(message, "\n");
}
