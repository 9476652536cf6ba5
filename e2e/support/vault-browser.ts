/**
 * VaultBrowser: a browser on a profile of its own with the demo open in it. The repo behind the demo is
 * observed through the package's entry: the server's module is wrapped on its way to the page, so that
 * the demo itself runs as it is.
 */
import { chromium, expect as baseExpect, type BrowserContext, type Page } from "@playwright/test";
import type { CheckReport, Repo } from "../../src/index.js";

declare global {
  /** The repo that the demo has opened last. */
  var vault: Repo;
  var reportSynced: (paths: readonly string[]) => Promise<void>;
}

export interface VaultBrowserOptions {
  /** Keeps hold of the repo and tells what was synced. */
  readonly observed?: boolean;
}

/** Keys are derived and thousands of files imported meanwhile, perhaps on a busy machine. */
const expect = baseExpect.configure({ timeout: 120_000 });

const PASSWORD = "seven brass lanterns on a quiet pier";

/**
 * The package's entry, but what openRepo gives is kept, and the files that were acknowledged before a
 * sync() are reported after it.
 */
const OBSERVING_ENTRY = `
import { openRepo as open } from "/src/index.ts?observed";
export * from "/src/index.ts?observed";
export async function openRepo(uri, options) {
  const repo = await open(uri, options);
  globalThis.vault = repo;
  const { fs } = repo;
  const acknowledged = [];
  const noting = (call, pathOf) => async (...parameters) => {
    const result = await call(...parameters);
    acknowledged.push(pathOf(parameters));
    return result;
  };
  repo.fs = {
    ...fs,
    writeFile: noting(fs.writeFile, ([path]) => path),
    rename: noting(fs.rename, ([from, to]) => to),
  };
  const report = async () => {
    const paths = acknowledged.splice(0);
    if (paths.length > 0) {
      await repo.sync();
      await reportSynced(paths);
    }
    if (!repo.closed) setTimeout(report, 100);
  };
  void report();
  return repo;
}
`;

export class VaultBrowser {
  readonly page: Page;
  /** Paths of the files that were on storage according to a sync(), in the order of the reports. */
  readonly synced = new Set<string>();
  /** Addresses that pages and workers have asked for. */
  readonly requested = new Set<string>();
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  /** Starts a browser on `profile`, as the configuration has it, with the demo at `address` open. */
  static async start(
    profile: string,
    address: string,
    { observed = false }: VaultBrowserOptions = {},
  ): Promise<VaultBrowser> {
    const context = await chromium.launchPersistentContext(profile);
    const browser = new VaultBrowser(context, context.pages()[0] ?? (await context.newPage()));
    context.on("request", (request) => browser.requested.add(request.url()));
    if (observed) await browser.#observe();
    await browser.page.goto(address);
    return browser;
  }

  async createVault(name: string, storage: "opfs" | "idb"): Promise<void> {
    const { page } = this;
    await page.getByTestId("vault-new").click();
    await page.getByTestId("vault-name").fill(name);
    await page.getByTestId("vault-options").click();
    await page.getByTestId("vault-storage").selectOption(storage);
    await page.getByTestId("password").fill(PASSWORD);
    await page.getByTestId("password-repeat").fill(PASSWORD);
    await page.getByTestId("vault-submit").click();
    await expect(page.getByTestId("vault-title")).toHaveText(name);
  }

  /**
   * Unlocks a vault by its name: the demo's list is in localStorage, which Chromium writes seconds later,
   * so after a kill it may not be there.
   */
  async unlock(name: string, storage: "opfs" | "idb"): Promise<void> {
    const { page } = this;
    await page.getByTestId("vault-other").click();
    await page.getByTestId("vault-name").fill(name);
    await page.getByTestId("vault-storage").selectOption(storage);
    await page.getByTestId("password").fill(PASSWORD);
    await page.getByTestId("vault-submit").click();
    await expect(page.getByTestId("vault-title")).toHaveText(name);
  }

  /** Makes a folder in the one that is shown, and enters it. */
  async enterNewFolder(name: string): Promise<void> {
    const { page } = this;
    await page.getByTestId("new-folder").click();
    await page.getByTestId("name-input").fill(name);
    await page.getByTestId("dialog-confirm").click();
    await page.locator(`[data-testid=row][data-path$="/${name}"]`).dblclick();
    await expect(page.getByTestId("crumb").last()).toHaveText(name);
  }

  /** Imports a folder of the disk into the folder that is shown. */
  async beginImport(folder: string): Promise<void> {
    await this.page.getByTestId("import-folder-input").setInputFiles(folder);
  }

  /** Until the demo says that all is imported: that is, written and synced. */
  async endImport(fileCount: number): Promise<void> {
    const { page } = this;
    const words = `${fileCount.toLocaleString("en")} files imported`;
    await expect(page.getByTestId("import-words")).toContainText(words);
    await page.getByTestId("import-close").click();
  }

  /** Walks to a file and previews it. */
  async show(path: string): Promise<void> {
    const { page } = this;
    await page.getByTestId("crumb").first().click();
    const parts = path.split("/").slice(1);
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = `/${parts.slice(0, depth).join("/")}`;
      await page.locator(`[data-testid=row][data-path="${folder}"]`).dblclick();
    }
    await page.locator(`[data-testid=row][data-path="${path}"]`).click();
    await expect(page.getByTestId("preview-name")).toHaveText(parts.at(-1) ?? "");
  }

  /** Path to SHA-256 of every file in the vault. */
  hashes(): Promise<Record<string, string>> {
    return this.page.evaluate(async () => {
      const { fs } = vault;
      const entries = await fs.readdir("/", { recursive: true, withFileTypes: true });
      const hashed: Record<string, string> = {};
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = `${entry.parentPath}/${entry.name}`.replace("//", "/");
        const digest = await crypto.subtle.digest("SHA-256", await fs.readFile(path));
        hashed[path] = Array.from(new Uint8Array(digest), (byte) =>
          byte.toString(16).padStart(2, "0"),
        ).join("");
      }
      return hashed;
    });
  }

  check(): Promise<CheckReport> {
    return this.page.evaluate(() => vault.check());
  }

  /** Closes the vault, as a person does before leaving. */
  async lock(): Promise<void> {
    await this.page.getByTestId("lock").click();
    await expect(this.page.getByTestId("vault-form")).toBeVisible();
  }

  /** Ends the browser in good order. Idempotent, and nothing is left to do after `kill`. */
  close(): Promise<void> {
    return this.#context.close();
  }

  /** Ends every process of the browser at once, with SIGKILL. */
  async kill(): Promise<void> {
    const session = await this.#context.browser()?.newBrowserCDPSession();
    if (session === undefined) throw new Error("the browser has ended already");
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const closed = this.#context.waitForEvent("close");
    for (const { id } of processInfo) killProcess(id);
    await closed;
  }

  async #observe(): Promise<void> {
    await this.page.exposeFunction("reportSynced", (paths: readonly string[]) => {
      for (const path of paths) this.synced.add(path);
    });
    const entry = { contentType: "text/javascript", body: OBSERVING_ENTRY };
    await this.page.route(
      ({ pathname, search }) => pathname === "/src/index.ts" && search === "",
      (route) => route.fulfill(entry),
    );
  }
}

/** A process may have ended with the one before it. */
function killProcess(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
