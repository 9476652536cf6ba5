/**
 * Version history of one file: what is kept of it, newest first, each to look at, to download, and to restore.
 * Restoring makes one version more, so it can be undone the same way.
 */
import { isRepoError, type VersionInfo } from "cofferfs";
import { ContentView } from "../files/content-view.js";
import { downloadFile } from "../files/download.js";
import { replaceContent } from "../files/replace-content.js";
import { piecesOf, versionOf } from "../files/stored-file.js";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { tell } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatPlural } from "../shared/format.js";
import { nameOf, parentOf } from "../shared/paths.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";
import { VersionList } from "./version-list.js";

/** Resolves when it is closed. */
export async function openHistory(vault: Vault, path: string): Promise<void> {
  const sheet = new HistorySheet(vault, path);
  await sheet.show();
  sheet.focus();
  await sheet.closed;
}

class HistorySheet {
  readonly #vault: Vault;
  readonly #path: string;
  readonly #sheet: Sheet;
  readonly #view = new ContentView("version-preview");
  readonly #list: VersionList;
  readonly #note = h("p", { class: "note", testId: "history-note" });

  constructor(vault: Vault, path: string) {
    this.#vault = vault;
    this.#path = path;
    this.#list = new VersionList((version) => {
      this.#preview(version);
    });
    this.#sheet = new Sheet({
      title: `Versions of “${nameOf(path)}”`,
      testId: "history-sheet",
      size: "full",
    });
    this.#sheet.body.append(
      this.#note,
      h(
        "div",
        { class: "split" },
        h("div", { class: "split-list" }, this.#list.element),
        h(
          "section",
          { class: "split-view", attributes: { "aria-label": "Version" } },
          this.#view.element,
        ),
      ),
    );
    this.#sheet.signal.addEventListener("abort", () => {
      this.#view.dispose();
    });
  }

  get closed(): Promise<void> {
    return this.#sheet.closed;
  }

  focus(): void {
    this.#list.focus();
  }

  /** Reads the history anew and goes to its newest version. */
  async show(): Promise<void> {
    try {
      const versions = (await this.#vault.repo.history(this.#path)).toReversed();
      this.#note.textContent =
        versions.length === 1
          ? "Only the present version is there. Each later change keeps the one before, as far as this vault keeps any."
          : `${formatPlural(versions.length, "version")}, newest first. Arrows choose one.`;
      this.#list.show(versions);
    } catch (error) {
      this.#view.showNote(
        h("p", { class: "form-error", attributes: { role: "alert" } }, explain(error)),
      );
    }
  }

  #preview(info: VersionInfo): void {
    const file = versionOf(this.#vault.repo, this.#path, info);
    const isPresent = this.#list.isPresent(info);
    const tools = h(
      "div",
      { class: "preview-tools" },
      isPresent ? undefined : this.#restoreButton(info),
      button({
        label: "Download it",
        icon: "download",
        testId: "version-download",
        onClick: () => void this.#attempt("It was not downloaded", () => downloadFile(file)),
      }),
    );
    const title = `Version ${info.version}${isPresent ? ", the present one" : ""}`;
    void this.#view.showFile({ title, tools }, () => Promise.resolve(file));
  }

  #restoreButton(info: VersionInfo): HTMLButtonElement {
    return button({
      label: "Restore this version",
      icon: "restore",
      kind: "primary",
      testId: "version-restore",
      onClick: () => void this.#attempt("It was not restored", () => this.#restore(info)),
    });
  }

  async #restore(info: VersionInfo): Promise<void> {
    const { repo } = this.#vault;
    const file = versionOf(repo, this.#path, info);
    await replaceContent(repo, this.#path, file.size, () => piecesOf(file));
    await repo.sync();
    this.#vault.reportChange(parentOf(this.#path));
    await this.show();
    this.#list.focus();
    announce(`Version ${info.version} is restored, as a new version`);
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await tell(what, [h("p", {}, explain(error))], "error-dialog");
      // It has made way for a newer one meanwhile.
      if (isRepoError(error, "NO_VERSION")) await this.show();
    }
  }
}
