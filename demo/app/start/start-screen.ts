/** The first screen: the vaults of this device on one side, the form to create or unlock on the other. */
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { sameAddress, type Vault, type VaultAddress } from "../vault.js";
import { knownVaults, rememberVault } from "./known-vaults.js";
import { ImportForm } from "../transfer/import-form.js";
import { VaultForm, type FormPurpose } from "./vault-form.js";
import { vaultList } from "./vault-list.js";

/** A vault that was open before, and what is to be said of it. */
export interface LockedVault {
  readonly vault: Vault;
  readonly words: string;
}

export class StartScreen {
  readonly element: HTMLElement;
  readonly #onOpen: (vault: Vault) => void;
  readonly #locked: Vault | undefined;
  readonly #vaults = h("div");
  readonly #form = h("section", { class: "start-form", attributes: { "aria-live": "off" } });
  readonly #notice = h("p", { class: "form-error", attributes: { role: "alert" } });

  /** The vault that was open before is asked for first. */
  constructor(locked: LockedVault | undefined, onOpen: (vault: Vault) => void) {
    this.#onOpen = onOpen;
    this.#locked = locked?.vault;
    this.element = h(
      "main",
      { class: "start" },
      h(
        "div",
        { class: "start-intro" },
        h("div", { class: "brand" }, icon("lock"), h("h1", {}, "cofferfs")),
        h(
          "p",
          {},
          "Files kept encrypted in this browser. Names, sizes and folders are sealed too; nothing is sent anywhere.",
        ),
        h(
          "p",
          {},
          h(
            "a",
            { testId: "speed-link", attributes: { href: "./speed.html" } },
            "How fast it is here",
          ),
        ),
      ),
      h("div", { class: "start-panels" }, this.#vaultsPanel(), this.#form),
    );
    this.#choose(this.#initialPurpose(locked?.vault.address));
    if (locked !== undefined) this.#sayAbove("note", "locked-words", locked.words);
  }

  focus(): void {
    this.#form.querySelector<HTMLInputElement>("input:not([hidden])")?.focus();
  }

  #initialPurpose(last: VaultAddress | undefined): FormPurpose {
    const known = knownVaults();
    const address =
      last === undefined ? known.at(0) : known.find((candidate) => sameAddress(candidate, last));
    return address === undefined ? { kind: "create" } : this.#unlocking(address);
  }

  #unlocking(address: VaultAddress): FormPurpose {
    const locked = this.#locked;
    if (locked === undefined || !sameAddress(locked.address, address))
      return { kind: "unlock", address };
    return { kind: "unlock", address, locked };
  }

  #vaultsPanel(): HTMLElement {
    return h(
      "section",
      { class: "start-vaults" },
      h("h2", {}, "Vaults on this device"),
      this.#vaults,
      this.#notice,
      h(
        "div",
        { class: "start-other" },
        button({
          label: "New vault",
          icon: "plus",
          testId: "vault-new",
          onClick: () => {
            this.#choose({ kind: "create" });
            this.focus();
          },
        }),
        button({
          label: "Import",
          icon: "import",
          testId: "vault-import",
          onClick: () => {
            this.#showImport();
          },
        }),
        button({
          label: "One not listed",
          kind: "quiet",
          testId: "vault-other",
          onClick: () => {
            this.#choose({ kind: "other" });
            this.focus();
          },
        }),
      ),
      h(
        "p",
        { class: "note" },
        "Only the names in this list are stored in clear (localStorage). Passwords are not stored.",
      ),
    );
  }

  #choose(purpose: FormPurpose): void {
    this.#showVaults(purpose.kind === "unlock" ? purpose.address : undefined);
    const form = new VaultForm(purpose, (vault) => {
      rememberVault(vault.address);
      this.#onOpen(vault);
    });
    this.#showForm(formTitle(purpose), form.element);
  }

  #showImport(): void {
    this.#showVaults(undefined);
    const form = new ImportForm((address) => {
      rememberVault(address);
      this.#choose(this.#unlocking(address));
      this.#form
        .querySelector("form")
        ?.before(
          h(
            "p",
            { class: "good", testId: "imported" },
            "Imported. It opens with the password that it had where it was exported.",
          ),
        );
      this.focus();
    });
    this.#showForm("Import a vault", form.element);
    this.focus();
  }

  #sayAbove(kind: "good" | "note", testId: string, words: string): void {
    this.#form.querySelector("form")?.before(h("p", { class: kind, testId }, words));
  }

  #showForm(title: string, form: HTMLElement): void {
    this.#form.replaceChildren(h("h2", { testId: "form-title" }, title), form);
  }

  #showVaults(chosen: VaultAddress | undefined): void {
    const known = knownVaults();
    this.#vaults.replaceChildren(
      known.length === 0
        ? h("p", { class: "empty" }, "None yet.")
        : vaultList(chosen, {
            choose: (address) => {
              this.#choose(this.#unlocking(address));
              this.focus();
            },
            removed: () => {
              this.#notice.textContent = "";
              this.#choose(this.#initialPurpose(undefined));
              this.focus();
            },
            failed: (text) => {
              this.#notice.textContent = text;
            },
          }),
    );
  }
}

function formTitle(purpose: FormPurpose): string {
  switch (purpose.kind) {
    case "create":
      return "New vault";
    case "other":
      return "Unlock a vault";
    case "unlock":
      return `Unlock “${purpose.address.name}”`;
  }
}
