/**
 * Sheets: modal dialogs to stay in for a while, with a title, a close button and a body of one's own. As with
 * every `<dialog>`, Escape closes it and the focus returns to where it was.
 */
import { button } from "./button.js";
import { h, uniqueId } from "./dom.js";

export interface SheetOptions {
  readonly title: string;
  readonly testId: string;
  /** `full` takes the whole window but for a margin. */
  readonly size: "narrow" | "full";
}

export class Sheet {
  readonly element: HTMLDialogElement;
  readonly body = h("div", { class: "sheet-body" });
  /** Resolves when it is closed, by whatever means. */
  readonly closed: Promise<void>;
  readonly #life = new AbortController();

  /** It is open from here on. */
  constructor({ title, testId, size }: SheetOptions) {
    const titleId = uniqueId("sheet-title");
    this.element = h(
      "dialog",
      {
        class: `sheet sheet-${size}`,
        testId,
        attributes: { "aria-labelledby": titleId },
      },
      h(
        "header",
        { class: "sheet-head" },
        h("h2", { id: titleId }, title),
        button({
          label: "Close",
          icon: "close",
          kind: "quiet",
          iconOnly: true,
          testId: `${testId}-close`,
          onClick: () => {
            this.close();
          },
        }),
      ),
      this.body,
    );
    this.closed = new Promise((resolve) => {
      this.element.addEventListener("close", () => {
        this.#life.abort();
        this.element.remove();
        resolve();
      });
    });
    document.body.append(this.element);
    this.element.showModal();
  }

  /** Aborts when the sheet is closed. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  close(): void {
    this.element.close();
  }
}
