/**
 * CredentialField: asks for what opens a vault: its password, or a recovery key or a passkey instead. It keeps nothing:
 * whoever has read it clears it.
 */
import { isRepoError, type RepoCredential } from "cofferfs";
import { h, setAttribute } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { field } from "../shared/fields.js";
import { PasswordField } from "./password-field.js";

export type CredentialKind = "password" | "recoveryKey" | "passkey";

export interface CredentialFieldOptions {
  readonly label: string;
  readonly testId: string;
  /** The first is asked for unless another is chosen. */
  readonly kinds: readonly CredentialKind[];
}

const OTHER_WAYS: Readonly<Record<CredentialKind, string>> = {
  password: "a password",
  recoveryKey: "a recovery key",
  passkey: "a passkey",
};
/** What waiting is called. */
const WAITING: Readonly<Record<CredentialKind, string>> = {
  password: "Deriving the key from the password",
  recoveryKey: "Trying the recovery key",
  passkey: "Waiting for the passkey",
};

export class CredentialField {
  readonly element: HTMLElement;
  readonly #options: CredentialFieldOptions;
  readonly #password: PasswordField;
  readonly #recovery: HTMLInputElement;
  readonly #error: HTMLElement;
  #kind: CredentialKind;

  constructor(options: CredentialFieldOptions) {
    const { label, testId, kinds } = options;
    this.#options = options;
    this.#kind = kinds[0] ?? "password";
    this.#password = new PasswordField({ label, testId, isNew: false });
    this.#recovery = h("input", {
      class: "input recovery-input",
      testId: `${testId}-recovery`,
      attributes: {
        type: "text",
        autocomplete: "off",
        autocapitalize: "characters",
        spellcheck: "false",
      },
    });
    this.#error = h("p", {
      class: "field-error",
      testId: `${testId}-error`,
      attributes: { role: "alert" },
    });
    this.element = h("div", { class: "credential" });
    this.#show();
  }

  get kind(): CredentialKind {
    return this.#kind;
  }

  /** What is to be said while it is tried. */
  get waitingWords(): string {
    return WAITING[this.#kind];
  }

  /** Undefined if something is missing, which is then told. */
  read(): RepoCredential | undefined {
    this.#setError(undefined);
    switch (this.#kind) {
      case "password":
        if (this.#password.value !== "") return { password: this.#password.value };
        this.#refuse("Type the password.");
        return undefined;
      case "recoveryKey":
        if (this.#recovery.value.trim() !== "") return { recoveryKey: this.#recovery.value };
        this.#refuse("Type the recovery key.");
        return undefined;
      case "passkey":
        return { passkey: true };
    }
  }

  /** Whether the error is about the credential; it is told then. */
  showRefusal(error: unknown): boolean {
    if (isRepoError(error, "UNLOCK_FAILED")) this.#refuse(this.#unlockWords(error));
    else if (isRepoError(error, "PASSKEY_CANCELLED") || isRepoError(error, "PASSKEY_UNSUPPORTED"))
      this.#refuse(explain(error));
    else return false;
    return true;
  }

  clear(): void {
    this.#password.clear();
    this.#recovery.value = "";
    this.#setError(undefined);
  }

  setDisabled(disabled: boolean): void {
    this.#password.setDisabled(disabled);
    this.#recovery.disabled = disabled;
    for (const other of this.element.querySelectorAll<HTMLButtonElement>(".link-button"))
      other.disabled = disabled;
  }

  focus(): void {
    if (this.#kind === "password") this.#password.focus();
    else if (this.#kind === "recoveryKey") this.#recovery.focus();
    // Nothing is to be typed: what is left is to go on.
    else this.element.closest("form")?.querySelector<HTMLElement>("[type=submit]")?.focus();
  }

  #show(): void {
    const others = this.#options.kinds.filter((kind) => kind !== this.#kind);
    this.#setError(undefined);
    this.element.replaceChildren(this.#main(), ...(others.length > 0 ? [this.#ways(others)] : []));
  }

  #main(): HTMLElement {
    switch (this.#kind) {
      case "password":
        return this.#password.element;
      case "recoveryKey":
        return h(
          "div",
          { class: "field" },
          field("Recovery key", this.#recovery, "Small letters, spaces and hyphens do not matter."),
          this.#error,
        );
      case "passkey":
        return h(
          "div",
          { class: "field" },
          h("p", {}, "The browser asks for the passkey as soon as you go on."),
          this.#error,
        );
    }
  }

  #ways(kinds: readonly CredentialKind[]): HTMLElement {
    const ways = kinds.map((kind) =>
      h(
        "button",
        {
          class: "link-button",
          testId: `${this.#options.testId}-by-${kind}`,
          attributes: { type: "button" },
          on: {
            click: () => {
              this.clear();
              this.#kind = kind;
              this.#show();
              this.focus();
            },
          },
        },
        OTHER_WAYS[kind],
      ),
    );
    const [first, ...rest] = ways;
    return h(
      "p",
      { class: "note" },
      "Instead with ",
      first,
      ...rest.flatMap((way) => [" or ", way]),
    );
  }

  #unlockWords(error: unknown): string {
    if (this.#kind === "recoveryKey")
      return "This recovery key does not open the vault. Compare it with your copy, group by group.";
    if (this.#kind === "passkey") return "The vault has no passkey.";
    return explain(error);
  }

  #refuse(text: string): void {
    this.#setError(text);
    this.focus();
  }

  #setError(text: string | undefined): void {
    this.#password.setError(this.#kind === "password" ? text : undefined);
    this.#error.textContent = text ?? "";
    setAttribute(this.#recovery, "aria-invalid", text !== undefined && "true");
  }
}
