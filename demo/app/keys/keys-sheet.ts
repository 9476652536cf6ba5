/**
 * Keys of the vault: the list of what opens it, without anything secret, and how that is changed. Every change asks
 * again for something that opens the vault, since an open vault may be an unattended one.
 */
import type { KeyInfo } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { icon, type IconName } from "../shared/icons.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";
import {
  addPasskey,
  addPassword,
  addRecoveryKey,
  changePassword,
  removeKey,
} from "./key-changes.js";
import { keyIcon, keyNote, keyTitle } from "./key-words.js";

const MAX_KEYS = 8;

/** Resolves when it is closed. */
export async function openKeys(vault: Vault): Promise<void> {
  const sheet = new KeysSheet(vault);
  await sheet.show();
  await sheet.closed;
}

class KeysSheet {
  readonly #vault: Vault;
  readonly #sheet = new Sheet({ title: "Keys", testId: "keys", size: "narrow" });
  readonly #list = h("ul", { class: "entries", testId: "key-list" });
  readonly #full = h("p", { class: "note", testId: "keys-full" });
  readonly #error = h("p", { class: "form-error", attributes: { role: "alert" } });
  readonly #change: HTMLButtonElement;
  readonly #additions: readonly HTMLButtonElement[];

  constructor(vault: Vault) {
    this.#vault = vault;
    this.#change = this.#action("Change password", "key", "change-password", changePassword);
    this.#additions = [
      this.#action("Add recovery key", "paper", "add-recovery-key", addRecoveryKey),
      this.#action("Add passkey", "finger", "add-passkey", addPasskey),
      this.#action("Add password", "plus", "add-password", addPassword),
    ];
    this.#sheet.body.append(
      h(
        "p",
        { class: "lead" },
        "Each of these opens the whole vault by itself. None of them is stored: what is stored is the vault's own key, sealed once under each.",
      ),
      this.#list,
      h("div", { class: "preview-tools" }, this.#change, ...this.#additions),
      this.#full,
      this.#error,
    );
  }

  get closed(): Promise<void> {
    return this.#sheet.closed;
  }

  async show(): Promise<void> {
    try {
      const keys = await this.#vault.repo.keys.list();
      this.#list.replaceChildren(...keys.map((key) => this.#row(key, keys.length === 1)));
      this.#change.disabled = keys.every(({ type }) => type !== "password");
      for (const addition of this.#additions) addition.disabled = keys.length >= MAX_KEYS;
      this.#full.textContent =
        keys.length >= MAX_KEYS ? "All eight places are taken: remove one to add another." : "";
    } catch (error) {
      if (!this.#sheet.signal.aborted) this.#error.textContent = explain(error);
    }
  }

  #row(key: KeyInfo, isLast: boolean): HTMLElement {
    const title = keyTitle(key);
    const remove = button({
      label: "Remove",
      icon: "trash",
      kind: "quiet",
      testId: "key-remove",
      onClick: () => void this.#run((vault) => removeKey(vault, key)),
    });
    remove.setAttribute("aria-label", `Remove ${title} ${key.id}`);
    remove.disabled = isLast;
    if (isLast) remove.title = "The last one cannot be removed.";
    const row = h(
      "li",
      { class: "entry", testId: "key" },
      icon(keyIcon(key)),
      h(
        "span",
        { class: "entry-words" },
        h("b", {}, title),
        h("span", { class: "entry-note" }, keyNote(key)),
      ),
      h("span", { class: "entry-actions" }, remove),
    );
    row.dataset["type"] = key.type;
    return row;
  }

  #action(
    label: string,
    iconName: IconName,
    testId: string,
    change: (vault: Vault) => Promise<string | undefined>,
  ): HTMLButtonElement {
    return button({ label, icon: iconName, testId, onClick: () => void this.#run(change) });
  }

  /** `change` returns what was done, in words; nothing if it was not. */
  async #run(change: (vault: Vault) => Promise<string | undefined>): Promise<void> {
    const opener = document.activeElement;
    const done = await change(this.#vault);
    if (this.#sheet.signal.aborted) return;
    if (done !== undefined) {
      await this.show();
      announce(done);
    }
    // A row that is gone, or a button that is of no use any more, has let go of the focus.
    if (document.activeElement === document.body && !focusOn(opener)) focusOn(this.#change);
    if (document.activeElement === document.body)
      this.#list.querySelector<HTMLElement>("button:enabled")?.focus();
  }
}

/** Whether it took the focus. */
function focusOn(element: Element | null): boolean {
  if (!(element instanceof HTMLElement) || !element.isConnected) return false;
  element.focus();
  return document.activeElement === element;
}
