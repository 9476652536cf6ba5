/** Orders of a listing. Folders stand before files whatever the order; names break ties. */
import type { Item } from "./listing.js";

export type SortColumn = "name" | "size" | "modified";

export interface SortOrder {
  readonly column: SortColumn;
  readonly descending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function sortItems(items: readonly Item[], order: SortOrder): Item[] {
  const sign = order.descending ? -1 : 1;
  return items.toSorted((a, b) => {
    const folders = Number(b.type === "directory") - Number(a.type === "directory");
    if (folders !== 0) return folders;
    const difference = compare(a, b, order.column);
    return difference === 0 ? compareNames(a, b) : sign * difference;
  });
}

function compare(a: Item, b: Item, column: SortColumn): number {
  switch (column) {
    case "name":
      return compareNames(a, b);
    case "size":
      return (a.details?.size ?? 0) - (b.details?.size ?? 0);
    case "modified":
      return (a.details?.mtimeMs ?? 0) - (b.details?.mtimeMs ?? 0);
  }
}

function compareNames(a: Item, b: Item): number {
  const alike = collator.compare(a.name, b.name);
  if (alike !== 0) return alike;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
