/** Labelled controls of forms. */
import { h, uniqueId } from "./dom.js";

/** `note` explains the control; screen readers say it with the label. */
export function field(label: string, control: HTMLElement, note?: string): HTMLElement {
  control.id = uniqueId("field");
  const noteId = uniqueId("field-note");
  if (note !== undefined) control.setAttribute("aria-describedby", noteId);
  return h(
    "div",
    { class: "field" },
    h("label", { attributes: { for: control.id } }, label),
    control,
    note === undefined ? undefined : h("p", { id: noteId, class: "note" }, note),
  );
}

export function select(
  testId: string,
  choices: readonly (readonly [value: string, label: string])[],
): HTMLSelectElement {
  return h(
    "select",
    { class: "input", testId },
    ...choices.map(([value, label]) => h("option", { attributes: { value } }, label)),
  );
}
