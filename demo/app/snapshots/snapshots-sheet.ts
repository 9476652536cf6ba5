/**
 * Snapshots of the vault: taking one, and the list of those there are, each to look into, to restore the whole
 * vault to, and to delete.
 */
import type { SnapshotInfo } from "cofferfs";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { confirm } from "../shared/dialog.js";
import { h, setAttribute, uniqueId } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatDate } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";
import { askRestore } from "./restore-dialog.js";
import { openSnapshotBrowser } from "./snapshot-browser.js";
import { freeSnapshotName, snapshotNameProblem } from "./snapshot-name.js";

/** Resolves when it is closed. */
export async function openSnapshots(vault: Vault): Promise<void> {
  const sheet = new SnapshotsSheet(vault);
  await sheet.show();
  sheet.focus();
  await sheet.closed;
}

class SnapshotsSheet {
  readonly #vault: Vault;
  readonly #sheet = new Sheet({
    title: "Snapshots",
    testId: "snapshots",
    size: "narrow",
  });
  readonly #name: HTMLInputElement;
  readonly #list = h("ul", { class: "entries", testId: "snapshot-list" });
  readonly #error: HTMLElement;
  #infos: readonly SnapshotInfo[] = [];

  constructor(vault: Vault) {
    this.#vault = vault;
    const errorId = uniqueId("snapshot-error");
    this.#error = h("p", {
      id: errorId,
      class: "form-error",
      testId: "snapshot-error",
      attributes: { role: "alert" },
    });
    this.#name = h("input", {
      class: "input",
      testId: "snapshot-name",
      attributes: {
        type: "text",
        autocomplete: "off",
        spellcheck: "false",
        "aria-describedby": errorId,
      },
    });
    this.#sheet.body.append(
      h(
        "p",
        { class: "lead" },
        "A snapshot keeps the whole vault as it is now. It takes no time; room is taken only by what is changed or deleted afterwards.",
      ),
      this.#form(),
      this.#error,
      this.#list,
    );
  }

  get closed(): Promise<void> {
    return this.#sheet.closed;
  }

  focus(): void {
    this.#name.focus();
    this.#name.select();
  }

  async show(): Promise<void> {
    await this.#attempt(async () => {
      const infos = await this.#vault.repo.snapshots();
      // The newest is what is wanted most often.
      this.#infos = infos.toSorted((a, b) => b.createdMs - a.createdMs);
      this.#list.replaceChildren(
        ...(this.#infos.length === 0
          ? [h("li", { class: "empty" }, "None yet.")]
          : this.#infos.map((info) => this.#row(info))),
      );
      this.#name.value = freeSnapshotName(this.#infos);
    });
  }

  #form(): HTMLElement {
    return h(
      "form",
      {
        class: "line-form",
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.#take();
          },
        },
      },
      h("label", { class: "field" }, h("span", {}, "Name of a new snapshot"), this.#name),
      button({
        label: "Take snapshot",
        icon: "camera",
        kind: "primary",
        type: "submit",
        testId: "snapshot-take",
      }),
    );
  }

  #row(info: SnapshotInfo): HTMLElement {
    const { name, createdMs } = info;
    const act = (
      label: string,
      iconName: Parameters<typeof icon>[0],
      testId: string,
      action: () => Promise<void>,
    ): HTMLButtonElement => {
      const made = button({
        label,
        icon: iconName,
        kind: "quiet",
        iconOnly: "narrow",
        testId,
        onClick: () => void this.#attempt(action),
      });
      made.setAttribute("aria-label", `${label} “${name}”`);
      return made;
    };
    const row = h(
      "li",
      { class: "entry", testId: "snapshot" },
      icon("camera"),
      h(
        "span",
        { class: "entry-words" },
        h("b", { testId: "snapshot-row-name" }, name),
        h("span", { class: "entry-note" }, formatDate(createdMs)),
      ),
      h(
        "span",
        { class: "entry-actions" },
        act("Look into", "eye", "snapshot-open", () => openSnapshotBrowser(this.#vault, info)),
        act("Restore all", "restore", "snapshot-restore", () => this.#restore(info)),
        act("Delete", "trash", "snapshot-delete", () => this.#delete(info)),
      ),
    );
    row.dataset["name"] = name;
    return row;
  }

  async #take(): Promise<void> {
    const name = this.#name.value;
    const problem = snapshotNameProblem(name, this.#infos);
    setAttribute(this.#name, "aria-invalid", problem !== undefined && "true");
    this.#error.textContent = problem ?? "";
    if (problem === undefined)
      await this.#attempt(async () => {
        await this.#vault.repo.snapshot(name);
        await this.show();
        announce(`Snapshot ${name} taken`);
      });
    this.focus();
  }

  async #restore({ name, createdMs }: SnapshotInfo): Promise<void> {
    const keepAs = freeSnapshotName(this.#infos, "Before going back, ");
    const answer = await askRestore(name, createdMs, keepAs);
    if (answer === "no") return;
    if (answer === "snapshotFirst") await this.#vault.repo.snapshot(keepAs);
    await this.#vault.repo.restore(name);
    this.#vault.reportAllChanged();
    await this.show();
    this.focus();
    announce(`The vault is as it was in snapshot ${name}`);
  }

  async #delete({ name }: SnapshotInfo): Promise<void> {
    const sure = await confirm({
      title: `Delete the snapshot “${name}”?`,
      text: "What only this snapshot still has is gone for good. The files in the vault stay as they are.",
      action: "Delete",
      danger: true,
      testId: "delete-snapshot-dialog",
    });
    if (!sure) return;
    await this.#vault.repo.deleteSnapshot(name);
    await this.show();
    this.focus();
    announce(`Snapshot ${name} deleted`);
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    this.#error.textContent = "";
    try {
      await action();
    } catch (error) {
      if (!this.#sheet.signal.aborted) this.#error.textContent = explain(error);
    }
  }
}
