/**
 * The list of a folder: an ARIA grid with one focusable row at a time. It knows keys, clicks and drags,
 * and says what was asked for; files-screen.ts does it.
 */
import type { RepoFs } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { h } from "../shared/dom.js";
import { formatPlural } from "../shared/format.js";
import { FolderRow, rowKey } from "./folder-row.js";
import { renameInline } from "./inline-rename.js";
import { loadDetails, type Item } from "./listing.js";
import { RowWindow, type RowSource } from "./row-window.js";
import { Selection } from "./selection.js";
import { sortItems, type SortColumn, type SortOrder } from "./sorting.js";

export interface FolderListActions {
  open(item: Item): void;
  selectionChanged(): void;
  goUp(): void;
  /** Undefined for a folder that cannot be changed. */
  readonly edit?: FolderEdits;
}

export interface FolderEdits {
  rename(item: Item, name: string): void;
  removeSelected(): void;
  cutSelected(): void;
  paste(): void;
  /** Items are being dragged from here. */
  dragging(items: readonly Item[]): void;
}

const COLUMNS: readonly (readonly [SortColumn, string])[] = [
  ["name", "Name"],
  ["size", "Size"],
  ["modified", "Modified"],
];
/** Keys typed in quick succession look for a name that begins with them. */
const TYPEAHEAD_MS = 700;

export class FolderList implements RowSource<FolderRow> {
  readonly element: HTMLElement;
  readonly #fs: RepoFs;
  readonly #actions: FolderListActions;
  readonly #selection = new Selection();
  readonly #window: RowWindow<FolderRow>;
  readonly #body: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #headers = new Map<SortColumn, HTMLElement>();
  #items: readonly Item[] = [];
  #shown: readonly Item[] = [];
  #byPath = new Map<string, Item>();
  #filter = "";
  #order: SortOrder = { column: "name", descending: false };
  #cut: ReadonlySet<string> = new Set();
  #loading = new AbortController();
  #typed = { text: "", at: 0 };

  constructor(fs: RepoFs, actions: FolderListActions) {
    this.#fs = fs;
    this.#actions = actions;
    this.#body = h("div", { class: "rows", attributes: { role: "rowgroup" } });
    this.#empty = h("p", { class: "list-empty", testId: "list-empty" });
    this.element = h(
      "div",
      {
        class: "list",
        testId: "list",
        attributes: { role: "grid", "aria-multiselectable": "true", "aria-label": "Files" },
      },
      this.#header(),
      this.#body,
      this.#empty,
    );
    this.#window = new RowWindow(this.element, this.#body, this);
    this.#listen();
  }

  // What the row window asks for.

  get count(): number {
    return this.#shown.length;
  }

  get activeIndex(): number {
    return this.#selection.activeIndex;
  }

  keyAt(index: number): string {
    return rowKey(this.#itemAt(index));
  }

  buildRow(index: number): FolderRow {
    return new FolderRow(this.#itemAt(index), this.#actions.edit !== undefined);
  }

  updateRow(row: FolderRow, index: number): void {
    const item = this.#itemAt(index);
    row.update(item, {
      index,
      selected: this.#selection.has(item.path),
      active: index === this.activeIndex,
      cut: this.#cut.has(item.path),
    });
  }

  willShow(start: number, end: number): void {
    const missing = this.#shown.slice(start, end).filter((item) => item.details === undefined);
    if (missing.length === 0) return;
    const { signal } = this.#loading;
    void loadDetails(this.#fs, missing, signal).then(() => {
      if (!signal.aborted) this.#changed();
    });
  }

  // What the screen asks for.

  get selectedItems(): Item[] {
    return this.#shown.filter((item) => this.#selection.has(item.path));
  }

  get shownCount(): number {
    return this.#shown.length;
  }

  /** Shows another listing. `focus` is the path to make active. */
  async show(items: readonly Item[], focus?: string): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#items = items;
    this.#byPath = new Map(items.map((item) => [item.path, item]));
    await this.#arrange();
    if (focus !== undefined && this.#byPath.has(focus)) {
      this.#selection.only(focus);
      this.#window.reset();
      this.#window.scrollTo(this.activeIndex);
    }
    this.#changed();
  }

  clearSelection(): void {
    this.#selection.clear();
    this.#changed();
  }

  scrollToTop(): void {
    this.element.scrollTop = 0;
  }

  setFilter(text: string): void {
    this.#filter = text.trim().toLowerCase();
    void this.#arrange().then(() => {
      this.#changed();
    });
  }

  markCut(paths: ReadonlySet<string>): void {
    this.#cut = paths;
    this.#window.refresh();
  }

  focus(): void {
    const row = this.#window.row(this.activeIndex);
    if (row === undefined) this.element.focus();
    else row.focus({ preventScroll: true });
  }

  get hasFocus(): boolean {
    return this.element.contains(document.activeElement);
  }

  async renameActive(): Promise<void> {
    const { edit } = this.#actions;
    if (edit === undefined) return;
    const [selected] = this.selectedItems;
    const item = selected ?? this.#shown[this.activeIndex];
    if (item === undefined) return;
    const index = this.#shown.indexOf(item);
    this.#window.scrollTo(index);
    const label = this.#window.row(index)?.querySelector<HTMLElement>(".name");
    if (label === undefined || label === null) return;
    const name = await renameInline(label, item.type === "directory");
    this.focus();
    if (name !== undefined) edit.rename(item, name);
  }

  dispose(): void {
    this.#loading.abort();
  }

  /** Filters and sorts anew; sizes and times are loaded first if the order needs them. */
  async #arrange(): Promise<void> {
    const { signal } = this.#loading;
    const matching =
      this.#filter === ""
        ? this.#items
        : this.#items.filter((item) => item.name.toLowerCase().includes(this.#filter));
    if (this.#order.column !== "name") {
      this.element.setAttribute("aria-busy", "true");
      announce("Reading sizes and times");
      await loadDetails(this.#fs, matching, signal);
      this.element.removeAttribute("aria-busy");
      if (signal.aborted) return;
    }
    this.#shown = sortItems(matching, this.#order);
    this.#selection.setOrder(this.#shown.map((item) => item.path));
    this.element.setAttribute("aria-rowcount", String(this.#shown.length + 1));
    // An empty grid keeps its place in the tab order, so that the keyboard finds it.
    if (this.#shown.length === 0) this.element.tabIndex = 0;
    else this.element.removeAttribute("tabindex");
    this.#empty.textContent = this.#emptyText();
    const hadFocus = this.hasFocus;
    this.#window.reset();
    if (hadFocus) this.focus();
  }

  #emptyText(): string {
    if (this.#shown.length > 0) return "";
    if (this.#items.length > 0) return `No name contains “${this.#filter}”.`;
    return this.#actions.edit === undefined
      ? "This folder is empty."
      : "This folder is empty. Drop files or folders here, or use the buttons above.";
  }

  #changed(): void {
    this.#window.refresh();
    this.#actions.selectionChanged();
  }

  #header(): HTMLElement {
    const cells = COLUMNS.map(([column, label]) => {
      const sort = h(
        "button",
        {
          class: "sort",
          testId: `sort-${column}`,
          attributes: { type: "button" },
          on: {
            click: () => {
              this.#sortBy(column, label);
            },
          },
        },
        label,
      );
      const cell = h(
        "span",
        { class: `cell-${column}`, attributes: { role: "columnheader" } },
        sort,
      );
      this.#headers.set(column, cell);
      return cell;
    });
    this.#headers.get("name")?.setAttribute("aria-sort", "ascending");
    return h(
      "div",
      { class: "list-head", attributes: { role: "row", "aria-rowindex": 1 } },
      h("span", { class: "cell-check", attributes: { "aria-hidden": "true" } }),
      ...cells,
    );
  }

  #sortBy(column: SortColumn, label: string): void {
    const descending = this.#order.column === column && !this.#order.descending;
    this.#order = { column, descending };
    const direction = descending ? "descending" : "ascending";
    for (const cell of this.#headers.values()) cell.removeAttribute("aria-sort");
    this.#headers.get(column)?.setAttribute("aria-sort", direction);
    void this.#arrange().then(() => {
      announce(`Sorted by ${label}, ${direction}`);
    });
  }

  #listen(): void {
    const { element } = this;
    element.addEventListener("click", (event) => {
      this.#click(event);
    });
    element.addEventListener("dblclick", (event) => {
      const item = this.#itemOf(event.target);
      if (item !== undefined && !isCheckbox(event.target)) this.#actions.open(item);
    });
    element.addEventListener("keydown", (event) => {
      if (this.#key(event)) event.preventDefault();
    });
    element.addEventListener("focusin", (event) => {
      const item = this.#itemOf(event.target);
      if (item !== undefined) this.#activate(item);
    });
    element.addEventListener("dragstart", (event) => {
      this.#startDrag(event);
    });
  }

  #itemAt(index: number): Item {
    const item = this.#shown[index];
    if (item === undefined) throw new Error("BUG: a row beyond the list");
    return item;
  }

  #itemOf(target: EventTarget | null): Item | undefined {
    if (!(target instanceof Element)) return undefined;
    const row = target.closest<HTMLElement>(".row");
    return this.#byPath.get(row?.dataset["path"] ?? "");
  }

  #click(event: MouseEvent): void {
    const item = this.#itemOf(event.target);
    if (item === undefined) return;
    // A finger has no modifier keys and no double click: it opens, and selects by the box.
    const byTouch = event instanceof PointerEvent && event.pointerType === "touch";
    if (isCheckbox(event.target) || event.ctrlKey || event.metaKey)
      this.#selection.toggle(item.path);
    else if (event.shiftKey) this.#selection.extendTo(item.path);
    else if (byTouch) {
      this.#selection.only(item.path);
      this.#actions.open(item);
    } else this.#selection.only(item.path);
    this.#changed();
    this.#window.row(this.activeIndex)?.focus({ preventScroll: true });
  }

  #activate(item: Item): void {
    const before = this.activeIndex;
    this.#selection.activate(item.path);
    if (before === this.activeIndex) return;
    this.#window.row(before)?.setAttribute("tabindex", "-1");
    this.#window.row(this.activeIndex)?.setAttribute("tabindex", "0");
  }

  #startDrag(event: DragEvent): void {
    const item = this.#itemOf(event.target);
    if (item === undefined || event.dataTransfer === null) return;
    if (!this.#selection.has(item.path)) {
      this.#selection.only(item.path);
      this.#changed();
    }
    event.dataTransfer.effectAllowed = "move";
    // Only the fact: names of files have no business in what other programs may read.
    event.dataTransfer.setData(DRAG_TYPE, "");
    this.#actions.edit?.dragging(this.selectedItems);
  }

  /** True if the key meant something here. */
  #key(event: KeyboardEvent): boolean {
    if (event.target instanceof HTMLButtonElement) return false;
    const command = event.ctrlKey || event.metaKey;
    if (event.altKey) return event.key === "ArrowUp" && (this.#actions.goUp(), true);
    if (command) return this.#commandKey(event);
    const step = this.#stepOf(event.key);
    if (step !== undefined) {
      this.#moveTo(step, event.shiftKey);
      return true;
    }
    return this.#plainKey(event.key);
  }

  #commandKey(event: KeyboardEvent): boolean {
    switch (event.key.toLowerCase()) {
      case "a":
        this.#selection.all();
        this.#changed();
        announce(`${formatPlural(this.selectedItems.length, "item")} selected`);
        return true;
      case "x":
        this.#actions.edit?.cutSelected();
        return true;
      case "v":
        this.#actions.edit?.paste();
        return true;
      case " ":
        this.#toggleActive();
        return true;
      default:
        return false;
    }
  }

  #plainKey(key: string): boolean {
    const item = this.#shown[this.activeIndex];
    switch (key) {
      case "Enter":
        if (item !== undefined) this.#actions.open(item);
        return true;
      case " ":
        this.#toggleActive();
        return true;
      case "Delete":
        this.#actions.edit?.removeSelected();
        return true;
      case "F2":
        void this.renameActive();
        return true;
      case "Backspace":
        this.#actions.goUp();
        return true;
      case "Escape":
        // With nothing to clear, it is for the dialog that the list may be in.
        if (this.selectedItems.length === 0) return false;
        this.clearSelection();
        return true;
      default:
        return key.length === 1 && key !== "/" && this.#typeahead(key);
    }
  }

  #toggleActive(): void {
    const { active } = this.#selection;
    if (active === undefined) return;
    this.#selection.toggle(active);
    this.#changed();
  }

  #stepOf(key: string): number | undefined {
    const { activeIndex: index } = this;
    const last = this.#shown.length - 1;
    switch (key) {
      case "ArrowDown":
        return Math.min(index + 1, last);
      case "ArrowUp":
        return Math.max(index - 1, 0);
      case "PageDown":
        return Math.min(index + this.#window.pageRows, last);
      case "PageUp":
        return Math.max(index - this.#window.pageRows, 0);
      case "Home":
        return 0;
      case "End":
        return last;
      default:
        return undefined;
    }
  }

  #moveTo(index: number, extend: boolean): void {
    const item = this.#shown[index];
    if (item === undefined) return;
    if (extend) this.#selection.extendTo(item.path);
    else this.#selection.only(item.path);
    this.#window.scrollTo(index);
    this.#changed();
    this.focus();
  }

  #typeahead(key: string): boolean {
    const now = performance.now();
    const text = (now - this.#typed.at < TYPEAHEAD_MS ? this.#typed.text : "") + key.toLowerCase();
    this.#typed = { text, at: now };
    // A single letter goes on to the next match, more letters may stay where they are.
    const from = this.activeIndex + (text.length === 1 ? 1 : 0);
    const rotated = [...this.#shown.slice(from), ...this.#shown.slice(0, from)];
    const found = rotated.find((item) => item.name.toLowerCase().startsWith(text));
    if (found !== undefined) this.#moveTo(this.#shown.indexOf(found), false);
    return found !== undefined;
  }
}

/** What marks a drag as one of rows. */
export const DRAG_TYPE = "application/x-cofferfs-items";

function isCheckbox(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".cell-check") !== null;
}
