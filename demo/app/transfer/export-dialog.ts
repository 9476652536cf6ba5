/** Export: the sealed container of a vault as a file. No password is needed, and nothing leaves in clear. */
import type { TransferOptions } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h, type Child } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { formatBytes, formatDuration } from "../shared/format.js";
import { Sheet } from "../shared/sheet.js";
import { chooseTarget, savesStraight, type SaveTarget } from "./save-target.js";
import { TransferView } from "./transfer-view.js";

export type ExportSource = (options: TransferOptions) => ReadableStream<Uint8Array<ArrayBuffer>>;

/** Resolves when it is closed, which ends an export that is under way. */
export async function openExport(name: string, source: ExportSource): Promise<void> {
  const sheet = new Sheet({ title: `Export “${name}”`, testId: "export-sheet", size: "narrow" });
  new ExportSheet(sheet, name, source).begin();
  await sheet.closed;
}

class ExportSheet {
  readonly #sheet: Sheet;
  readonly #name: string;
  readonly #source: ExportSource;

  constructor(sheet: Sheet, name: string, source: ExportSource) {
    this.#sheet = sheet;
    this.#name = name;
    this.#source = source;
  }

  begin(failure?: string): void {
    const save = button({
      label: "Save the container",
      icon: "export",
      kind: "primary",
      testId: "export-save",
      onClick: () => void this.#run(),
    });
    const straight = savesStraight()
      ? "You choose the file; it is written piece by piece."
      : "It goes to your downloads.";
    this.#show(
      save,
      h(
        "p",
        { class: "lead" },
        `The container is saved as it is stored, sealed: without a key it tells no more than “What an attacker sees” shows. It opens with the same passwords, here after “Import”, or with the command line. ${straight}`,
      ),
      failure === undefined
        ? undefined
        : h(
            "p",
            { class: "form-error", testId: "export-error", attributes: { role: "alert" } },
            failure,
          ),
    );
  }

  async #run(): Promise<void> {
    let target: SaveTarget;
    try {
      target = await chooseTarget(this.#name);
    } catch (error) {
      if (!isAbort(error)) this.begin(explain(error));
      return;
    }
    const view = new TransferView("Export");
    const giveUp = (): void => {
      view.cancel();
    };
    this.#sheet.signal.addEventListener("abort", giveUp);
    this.#sheet.body.replaceChildren(view.element);
    view.focus();
    try {
      this.#end(await this.#transfer(target, view));
    } catch (error) {
      if (this.#sheet.signal.aborted) return;
      this.begin(isAbort(error) ? "Cancelled. Nothing was saved." : explain(error));
    } finally {
      this.#sheet.signal.removeEventListener("abort", giveUp);
    }
  }

  /** Returns what was done, in words. */
  async #transfer(target: SaveTarget, view: TransferView): Promise<string> {
    const started = performance.now();
    let saved = 0;
    const stream = this.#source({
      signal: view.signal,
      onProgress: (progress) => {
        saved = progress.bytes;
        view.show(progress);
      },
    });
    await target(stream);
    return `${formatBytes(saved)} saved in ${formatDuration(performance.now() - started)}.`;
  }

  #end(words: string): void {
    announce(words);
    this.#show(
      button({
        label: "Close",
        kind: "primary",
        testId: "export-done",
        onClick: () => {
          this.#sheet.close();
        },
      }),
      h("p", { class: "good", testId: "export-result" }, words),
      h(
        "p",
        { class: "note" },
        "Keep it where you keep backups, and remember the password: nothing else opens it.",
      ),
    );
  }

  #show(action: HTMLButtonElement, ...words: readonly Child[]): void {
    this.#sheet.body.replaceChildren(
      ...words.filter((word) => word !== undefined),
      h("div", { class: "dialog-actions" }, action),
    );
    action.focus();
  }
}
