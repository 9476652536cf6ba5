/** The demo's snapshots: taken, looked into, copied from, gone back to and deleted. */
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import { addFiles, createVault, row, test, textFile } from "./support/demo-test.js";

async function takeSnapshot(page: Page, name: string): Promise<void> {
  await page.getByTestId("open-snapshots").click();
  await page.getByTestId("snapshot-name").fill(name);
  await page.getByTestId("snapshot-take").click();
  await expect(snapshot(page, name)).toBeVisible();
  await page.getByTestId("snapshots-close").click();
}

const snapshot = (page: Page, name: string): Locator =>
  page.locator(`[data-testid=snapshot][data-name="${name}"]`);

/** In the snapshot that is open. */
const oldRow = (page: Page, path: string): Locator =>
  page.getByTestId("snapshot-browser").locator(`[data-testid=row][data-path="${path}"]`);

async function lookInto(page: Page, name: string): Promise<void> {
  await page.getByTestId("open-snapshots").click();
  await snapshot(page, name).getByTestId("snapshot-open").click();
  await expect(page.getByTestId("snapshot-banner")).toContainText("Read-only");
}

async function deleteSelected(page: Page): Promise<void> {
  await page.getByTestId("delete").click();
  await page.getByTestId("dialog-confirm").click();
}

/** A folder `box` with `in box.txt`, and `note.txt` beside it. */
async function fill(page: Page): Promise<void> {
  await addFiles(page, [textFile("note.txt", "first thoughts")]);
  await page.getByTestId("new-folder").click();
  await page.getByTestId("name-input").fill("box");
  await page.getByTestId("dialog-confirm").click();
  await row(page, "/box").dblclick();
  await expect(page.getByTestId("crumb").last()).toHaveText("box");
  await addFiles(page, [textFile("in box.txt", "kept")]);
  await page.getByTestId("crumb").first().click();
  await expect(row(page, "/note.txt")).toBeVisible();
}

async function replaceNote(page: Page, text: string): Promise<void> {
  await page.getByTestId("import-files-input").setInputFiles([textFile("note.txt", text)]);
  await page.getByTestId("conflict-replace").click();
  await expect(page.locator("[data-testid=import-panel][data-done]")).toBeVisible();
  await page.getByTestId("import-close").click();
}

test("files and folders of a snapshot are seen, downloaded and copied back", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "home");
  await fill(page);
  await takeSnapshot(page, "before");
  await replaceNote(page, "second");
  await row(page, "/box").click();
  await deleteSelected(page);
  await expect(row(page, "/box")).toHaveCount(0);

  await lookInto(page, "before");
  const browser = page.getByTestId("snapshot-browser");
  await oldRow(page, "/note.txt").click();
  await expect(browser.getByTestId("preview-text")).toHaveText("first thoughts");
  const downloading = page.waitForEvent("download");
  await page.getByTestId("snapshot-download").click();
  expect(await readFile(await (await downloading).path(), "utf8")).toBe("first thoughts");

  await page.getByTestId("snapshot-copy").click();
  await page.getByTestId("conflict-skip").click();
  await expect(page.getByTestId("snapshot-status")).toContainText("1 file left out");
  await page.getByTestId("snapshot-copy").click();
  await page.getByTestId("conflict-replace").click();
  await expect(page.getByTestId("snapshot-status")).toContainText("1 file copied");
  await oldRow(page, "/box").dblclick();
  await expect(oldRow(page, "/box/in box.txt")).toBeVisible();
  await page.keyboard.press("Backspace");
  await expect(oldRow(page, "/box")).toBeFocused();
  await page.getByTestId("snapshot-copy").click();
  await expect(page.getByTestId("snapshot-status")).toContainText("1 file copied");
  await page.getByTestId("snapshot-browser-close").click();
  await page.getByTestId("snapshots-close").click();

  await row(page, "/box").dblclick();
  await expect(row(page, "/box/in box.txt")).toContainText("4 B");
  await page.getByTestId("crumb").first().click();
  await row(page, "/note.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("first thoughts");
  // What was there before the copy is in the history.
  await page.getByTestId("history").click();
  await page.getByTestId("version").nth(1).click();
  await expect(page.getByTestId("version-preview").getByTestId("preview-text")).toHaveText(
    "second",
  );
});

test("nothing in a snapshot can be changed", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "still");
  await fill(page);
  await takeSnapshot(page, "kept");
  await lookInto(page, "kept");
  await oldRow(page, "/note.txt").click();
  for (const key of ["Delete", "F2", "Control+x"]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(2);
  await expect(page.getByTestId("rename-input")).toHaveCount(0);
  await expect(oldRow(page, "/note.txt")).toHaveAttribute("draggable", "false");
});

test("the whole vault goes back to a snapshot, and forth again to the one taken before that", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "time");
  await fill(page);
  await takeSnapshot(page, "monday");
  await row(page, "/box").dblclick();
  await addFiles(page, [textFile("later.txt", "new")]);
  await expect(row(page, "/box/later.txt")).toBeVisible();

  await page.getByTestId("open-snapshots").click();
  await snapshot(page, "monday").getByTestId("snapshot-restore").click();
  await expect(page.getByTestId("restore-dialog")).toContainText("is lost");
  await expect(page.getByTestId("restore-keep")).toBeFocused();
  await page.getByTestId("dialog-cancel").click();
  await expect(row(page, "/box/later.txt")).toBeVisible();

  await snapshot(page, "monday").getByTestId("snapshot-restore").click();
  await expect(page.getByTestId("restore-keep")).toBeChecked();
  await page.getByTestId("dialog-confirm").click();
  await expect(row(page, "/box/later.txt")).toHaveCount(0);
  await expect(row(page, "/box/in box.txt")).toHaveCount(1);
  const kept = page.getByTestId("snapshot").filter({ hasText: "Before going back" });
  await kept.getByTestId("snapshot-restore").click();
  await page.getByTestId("restore-keep").uncheck();
  await page.getByTestId("dialog-confirm").click();
  await expect(row(page, "/box/later.txt")).toHaveCount(1);
  await expect(page.getByTestId("snapshot")).toHaveCount(2);

  // A folder that is not in the snapshot is left for the one above it.
  await page.getByTestId("snapshots-close").click();
  await page.getByTestId("crumb").first().click();
  await page.getByTestId("new-folder").click();
  await page.getByTestId("name-input").fill("young");
  await page.getByTestId("dialog-confirm").click();
  await row(page, "/young").dblclick();
  await expect(page.getByTestId("crumb").last()).toHaveText("young");
  await page.getByTestId("open-snapshots").click();
  await snapshot(page, "monday").getByTestId("snapshot-restore").click();
  await page.getByTestId("dialog-confirm").click();
  await page.getByTestId("snapshots-close").click();
  await expect(page.getByTestId("crumb").last()).toHaveText("time");
  await expect(page.locator('[data-testid=tree-item][data-path="/young"]')).toHaveCount(0);
});

test("a snapshot is taken, looked into, copied from and deleted from the keyboard", async ({
  demo,
}) => {
  const { page } = demo;
  const { keyboard } = page;
  await createVault(page, "keys");
  await addFiles(page, [textFile("a.txt", "a")]);
  await page.getByTestId("open-snapshots").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("snapshot-name")).toBeFocused();
  await keyboard.type("one");
  await keyboard.press("Enter");
  await expect(snapshot(page, "one")).toBeVisible();
  await expect(page.locator("#announcer")).toContainText("Snapshot one taken");
  await keyboard.type("one");
  await keyboard.press("Enter");
  await expect(page.getByTestId("snapshot-error")).toContainText("already a snapshot");

  await keyboard.press("Escape");
  await expect(page.getByTestId("open-snapshots")).toBeFocused();
  await page.getByTestId("list").getByTestId("row").first().focus();
  await keyboard.press("Space");
  await keyboard.press("Delete");
  await expect(page.getByTestId("dialog-cancel")).toBeFocused();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await expect(page.getByTestId("row")).toHaveCount(0);

  await page.getByTestId("open-snapshots").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("snapshot-name")).toBeFocused();
  // Past the button that takes one, to the first of the list.
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await expect(page.getByTestId("snapshot-open")).toBeFocused();
  await keyboard.press("Enter");
  await expect(oldRow(page, "/a.txt")).toBeFocused();
  await keyboard.press("Space");
  await expect(page.getByTestId("snapshot-copy")).toBeEnabled();
  await page.getByTestId("snapshot-copy").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("snapshot-status")).toContainText("1 file copied");
  await expect(oldRow(page, "/a.txt")).toBeFocused();
  // The first Escape clears the selection.
  await keyboard.press("Escape");
  await keyboard.press("Escape");
  await expect(page.getByTestId("snapshot-browser")).toHaveCount(0);
  await expect(page.getByTestId("snapshot-open")).toBeFocused();

  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await expect(page.getByTestId("snapshot-delete")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("dialog-cancel")).toBeFocused();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await expect(page.getByTestId("snapshot")).toHaveCount(0);
  await expect(page.getByTestId("snapshot-name")).toBeFocused();
  await keyboard.press("Escape");
  await expect(row(page, "/a.txt")).toBeVisible();
});
