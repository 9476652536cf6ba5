/** "Look for a text": type what you know is in the vault, and see whether it is in the container. */
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatBytes, formatPlural } from "../shared/format.js";
import type { ContainerReader } from "./container-reader.js";
import { countInContainer } from "./needle.js";

/** Shorter texts turn up in random bytes by chance. */
const MIN_BYTES = 4;

export function searchPanel(container: ContainerReader, signal: AbortSignal): HTMLElement {
  const input = h("input", {
    class: "input",
    testId: "needle",
    attributes: {
      type: "text",
      "aria-label": "Text to look for",
      placeholder: "A file name, or words from a file",
      autocomplete: "off",
    },
  });
  const result = h("p", { testId: "needle-result", attributes: { role: "status" } });
  const search = async (): Promise<void> => {
    const text = input.value;
    if (new TextEncoder().encode(text).length < MIN_BYTES) {
      result.textContent = `Type at least ${MIN_BYTES} characters: shorter ones turn up in noise by chance.`;
      return;
    }
    const total = formatBytes(container.totalBytes);
    const found = await countInContainer(
      container,
      text,
      (bytes) => {
        result.textContent = `Looked through ${formatBytes(bytes)} of ${total}…`;
      },
      signal,
    );
    result.textContent =
      found === 0
        ? `Not found in any of the ${total}.`
        : `Found ${formatPlural(found, "time")} in ${total}. (“COFFERFS” at the head is expected.)`;
  };
  return h(
    "form",
    {
      class: "needle",
      on: {
        submit: (event) => {
          event.preventDefault();
          search().catch((error: unknown) => {
            result.textContent = explain(error);
          });
        },
      },
    },
    h(
      "div",
      { class: "needle-line" },
      input,
      button({ label: "Search the container", type: "submit", testId: "needle-search" }),
    ),
    result,
  );
}
