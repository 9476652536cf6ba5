/**
 * Snapshot browser: the files of a snapshot, in the same list as those of the vault, for reading. Files and folders
 * are copied from it into the vault or downloaded.
 */
import type { Snapshot, SnapshotInfo } from "cofferfs";
import { breadcrumbs } from "../files/breadcrumbs.js";
import { downloadFile } from "../files/download.js";
import { FolderList } from "../files/folder-list.js";
import { readFolder, type Item } from "../files/listing.js";
import { Preview } from "../files/preview.js";
import { fileAt } from "../files/stored-file.js";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { tell } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { explain, isAbort } from "../shared/explain.js";
import { formatDate, formatPlural } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { nameOf, parentOf, ROOT } from "../shared/paths.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";
import { CopyBack, type CopyResult } from "./copy-back.js";

/** Resolves when it is closed. */
export async function openSnapshotBrowser(vault: Vault, info: SnapshotInfo): Promise<void> {
  const snapshot = await vault.repo.openSnapshot(info.name);
  try {
    const browser = new SnapshotBrowser(vault, snapshot, info);
    await browser.start();
    await browser.closed;
  } finally {
    // A repo that is locked has closed it already.
    if (!vault.repo.closed && !vault.repo.locked) await snapshot.close();
  }
}

class SnapshotBrowser {
  readonly #vault: Vault;
  readonly #snapshot: Snapshot;
  readonly #sheet: Sheet;
  readonly #list: FolderList;
  readonly #preview: Preview;
  readonly #copy: HTMLButtonElement;
  readonly #download: HTMLButtonElement;
  readonly #status = h("p", { class: "note", testId: "snapshot-status" });
  readonly #crumbs = h("nav", {
    class: "crumb-bar",
    attributes: { "aria-label": "Path in the snapshot" },
  });
  #folder = ROOT;

  constructor(vault: Vault, snapshot: Snapshot, { createdMs }: SnapshotInfo) {
    this.#vault = vault;
    this.#snapshot = snapshot;
    this.#list = new FolderList(snapshot.fs, {
      open: (item) => {
        if (item.type === "directory") void this.#enter(item.path);
      },
      selectionChanged: () => {
        this.#selectionChanged();
      },
      goUp: () => {
        if (this.#folder !== ROOT) void this.#enter(parentOf(this.#folder), this.#folder);
      },
    });
    this.#preview = new Preview(snapshot.fs);
    this.#copy = button({
      label: "Copy into the vault",
      icon: "restore",
      kind: "primary",
      testId: "snapshot-copy",
      onClick: () => void this.#attempt("It was not copied", () => this.#copySelected()),
    });
    this.#download = button({
      label: "Download",
      icon: "download",
      testId: "snapshot-download",
      onClick: () => void this.#attempt("It was not downloaded", () => this.#downloadSelected()),
    });
    this.#sheet = new Sheet({
      title: `Snapshot “${snapshot.name}”`,
      testId: "snapshot-browser",
      size: "full",
    });
    this.#sheet.body.classList.add("snapshot-body");
    this.#sheet.body.append(...this.#parts(createdMs));
    this.#sheet.signal.addEventListener("abort", () => {
      this.#list.dispose();
      this.#preview.dispose();
    });
  }

  get closed(): Promise<void> {
    return this.#sheet.closed;
  }

  async start(): Promise<void> {
    await this.#enter(ROOT);
  }

  #parts(createdMs: number): HTMLElement[] {
    return [
      h(
        "p",
        { class: "banner", testId: "snapshot-banner" },
        icon("camera"),
        h(
          "span",
          {},
          h("b", {}, "Read-only. "),
          `The vault as it was on ${formatDate(createdMs)}; nothing in here can change.`,
        ),
      ),
      h("div", { class: "preview-tools" }, this.#copy, this.#download),
      this.#crumbs,
      h(
        "div",
        { class: "split snapshot-split" },
        h("div", { class: "snapshot-list-frame" }, this.#list.element),
        h("div", { class: "split-view" }, this.#preview.element),
      ),
      this.#status,
    ];
  }

  async #enter(path: string, focus?: string): Promise<void> {
    try {
      const items = await readFolder(this.#snapshot.fs, path);
      this.#folder = path;
      this.#crumbs.replaceChildren(
        breadcrumbs(path, this.#snapshot.name, (part) => void this.#enter(part)),
      );
      this.#list.scrollToTop();
      await this.#list.show(items, focus);
      this.#list.focus();
      const where = path === ROOT ? this.#snapshot.name : nameOf(path);
      announce(`Snapshot: ${where}, ${formatPlural(items.length, "item")}`);
    } catch (error) {
      if (!this.#sheet.signal.aborted) this.#status.textContent = explain(error);
    }
  }

  #selectionChanged(): void {
    const selected = this.#list.selectedItems;
    this.#copy.disabled = selected.length === 0;
    this.#download.disabled = selected.length === 0 || selected.some(({ type }) => type !== "file");
    this.#preview.show(selected);
  }

  async #copySelected(): Promise<void> {
    const copy = new CopyBack(this.#vault, this.#snapshot.fs, this.#sheet.signal);
    const count = formatPlural(this.#list.selectedItems.length, "item");
    this.#say(`Copying ${count} into the vault…`);
    this.#copy.disabled = true;
    const result = await copy.run(this.#list.selectedItems).finally(() => {
      this.#copy.disabled = false;
      this.#say("");
    });
    this.#say(resultWords(result));
    this.#list.focus();
    if (result.failures.length === 0) return;
    const lines = result.failures.map(({ path, reason }) =>
      h("li", {}, h("b", {}, path), ` ${reason}`),
    );
    await tell("Not everything was copied", [h("ul", {}, ...lines)], "failures-dialog");
  }

  async #downloadSelected(): Promise<void> {
    const items: readonly Item[] = this.#list.selectedItems;
    for (const { path } of items) await downloadFile(await fileAt(this.#snapshot.fs, path));
  }

  #say(text: string): void {
    this.#status.textContent = text;
    if (text !== "") announce(text);
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#sheet.signal.aborted || isAbort(error)) return;
      await tell(what, [h("p", {}, explain(error))], "error-dialog");
    }
  }
}

function resultWords({ copied, skipped }: CopyResult): string {
  const words = `${formatPlural(copied, "file")} copied into the vault, to where it was`;
  return skipped > 0 ? `${words}; ${formatPlural(skipped, "file")} left out.` : `${words}.`;
}
