/** The way from the root to the folder shown; each part leads there, and takes what is dropped on it. */
import { h } from "../shared/dom.js";
import { lineage, nameOf, ROOT } from "../shared/paths.js";

export function breadcrumbs(
  path: string,
  vaultName: string,
  open: (path: string) => void,
): HTMLElement {
  const parts = lineage(path);
  const items = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const crumb = h(
      "button",
      {
        class: "crumb",
        testId: "crumb",
        attributes: { type: "button", ...(isLast && { "aria-current": "page" }) },
        on: {
          click: () => {
            open(part);
          },
        },
      },
      part === ROOT ? vaultName : nameOf(part),
    );
    crumb.dataset["dropPath"] = part;
    return h("li", {}, crumb);
  });
  return h("ol", { class: "crumbs" }, ...items);
}
