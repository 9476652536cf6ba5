/** The panel in the corner that follows one import: progress, cancel, and at the end what became of it. */
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { formatBytes, formatDuration, formatPlural } from "../shared/format.js";
import type { ImportProgress, ImportResult } from "./importer.js";
import { Speed } from "./speed.js";

/** How often the words change; the bar follows every file. */
const WORDS_MS = 250;
const ANNOUNCE_MS = 5000;
const MAX_FAILURES_SHOWN = 200;

export class ImportPanel {
  readonly element: HTMLElement;
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  readonly #speed = new Speed();
  readonly #bar = h("progress", { attributes: { "aria-label": "Import", max: 1 } });
  readonly #words = h("p", { class: "import-words", testId: "import-words" }, "Looking for files…");
  readonly #cancel: HTMLButtonElement;
  #spokeAt = 0;
  #announcedAt = performance.now();

  constructor() {
    this.#cancel = button({
      label: "Cancel import",
      testId: "import-cancel",
      onClick: () => {
        this.cancel();
      },
    });
    this.element = h(
      "section",
      { class: "import-panel", testId: "import-panel", attributes: { "aria-label": "Import" } },
      this.#words,
      this.#bar,
      this.#cancel,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#controller.abort();
  }

  found(count: number): void {
    this.#words.textContent = `Looking for files… ${formatPlural(count, "file")} so far`;
  }

  progress(progress: ImportProgress): void {
    const { files, totalFiles, bytes, totalBytes } = progress;
    const now = performance.now();
    // By bytes, but files without any count for something too.
    this.#bar.value = (bytes + files) / Math.max(1, totalBytes + totalFiles);
    if (now - this.#spokeAt < WORDS_MS) return;
    this.#spokeAt = now;
    this.#speed.note(now, bytes);
    const { perSecond } = this.#speed;
    const speed = perSecond > 0 ? ` · ${formatBytes(perSecond)}/s` : "";
    this.#words.textContent =
      `${formatPlural(files, "file")} of ${formatPlural(totalFiles, "file").split(" ")[0] ?? ""} · ` +
      `${formatBytes(bytes)} of ${formatBytes(totalBytes)}${speed}`;
    if (now - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announcedAt = now;
    announce(`${formatPlural(files, "file")} imported so far`);
  }

  finish(result: ImportResult): void {
    const took = performance.now() - this.#started;
    const words = resultWords(result, took);
    this.#words.textContent = words;
    announce(words);
    this.#bar.remove();
    this.#cancel.remove();
    if (result.failures.length > 0) this.element.append(failureList(result));
    this.#addClose();
  }

  fail(reason: string): void {
    this.#words.textContent = reason;
    announce(reason);
    this.#bar.remove();
    this.#cancel.remove();
    this.#addClose();
  }

  #addClose(): void {
    this.element.dataset["done"] = "true";
    this.element.append(
      button({
        label: "Close",
        testId: "import-close",
        onClick: () => {
          this.element.remove();
        },
      }),
    );
  }
}

function resultWords(
  { imported, bytes, skipped, failures, cancelled }: ImportResult,
  ms: number,
): string {
  const speed = ms > 0 && bytes > 0 ? `, ${formatBytes((bytes * 1000) / ms)}/s` : "";
  const parts = [
    `${cancelled ? "Stopped. " : ""}${formatPlural(imported, "file")} imported`,
    `${formatBytes(bytes)} in ${formatDuration(ms)}${speed}`,
    ...(skipped > 0 ? [`${formatPlural(skipped, "file")} skipped`] : []),
    ...(failures.length > 0 ? [`${formatPlural(failures.length, "file")} failed`] : []),
  ];
  return `${parts.join(" · ")}.`;
}

function failureList({ failures }: ImportResult): HTMLElement {
  const shown = failures.slice(0, MAX_FAILURES_SHOWN);
  const rest = failures.length - shown.length;
  return h(
    "details",
    { class: "failures", testId: "import-failures", attributes: { open: true } },
    h("summary", {}, "What failed"),
    h(
      "ul",
      {},
      ...shown.map(({ path, reason }) => h("li", {}, h("b", {}, path), ` ${reason}`)),
      rest > 0 ? h("li", {}, `and ${formatPlural(rest, "more", "more")}`) : undefined,
    ),
  );
}
