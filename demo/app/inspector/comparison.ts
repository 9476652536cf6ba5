/** Two columns: what the owner knows of a vault, and what the storage tells whoever has it. */
import type { Repo } from "cofferfs";
import { h } from "../shared/dom.js";
import { formatBytes, formatCount } from "../shared/format.js";
import { isAbort } from "../shared/explain.js";
import type { ContainerReader } from "./container-reader.js";
import { countContents, type Contents } from "./contents.js";

const UNKNOWN = "cannot tell";

export class Comparison {
  readonly element: HTMLElement;
  readonly #files = cell("compare-files");
  readonly #folders = cell("compare-folders");
  readonly #bytes = cell("compare-bytes");
  readonly #used = cell("compare-used");

  /** `written` slots hold something, be it in use or not. */
  constructor(container: ContainerReader, written: number) {
    const row = (label: string, owner: Node | string, thief: string): HTMLElement =>
      h(
        "tr",
        {},
        h("th", { attributes: { scope: "row" } }, label),
        h("td", {}, owner),
        h("td", {}, thief),
      );
    const slots = formatCount(written);
    this.element = h(
      "table",
      { class: "compare", testId: "compare" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td"),
          h("th", { attributes: { scope: "col" } }, "You, unlocked"),
          h("th", { attributes: { scope: "col" } }, "Whoever has the storage"),
        ),
      ),
      h(
        "tbody",
        {},
        row("Files", this.#files, UNKNOWN),
        row("Folders", this.#folders, UNKNOWN),
        row("Content", this.#bytes, `at most ${formatBytes(written * container.slotBytes)}`),
        row("Slots in use", this.#used, `at most ${slots}`),
        row("Container", formatBytes(container.totalBytes), formatBytes(container.totalBytes)),
      ),
    );
  }

  async fill(repo: Repo, signal: AbortSignal): Promise<void> {
    try {
      const { slots, freeSlots } = await repo.stats();
      this.#used.textContent = `${formatCount(slots - freeSlots)} of ${formatCount(slots)}`;
      const contents = await countContents(
        repo,
        (interim) => {
          this.#show(interim, "…");
        },
        signal,
      );
      this.#show(contents, "");
    } catch (error) {
      if (!isAbort(error)) throw error;
    }
  }

  #show({ files, folders, bytes }: Contents, suffix: string): void {
    this.#files.textContent = formatCount(files) + suffix;
    this.#folders.textContent = formatCount(folders) + suffix;
    this.#bytes.textContent = formatBytes(bytes) + suffix;
  }
}

function cell(testId: string): HTMLElement {
  return h("span", { testId }, "…");
}
