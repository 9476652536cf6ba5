/**
 * The demo in a browser on a profile of its own. A test fails also if the page logs an error or a warning, throws,
 * breaks its Content Security Policy, or asks another origin for anything.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chromium,
  expect,
  test as base,
  type BrowserContext,
  type Locator,
  type Page,
} from "@playwright/test";

export const PASSWORD = "seven brass lanterns on a quiet pier";
export interface Demo {
  readonly page: Page;
  /** Ends the browser and starts it again on the same profile. */
  restart(): Promise<Page>;
}

export const test = base.extend<{ demo: Demo }>({
  demo: async ({ baseURL, launchOptions }, use) => {
    const profile = await mkdtemp(join(tmpdir(), "cofferfs-demo-"));
    const complaints: string[] = [];
    const origin = new URL(baseURL ?? "").origin;
    const start = async (): Promise<{ context: BrowserContext; page: Page }> => {
      const context = await chromium.launchPersistentContext(profile, {
        ...launchOptions,
        viewport: { width: 1280, height: 800 },
      });
      const page = context.pages()[0] ?? (await context.newPage());
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning")
          complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        const { origin: asked, protocol } = new URL(request.url());
        if (asked !== origin && protocol !== "blob:" && protocol !== "data:")
          complaints.push(`asked ${request.url()}`);
      });
      await page.goto(`${origin}/demo/`);
      return { context, page };
    };
    let browser = await start();
    await use({
      get page() {
        return browser.page;
      },
      async restart() {
        await browser.context.close();
        browser = await start();
        return browser.page;
      },
    });
    await browser.context.close();
    await rm(profile, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  },
});

export const row = (page: Page, path: string): Locator =>
  page.locator(`[data-testid=row][data-path="${path}"]`);

export async function createVault(page: Page, name: string, storage = "local"): Promise<void> {
  await page.getByTestId("vault-new").click();
  await page.getByTestId("vault-name").fill(name);
  await page.getByTestId("vault-options").click();
  await page.getByTestId("vault-storage").selectOption(storage);
  await page.getByTestId("password").fill(PASSWORD);
  await page.getByTestId("password-repeat").fill(PASSWORD);
  await page.getByTestId("vault-submit").click();
  await expect(page.getByTestId("vault-title")).toHaveText(name);
}

export async function unlock(page: Page, password: string): Promise<void> {
  await page.getByTestId("password").fill(password);
  await page.getByTestId("vault-submit").click();
}

export async function lock(page: Page): Promise<void> {
  await page.getByTestId("lock").click();
  await expect(page.getByTestId("vault-form")).toBeVisible();
}

export async function addFiles(
  page: Page,
  files: { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> {
  await page.getByTestId("import-files-input").setInputFiles(files);
  await endImport(page);
}

export async function endImport(page: Page): Promise<void> {
  await expect(page.locator("[data-testid=import-panel][data-done]")).toBeVisible();
  await page.getByTestId("import-close").click();
}

export const textFile = (name: string, text: string) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(text),
});
