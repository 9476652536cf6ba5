/** A browser on a profile of its own with the bench's page, built as an application is, isolated and not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "@playwright/test";
import { build } from "vite";
import { browserArguments, ensureBrowser } from "../../scripts/browser.mjs";
import type { PageKind } from "../messages.js";
import { serveFolder, type StaticServer } from "./static-server.js";

export class BenchSession {
  readonly #context: BrowserContext;
  readonly #server: StaticServer;
  readonly #scratch: string;
  readonly #pages = new Map<PageKind, Page>();

  private constructor(context: BrowserContext, server: StaticServer, scratch: string) {
    this.#context = context;
    this.#server = server;
    this.#scratch = scratch;
  }

  static async start(root: string, packedTree: Uint8Array): Promise<BenchSession> {
    const scratch = mkdtempSync(join(tmpdir(), "cofferfs-bench-"));
    const site = join(scratch, "site");
    await build({
      configFile: false,
      root: join(root, "bench"),
      base: "./",
      logLevel: "error",
      resolve: { alias: { cofferfs: join(root, "src/index.ts") } },
      worker: { format: "es" },
      build: { outDir: site, target: "es2023" },
    });
    const server = await serveFolder(site, { "/bench-tree": packedTree });
    const context = await chromium.launchPersistentContext(join(scratch, "profile"), {
      executablePath: ensureBrowser(),
      args: browserArguments(),
    });
    return new BenchSession(context, server, scratch);
  }

  /** The page, loaded if it is not there yet. Only one is: a second would take time from it. */
  async page(kind: PageKind): Promise<Page> {
    const there = this.#pages.get(kind);
    if (there !== undefined) return there;
    await this.reload();
    const page = await this.#context.newPage();
    page.on("pageerror", (error) => {
      console.error(error.message);
    });
    await page.goto(`${this.#server.origin}/index.html${kind === "isolated" ? "?isolated" : ""}`);
    await page.waitForFunction(() => "bench" in window);
    if ((await page.evaluate(() => crossOriginIsolated)) !== (kind === "isolated"))
      throw new Error(`the page is not ${kind}`);
    this.#pages.set(kind, page);
    return page;
  }

  /** Ends the page with all that it has in memory and its workers; the next job loads it anew. */
  async reload(): Promise<void> {
    for (const page of this.#pages.values()) await page.close();
    this.#pages.clear();
  }

  async browserVersion(): Promise<string> {
    const page = await this.page("isolated");
    return /Chrom\w*\/[\d.]+/.exec(await page.evaluate(() => navigator.userAgent))?.[0] ?? "?";
  }

  async close(): Promise<void> {
    await this.#context.close();
    this.#server.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
