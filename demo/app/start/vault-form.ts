/** The form that creates a vault or unlocks one. It hands over an open vault and forgets the password. */
import { isRepoError } from "cofferfs";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { field, select } from "../shared/fields.js";
import { createVault, unlockVault } from "../vault.js";
import type { KdfPreset, NewVaultOptions, Vault, VaultAddress } from "../vault.js";
import { PasswordField } from "./password-field.js";
import { chosenStorage, storageSelect } from "./storage-select.js";
import { UnlockProgress } from "./unlock-progress.js";

/** `unlock` knows the vault, `other` asks which. */
export type FormPurpose =
  | { readonly kind: "create" }
  | { readonly kind: "other" }
  | { readonly kind: "unlock"; readonly address: VaultAddress };

const COST_LABELS: Readonly<Record<KdfPreset, string>> = {
  interactive: "Quick: 64 MiB of memory per guess",
  moderate: "Careful: 256 MiB per guess",
  sensitive: "Slow: 1 GiB per guess, takes seconds",
};

const DEFAULT_VERSIONS = 10;
const MAX_VERSIONS = 255;

export class VaultForm {
  readonly element: HTMLFormElement;
  readonly #purpose: FormPurpose;
  readonly #name: HTMLInputElement;
  readonly #storage: HTMLSelectElement;
  readonly #cost: HTMLSelectElement;
  readonly #cipher: HTMLSelectElement;
  readonly #versions: HTMLInputElement;
  readonly #password: PasswordField;
  readonly #repeat: PasswordField;
  readonly #submit: HTMLButtonElement;
  readonly #error: HTMLElement;
  readonly #onOpen: (vault: Vault) => void;

  constructor(purpose: FormPurpose, onOpen: (vault: Vault) => void) {
    const creates = purpose.kind === "create";
    this.#purpose = purpose;
    this.#onOpen = onOpen;
    this.#name = nameInput(
      purpose.kind === "unlock" ? purpose.address.name : "",
      purpose.kind === "unlock",
    );
    this.#storage = storageSelect();
    this.#cost = select("vault-kdf", Object.entries(COST_LABELS));
    this.#cipher = select("vault-cipher", [
      ["aes-256-gcm", "AES-256-GCM"],
      ["xchacha20-poly1305", "XChaCha20-Poly1305"],
    ]);
    this.#versions = h("input", {
      class: "input",
      testId: "vault-versions",
      attributes: { type: "number", min: 1, max: MAX_VERSIONS, value: DEFAULT_VERSIONS },
    });
    this.#password = new PasswordField({
      label: "Password",
      testId: "password",
      isNew: creates,
      withHint: creates,
    });
    this.#repeat = new PasswordField({
      label: "Repeat it",
      testId: "password-repeat",
      isNew: true,
    });
    this.#submit = button({
      label: creates ? "Create vault" : "Unlock",
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
    if (this.#name.readOnly) this.#password.focus();
    else this.#name.focus();
  }

  #fields(): (Node | undefined)[] {
    const name = field("Name of the vault", this.#name);
    const storage = field("Where the browser keeps it", this.#storage);
    switch (this.#purpose.kind) {
      case "create":
        return [
          name,
          this.#password.element,
          this.#repeat.element,
          h(
            "p",
            { class: "note" },
            "Nobody can reset the password. If it is lost, so are the files.",
          ),
          h(
            "details",
            { class: "options" },
            h("summary", { testId: "vault-options" }, "Options"),
            field(
              "Versions to keep of each file",
              this.#versions,
              "Whenever a file is changed, what it was before can still be seen and restored, until this many newer ones have replaced it.",
            ),
            storage,
            field("Cost of a guess at the password", this.#cost),
            field("Cipher", this.#cipher),
          ),
        ];
      case "other":
        return [name, storage, this.#password.element];
      case "unlock":
        // Not shown, but there for password managers, which file passwords under a name.
        this.#name.hidden = true;
        return [this.#name, this.#password.element];
    }
  }

  async #run(): Promise<void> {
    this.#password.setError(undefined);
    this.#repeat.setError(undefined);
    this.#error.textContent = "";
    if (!this.#isComplete()) return;
    const creates = this.#purpose.kind === "create";
    const progress = new UnlockProgress(
      creates
        ? "Deriving a key from the password and creating the vault"
        : "Deriving the key from the password",
    );
    this.#setBusy(true);
    this.element.append(progress.element);
    try {
      const vault = await this.#open(progress.signal);
      this.#password.clear();
      this.#repeat.clear();
      this.#onOpen(vault);
    } catch (error) {
      this.#setBusy(false);
      this.#showError(error);
    } finally {
      progress.end();
    }
  }

  #isComplete(): boolean {
    if (this.#name.value.trim() === "") {
      this.#error.textContent = "Give the vault a name.";
      this.#name.focus();
      return false;
    }
    if (this.#password.value === "") {
      this.#password.setError("Type the password.");
      this.#password.focus();
      return false;
    }
    if (!this.#versions.validity.valid || this.#versions.value === "") {
      this.#error.textContent = `The number of versions is one from 1 to ${MAX_VERSIONS}.`;
      this.#versions.closest("details")?.setAttribute("open", "");
      this.#versions.focus();
      return false;
    }
    if (this.#purpose.kind === "create" && this.#password.value !== this.#repeat.value) {
      this.#repeat.setError("The two passwords differ.");
      this.#repeat.focus();
      return false;
    }
    return true;
  }

  #open(signal: AbortSignal): Promise<Vault> {
    const password = this.#password.value;
    const address = this.#address();
    if (this.#purpose.kind !== "create") return unlockVault(address, password, signal);
    return createVault(address, password, this.#newVaultOptions(), signal);
  }

  #address(): VaultAddress {
    if (this.#purpose.kind === "unlock") return this.#purpose.address;
    return { name: this.#name.value.trim(), storage: chosenStorage(this.#storage) };
  }

  #newVaultOptions(): NewVaultOptions {
    const kdf = this.#cost.value;
    return {
      kdf: kdf === "moderate" || kdf === "sensitive" ? kdf : "interactive",
      cipher: this.#cipher.value === "xchacha20-poly1305" ? "xchacha20-poly1305" : "aes-256-gcm",
      versionLimit: this.#versions.valueAsNumber,
    };
  }

  #showError(error: unknown): void {
    if (isAbort(error)) this.#error.textContent = "Cancelled. Nothing was changed.";
    else if (isRepoError(error, "UNLOCK_FAILED")) this.#password.setError(explain(error));
    else this.#error.textContent = explain(error);
    this.#password.focus();
  }

  #setBusy(busy: boolean): void {
    this.#submit.hidden = busy;
    for (const control of [this.#name, this.#storage, this.#cost, this.#cipher, this.#versions])
      control.disabled = busy;
    this.#password.setDisabled(busy);
    this.#repeat.setDisabled(busy);
  }
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
