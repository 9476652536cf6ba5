/** A password input with a button that shows what was typed, and, for a new password, the hint. */
import { button } from "../shared/button.js";
import { h, setAttribute, uniqueId } from "../shared/dom.js";
import { passwordHint } from "./password-hint.js";

export interface PasswordFieldOptions {
  readonly label: string;
  readonly testId: string;
  /** A new password gets a hint, and the browser may offer to make one up. */
  readonly isNew: boolean;
  readonly withHint?: boolean;
}

export class PasswordField {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #error: HTMLElement;
  readonly #show: HTMLButtonElement;

  constructor(options: PasswordFieldOptions) {
    const errorId = uniqueId("password-error");
    const hintId = uniqueId("password-hint");
    const withHint = options.withHint === true;
    this.#input = h("input", {
      class: "input",
      id: uniqueId("password"),
      testId: options.testId,
      attributes: {
        type: "password",
        required: true,
        spellcheck: "false",
        autocapitalize: "off",
        autocomplete: options.isNew ? "new-password" : "current-password",
        "aria-describedby": withHint ? `${hintId} ${errorId}` : errorId,
      },
    });
    this.#show = button({
      label: "Show password",
      icon: "eye",
      kind: "quiet",
      iconOnly: true,
      testId: `${options.testId}-show`,
      onClick: () => {
        this.setShown(this.#input.type === "password");
      },
    });
    this.#show.setAttribute("aria-pressed", "false");
    this.#error = h("p", {
      id: errorId,
      class: "field-error",
      testId: `${options.testId}-error`,
      attributes: { role: "alert" },
    });
    this.element = h(
      "div",
      { class: "field" },
      h("label", { attributes: { for: this.#input.id } }, options.label),
      h("div", { class: "input-with-button" }, this.#input, this.#show),
      withHint ? this.#hint(hintId) : undefined,
      this.#error,
    );
  }

  get value(): string {
    return this.#input.value;
  }

  onInput(listener: () => void): void {
    this.#input.addEventListener("input", listener);
  }

  setShown(shown: boolean): void {
    this.#input.type = shown ? "text" : "password";
    this.#show.setAttribute("aria-pressed", String(shown));
  }

  setError(text: string | undefined): void {
    this.#error.textContent = text ?? "";
    setAttribute(this.#input, "aria-invalid", text !== undefined && "true");
  }

  setDisabled(disabled: boolean): void {
    this.#input.disabled = disabled;
    this.#show.disabled = disabled;
  }

  clear(): void {
    this.#input.value = "";
    this.setShown(false);
    this.#input.dispatchEvent(new Event("input"));
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  #hint(id: string): HTMLElement {
    const meter = h("meter", {
      class: "strength",
      attributes: {
        min: 0,
        max: 4,
        low: 2.5,
        high: 3.5,
        optimum: 4,
        value: 0,
        "aria-hidden": "true",
      },
    });
    const words = h("span", { testId: "password-strength" });
    const update = (): void => {
      const hint = passwordHint(this.#input.value);
      meter.value = hint.level;
      words.textContent = hint.words;
    };
    this.#input.addEventListener("input", update);
    update();
    return h(
      "div",
      { class: "hint", id, attributes: { "aria-live": "polite" } },
      meter,
      words,
      h(
        "small",
        {},
        "A rough guess from its length and a few hundred common words, made in this page.",
      ),
    );
  }
}
