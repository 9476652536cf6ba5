/** The demo's version history: what is kept of a file, seen, taken out and restored. */
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import {
  addFiles,
  createVault,
  endImport,
  PASSWORD,
  row,
  test,
  textFile,
  unlock,
} from "./support/demo-test.js";

const DRAFTS = ["Dear", "Dear Clara,", "Dear Clara, it rained."] as const;

/** Adds a file again, in the place of the one that is there. */
async function replaceFile(page: Page, file: ReturnType<typeof textFile>): Promise<void> {
  await page.getByTestId("import-files-input").setInputFiles([file]);
  await page.getByTestId("conflict-replace").click();
  await endImport(page);
}

async function writeDrafts(page: Page): Promise<void> {
  const [first, ...later] = DRAFTS;
  await addFiles(page, [textFile("letter.txt", first)]);
  for (const draft of later) await replaceFile(page, textFile("letter.txt", draft));
  await row(page, "/letter.txt").click();
}

test("every version of a file can be seen, downloaded and restored, and restoring can be undone", async ({
  demo,
}) => {
  let { page } = demo;
  await createVault(page, "letters");
  await writeDrafts(page);
  await page.getByTestId("history").click();

  const versions = page.getByTestId("version");
  await expect(versions).toHaveCount(3);
  await expect(versions.nth(0)).toContainText("Version 3present");
  await expect(versions.nth(0)).toContainText("22 B");
  await expect(page.getByTestId("version-change")).toHaveText(["+11 B", "+7 B", ""]);
  const shown = page.getByTestId("version-preview").getByTestId("preview-text");
  await expect(shown).toHaveText(DRAFTS[2]);
  await expect(page.getByTestId("version-restore")).toHaveCount(0);
  await versions.nth(2).click();
  await expect(shown).toHaveText(DRAFTS[0]);

  const downloading = page.waitForEvent("download");
  await page.getByTestId("version-download").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("letter.txt");
  expect(await readFile(await download.path(), "utf8")).toBe(DRAFTS[0]);

  await page.getByTestId("version-restore").click();
  await expect(versions).toHaveCount(4);
  await expect(versions.nth(0)).toContainText("Version 4present");
  await expect(shown).toHaveText(DRAFTS[0]);
  await page.getByTestId("history-sheet-close").click();
  await expect(row(page, "/letter.txt")).toContainText("4 B");
  const preview = page.getByTestId("preview");
  await expect(preview.getByTestId("preview-text")).toHaveText(DRAFTS[0]);

  page = await demo.restart();
  await unlock(page, PASSWORD);
  await row(page, "/letter.txt").click();
  await page.getByTestId("history").click();
  await page.getByTestId("version").nth(1).click();
  await page.getByTestId("version-restore").click();
  await expect(page.getByTestId("version")).toHaveCount(5);
  await expect(page.getByTestId("version-preview").getByTestId("preview-text")).toHaveText(
    DRAFTS[2],
  );
});

test("a vault keeps as many versions as it was made for", async ({ demo }) => {
  const { page } = demo;
  await page.getByTestId("vault-name").fill("short memory");
  await page.getByTestId("password").fill(PASSWORD);
  await page.getByTestId("password-repeat").fill(PASSWORD);
  await page.getByTestId("vault-options").click();
  await expect(page.getByTestId("vault-versions")).toHaveValue("10");
  await page.getByTestId("vault-versions").fill("256");
  await page.getByTestId("vault-submit").click();
  await expect(page.getByTestId("vault-error")).toContainText("from 1 to 255");
  await expect(page.getByTestId("vault-versions")).toBeFocused();
  await page.getByTestId("vault-versions").fill("2");
  await page.getByTestId("vault-submit").click();
  await writeDrafts(page);
  await page.getByTestId("history").click();
  await expect(page.getByTestId("version")).toHaveText([/Version 3/, /Version 2/]);
});

test("a large file that is replaced keeps its history too", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "large");
  const file = (letter: string) => ({
    name: "log.txt",
    mimeType: "text/plain",
    buffer: Buffer.alloc(9_000_000, letter),
  });
  await addFiles(page, [file("a")]);
  await replaceFile(page, file("b"));
  await row(page, "/log.txt").click();
  await page.getByTestId("history").click();
  await expect(page.getByTestId("version-change")).toHaveText(["same size", ""]);
  const shown = page.getByTestId("version-preview").getByTestId("preview-text");
  await expect(shown).toContainText("bbbb");
  await page.getByTestId("version").nth(1).click();
  await expect(shown).toContainText("aaaa");
  await page.getByTestId("version-restore").click();
  await expect(page.getByTestId("version")).toHaveCount(3);
  await expect(shown).toContainText("aaaa");
});

test("a version is found and restored from the keyboard", async ({ demo }) => {
  const { page } = demo;
  const { keyboard } = page;
  await createVault(page, "keys");
  await writeDrafts(page);
  await expect(page.getByTestId("preview-text")).toHaveText(DRAFTS[2]);
  // From the list's row the next stop is the file's panel.
  await keyboard.press("Tab");
  await expect(page.getByTestId("history")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("versions")).toBeFocused();
  await keyboard.press("End");
  await keyboard.press("ArrowUp");
  await expect(page.getByTestId("version").nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("version-restore")).toBeVisible();
  await keyboard.press("Tab");
  await expect(page.getByTestId("version-restore")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("version")).toHaveCount(4);
  await expect(page.getByTestId("versions")).toBeFocused();
  await expect(page.locator("#announcer")).toContainText("Version 2 is restored");
  await expect(page.getByTestId("preview").getByTestId("preview-text")).toHaveText(DRAFTS[1]);
  await keyboard.press("Escape");
  await expect(page.getByTestId("history-sheet")).toHaveCount(0);
  await expect(row(page, "/letter.txt")).toBeFocused();

  // With nothing restored the focus is where it was.
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await expect(page.getByTestId("version")).toHaveCount(4);
  await keyboard.press("Escape");
  await expect(page.getByTestId("history")).toBeFocused();
});
