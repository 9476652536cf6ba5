/** The demo, used as a person uses it: a real profile on disk, real clicks and keys, real storage. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import {
  addFiles,
  createVault,
  endImport,
  lock,
  PASSWORD,
  row,
  test,
  textFile,
  unlock,
} from "./support/demo-test.js";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR42mNkaPjPgA0wMeAAQ1MCAH6LAY8mqIBGAAAAAElFTkSuQmCC",
  "base64",
);

for (const storage of ["opfs", "idb"]) {
  test(`what was put into a vault in ${storage} is there after the browser was closed, for the right password only`, async ({
    demo,
  }) => {
    let { page } = demo;
    await createVault(page, "journal", storage);
    await addFiles(page, [textFile("first day.txt", "It rained.\n")]);
    await expect(row(page, "/first day.txt")).toContainText("11 B");

    page = await demo.restart();
    await expect(page.getByTestId("form-title")).toHaveText("Unlock “journal”");
    await unlock(page, "not the password");
    await expect(page.getByTestId("password-error")).toContainText("does not open the vault");
    await unlock(page, PASSWORD);
    await row(page, "/first day.txt").click();
    await expect(page.getByTestId("preview-text")).toHaveText("It rained.\n");
  });
}

test("text and pictures are previewed, by what they are and not by their names", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "media");
  await addFiles(page, [
    textFile("notes.png", "# no picture"),
    { name: "tile.txt", mimeType: "text/plain", buffer: PNG },
    {
      name: "noise.bin",
      mimeType: "application/octet-stream",
      buffer: Buffer.from([0, 1, 2, 255]),
    },
  ]);
  await row(page, "/notes.png").click();
  await expect(page.getByTestId("preview-text")).toHaveText("# no picture");
  await row(page, "/tile.txt").click();
  await expect(page.getByTestId("preview-image")).toBeVisible();
  expect(
    await page
      .getByTestId("preview-image")
      .evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
  ).toBe(8);
  await row(page, "/noise.bin").click();
  await expect(page.getByTestId("preview")).toContainText("00 01 02 ff");
});

test("files are renamed, moved and deleted", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "work");
  await addFiles(page, [textFile("a.txt", "a"), textFile("b.txt", "b"), textFile("c.txt", "c")]);

  await row(page, "/a.txt").click();
  await page.getByTestId("rename").click();
  await page.getByTestId("rename-input").fill("alpha.txt");
  await page.getByTestId("rename-input").press("Enter");
  await expect(row(page, "/alpha.txt")).toBeFocused();
  await expect(row(page, "/a.txt")).toHaveCount(0);

  await page.getByTestId("new-folder").click();
  await page.getByTestId("name-input").fill("box");
  await page.getByTestId("dialog-confirm").click();
  await expect(row(page, "/box")).toBeVisible();
  await row(page, "/alpha.txt").dragTo(row(page, "/box"));
  await expect(row(page, "/alpha.txt")).toHaveCount(0);
  await row(page, "/b.txt").click();
  await page.getByTestId("cut").click();
  await row(page, "/box").dblclick();
  await expect(row(page, "/box/alpha.txt")).toBeVisible();
  await page.getByTestId("paste").click();
  await expect(row(page, "/box/b.txt")).toBeVisible();

  await page.getByTestId("crumb").first().click();
  await row(page, "/box").click();
  await row(page, "/c.txt").click({ modifiers: ["Control"] });
  await page.getByTestId("delete").click();
  await page.getByTestId("dialog-cancel").click();
  await expect(row(page, "/c.txt")).toBeVisible();
  await page.getByTestId("delete").click();
  await page.getByTestId("dialog-confirm").click();
  await expect(page.getByTestId("row")).toHaveCount(0);
});

test("a folder is imported with all that is below it, and conflicts are asked for once", async ({
  demo,
}) => {
  const { page } = demo;
  const folder = test.info().outputPath("photos");
  await mkdir(join(folder, "2024", "may"), { recursive: true });
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      writeFile(join(folder, "2024", "may", `${i}.txt`), `picture ${i}`),
    ),
  );
  await writeFile(join(folder, "large.bin"), Buffer.alloc(9_000_000, 7));

  await createVault(page, "album");
  await page.getByTestId("import-folder-input").setInputFiles(folder);
  await expect(page.getByTestId("import-words")).toContainText("41 files imported");
  await endImport(page);
  await row(page, "/photos").dblclick();
  await expect(row(page, "/photos/large.bin")).toContainText("9 MB");

  await page.getByTestId("crumb").first().click();
  await page.getByTestId("import-folder-input").setInputFiles(folder);
  await page.getByTestId("conflict-for-all").check();
  await page.getByTestId("conflict-skip").click();
  await expect(page.getByTestId("import-words")).toContainText("41 files skipped");
  await endImport(page);

  await page.getByTestId("check").click();
  await expect(page.getByTestId("check-ok")).toBeVisible();
  await expect(page.getByTestId("check-result")).toContainText("41 files, 3 folders");
});

test("a folder dropped on the list is imported with all that is below it", async ({ demo }) => {
  const { page } = demo;
  const folder = test.info().outputPath("letters");
  await mkdir(join(folder, "2025", "empty"), { recursive: true });
  await writeFile(join(folder, "2025", "to clara.txt"), "Dear Clara");
  await createVault(page, "drops");
  await dropOnList(page, [folder]);
  await expect(page.getByTestId("import-words")).toContainText("1 file imported");
  await endImport(page);
  await row(page, "/letters").dblclick();
  await row(page, "/letters/2025").dblclick();
  await expect(row(page, "/letters/2025/empty")).toBeVisible();
  await expect(row(page, "/letters/2025/to clara.txt")).toContainText("10 B");
});

/** As the window system does it: entries made by a page's script are never folders. */
async function dropOnList(page: Page, files: readonly string[]): Promise<void> {
  const box = await page.getByTestId("list").boundingBox();
  const devtools = await page.context().newCDPSession(page);
  const at = { x: (box?.x ?? 0) + 100, y: (box?.y ?? 0) + 200 };
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, ...at, data });
}

test("everything can be done from the keyboard", async ({ demo }) => {
  const { page } = demo;
  const { keyboard } = page;
  // The new vault's name has the focus.
  await keyboard.type("keys");
  await keyboard.press("Tab");
  await keyboard.type(PASSWORD);
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await expect(page.getByTestId("list")).toBeFocused();

  await page.getByTestId("new-folder").focus();
  for (const name of ["one", "two"]) {
    await page.getByTestId("new-folder").focus();
    await keyboard.press("Enter");
    await expect(page.getByTestId("name-input")).toBeFocused();
    await keyboard.type(name);
    await keyboard.press("Enter");
    await expect(row(page, `/${name}`)).toBeFocused();
  }
  await keyboard.press("F2");
  await keyboard.type("second");
  await keyboard.press("Enter");
  await expect(row(page, "/second")).toBeFocused();

  await keyboard.press("Control+x");
  await keyboard.press("Home");
  await expect(row(page, "/one")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("crumb").last()).toHaveText("one");
  await expect(page.getByTestId("list")).toBeFocused();
  await keyboard.press("Control+v");
  await expect(row(page, "/one/second")).toBeFocused();

  await keyboard.press("Backspace");
  await expect(row(page, "/one")).toBeFocused();
  await keyboard.press("Delete");
  await expect(page.getByTestId("dialog-cancel")).toBeFocused();
  await keyboard.press("Escape");
  await expect(page.getByTestId("dialog-cancel")).toHaveCount(0);
  await expect(row(page, "/one")).toBeFocused();
  await keyboard.press("Delete");
  // The focus is on Cancel, so that a second key pressed in haste deletes nothing.
  await expect(page.getByTestId("dialog-cancel")).toBeFocused();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await expect(page.getByTestId("row")).toHaveCount(0);

  await page.getByTestId("lock").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("password")).toBeFocused();
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await expect(page.getByTestId("list")).toBeFocused();
});

test("after locking, nothing of the vault is left in the page", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "closed");
  await addFiles(page, [textFile("canary-name.txt", "canary-content")]);
  await row(page, "/canary-name.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("canary-content");
  await lock(page);
  expect(await page.content()).not.toContain("canary");
  expect(
    await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    ),
  ).not.toContain("canary");
});

test("the inspector shows the stored container, in which no name and no content is to be found", async ({
  demo,
}) => {
  const { page } = demo;
  for (const storage of ["opfs", "idb"]) {
    await createVault(page, `glass-${storage}`, storage);
    await addFiles(page, [textFile("canary-name.txt", "canary-content ".repeat(5000))]);
    await page.getByTestId("inspect").click();
    await expect(page.getByTestId("known-facts")).toContainText("COFFERFS, version 1");
    await expect(page.getByTestId("known-facts")).toContainText("1 of 8: password");
    await expect(page.getByTestId("compare-files")).toHaveText("1");
    const { mean, expected } = await entropyFigures(page);
    expect(Math.abs(mean - expected)).toBeLessThan(0.001);
    for (const needle of ["canary-name", "canary-content"]) {
      await page.getByTestId("needle").fill(needle);
      await page.getByTestId("needle-search").click();
      await expect(page.getByTestId("needle-result")).toContainText("Not found in any of the");
    }
    // The search can find: the magic stands in clear, once per copy of the header.
    await page.getByTestId("needle").fill("COFFERFS");
    await page.getByTestId("needle-search").click();
    await expect(page.getByTestId("needle-result")).toContainText("Found 2 times");
    await page.getByTestId("slot-number").fill("5");
    await page.getByTestId("slot-number").press("Enter");
    await expect(page.getByTestId("slot-facts")).toContainText("Slot 5");
    await page.getByTestId("inspector-close").click();
    await lock(page);
  }
});

async function entropyFigures(page: Page): Promise<{ mean: number; expected: number }> {
  await expect(page.getByTestId("entropy-figures")).toContainText("Random bytes");
  const text = (await page.getByTestId("entropy-figures").textContent()) ?? "";
  const [mean = 0, expected = 0] = [/Mean ([\d.]+)/, /length: ([\d.]+)/].map((figure) =>
    Number(figure.exec(text)?.[1]),
  );
  return { mean, expected };
}

test("a vault is removed only by who types its name", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "brief");
  await lock(page);
  await page.getByTestId("vault-remove").click();
  await page.getByTestId("confirm-typed").fill("brie");
  await page.getByTestId("dialog-confirm").click();
  await expect(page.getByTestId("remove-vault-dialog")).toBeVisible();
  await page.getByTestId("confirm-typed").fill("brief");
  await page.getByTestId("dialog-confirm").click();
  await expect(page.getByTestId("vault-choose")).toHaveCount(0);
  await createVault(page, "brief");
});

test("deriving the key can be cancelled", async ({ demo }) => {
  const { page } = demo;
  await page.getByTestId("vault-name").fill("slow");
  await page.getByTestId("vault-options").click();
  await page.getByTestId("vault-kdf").selectOption("sensitive");
  await page.getByTestId("password").fill(PASSWORD);
  await page.getByTestId("password-repeat").fill(PASSWORD);
  await page.getByTestId("vault-submit").click();
  await page.getByTestId("unlock-cancel").click();
  await expect(page.getByTestId("vault-error")).toContainText("Cancelled");
  await expect(page.getByTestId("vault-choose")).toHaveCount(0);
});

test("a folder of ten thousand entries scrolls, sorts and filters", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "many");
  const folder = test.info().outputPath("many");
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Array.from({ length: 10_000 }, (_, i) => writeFile(join(folder, `f${i}`), "x".repeat(i % 50))),
  );
  await page.getByTestId("import-folder-input").setInputFiles(folder);
  await expect(page.getByTestId("import-words")).toContainText("10,000 files imported", {
    timeout: 45_000,
  });
  await endImport(page);
  await row(page, "/many").dblclick();
  await expect(page.getByTestId("status-counts")).toHaveText("10,000 items");
  expect(await page.getByTestId("row").count()).toBeLessThan(100);
  await page.keyboard.press("End");
  await expect(row(page, "/many/f9999")).toBeFocused();
  await page.getByTestId("sort-size").click();
  await page.getByTestId("sort-size").click();
  await page.getByTestId("list").evaluate((list) => {
    list.scrollTop = 0;
  });
  await expect(page.getByTestId("row").first()).toContainText("49 B");
  await page.getByTestId("filter").fill("f777");
  await expect(page.getByTestId("status-counts")).toHaveText("11 items");
});
