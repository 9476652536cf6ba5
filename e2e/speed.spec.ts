import { expect, type Page } from "@playwright/test";
import { test } from "./support/demo-test.js";

/** Every figure of the page at its least, with the entrants that have it. */
const FIGURES = 10;

test("the speed page measures in this browser, draws it, copies it, and leaves nothing in storage", async ({
  demo: { page },
}) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByTestId("speed-link").focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("speed-start").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("speed")).toHaveAttribute("data-state", "running");
  await expect(page.getByTestId("speed-cancel")).toBeFocused();
  await expect(page.getByTestId("speed")).toHaveAttribute("data-state", "measured", {
    timeout: 120_000,
  });
  await expect(page.getByTestId("speed-figure")).toHaveCount(FIGURES);
  await expect(page.getByTestId("speed-failures")).toBeEmpty();
  const row = page
    .getByTestId("speed-figure")
    .first()
    .getByRole("row", { name: /opfs aes/ });
  await expect(row).toContainText(/\d MB\/s/);

  await page.getByTestId("speed-copy").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("speed-words")).toHaveText("Copied.");
  const copied = await page.evaluate(
    async () =>
      JSON.parse(await navigator.clipboard.readText()) as {
        results: { entrant: string; median: number; unit: string }[];
      },
  );
  const rates = copied.results.filter(({ unit }) => unit !== "ms");
  expect(rates.filter(({ median }) => !(median > 0))).toEqual([]);
  expect(copied.results.map(({ entrant }) => entrant)).toContain("cofferfs idb aes");
  expect(await storedNames(page)).toEqual({ opfs: [], databases: [] });
});

test("cancelling the speed page ends it, and leaves nothing in storage", async ({
  demo: { page },
}) => {
  await page.getByTestId("speed-link").click();
  await page.getByTestId("speed-size").selectOption("large");
  await page.getByTestId("speed-start").click();
  // A turn of the library's is under way.
  await expect(page.getByTestId("speed-words")).toContainText("cofferfs");
  await page.getByTestId("speed-cancel").click();
  await expect(page.getByTestId("speed-words")).toHaveText("Cancelled.");
  await expect(page.getByTestId("speed-start")).toBeFocused();
  expect(await storedNames(page)).toEqual({ opfs: [], databases: [] });
});

/** Files of OPFS and databases that have to do with the bench. */
function storedNames(page: Page): Promise<{ opfs: string[]; databases: (string | undefined)[] }> {
  return page.evaluate(async () => {
    const opfs: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) opfs.push(name);
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    const isOurs = (name = ""): boolean => /bench|raw|pipeline/.test(name);
    return { opfs: opfs.filter(isOurs), databases: databases.filter(isOurs) };
  });
}
