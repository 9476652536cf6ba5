/** Sealed containers out of the demo and into it: exports, imports, and what becomes of those that are given up. */
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, type Page } from "@playwright/test";
import {
  addFiles,
  createVault,
  lock,
  PASSWORD,
  row,
  test,
  textFile,
  unlock,
} from "./support/demo-test.js";

/** As in browsers other than Chromium. */
async function withoutPicker(page: Page): Promise<void> {
  await page.evaluate(() => {
    Reflect.deleteProperty(window, "showSaveFilePicker");
  });
}

/** Exports the vault that is open through the downloads; returns the path of the file. */
async function exportVault(page: Page, name: string): Promise<string> {
  await withoutPicker(page);
  await page.getByTestId("export").click();
  const downloading = page.waitForEvent("download");
  await page.getByTestId("export-save").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`${name}.coffer`);
  await expect(page.getByTestId("export-result")).toContainText("saved in");
  await page.getByTestId("export-done").click();
  const path = test.info().outputPath(`${name}.coffer`);
  await mkdir(dirname(path), { recursive: true });
  await download.saveAs(path);
  return path;
}

async function beginImport(page: Page, file: string, name: string): Promise<void> {
  await page.getByTestId("vault-import").click();
  await page.getByTestId("import-file").setInputFiles(file);
  await page.getByTestId("import-name").fill(name);
  await page.getByTestId("import-submit").click();
}

test("an exported container holds nothing readable, and imported it opens with its password", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "letters");
  await addFiles(page, [textFile("canary-name.txt", "canary-content")]);
  const file = await exportVault(page, "letters");
  expect((await readFile(file)).includes("canary")).toBe(false);
  await lock(page);

  await page.getByTestId("vault-import").click();
  await page.getByTestId("import-submit").click();
  await expect(page.getByTestId("import-error")).toContainText("Choose the file");
  await page.getByTestId("import-file").setInputFiles(file);
  await expect(page.getByTestId("import-name")).toHaveValue("letters");
  await page.getByTestId("import-name").fill("copy");
  await page.getByTestId("import-submit").click();
  await expect(page.getByTestId("imported")).toBeVisible();
  await expect(page.getByTestId("form-title")).toHaveText("Unlock “copy”");
  await expect(page.getByTestId("password")).toBeFocused();
  await unlock(page, "not the password");
  await expect(page.getByTestId("password-error")).toContainText("does not open the vault");
  await unlock(page, PASSWORD);
  await row(page, "/canary-name.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("canary-content");
  await page.getByTestId("check").click();
  await expect(page.getByTestId("check-ok")).toBeVisible();
});

test("an import under a name that is taken keeps both, replaces, or takes another name", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "home");
  await addFiles(page, [textFile("old.txt", "old")]);
  const file = await exportVault(page, "home");
  await addFiles(page, [textFile("new.txt", "new")]);
  await lock(page);

  await beginImport(page, file, "home");
  await expect(page.getByTestId("clash-dialog")).toContainText("as “home (2)”");
  await page.getByTestId("clash-other").click();
  await expect(page.getByTestId("import-name")).toBeFocused();
  await page.getByTestId("import-submit").click();
  await page.getByTestId("clash-both").click();
  await expect(page.getByTestId("form-title")).toHaveText("Unlock “home (2)”");
  await unlock(page, PASSWORD);
  await expect(row(page, "/old.txt")).toBeVisible();
  await expect(page.getByTestId("row")).toHaveCount(1);
  await lock(page);

  await beginImport(page, file, "home");
  await page.getByTestId("clash-replace").click();
  await page.getByTestId("dialog-cancel").click();
  await page.getByTestId("vault-choose").first().click();
  await unlock(page, PASSWORD);
  await expect(row(page, "/new.txt")).toBeVisible();
  await lock(page);

  await beginImport(page, file, "home");
  await page.getByTestId("clash-replace").click();
  await page.getByTestId("confirm-typed").fill("home");
  await page.getByTestId("dialog-confirm").click();
  await expect(page.getByTestId("form-title")).toHaveText("Unlock “home”");
  await unlock(page, PASSWORD);
  await expect(row(page, "/old.txt")).toBeVisible();
  await expect(row(page, "/new.txt")).toHaveCount(0);
});

test("what is no container is refused, and an import that is given up leaves nothing", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "source");
  const file = await exportVault(page, "source");
  await lock(page);
  await page.getByTestId("vault-import").click();
  await page
    .getByTestId("import-file")
    .setInputFiles([{ ...textFile("x.txt", "x"), buffer: Buffer.alloc(300_000, "x") }]);
  await page.getByTestId("import-submit").click();
  await expect(page.getByTestId("import-error")).toContainText("not a vault");

  // Long enough to be given up amid it: the same container with room behind its end.
  const handle = await open(file, "r+");
  await handle.truncate((await stat(file)).size + 2 ** 15 * 2 ** 15);
  await handle.close();
  await beginImport(page, file, "given up");
  await expect(page.getByTestId("transfer-words")).toContainText(/MB of 1\.1 GB/);
  await expect(page.getByTestId("transfer-cancel")).toBeFocused();
  await page.getByTestId("transfer-cancel").click();
  await expect(page.getByTestId("import-error")).toContainText("Nothing was imported");
  await page.reload();
  await expect(page.getByTestId("vault-choose")).toHaveCount(1);
  await createVault(page, "given up");
});

test("where the browser has a picker the export is written into the chosen file", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "straight");
  await addFiles(page, [textFile("a.txt", "a")]);
  // The picker's window belongs to the system; the file that it would give is a real one of the browser.
  await page.evaluate(() => {
    window.showSaveFilePicker = async ({ suggestedName }) => {
      const folder = await navigator.storage.getDirectory();
      return folder.getFileHandle(`chosen-${suggestedName}`, { create: true });
    };
  });
  await page.getByTestId("export").click();
  await page.getByTestId("export-save").click();
  await expect(page.getByTestId("export-result")).toContainText("2.");
  await page.getByTestId("export-done").click();
  const start = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle("chosen-straight.coffer")).getFile();
    return { size: file.size, magic: await file.slice(0, 8).text() };
  });
  expect(start.magic).toBe("COFFERFS");
  expect(start.size).toBeGreaterThan(1_000_000);
});

test("an export that is given up, or for which no file is chosen, saves nothing", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "halt");
  await page.evaluate(() => {
    window.showSaveFilePicker = () => Promise.reject(new DOMException("", "AbortError"));
  });
  await page.getByTestId("export").click();
  await page.getByTestId("export-save").click();
  await expect(page.getByTestId("export-save")).toBeVisible();
  // A disk so slow that there is time to think again.
  await page.evaluate(() => {
    window.showSaveFilePicker = async () => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("slow.coffer", { create: true });
      const file = await handle.createWritable();
      const writer = file.getWriter();
      const slow = new WritableStream({
        write: async (piece: Uint8Array<ArrayBuffer>) => {
          await writer.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 3000));
        },
        close: () => writer.close(),
        abort: (reason) => writer.abort(reason),
      });
      Object.defineProperty(handle, "createWritable", { value: async () => slow });
      return handle;
    };
  });
  await page.getByTestId("export-save").click();
  await expect(page.getByTestId("transfer-words")).toContainText("MB of");
  await page.getByTestId("transfer-cancel").click();
  await expect(page.getByTestId("export-error")).toContainText("Nothing was saved");
  const size = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle("slow.coffer")).getFile()).size;
  });
  expect(size).toBe(0);
  // The vault goes on, also for another export.
  await page.keyboard.press("Escape");
  await addFiles(page, [textFile("after.txt", "after")]);
  await exportVault(page, "halt");
});

test("a vault is exported and imported from the keyboard, without its password until it opens", async ({
  demo,
}) => {
  const { page } = demo;
  const { keyboard } = page;
  await createVault(page, "keys");
  await lock(page);
  await withoutPicker(page);
  await page.getByTestId("vault-export").focus();
  const downloading = page.waitForEvent("download");
  await keyboard.press("Enter");
  await expect(page.getByTestId("export-save")).toBeFocused();
  await keyboard.press("Enter");
  const file = await (await downloading).path();
  await expect(page.getByTestId("export-done")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("vault-export")).toBeFocused();

  await page.getByTestId("vault-import").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("import-file")).toBeFocused();
  // Choosing a file is the system's affair.
  await page.getByTestId("import-file").setInputFiles(file);
  await keyboard.press("Tab");
  await keyboard.press("Control+A");
  await keyboard.type("second");
  await keyboard.press("Enter");
  await expect(page.getByTestId("form-title")).toHaveText("Unlock “second”");
  await expect(page.getByTestId("password")).toBeFocused();
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await expect(page.getByTestId("list")).toBeFocused();
});
