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

export function folderRow(item: Item, state: RowState): HTMLElement {
  const { details, type } = item;
  const size = details === undefined || type === "directory" ? "" : formatBytes(details.size);
  const modified = details === undefined ? "" : formatDate(details.mtimeMs);
  const row = h(
    "div",
    {
      class: `row${state.cut ? " row-cut" : ""}`,
      testId: "row",
      attributes: {
        role: "row",
        draggable: "true",
        "aria-rowindex": state.index + 2,
        "aria-selected": String(state.selected),
        tabindex: state.active ? 0 : -1,
      },
    },
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
      type === "directory" ? h("span", { class: "visually-hidden" }, ", folder") : undefined,
    ),
    h("span", { class: "cell-size", attributes: { role: "gridcell" } }, size),
    h("span", { class: "cell-modified", attributes: { role: "gridcell" } }, modified),
  );
  row.dataset["path"] = item.path;
  row.dataset["type"] = type;
  if (type === "directory") row.dataset["dropPath"] = item.path;
  return row;
}

function iconFor(item: Item): IconName {
  if (item.type === "directory") return "folder";
  if (item.type === "symlink") return "link";
  if (/\.(?:png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i.test(item.name)) return "image";
  return /\.(?:txt|md|json|[cm]?[jt]sx?|html?|css|xml|ya?ml|csv|log|toml)$/i.test(item.name)
    ? "text"
    : "file";
}
