/** How far a container has come on its way out of or into the browser: a bar, words, and a button to give up. */
import type { TransferProgress } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { formatBytes } from "../shared/format.js";

/** How often the words change. */
const WORDS_MS = 200;
const ANNOUNCE_MS = 5000;

export class TransferView {
  readonly element: HTMLElement;
  readonly #controller = new AbortController();
  readonly #bar: HTMLProgressElement;
  readonly #words = h("p", { class: "import-words", testId: "transfer-words" }, "Beginning…");
  #spokeAt = 0;
  #announcedAt = performance.now();

  constructor(label: string) {
    this.#bar = h("progress", { attributes: { "aria-label": label, max: 1 } });
    this.element = h(
      "div",
      { class: "transfer", testId: "transfer" },
      this.#bar,
      this.#words,
      button({
        label: "Cancel",
        testId: "transfer-cancel",
        onClick: () => {
          this.cancel();
        },
      }),
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#controller.abort();
  }

  focus(): void {
    this.element.querySelector("button")?.focus();
  }

  /** `total` in bytes, if the one who transfers does not know it. */
  show({ bytes, totalBytes }: TransferProgress, total = totalBytes): void {
    if (total !== undefined) this.#bar.value = bytes / Math.max(1, total);
    const now = performance.now();
    if (now - this.#spokeAt < WORDS_MS && bytes !== total) return;
    this.#spokeAt = now;
    const words = `${formatBytes(bytes)}${total === undefined ? "" : ` of ${formatBytes(total)}`}`;
    this.#words.textContent = words;
    if (now - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announcedAt = now;
    announce(words);
  }
}
