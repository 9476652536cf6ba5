/** Where the browser is to keep a vault. */
import { select } from "../shared/fields.js";
import type { Storage } from "../vault.js";
import { isStorage } from "./known-vaults.js";

export function storageSelect(): HTMLSelectElement {
  return select("vault-storage", [
    ["local", "Automatic: OPFS where it works, else IndexedDB"],
    ["opfs", "OPFS"],
    ["idb", "IndexedDB"],
  ]);
}

export function chosenStorage({ value }: HTMLSelectElement): Storage {
  return isStorage(value) ? value : "local";
}
