/**
 * What opens a vault of the demo: its password, changed and added to, recovery keys, passkeys; and locking. The page
 * is at localhost, since an IP address can have no passkeys.
 */
import { expect, type CDPSession, type Page } from "@playwright/test";
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

const NEXT = "nine copper kettles under the stairs";

test.use({ baseURL: `http://localhost:${process.env["COFFERFS_TEST_PORT"] ?? ""}` });

/** A device with a fingerprint reader whose owner agrees to everything. */
async function plugInAuthenticator(page: Page, hasPrf = true): Promise<CDPSession> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return devtools;
}

async function openKeys(page: Page): Promise<void> {
  await page.getByTestId("open-keys").click();
  await expect(page.getByTestId("key").first()).toBeVisible();
}

async function confirmWith(page: Page, password: string): Promise<void> {
  await page.getByTestId("current").fill(password);
  await page.getByTestId("key-submit").click();
}

/** Adds a recovery key, as far as it is shown. */
async function makeRecoveryKey(page: Page): Promise<readonly string[]> {
  await page.getByTestId("add-recovery-key").click();
  await confirmWith(page, PASSWORD);
  const groups = page.getByTestId("recovery-key").locator("li");
  await expect(groups).toHaveCount(8);
  return groups.allTextContents();
}

test("the password is changed: only the new one opens the vault then", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "changes");
  await addFiles(page, [textFile("a.txt", "kept")]);
  await openKeys(page);
  await expect(page.getByTestId("key-remove")).toBeDisabled();
  await page.getByTestId("change-password").click();
  await page.getByTestId("current").fill("not the password");
  await page.getByTestId("new-password").fill(NEXT);
  await page.getByTestId("new-password-repeat").fill("something else");
  await page.getByTestId("key-submit").click();
  await expect(page.getByTestId("new-password-repeat-error")).toContainText("differ");
  await page.getByTestId("new-password-repeat").fill(NEXT);
  await page.getByTestId("key-submit").click();
  await expect(page.getByTestId("current-error")).toContainText("does not open the vault");
  await confirmWith(page, PASSWORD);
  await expect(page.getByTestId("change-form")).toHaveCount(0);
  await expect(page.getByTestId("key")).toHaveCount(1);
  await page.getByTestId("keys-close").click();

  await lock(page);
  await unlock(page, PASSWORD);
  await expect(page.getByTestId("password-error")).toContainText("does not open the vault");
  await unlock(page, NEXT);
  await row(page, "/a.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("kept");
});

test("a recovery key is shown once, counts when it was confirmed, and replaces a lost password", async ({
  demo,
}) => {
  let { page } = demo;
  await createVault(page, "forgotten");
  await addFiles(page, [textFile("a.txt", "kept")]);
  await openKeys(page);
  const groups = await makeRecoveryKey(page);
  await page.getByTestId("recovery-typed").fill(groups[0] ?? "");
  await page.getByTestId("recovery-confirm").click();
  await expect(page.getByTestId("recovery-error")).toContainText("not the last group");
  await page.getByTestId("recovery-typed").fill((groups.at(-1) ?? "").toLowerCase());
  await page.getByTestId("recovery-confirm").click();
  await expect(page.locator('[data-testid=key][data-type="recoveryKey"]')).toHaveCount(1);
  expect(await page.content()).not.toContain(groups[3]);
  await page.getByTestId("keys-close").click();

  page = await demo.restart();
  await page.getByTestId("password-by-recoveryKey").click();
  await expect(page.getByTestId("password-recovery")).toBeFocused();
  const mistyped = [...groups.slice(0, 7), "0000000"].join("-");
  await page.getByTestId("password-recovery").fill(mistyped);
  await page.getByTestId("vault-submit").click();
  await expect(page.getByTestId("password-error")).toContainText("group by group");
  await page.getByTestId("password-recovery").fill(groups.join(" ").toLowerCase());
  await page.getByTestId("vault-submit").click();
  await expect(row(page, "/a.txt")).toBeVisible();

  // With it the lost password is replaced.
  await openKeys(page);
  await page.getByTestId("add-password").click();
  await page.getByTestId("current-by-recoveryKey").click();
  await page.getByTestId("current-recovery").fill(groups.join("-"));
  await page.getByTestId("new-password").fill(NEXT);
  await page.getByTestId("new-password-repeat").fill(NEXT);
  await page.getByTestId("key-submit").click();
  await expect(page.getByTestId("key")).toHaveCount(3);
  await page.getByTestId("key-remove").first().click();
  await confirmWith(page, NEXT);
  await expect(page.getByTestId("key")).toHaveCount(2);
  await page.getByTestId("keys-close").click();
  await lock(page);
  await unlock(page, PASSWORD);
  await expect(page.getByTestId("password-error")).toContainText("does not open the vault");
  await unlock(page, NEXT);
  await expect(row(page, "/a.txt")).toBeVisible();
});

test("a recovery key that was not confirmed is taken back", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "unsure");
  await openKeys(page);
  const groups = await makeRecoveryKey(page);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("recovery-withdrawn")).toContainText("opens nothing");
  await page.getByTestId("dialog-confirm").click();
  await expect(page.getByTestId("key")).toHaveCount(1);
  await page.getByTestId("keys-close").click();
  await lock(page);
  await page.getByTestId("password-by-recoveryKey").click();
  await page.getByTestId("password-recovery").fill(groups.join("-"));
  await page.getByTestId("vault-submit").click();
  await expect(page.getByTestId("password-error")).toContainText("does not open the vault");
});

test("a recovery key is copied, and printed with nothing else of the page", async ({ demo }) => {
  const { page } = demo;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await createVault(page, "paper");
  await openKeys(page);
  const groups = await makeRecoveryKey(page);
  await page.getByTestId("recovery-copy").click();
  await expect(page.locator("#announcer")).toContainText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(groups.join("-"));
  await page.evaluate(() => {
    window.print = () => {
      document.title = "printed";
    };
  });
  await page.getByTestId("recovery-print").click();
  await expect(page).toHaveTitle("printed");
  await page.emulateMedia({ media: "print" });
  await expect(page.getByTestId("recovery-key")).toBeVisible();
  await expect(page.getByText("vault “paper”")).toBeVisible();
  await expect(page.getByTestId("files")).toBeHidden();
  await expect(page.getByTestId("keys")).toBeHidden();
  await expect(page.getByTestId("recovery-confirm")).toBeHidden();
});

test("a passkey is added, opens the vault, proves who changes keys, and is removed", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "touch");
  await addFiles(page, [textFile("a.txt", "kept")]);
  await plugInAuthenticator(page);
  await openKeys(page);
  await page.getByTestId("add-passkey").click();
  await confirmWith(page, "not the password");
  await expect(page.getByTestId("current-error")).toContainText("does not open the vault");
  await confirmWith(page, PASSWORD);
  await expect(page.locator('[data-testid=key][data-type="passkey"]')).toHaveCount(1);
  await page.getByTestId("keys-close").click();

  await lock(page);
  await page.getByTestId("password-by-passkey").click();
  await expect(page.getByTestId("vault-submit")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(row(page, "/a.txt")).toBeVisible();

  await openKeys(page);
  await page.locator('[data-testid=key][data-type="passkey"]').getByTestId("key-remove").click();
  await page.getByTestId("current-by-passkey").click();
  await page.getByTestId("key-submit").click();
  await expect(page.getByTestId("key")).toHaveCount(1);
  await page.getByTestId("keys-close").click();
  await lock(page);
  await page.getByTestId("password-by-passkey").click();
  await page.getByTestId("vault-submit").click();
  await expect(page.getByTestId("password-error")).toContainText("no passkey");
  await page.getByTestId("password-by-password").click();
  await unlock(page, PASSWORD);
  await expect(row(page, "/a.txt")).toBeVisible();
});

test("a password or passkey that is there already is not added again", async ({ demo }) => {
  const { page } = demo;
  await createVault(page, "twice");
  await plugInAuthenticator(page);
  await openKeys(page);
  await page.getByTestId("add-password").click();
  await page.getByTestId("new-password").fill(PASSWORD);
  await page.getByTestId("new-password-repeat").fill(PASSWORD);
  await confirmWith(page, PASSWORD);
  await expect(page.getByTestId("key-error")).toContainText("opens the vault already");
  await page.keyboard.press("Escape");
  await page.getByTestId("add-passkey").click();
  await confirmWith(page, PASSWORD);
  await expect(page.getByTestId("key")).toHaveCount(2);
  await page.getByTestId("add-passkey").click();
  await confirmWith(page, PASSWORD);
  await expect(page.getByTestId("key-error")).toContainText("opens the vault already");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("key")).toHaveCount(2);
});

test("a device that cannot hold such passkeys is told apart, and the vault stays as it was", async ({
  demo,
}) => {
  const { page } = demo;
  await createVault(page, "plain");
  await plugInAuthenticator(page, false);
  await openKeys(page);
  await page.getByTestId("add-passkey").click();
  await confirmWith(page, PASSWORD);
  await expect(page.getByTestId("current-error")).toContainText("No passkey can open a vault here");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("key")).toHaveCount(1);
});

test("a vault locks by itself when the page is hidden, if it is to", async ({ demo }) => {
  const { page } = demo;
  await page.getByTestId("vault-options").click();
  await page.getByTestId("auto-lock").selectOption("hidden");
  await page.getByTestId("vault-name").fill("shy");
  await page.getByTestId("password").fill(PASSWORD);
  await page.getByTestId("password-repeat").fill(PASSWORD);
  await page.getByTestId("vault-submit").click();
  await addFiles(page, [textFile("canary-name.txt", "canary-content")]);
  await row(page, "/canary-name.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("canary-content");
  await page.getByTestId("open-keys").click();
  // A page without a window is never hidden by itself.
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect(page.getByTestId("locked-words")).toContainText("the page was hidden");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await page.content()).not.toContain("canary");
  await page.evaluate(() => {
    Reflect.deleteProperty(document, "visibilityState");
  });
  await unlock(page, PASSWORD);
  await expect(row(page, "/canary-name.txt")).toBeVisible();
  // What is chosen on unlocking counts from then on.
  await lock(page);
  await page.getByTestId("vault-options").click();
  await expect(page.getByTestId("auto-lock")).toHaveValue("hidden");
  await page.getByTestId("auto-lock").selectOption("never");
  await unlock(page, PASSWORD);
  await expect(row(page, "/canary-name.txt")).toBeVisible();
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await row(page, "/canary-name.txt").click();
  await expect(page.getByTestId("preview-text")).toHaveText("canary-content");
});

test("keys are changed from the keyboard, and the focus never gets lost", async ({ demo }) => {
  const { page } = demo;
  const { keyboard } = page;
  await createVault(page, "keys");
  await page.getByTestId("open-keys").focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("key")).toHaveCount(1);
  await expect(page.getByTestId("keys-close")).toBeFocused();
  await keyboard.press("Tab");
  await expect(page.getByTestId("change-password")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByTestId("current")).toBeFocused();
  await keyboard.type(PASSWORD);
  // Past the button that shows what was typed.
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await keyboard.type(NEXT);
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  await keyboard.type(NEXT);
  await keyboard.press("Enter");
  await expect(page.getByTestId("change-form")).toHaveCount(0);
  await expect(page.getByTestId("change-password")).toBeFocused();
  await expect(page.locator("#announcer")).toContainText("The password is changed");

  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await expect(page.getByTestId("current")).toBeFocused();
  await keyboard.type(NEXT);
  await keyboard.press("Enter");
  await expect(page.getByTestId("recovery-typed")).toBeFocused();
  const groups = await page.getByTestId("recovery-key").locator("li").allTextContents();
  await keyboard.type(groups.at(-1) ?? "");
  await keyboard.press("Enter");
  await expect(page.getByTestId("key")).toHaveCount(2);
  await expect(page.getByTestId("add-recovery-key")).toBeFocused();

  await page.getByTestId("key-remove").last().focus();
  await keyboard.press("Enter");
  await expect(page.getByTestId("current")).toBeFocused();
  await keyboard.type(NEXT);
  await keyboard.press("Enter");
  await expect(page.getByTestId("key")).toHaveCount(1);
  await expect(page.getByTestId("change-password")).toBeFocused();
  await keyboard.press("Escape");
  await expect(page.getByTestId("open-keys")).toBeFocused();
});
