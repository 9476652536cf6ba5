/** The form that creates a vault or unlocks one. It hands over an open vault and forgets the password. */
import { autoLockSelect } from "../auto-lock.js";
import { CredentialField } from "../credentials/credential-field.js";
import { NewPassword } from "../credentials/new-password.js";
import { UnlockProgress } from "../credentials/unlock-progress.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { field } from "../shared/fields.js";
import { createVault, reopenVault, unlockVault, type Vault, type VaultAddress } from "../vault.js";
import { NewVaultFields } from "./new-vault-options.js";
import { chosenStorage, storageSelect } from "./storage-select.js";

/** `unlock` knows the vault, which may be one that was open before; `other` asks which. */
export type FormPurpose =
  | { readonly kind: "create" }
  | { readonly kind: "other" }
  | { readonly kind: "unlock"; readonly address: VaultAddress; readonly locked?: Vault };

/** Tries to open; undefined if something is missing, which was told. */
type Attempt = ((signal: AbortSignal) => Promise<Vault>) | undefined;

export class VaultForm {
  readonly element: HTMLFormElement;
  readonly #purpose: FormPurpose;
  readonly #name: HTMLInputElement;
  readonly #storage = storageSelect();
  readonly #autoLock = autoLockSelect();
  readonly #options = new NewVaultFields();
  readonly #newPassword = new NewPassword("Password", "password");
  readonly #credential = new CredentialField({
    label: "Password",
    testId: "password",
    kinds: ["password", "recoveryKey", "passkey"],
  });
  readonly #submit: HTMLButtonElement;
  readonly #error: HTMLElement;
  readonly #onOpen: (vault: Vault) => void;

  constructor(purpose: FormPurpose, onOpen: (vault: Vault) => void) {
    this.#purpose = purpose;
    this.#onOpen = onOpen;
    this.#name = nameInput(
      purpose.kind === "unlock" ? purpose.address.name : "",
      purpose.kind === "unlock",
    );
    this.#submit = button({
      label: purpose.kind === "create" ? "Create vault" : "Unlock",
      kind: "primary",
      type: "submit",
      testId: "vault-submit",
    });
    this.#error = h("p", {
      class: "form-error",
      testId: "vault-error",
      attributes: { role: "alert" },
    });
    this.element = h(
      "form",
      {
        class: "vault-form",
        testId: "vault-form",
        attributes: { novalidate: true },
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.#run();
          },
        },
      },
      ...this.#fields(),
      this.#error,
      this.#submit,
    );
  }

  focus(): void {
    if (this.#name.readOnly) this.#credential.focus();
    else this.#name.focus();
  }

  #fields(): readonly Node[] {
    const name = field("Name of the vault", this.#name);
    const storage = field("Where the browser keeps it", this.#storage);
    const autoLock = field("Lock by itself", this.#autoLock);
    switch (this.#purpose.kind) {
      case "create":
        return [
          name,
          ...this.#newPassword.elements,
          h(
            "p",
            { class: "note" },
            "Nobody can reset the password. If it is lost, so are the files, unless “Keys” was used to add a recovery key or a passkey.",
          ),
          options(storage, ...this.#options.elements, autoLock),
        ];
      case "other":
        return [name, storage, this.#credential.element, options(autoLock)];
      case "unlock":
        // Not shown, but there for password managers, which file passwords under a name.
        this.#name.hidden = true;
        return [this.#name, this.#credential.element, options(autoLock)];
    }
  }

  async #run(): Promise<void> {
    this.#error.textContent = "";
    const attempt = this.#attempt();
    if (attempt === undefined) return;
    const progress = new UnlockProgress(
      this.#purpose.kind === "create"
        ? "Deriving a key from the password and creating the vault"
        : this.#credential.waitingWords,
    );
    this.#setBusy(true);
    this.element.append(progress.element);
    try {
      const vault = await attempt(progress.signal);
      this.#newPassword.clear();
      this.#credential.clear();
      this.#onOpen(vault);
    } catch (error) {
      this.#setBusy(false);
      this.#showError(error);
    } finally {
      progress.end();
    }
  }

  #attempt(): Attempt {
    const address = this.#address();
    if (address.name === "") {
      this.#error.textContent = "Give the vault a name.";
      this.#name.focus();
      return undefined;
    }
    return this.#purpose.kind === "create" ? this.#creation(address) : this.#unlocking(address);
  }

  #creation(address: VaultAddress): Attempt {
    const password = this.#newPassword.read();
    if (password === undefined) return undefined;
    const problem = this.#options.problem();
    this.#error.textContent = problem ?? "";
    if (problem !== undefined) return undefined;
    return (signal) => createVault(address, password, this.#options.read(), signal);
  }

  #unlocking(address: VaultAddress): Attempt {
    const credential = this.#credential.read();
    if (credential === undefined) return undefined;
    const locked = this.#purpose.kind === "unlock" ? this.#purpose.locked : undefined;
    return (signal) =>
      locked === undefined
        ? unlockVault(address, credential, signal)
        : reopenVault(locked, credential, signal);
  }

  #address(): VaultAddress {
    if (this.#purpose.kind === "unlock") return this.#purpose.address;
    return { name: this.#name.value.trim(), storage: chosenStorage(this.#storage) };
  }

  #showError(error: unknown): void {
    if (this.#credential.showRefusal(error)) return;
    this.#error.textContent = isAbort(error) ? "Cancelled. Nothing was changed." : explain(error);
    if (this.#purpose.kind === "create") this.#newPassword.focus();
    else this.#credential.focus();
  }

  #setBusy(busy: boolean): void {
    this.#submit.hidden = busy;
    for (const control of [this.#name, this.#storage, this.#autoLock]) control.disabled = busy;
    this.#options.setDisabled(busy);
    this.#newPassword.setDisabled(busy);
    this.#credential.setDisabled(busy);
  }
}

function options(...fields: readonly HTMLElement[]): HTMLElement {
  const summary = h("summary", { testId: "vault-options" }, "Options");
  return h("details", { class: "options" }, summary, ...fields);
}

function nameInput(value: string, fixed: boolean): HTMLInputElement {
  return h("input", {
    class: "input",
    testId: "vault-name",
    attributes: {
      type: "text",
      name: "username",
      autocomplete: "username",
      spellcheck: "false",
      maxlength: 60,
      value,
      readonly: fixed,
    },
  });
}
