/** The vaults known on this device: choose one, or remove it. */
import { button } from "../shared/button.js";
import { confirm } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { explain } from "../shared/explain.js";
import {
  destroyVault,
  exportVault,
  sameAddress,
  STORAGE_LABELS,
  vaultExists,
  type VaultAddress,
} from "../vault.js";
import { openExport } from "../transfer/export-dialog.js";
import { forgetVault, knownVaults } from "./known-vaults.js";

export interface VaultListActions {
  choose(address: VaultAddress): void;
  /** The list has changed by a removal. */
  removed(): void;
  failed(text: string): void;
}

export function vaultList(
  chosen: VaultAddress | undefined,
  actions: VaultListActions,
): HTMLElement {
  const rows = knownVaults().map((address) =>
    vaultRow(address, chosen !== undefined && sameAddress(chosen, address), actions),
  );
  return h("ul", { class: "vault-list", testId: "vault-list" }, ...rows);
}

function vaultRow(
  address: VaultAddress,
  isChosen: boolean,
  actions: VaultListActions,
): HTMLElement {
  const state = h("span", { class: "vault-storage" }, STORAGE_LABELS[address.storage]);
  const choose = h(
    "button",
    {
      class: "vault-choose",
      testId: "vault-choose",
      attributes: { type: "button", "aria-pressed": String(isChosen) },
      on: {
        click: () => {
          actions.choose(address);
        },
      },
    },
    icon("lock"),
    h("span", { class: "vault-name" }, address.name),
    state,
  );
  const remove = button({
    label: `Remove vault ${address.name}`,
    icon: "trash",
    kind: "quiet",
    iconOnly: true,
    testId: "vault-remove",
    onClick: () => void removeVault(address, actions),
  });
  const save = button({
    label: `Export vault ${address.name}`,
    icon: "export",
    kind: "quiet",
    iconOnly: true,
    testId: "vault-export",
    onClick: () => void openExport(address.name, (options) => exportVault(address, options)),
  });
  void markMissing(address, state);
  return h("li", { class: "vault-row" }, choose, save, remove);
}

async function markMissing(address: VaultAddress, state: HTMLElement): Promise<void> {
  const exists = await vaultExists(address).catch(() => true);
  if (!exists) state.textContent = "gone from this browser";
}

async function removeVault(address: VaultAddress, actions: VaultListActions): Promise<void> {
  try {
    if (!(await vaultExists(address))) {
      forgetVault(address);
      actions.removed();
      return;
    }
    const sure = await confirm({
      title: `Remove “${address.name}”?`,
      text: "The vault and all files in it are deleted from this browser. This cannot be undone, with or without the password.",
      action: "Remove for good",
      danger: true,
      typed: { label: `Type “${address.name}” to confirm`, text: address.name },
      testId: "remove-vault-dialog",
    });
    if (!sure) return;
    await destroyVault(address);
    forgetVault(address);
    actions.removed();
  } catch (error) {
    actions.failed(explain(error));
  }
}
