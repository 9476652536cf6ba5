/** A password that is being made up: typed twice, with a hint at how good it is. */
import { PasswordField } from "./password-field.js";

export class NewPassword {
  readonly elements: readonly HTMLElement[];
  readonly #first: PasswordField;
  readonly #repeat: PasswordField;

  constructor(label: string, testId: string) {
    this.#first = new PasswordField({ label, testId, isNew: true, withHint: true });
    this.#repeat = new PasswordField({
      label: "Repeat it",
      testId: `${testId}-repeat`,
      isNew: true,
    });
    this.elements = [this.#first.element, this.#repeat.element];
  }

  /** Undefined if something is wrong with it, which is then told. */
  read(): string | undefined {
    const { value } = this.#first;
    this.#first.setError(value === "" ? "Type the password." : undefined);
    const differs = value !== "" && value !== this.#repeat.value;
    this.#repeat.setError(differs ? "The two passwords differ." : undefined);
    if (value === "") this.#first.focus();
    else if (differs) this.#repeat.focus();
    else return value;
    return undefined;
  }

  clear(): void {
    this.#first.clear();
    this.#repeat.clear();
  }

  setDisabled(disabled: boolean): void {
    this.#first.setDisabled(disabled);
    this.#repeat.setDisabled(disabled);
  }

  focus(): void {
    this.#first.focus();
  }
}
