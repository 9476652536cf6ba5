/** One row of the folder's list: a grid row with its cells. It shows; folder-list.ts listens. */
import { h } from "../shared/dom.js";
import { formatBytes, formatDate } from "../shared/format.js";
import { icon, type IconName } from "../shared/icons.js";
import type { Item } from "./listing.js";

export interface RowState {
  readonly index: number;
  readonly selected: boolean;
  readonly active: boolean;
  /** About to be moved by the next paste. */
  readonly cut: boolean;
}

/** Rows are updated in place: one that is replaced loses the focus, and half of a double click. */
export class FolderRow {
  readonly element: HTMLElement;
  readonly key: string;
  #item: Item;
  readonly #size = h("span", { class: "cell-size", attributes: { role: "gridcell" } });
  readonly #modified = h("span", { class: "cell-modified", attributes: { role: "gridcell" } });

  /** `draggable` is false where nothing can be moved. */
  constructor(item: Item, draggable: boolean) {
    this.key = rowKey(item);
    this.#item = item;
    this.element = h(
      "div",
      { class: "row", testId: "row", attributes: { role: "row", draggable: String(draggable) } },
      h(
        "span",
        { class: "cell-check", attributes: { "aria-hidden": "true" } },
        h("span", { class: "checkbox" }),
      ),
      h(
        "span",
        { class: "cell-name", attributes: { role: "gridcell" } },
        icon(iconFor(item)),
        h("span", { class: "name", testId: "row-name" }, item.name),
        item.type === "directory" ? h("span", { class: "visually-hidden" }, ", folder") : undefined,
      ),
      this.#size,
      this.#modified,
    );
    const { dataset } = this.element;
    dataset["path"] = item.path;
    dataset["type"] = item.type;
    if (draggable && item.type === "directory") dataset["dropPath"] = item.path;
  }

  get item(): Item {
    return this.#item;
  }

  /** `item` is what was listed last. Sizes and times stand until newer ones are known. */
  update(item: Item, { index, selected, active, cut }: RowState): void {
    this.#item = item;
    const { details, type } = item;
    this.element.setAttribute("aria-rowindex", String(index + 2));
    this.element.setAttribute("aria-selected", String(selected));
    this.element.tabIndex = active ? 0 : -1;
    this.element.classList.toggle("row-cut", cut);
    if (details === undefined) return;
    this.#size.textContent = type === "directory" ? "" : formatBytes(details.size);
    this.#modified.textContent = formatDate(details.mtimeMs);
  }
}

/** Another kind of thing under the same name is another row. */
export function rowKey(item: Item): string {
  return `${item.type}:${item.path}`;
}

function iconFor(item: Item): IconName {
  if (item.type === "directory") return "folder";
  if (item.type === "symlink") return "link";
  if (/\.(?:png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i.test(item.name)) return "image";
  return /\.(?:txt|md|json|[cm]?[jt]sx?|html?|css|xml|ya?ml|csv|log|toml)$/i.test(item.name)
    ? "text"
    : "file";
}
