/**
 * Modal dialogs over `<dialog>`, which brings the focus trap, Escape and the return of the focus. Each
 * is a promise that always settles: dismissing it is an answer too.
 */
import { button } from "./button.js";
import { h, uniqueId, type Child } from "./dom.js";

export interface DialogParts<T> {
  readonly title: string;
  readonly body: readonly Child[];
  /** In visual order; the last is the default. */
  readonly actions: readonly DialogAction<T>[];
  /** The answer if the dialog is dismissed. */
  readonly dismissed: T;
  readonly testId: string;
}

export interface DialogAction<T> {
  readonly label: string;
  readonly kind?: "plain" | "primary" | "danger";
  readonly testId?: string;
  /** Undefined keeps the dialog open. */
  answer(): T | undefined;
}

export function openDialog<T>(parts: DialogParts<T>): Promise<T> {
  const titleId = uniqueId("dialog-title");
  let answer = parts.dismissed;
  const choose = (action: DialogAction<T>): void => {
    const chosen = action.answer();
    if (chosen === undefined) return;
    answer = chosen;
    dialog.close();
  };
  const primary = parts.actions.at(-1);
  const form = h(
    "form",
    {
      class: "dialog-form",
      on: {
        submit: (event) => {
          event.preventDefault();
          if (primary !== undefined) choose(primary);
        },
      },
    },
    h("h2", { id: titleId, class: "dialog-title" }, parts.title),
    ...parts.body,
    h(
      "div",
      { class: "dialog-actions" },
      ...parts.actions.map((action) => actionButton(action, action === primary, choose)),
    ),
  );
  const dialog = h(
    "dialog",
    { class: "dialog", testId: parts.testId, attributes: { "aria-labelledby": titleId } },
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}

function actionButton<T>(
  action: DialogAction<T>,
  isDefault: boolean,
  choose: (action: DialogAction<T>) => void,
): HTMLButtonElement {
  const { label, kind, testId } = action;
  return button({
    label,
    kind: kind ?? "plain",
    type: isDefault ? "submit" : "button",
    ...(testId !== undefined && { testId }),
    ...(!isDefault && {
      onClick: () => {
        choose(action);
      },
    }),
  });
}

export interface Confirmation {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  /** What has to be typed before the action works. */
  readonly typed?: { readonly label: string; readonly text: string };
  readonly testId: string;
}

export function confirm(question: Confirmation): Promise<boolean> {
  const { typed } = question;
  const input = h("input", {
    class: "input",
    testId: "confirm-typed",
    attributes: { type: "text", autocomplete: "off", spellcheck: "false" },
  });
  const field = typed && h("label", { class: "field" }, h("span", {}, typed.label), input);
  return openDialog<boolean>({
    title: question.title,
    body: [h("p", {}, question.text), field],
    dismissed: false,
    testId: question.testId,
    actions: [
      { label: "Cancel", testId: "dialog-cancel", answer: () => false },
      {
        label: question.action,
        kind: question.danger === true ? "danger" : "primary",
        testId: "dialog-confirm",
        answer: () => {
          if (typed === undefined || input.value === typed.text) return true;
          input.setAttribute("aria-invalid", "true");
          input.focus();
          return undefined;
        },
      },
    ],
  });
}

export interface NameQuestion {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly action: string;
  /** Why a name is refused, or undefined if it is not. */
  problem(name: string): string | undefined;
  readonly testId: string;
}

export function askName(question: NameQuestion): Promise<string | undefined> {
  const errorId = uniqueId("name-error");
  const input = h("input", {
    class: "input",
    testId: "name-input",
    attributes: {
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      value: question.value,
      "aria-describedby": errorId,
    },
  });
  const error = h("p", { id: errorId, class: "field-error", attributes: { role: "alert" } });
  const answer = openDialog<{ name: string | undefined }>({
    title: question.title,
    body: [h("label", { class: "field" }, h("span", {}, question.label), input), error],
    dismissed: { name: undefined },
    testId: question.testId,
    actions: [
      { label: "Cancel", testId: "dialog-cancel", answer: () => ({ name: undefined }) },
      {
        label: question.action,
        kind: "primary",
        testId: "dialog-confirm",
        answer: () => {
          const problem = question.problem(input.value);
          error.textContent = problem ?? "";
          input.setAttribute("aria-invalid", String(problem !== undefined));
          return problem === undefined ? { name: input.value } : undefined;
        },
      },
    ],
  });
  input.focus();
  input.select();
  return answer.then(({ name }) => name);
}

/** Something to read and close. */
export async function tell(title: string, body: readonly Child[], testId: string): Promise<void> {
  await openDialog<true>({
    title,
    body,
    dismissed: true,
    testId,
    actions: [{ label: "Close", kind: "primary", testId: "dialog-confirm", answer: () => true }],
  });
}
