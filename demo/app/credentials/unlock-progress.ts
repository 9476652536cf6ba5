/**
 * What is shown while a key is derived: an indeterminate bar, since Argon2id tells nothing on its way,
 * the time so far, and, where it can be given up, a button that does so through the signal.
 */
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { formatDuration } from "../shared/format.js";

const TICK_MS = 100;

export class UnlockProgress {
  readonly element: HTMLElement;
  readonly #controller = new AbortController();
  readonly #timer: number;

  constructor(what: string, canCancel = true) {
    const started = performance.now();
    const elapsed = h("span", { class: "elapsed", attributes: { "aria-hidden": "true" } });
    const tick = (): void => {
      elapsed.textContent = formatDuration(performance.now() - started);
    };
    this.element = h(
      "div",
      { class: "unlock-progress", testId: "unlock-progress" },
      h(
        "div",
        { class: "progress-line" },
        h("span", { attributes: { role: "status" } }, what),
        elapsed,
      ),
      h("progress", { attributes: { "aria-label": what } }),
      canCancel
        ? button({
            label: "Cancel",
            testId: "unlock-cancel",
            onClick: () => {
              this.#controller.abort();
            },
          })
        : undefined,
    );
    tick();
    this.#timer = window.setInterval(tick, TICK_MS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    window.clearInterval(this.#timer);
    this.element.remove();
  }
}
