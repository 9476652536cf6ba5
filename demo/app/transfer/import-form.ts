/**
 * The form that brings a vault in from the file of an export. No password is needed for that; it is asked for when the
 * vault is opened, as ever.
 */
import { isRepoError } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { field } from "../shared/fields.js";
import { splitExtension } from "../shared/paths.js";
import { chosenStorage, storageSelect } from "../start/storage-select.js";
import { importVault, type VaultAddress } from "../vault.js";
import { settleNameClash } from "./name-clash.js";
import { TransferView } from "./transfer-view.js";

export class ImportForm {
  readonly element: HTMLFormElement;
  readonly #file: HTMLInputElement;
  readonly #name: HTMLInputElement;
  readonly #storage = storageSelect();
  readonly #submit: HTMLButtonElement;
  readonly #error: HTMLElement;
  readonly #onImported: (address: VaultAddress) => void;

  constructor(onImported: (address: VaultAddress) => void) {
    this.#onImported = onImported;
    this.#file = h("input", {
      class: "input",
      testId: "import-file",
      attributes: { type: "file" },
      on: {
        change: () => {
          this.#proposeName();
        },
      },
    });
    this.#name = h("input", {
      class: "input",
      testId: "import-name",
      attributes: { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 60 },
    });
    this.#submit = button({
      label: "Import vault",
      icon: "import",
      kind: "primary",
      type: "submit",
      testId: "import-submit",
    });
    this.#error = h("p", {
      class: "form-error",
      testId: "import-error",
      attributes: { role: "alert" },
    });
    this.element = h(
      "form",
      {
        class: "vault-form",
        testId: "import-form",
        attributes: { novalidate: true },
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.#run();
          },
        },
      },
      field("File of an export", this.#file, "As “Export” or the command line has made it."),
      field("Name of the vault here", this.#name),
      field("Where the browser keeps it", this.#storage),
      this.#error,
      this.#submit,
    );
  }

  #proposeName(): void {
    const [file] = this.#file.files ?? [];
    if (file !== undefined && this.#name.value === "")
      this.#name.value = splitExtension(file.name)[0];
  }

  async #run(): Promise<void> {
    this.#error.textContent = "";
    const [file] = this.#file.files ?? [];
    const name = this.#name.value.trim();
    if (file === undefined) this.#refuse("Choose the file of an export.", this.#file);
    else if (name === "") this.#refuse("Give the vault a name.", this.#name);
    else await this.#import(file, { name, storage: chosenStorage(this.#storage) }, false);
  }

  #refuse(reason: string, control: HTMLInputElement): void {
    this.#error.textContent = reason;
    control.focus();
  }

  async #import(file: File, address: VaultAddress, overwrite: boolean): Promise<void> {
    try {
      await this.#transfer(file, address, overwrite);
    } catch (error) {
      if (isRepoError(error, "REPO_EXISTS")) await this.#settle(file, address);
      else if (isAbort(error)) this.#refuse("Cancelled. Nothing was imported.", this.#name);
      else this.#refuse(explain(error), this.#name);
      return;
    }
    announce(`Vault ${address.name} imported`);
    this.#onImported(address);
  }

  async #settle(file: File, address: VaultAddress): Promise<void> {
    const settled = await settleNameClash(address);
    if (settled !== undefined) {
      this.#name.value = settled.address.name;
      await this.#import(file, settled.address, settled.overwrite);
      return;
    }
    this.#name.focus();
    this.#name.select();
  }

  async #transfer(file: File, address: VaultAddress, overwrite: boolean): Promise<void> {
    const view = new TransferView("Import");
    this.#setBusy(true);
    this.element.append(view.element);
    view.focus();
    try {
      await importVault(address, file.stream(), {
        overwrite,
        signal: view.signal,
        onProgress: (progress) => {
          view.show(progress, file.size);
        },
      });
    } finally {
      view.element.remove();
      this.#setBusy(false);
    }
  }

  #setBusy(busy: boolean): void {
    this.#submit.hidden = busy;
    for (const control of [this.#file, this.#name, this.#storage]) control.disabled = busy;
  }
}
