/**
 * The second screen: an open vault. It puts the parts together and carries out what they ask for; the
 * parts know nothing of each other. Locking takes all of it away.
 */
import type { LockReason } from "cofferfs";
import { ImportControl } from "../import/import-control.js";
import { sourcesOfInput } from "../import/sources.js";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { askName, confirm, tell } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatPlural } from "../shared/format.js";
import { joinPath, nameOf, nameProblem, parentOf, ROOT } from "../shared/paths.js";
import type { Vault } from "../vault.js";
import { breadcrumbs } from "./breadcrumbs.js";
import { downloadFile } from "./download.js";
import { openHistory } from "../history/history-sheet.js";
import { acceptDrops } from "./drop-target.js";
import { makeFolder, moveItems, removeItems, renameItem, type Outcome } from "./file-operations.js";
import { FolderList } from "./folder-list.js";
import { FolderTree } from "./folder-tree.js";
import { readFolder, type Item } from "./listing.js";
import { Preview } from "./preview.js";
import { fileAt } from "./stored-file.js";
import { eventNotice } from "./event-notice.js";
import { StatusBar } from "./status-bar.js";
import { Toolbar } from "./toolbar.js";
import { vaultBar } from "./vault-bar.js";

export class FilesScreen {
  readonly element: HTMLElement;
  readonly #vault: Vault;
  readonly #onLocked: (reason: LockReason) => void;
  readonly #list: FolderList;
  readonly #tree: FolderTree;
  readonly #toolbar: Toolbar;
  readonly #preview: Preview;
  readonly #status: StatusBar;
  readonly #imports: ImportControl;
  readonly #crumbs = h("nav", { class: "crumb-bar", attributes: { "aria-label": "Path" } });
  readonly #life = new AbortController();
  #folder = ROOT;
  /** Counts readings of folders: an answer that comes after a later question is dropped. */
  #reading = 0;
  #isLocking = false;
  #dragged: readonly Item[] = [];
  #cut: readonly Item[] = [];

  constructor(vault: Vault, onLocked: (reason: LockReason) => void) {
    this.#vault = vault;
    this.#onLocked = onLocked;
    this.#list = this.#makeList();
    this.#tree = new FolderTree(vault.repo, vault.address.name, (path) => {
      this.element.classList.remove("tree-open");
      void this.#open(path);
    });
    this.#toolbar = this.#makeToolbar();
    this.#preview = new Preview(vault.repo.fs, (item) => this.#fileTools(item));
    this.#status = new StatusBar(vault.repo);
    this.#imports = new ImportControl(vault);
    this.element = this.#layout();
    this.#listen();
  }

  start(): void {
    void this.#open(ROOT).then(() => {
      this.#list.focus();
    });
  }

  #layout(): HTMLElement {
    return h(
      "div",
      { class: "files", testId: "files" },
      vaultBar(this.#vault, () => void this.#lock("call")),
      this.#toolbar.element,
      this.#crumbs,
      h(
        "div",
        { class: "panes" },
        h(
          "nav",
          { class: "pane-tree", attributes: { "aria-label": "Folders" } },
          this.#tree.element,
        ),
        h("main", { class: "pane-list" }, this.#list.element),
        h(
          "aside",
          { class: "pane-preview", attributes: { "aria-label": "Preview" } },
          this.#previewClose(),
          this.#preview.element,
        ),
      ),
      this.#status.element,
      this.#imports.element,
    );
  }

  #previewClose(): HTMLElement {
    const close = button({
      label: "Close preview",
      icon: "close",
      kind: "quiet",
      iconOnly: true,
      testId: "preview-close",
      onClick: () => {
        this.#closePreview();
      },
    });
    close.classList.add("only-narrow", "preview-close");
    return close;
  }

  /** What can be done with the file in the preview. */
  #fileTools(item: Item): HTMLElement {
    return h(
      "div",
      { class: "preview-tools" },
      button({
        label: "Version history",
        icon: "history",
        testId: "history",
        onClick: () => void this.#showHistory(item),
      }),
    );
  }

  async #showHistory(item: Item): Promise<void> {
    await openHistory(this.#vault, item.path);
    // The button went with the content that it stood beside, if a version was restored.
    if (document.activeElement === document.body) this.#focusAgain();
  }

  #focusAgain(): void {
    const isCovered = this.#isNarrow() && this.element.classList.contains("preview-open");
    if (isCovered) this.element.querySelector<HTMLElement>(".preview-close")?.focus();
    else this.#list.focus();
  }

  #closePreview(): void {
    this.element.classList.remove("preview-open");
    this.#list.focus();
  }

  #makeList(): FolderList {
    return new FolderList(this.#vault.repo.fs, {
      open: (item) => {
        this.#openItem(item);
      },
      selectionChanged: () => {
        this.#selectionChanged();
      },
      goUp: () => void this.#goUp(),
      edit: {
        rename: (item, name) => void this.#rename(item, name),
        removeSelected: () => void this.#removeSelected(),
        cutSelected: () => {
          this.#cutSelected();
        },
        paste: () => void this.#paste(),
        dragging: (items) => {
          this.#dragged = items;
        },
      },
    });
  }

  #makeToolbar(): Toolbar {
    return new Toolbar({
      newFolder: () => void this.#newFolder(),
      importFiles: (input) => {
        this.#imports.importSources(this.#folder, sourcesOfInput(input));
      },
      rename: () => void this.#list.renameActive(),
      cut: () => {
        this.#cutSelected();
      },
      paste: () => void this.#paste(),
      download: () => void this.#download(),
      remove: () => void this.#removeSelected(),
      filter: (text) => {
        this.#list.setFilter(text);
      },
      toggleTree: () => {
        this.element.classList.add("tree-open");
        this.#tree.focus();
      },
      focusList: () => {
        this.#list.focus();
      },
    });
  }

  #listen(): void {
    const { signal } = this.#life;
    this.#vault.events.listen((event) => {
      if (event.type === "locked") void this.#lock(event.reason);
      const notice = eventNotice(event);
      if (notice !== undefined && !signal.aborted)
        void tell(notice.title, [h("p", {}, notice.text)], "event-dialog");
    });
    this.#vault.onChange((folders) => {
      void this.#tree.refresh(folders);
      void this.#status.showContainer().catch(() => undefined);
      if (folders === "all" || folders.has(this.#folder)) void this.#reload();
    });
    acceptDrops(this.element, {
      move: (folder) => void this.#move(this.#dragged, folder),
      bringIn: (folder, data) => {
        this.#imports.importDrop(folder, data);
      },
    });
    this.element.addEventListener("keydown", (event) => {
      this.#key(event);
    });
    // On a narrow screen the tree covers the list; a touch beside it puts it away and does no more.
    this.element.addEventListener(
      "click",
      (event) => {
        const isOpen = this.element.classList.contains("tree-open");
        if (!isOpen || !(event.target instanceof Element)) return;
        if (event.target.closest(".pane-tree") !== null) return;
        event.stopPropagation();
        this.element.classList.remove("tree-open");
      },
      { capture: true },
    );
    // A drop that misses would make the browser leave this page for the file.
    for (const type of ["dragover", "drop"] as const) {
      window.addEventListener(
        type,
        (event) => {
          event.preventDefault();
        },
        { signal },
      );
    }
    window.addEventListener(
      "beforeunload",
      (event) => {
        if (this.#imports.isRunning) event.preventDefault();
      },
      { signal },
    );
    // A page that goes may come back as it was, from the browser's cache of pages: it comes back locked.
    window.addEventListener("pagehide", () => void this.#lock("call"), { signal });
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.element.matches(".preview-open, .tree-open")) {
      this.element.classList.remove("tree-open");
      this.#closePreview();
    }
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing) {
      event.preventDefault();
      this.#toolbar.focusFilter();
    }
  }

  /** Shows a folder, or the nearest one above it that is still there. */
  async #open(path: string, focus?: string): Promise<void> {
    this.#folder = path;
    this.#toolbar.clearFilter();
    this.#list.setFilter("");
    this.#list.scrollToTop();
    this.#crumbs.replaceChildren(
      breadcrumbs(path, this.#vault.address.name, (part) => void this.#open(part)),
    );
    this.#list.element.dataset["dropPath"] = path;
    await this.#reload(focus);
    await this.#tree.reveal(path);
    announce(
      `${path === ROOT ? this.#vault.address.name : nameOf(path)}, ${formatPlural(this.#list.shownCount, "item")}`,
    );
  }

  async #reload(focus?: string): Promise<void> {
    this.#reading += 1;
    const turn = this.#reading;
    try {
      const items = await readFolder(this.#vault.repo.fs, this.#folder);
      if (turn !== this.#reading) return;
      await this.#list.show(items, focus);
      await this.#status.showContainer();
    } catch (error) {
      if (turn !== this.#reading || this.#life.signal.aborted) return;
      if (this.#folder === ROOT) await this.#tell("The vault cannot be read", explain(error));
      else await this.#open(parentOf(this.#folder));
    }
  }

  #openItem(item: Item): void {
    if (item.type === "directory") {
      void this.#open(item.path).then(() => {
        this.#list.focus();
      });
      return;
    }
    this.#preview.show([item]);
    this.element.classList.add("preview-open");
    if (this.#isNarrow()) this.element.querySelector<HTMLElement>(".preview-close")?.focus();
  }

  /** Whether the preview covers the list, as styles/files.css decides. */
  #isNarrow(): boolean {
    return window.matchMedia("(max-width: 900px)").matches;
  }

  async #goUp(): Promise<void> {
    if (this.#folder === ROOT) return;
    await this.#open(parentOf(this.#folder), this.#folder);
    this.#list.focus();
  }

  #selectionChanged(): void {
    const selected = this.#list.selectedItems;
    this.#toolbar.update(selected, this.#cut.length > 0);
    this.#status.showCounts(this.#list.shownCount, selected);
    this.#preview.show(selected);
  }

  async #newFolder(): Promise<void> {
    const name = await askName({
      title: "New folder",
      label: "Name",
      value: "New folder",
      action: "Create",
      problem: nameProblem,
      testId: "new-folder-dialog",
    });
    if (name === undefined) return;
    await this.#attempt("The folder was not created", async () => {
      const path = await makeFolder(this.#vault, this.#folder, name);
      await this.#reload(path);
      this.#list.focus();
      announce(`Folder ${name} created`);
    });
  }

  async #rename(item: Item, name: string): Promise<void> {
    await this.#attempt(`“${item.name}” was not renamed`, async () => {
      const path = await renameItem(this.#vault, item, name);
      await this.#reload(path);
      this.#list.focus();
      announce(`Renamed to ${name}`);
    });
  }

  async #removeSelected(): Promise<void> {
    const items = this.#list.selectedItems;
    if (items.length === 0) return;
    const folders = items.filter(({ type }) => type === "directory").length;
    const [only] = items;
    const what =
      items.length === 1 && only !== undefined
        ? `“${only.name}”`
        : formatPlural(items.length, "item");
    const sure = await confirm({
      title: `Delete ${what}?`,
      text: `${folders > 0 ? "Folders are deleted with all that is in them. " : ""}There is no bin to bring it back from.`,
      action: "Delete",
      danger: true,
      testId: "delete-dialog",
    });
    if (!sure) return;
    const outcome = await removeItems(this.#vault, items);
    await this.#reload();
    this.#list.focus();
    await this.#report("deleted", outcome);
  }

  #cutSelected(): void {
    this.#setCut(this.#list.selectedItems);
    announce(`${formatPlural(this.#cut.length, "item")} cut; go to a folder and paste`);
  }

  #setCut(items: readonly Item[]): void {
    this.#cut = items;
    this.#list.markCut(new Set(items.map(({ path }) => path)));
    this.#selectionChanged();
  }

  async #paste(): Promise<void> {
    const items = this.#cut;
    this.#setCut([]);
    await this.#move(items, this.#folder);
  }

  async #move(items: readonly Item[], folder: string): Promise<void> {
    this.#dragged = [];
    if (items.length === 0) return;
    await this.#attempt("Nothing was moved", async () => {
      const outcome = await moveItems(this.#vault, items, folder);
      const [first] = items;
      await this.#reload(first === undefined ? undefined : joinPath(this.#folder, first.name));
      this.#list.focus();
      await this.#report("moved", outcome);
    });
  }

  async #download(): Promise<void> {
    for (const item of this.#list.selectedItems) {
      await this.#attempt(`“${item.name}” was not downloaded`, () =>
        fileAt(this.#vault.repo.fs, item.path).then(downloadFile),
      );
    }
  }

  async #report(verb: string, { done, failures }: Outcome): Promise<void> {
    announce(`${formatPlural(done, "item")} ${verb}`);
    if (failures.length === 0) return;
    const lines = failures.map(({ path, reason }) => h("li", {}, h("b", {}, path), ` ${reason}`));
    await tell(
      `${formatPlural(failures.length, "item")} could not be ${verb}`,
      [h("ul", {}, ...lines)],
      "failures-dialog",
    );
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await this.#tell(what, explain(error));
    }
  }

  #tell(title: string, text: string): Promise<void> {
    return tell(title, [h("p", {}, text)], "error-dialog");
  }

  /** Ends everything that holds plaintext, then locks the repo, if it has not by itself, then ends this screen. */
  async #lock(reason: LockReason): Promise<void> {
    if (this.#isLocking) return;
    this.#isLocking = true;
    // An import may be waiting for the answer to a dialog; closing it is one.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    await this.#imports.stop();
    this.#life.abort();
    this.#reading += 1;
    this.#list.dispose();
    this.#preview.dispose();
    this.#cut = [];
    this.#dragged = [];
    // A failed commit is told, but the vault is locked all the same.
    const failure = await this.#vault.lock().then(
      () => undefined,
      (error: unknown) => explain(error),
    );
    this.#onLocked(reason);
    if (failure !== undefined) await this.#tell("Locked, but not everything was saved", failure);
  }
}
