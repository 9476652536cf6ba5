/** A vault of this name is there already: keep both, replace it, or think again. */
import { confirm, openDialog } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { vaultExists, type VaultAddress } from "../vault.js";

export interface SettledClash {
  readonly address: VaultAddress;
  readonly overwrite: boolean;
}

/** Undefined if another name is to be chosen. */
export async function settleNameClash(address: VaultAddress): Promise<SettledClash | undefined> {
  const free = await freeAddress(address);
  const { name } = address;
  const choice = await openDialog<"other" | "replace" | "both">({
    title: `There is already a vault “${name}”`,
    body: [
      h(
        "p",
        {},
        `Both can be kept, the imported one as “${free.name}”. Or the one that is there is deleted, with all files in it, and the imported one takes its place.`,
      ),
    ],
    dismissed: "other",
    testId: "clash-dialog",
    actions: [
      { label: "Choose a name", testId: "clash-other", answer: () => "other" },
      { label: "Replace", kind: "danger", testId: "clash-replace", answer: () => "replace" },
      { label: "Keep both", kind: "primary", testId: "clash-both", answer: () => "both" },
    ],
  });
  if (choice === "both") return { address: free, overwrite: false };
  if (choice === "other" || !(await confirmReplacing(name))) return undefined;
  return { address, overwrite: true };
}

function confirmReplacing(name: string): Promise<boolean> {
  return confirm({
    title: `Replace “${name}”?`,
    text: "The vault that is there is deleted as soon as the import begins, with all files in it. This cannot be undone, with or without the password.",
    action: "Replace for good",
    danger: true,
    typed: { label: `Type “${name}” to confirm`, text: name },
    testId: "replace-vault-dialog",
  });
}

async function freeAddress(address: VaultAddress): Promise<VaultAddress> {
  for (let count = 2; ; count += 1) {
    const candidate = { ...address, name: `${address.name} (${count})` };
    if (!(await vaultExists(candidate))) return candidate;
  }
}
