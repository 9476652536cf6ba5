/** The buttons above the list, and which of them make sense for what is selected. */
import { button } from "../shared/button.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import type { Item } from "./listing.js";

export interface ToolbarActions {
  newFolder(): void;
  importFiles(input: HTMLInputElement): void;
  rename(): void;
  cut(): void;
  paste(): void;
  download(): void;
  remove(): void;
  filter(text: string): void;
  toggleTree(): void;
  /** Leaves the filter for the list. */
  focusList(): void;
}

export class Toolbar {
  readonly element: HTMLElement;
  readonly #filter: HTMLInputElement;
  readonly #rename: HTMLButtonElement;
  readonly #cut: HTMLButtonElement;
  readonly #paste: HTMLButtonElement;
  readonly #download: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;

  constructor(actions: ToolbarActions) {
    const tool = (
      label: string,
      name: Parameters<typeof icon>[0],
      testId: string,
      onClick: () => void,
      keys?: string,
    ) =>
      button({
        label,
        icon: name,
        iconOnly: "narrow",
        kind: "quiet",
        testId,
        onClick,
        ...(keys !== undefined && { keys }),
      });
    const files = fileInput("import-files-input", false, actions);
    const folder = fileInput("import-folder-input", true, actions);
    this.#rename = tool(
      "Rename",
      "rename",
      "rename",
      () => {
        actions.rename();
      },
      "F2",
    );
    this.#cut = tool(
      "Cut",
      "cut",
      "cut",
      () => {
        actions.cut();
      },
      "Ctrl+X",
    );
    this.#paste = tool(
      "Paste",
      "paste",
      "paste",
      () => {
        actions.paste();
      },
      "Ctrl+V",
    );
    this.#download = tool("Download", "download", "download", () => {
      actions.download();
    });
    this.#remove = tool(
      "Delete",
      "trash",
      "delete",
      () => {
        actions.remove();
      },
      "Del",
    );
    this.#filter = h("input", {
      class: "input filter-input",
      testId: "filter",
      attributes: {
        type: "search",
        placeholder: "Filter this folder",
        "aria-label": "Filter this folder",
        autocomplete: "off",
      },
      on: {
        input: () => {
          actions.filter(this.#filter.value);
        },
        keydown: (event) => {
          this.#filterKey(event, actions);
        },
      },
    });
    const tree = tool("Folders", "tree", "toggle-tree", () => {
      actions.toggleTree();
    });
    tree.classList.add("only-narrow");
    this.element = h(
      "div",
      { class: "toolbar", attributes: { role: "group", "aria-label": "Actions" } },
      h(
        "div",
        { class: "tools" },
        tree,
        tool("New folder", "newFolder", "new-folder", () => {
          actions.newFolder();
        }),
        tool("Add files", "upload", "import-files", () => {
          files.click();
        }),
        tool("Add folder", "uploadFolder", "import-folder", () => {
          folder.click();
        }),
        files,
        folder,
        h("span", { class: "tools-gap" }),
        this.#download,
        this.#rename,
        this.#cut,
        this.#paste,
        this.#remove,
      ),
      h("div", { class: "filter" }, icon("search"), this.#filter),
    );
    this.update([], false);
  }

  /** `canPaste` is true if something was cut. */
  update(selected: readonly Item[], canPaste: boolean): void {
    const onlyFiles = selected.length > 0 && selected.every(({ type }) => type === "file");
    this.#rename.disabled = selected.length !== 1;
    this.#cut.disabled = selected.length === 0;
    this.#paste.disabled = !canPaste;
    this.#download.disabled = !onlyFiles;
    this.#remove.disabled = selected.length === 0;
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  clearFilter(): void {
    this.#filter.value = "";
  }

  #filterKey(event: KeyboardEvent, actions: ToolbarActions): void {
    if (event.key === "Escape") {
      this.clearFilter();
      actions.filter("");
      actions.focusList();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      actions.focusList();
    }
  }
}

function fileInput(testId: string, folders: boolean, actions: ToolbarActions): HTMLInputElement {
  const input = h("input", {
    testId,
    attributes: { type: "file", multiple: true, webkitdirectory: folders, hidden: true },
    on: {
      change: () => {
        actions.importFiles(input);
        // The same choice again is a change again.
        input.value = "";
      },
    },
  });
  return input;
}
