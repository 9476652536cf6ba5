/** A name turned into an input where it stands: Enter takes it, Escape and leaving give it up. */
import { h } from "../shared/dom.js";
import { nameProblem, splitExtension } from "../shared/paths.js";

/** Resolves to the new name, or undefined if nothing is to change. */
export function renameInline(label: HTMLElement, isFolder: boolean): Promise<string | undefined> {
  const old = label.textContent;
  const input = h("input", {
    class: "input rename-input",
    testId: "rename-input",
    attributes: {
      type: "text",
      value: old,
      "aria-label": `New name for ${old}`,
      spellcheck: "false",
      autocomplete: "off",
    },
  });
  label.replaceWith(input);
  input.focus();
  input.setSelectionRange(0, isFolder ? old.length : splitExtension(old)[0].length);
  return new Promise((resolve) => {
    const finish = (name: string | undefined): void => {
      // Removing a focused input fires blur, which must find nothing left to do.
      input.onblur = null;
      input.replaceWith(label);
      resolve(name === old ? undefined : name);
    };
    input.onblur = () => {
      finish(undefined);
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") finish(undefined);
      if (event.key === "Enter") takeName(input, finish);
    };
    input.onclick = (event) => {
      event.stopPropagation();
    };
    input.ondblclick = (event) => {
      event.stopPropagation();
    };
  });
}

function takeName(input: HTMLInputElement, finish: (name: string) => void): void {
  const problem = nameProblem(input.value);
  if (problem === undefined) {
    finish(input.value);
    return;
  }
  input.setAttribute("aria-invalid", "true");
  input.setCustomValidity(problem);
  input.reportValidity();
}
