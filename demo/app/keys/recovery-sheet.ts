/**
 * A new recovery key, shown this once. It counts only when its last group was typed; a sheet that is closed before
 * takes it back.
 */
import type { RecoveryKey } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { tell } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { field } from "../shared/fields.js";
import { formatDate } from "../shared/format.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";

/** Returns what was done, in words. */
export async function showRecoveryKey(
  vault: Vault,
  { id, recoveryKey }: RecoveryKey,
): Promise<string | undefined> {
  const confirmed = await RecoverySheet.open(vault, recoveryKey);
  if (confirmed) return "A recovery key is added";
  try {
    // It proves itself that it may go.
    await vault.repo.keys.remove(id, { current: { recoveryKey } });
    const reason = "It was not confirmed, so that it is taken back: it opens nothing.";
    await tell("No recovery key was added", [h("p", {}, reason)], "recovery-withdrawn");
  } catch (error) {
    await tell("The recovery key is still there", [h("p", {}, explain(error))], "error-dialog");
  }
  return "The recovery key was taken back";
}

class RecoverySheet {
  readonly #vault: Vault;
  readonly #groups: readonly string[];
  readonly #sheet = new Sheet({
    title: "The recovery key",
    testId: "recovery-sheet",
    size: "narrow",
  });
  readonly #typed = h("input", {
    class: "input recovery-input",
    testId: "recovery-typed",
    attributes: {
      type: "text",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
    },
  });
  readonly #error = h("p", {
    class: "field-error",
    testId: "recovery-error",
    attributes: { role: "alert" },
  });
  #isConfirmed = false;

  /** Whether it was confirmed. */
  static async open(vault: Vault, recoveryKey: string): Promise<boolean> {
    const shown = new RecoverySheet(vault, recoveryKey);
    await shown.#sheet.closed;
    return shown.#isConfirmed;
  }

  private constructor(vault: Vault, recoveryKey: string) {
    this.#vault = vault;
    this.#groups = recoveryKey.split("-");
    this.#sheet.element.classList.add("sheet-recovery");
    this.#sheet.body.append(
      h(
        "p",
        { class: "lead no-print" },
        "It is shown now and never again. Write it down or print it, and keep the paper away from this device.",
      ),
      this.#card(),
      this.#tools(recoveryKey),
      this.#confirmation(),
    );
    this.#typed.focus();
  }

  #card(): HTMLElement {
    return h(
      "div",
      { class: "recovery-card" },
      h("p", { class: "only-print" }, `cofferfs: vault “${this.#vault.address.name}”`),
      h("p", { class: "only-print" }, `Recovery key of ${formatDate(Date.now())}`),
      h(
        "ol",
        { class: "recovery-key", testId: "recovery-key", attributes: { tabindex: 0 } },
        ...this.#groups.map((group) => h("li", {}, group)),
      ),
    );
  }

  #tools(recoveryKey: string): HTMLElement {
    return h(
      "div",
      { class: "preview-tools no-print" },
      button({
        label: "Copy",
        icon: "copy",
        testId: "recovery-copy",
        onClick: () => void this.#copy(recoveryKey),
      }),
      button({
        label: "Print",
        icon: "print",
        testId: "recovery-print",
        onClick: () => {
          window.print();
        },
      }),
    );
  }

  #confirmation(): HTMLElement {
    return h(
      "form",
      {
        class: "vault-form no-print",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.#confirm();
          },
        },
      },
      field(
        "Type its last group, from your copy",
        this.#typed,
        "Closing this without it takes the key back.",
      ),
      this.#error,
      button({
        label: "I have it",
        kind: "primary",
        type: "submit",
        testId: "recovery-confirm",
      }),
    );
  }

  async #copy(recoveryKey: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(recoveryKey);
      announce("Copied. Clear the clipboard when you have pasted it.");
    } catch {
      this.#error.textContent = "The browser does not let this page use the clipboard.";
    }
  }

  #confirm(): void {
    if (readable(this.#typed.value) === readable(this.#groups.at(-1) ?? "")) {
      this.#isConfirmed = true;
      this.#sheet.close();
      return;
    }
    this.#error.textContent = "This is not the last group. Compare it with your copy.";
    this.#typed.setAttribute("aria-invalid", "true");
    this.#typed.focus();
    this.#typed.select();
  }
}

/** What is alike on paper is alike here, as it is when the whole key is typed. */
function readable(group: string): string {
  return group.replaceAll(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}
