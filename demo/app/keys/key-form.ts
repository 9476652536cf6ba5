/**
 * Key form: what every change of keys asks before it happens, that is for something that opens the vault now. It stays
 * open until the change is done or given up.
 */
import { isRepoError, type RepoCredential } from "cofferfs";
import { CredentialField, type CredentialKind } from "../credentials/credential-field.js";
import { UnlockProgress } from "../credentials/unlock-progress.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { Sheet } from "../shared/sheet.js";

export interface KeyFormOptions<T> {
  readonly title: string;
  readonly testId: string;
  /** For password managers, which file passwords under a name. */
  readonly vaultName: string;
  readonly words: string;
  /** What is asked beside the present credential. */
  readonly fields?: readonly HTMLElement[];
  /** What may prove that one may do this, and how that is put. */
  readonly current: { readonly label: string; readonly kinds: readonly CredentialKind[] };
  readonly action: { readonly label: string; readonly danger?: boolean };
  /** Undefined if something is missing, which was told; else what is to be done. */
  prepare(): ((current: RepoCredential, signal: AbortSignal) => Promise<T>) | undefined;
  /** Takes the secrets out of the fields. */
  clear?(): void;
}

/** The result of the change, or undefined if there was none. */
export async function openKeyForm<T>(options: KeyFormOptions<T>): Promise<T | undefined> {
  const { title, testId } = options;
  const sheet = new Sheet({ title, testId, size: "narrow" });
  const form = new KeyForm(sheet, options);
  await sheet.closed;
  return form.outcome;
}

class KeyForm<T> {
  /** Settles even if the form is closed amid the change, which goes on. */
  outcome: Promise<T | undefined> = Promise.resolve(undefined);
  readonly #sheet: Sheet;
  readonly #options: KeyFormOptions<T>;
  readonly #current: CredentialField;
  readonly #submit: HTMLButtonElement;
  readonly #form: HTMLFormElement;
  readonly #error = h("p", {
    class: "form-error",
    testId: "key-error",
    attributes: { role: "alert" },
  });

  constructor(sheet: Sheet, options: KeyFormOptions<T>) {
    const { words, vaultName, fields = [], current, action } = options;
    this.#sheet = sheet;
    this.#options = options;
    this.#current = new CredentialField({ ...current, testId: "current" });
    this.#submit = button({
      label: action.label,
      kind: action.danger === true ? "danger" : "primary",
      type: "submit",
      testId: "key-submit",
    });
    this.#form = h(
      "form",
      {
        class: "vault-form",
        attributes: { novalidate: true },
        on: {
          submit: (event) => {
            event.preventDefault();
            this.#start();
          },
        },
      },
      h("p", {}, words),
      h("input", {
        attributes: { type: "text", autocomplete: "username", value: vaultName, hidden: true },
      }),
      this.#current.element,
      ...fields,
      this.#error,
      this.#submit,
    );
    sheet.body.append(this.#form);
    this.#current.focus();
  }

  #start(): void {
    this.#error.textContent = "";
    const current = this.#current.read();
    if (current === undefined) return;
    const change = this.#options.prepare();
    if (change === undefined) return;
    this.outcome = this.#run((signal) => change(current, signal));
  }

  async #run(change: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    // Only the prompt for a passkey can be given up.
    const asksDevice = this.#current.kind === "passkey" || this.#options.testId === "passkey-form";
    const progress = new UnlockProgress(this.#current.waitingWords, asksDevice);
    const signal = AbortSignal.any([progress.signal, this.#sheet.signal]);
    this.#setBusy(true);
    this.#form.append(progress.element);
    try {
      const result = await change(signal);
      this.#current.clear();
      this.#options.clear?.();
      this.#sheet.close();
      return result;
    } catch (error) {
      this.#setBusy(false);
      if (!this.#current.showRefusal(error)) {
        this.#error.textContent = failureWords(error);
        this.#current.focus();
      }
      return undefined;
    } finally {
      progress.end();
    }
  }

  #setBusy(busy: boolean): void {
    this.#submit.hidden = busy;
    this.#current.setDisabled(busy);
    for (const input of this.#form.querySelectorAll("input")) input.disabled = busy;
  }
}

function failureWords(error: unknown): string {
  if (isAbort(error)) return "Cancelled. Nothing was changed.";
  return isRepoError(error, "EEXIST") ? "This opens the vault already." : explain(error);
}
