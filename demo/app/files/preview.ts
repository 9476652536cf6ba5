/** The preview beside a list: the file that is selected, or how many things are. */
import type { RepoFs } from "cofferfs";
import { h } from "../shared/dom.js";
import { formatPlural } from "../shared/format.js";
import { ContentView } from "./content-view.js";
import type { Item } from "./listing.js";
import { fileAt } from "./stored-file.js";

export class Preview {
  readonly element: HTMLElement;
  readonly #fs: RepoFs;
  readonly #view = new ContentView("preview-body");
  readonly #tools: ((item: Item) => HTMLElement) | undefined;
  #shownPaths = "";
  #shownMtimeMs: number | undefined;

  /** `tools` makes what can be done with the file that is shown. */
  constructor(fs: RepoFs, tools?: (item: Item) => HTMLElement) {
    this.#fs = fs;
    this.#tools = tools;
    this.element = h(
      "section",
      { class: "preview", testId: "preview", attributes: { "aria-label": "Preview" } },
      this.#view.element,
    );
    this.show([]);
  }

  show(items: readonly Item[]): void {
    const [item, ...others] = items;
    const isShown = this.#isShown(items, item?.details?.mtimeMs);
    if (item !== undefined && isShown) return;
    if (item === undefined) this.#note("Select a file to see it here.");
    else if (others.length > 0) this.#note(`${formatPlural(items.length, "item")} selected.`);
    else if (item.type === "file") this.#showFile(item);
    else
      this.#view.showNote(
        h("h2", { class: "preview-name", testId: "preview-name" }, item.name),
        h("p", { class: "empty" }, item.type === "directory" ? "Folder" : "Symbolic link"),
      );
  }

  dispose(): void {
    this.#view.dispose();
  }

  #showFile(item: Item): void {
    const heading = { title: item.name, tools: this.#tools?.(item) };
    void this.#view.showFile(heading, () => fileAt(this.#fs, item.path));
  }

  #note(text: string): void {
    this.#view.showNote(h("p", { class: "empty" }, text));
  }

  /** Also notes what is shown. A time that is not known yet is no change. */
  #isShown(items: readonly Item[], mtimeMs: number | undefined): boolean {
    const paths = items.map(({ path }) => path).join("\n");
    const isSame =
      paths === this.#shownPaths &&
      (mtimeMs === undefined || this.#shownMtimeMs === undefined || mtimeMs === this.#shownMtimeMs);
    this.#shownMtimeMs = isSame ? (this.#shownMtimeMs ?? mtimeMs) : mtimeMs;
    this.#shownPaths = paths;
    return isSame;
  }
}
