/** The bar above everything: which vault this is, and what concerns it as a whole. */
import { openInspector } from "../inspector/inspector.js";
import { openKeys } from "../keys/keys-sheet.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { icon, type IconName } from "../shared/icons.js";
import { openSnapshots } from "../snapshots/snapshots-sheet.js";
import { openExport } from "../transfer/export-dialog.js";
import type { Vault } from "../vault.js";
import { checkVault } from "./check-dialog.js";

export function vaultBar(vault: Vault, lock: () => void): HTMLElement {
  const { repo, address } = vault;
  const action = (
    label: string,
    iconName: IconName,
    testId: string,
    open: () => Promise<void>,
  ): HTMLButtonElement =>
    button({
      label,
      icon: iconName,
      iconOnly: "narrow",
      testId,
      onClick: () => void open(),
    });
  return h(
    "header",
    { class: "bar" },
    h(
      "div",
      { class: "bar-vault" },
      icon("lock"),
      h("h1", { testId: "vault-title" }, address.name),
    ),
    h(
      "div",
      { class: "bar-actions" },
      action("Snapshots", "camera", "open-snapshots", () => openSnapshots(vault)),
      action("Export", "export", "export", () =>
        openExport(address.name, (options) => repo.export(options)),
      ),
      action("Keys", "key", "open-keys", () => openKeys(vault)),
      action("Check", "check", "check", () => checkVault(repo)),
      action("What an attacker sees", "eye", "inspect", () => openInspector(vault)),
      button({ label: "Lock", icon: "lock", kind: "primary", testId: "lock", onClick: lock }),
    ),
  );
}
