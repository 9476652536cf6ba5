/** The line below: what is shown and selected, how large the container is, and whether the browser may evict it. */
import type { Repo } from "cofferfs";
import { h } from "../shared/dom.js";
import { formatBytes, formatPlural } from "../shared/format.js";
import type { Item } from "./listing.js";

/** `persist` may never answer (some browsers ask, some hang). */
const PERSIST_WAIT_MS = 5000;

export class StatusBar {
  readonly element: HTMLElement;
  readonly #repo: Repo;
  readonly #counts = h("span", { testId: "status-counts" });
  readonly #container = h("span", { class: "status-container", testId: "status-container" });
  readonly #keep: HTMLButtonElement;

  constructor(repo: Repo) {
    this.#repo = repo;
    this.#keep = h(
      "button",
      {
        class: "link-button",
        testId: "keep-storage",
        attributes: {
          type: "button",
          title:
            "Without this, the browser may remove all data of this site when the disk is nearly full.",
        },
        on: { click: () => void this.#askToKeep() },
      },
      "Ask the browser to keep it",
    );
    this.#keep.hidden = true;
    this.element = h(
      "footer",
      { class: "status" },
      this.#counts,
      h("span", { class: "status-right" }, this.#container, this.#keep),
    );
    void this.#showKeep();
  }

  showCounts(shown: number, selected: readonly Item[]): void {
    const counts = formatPlural(shown, "item");
    this.#counts.textContent =
      selected.length === 0 ? counts : `${counts} · ${selectedWords(selected)}`;
  }

  async showContainer(): Promise<void> {
    const { slots, slotBytes, freeSlots } = await this.#repo.stats();
    this.#container.textContent = `Container ${formatBytes(slots * slotBytes)}, ${formatBytes(freeSlots * slotBytes)} of it free`;
  }

  async #showKeep(): Promise<void> {
    this.#keep.hidden = await navigator.storage.persisted().catch(() => true);
  }

  async #askToKeep(): Promise<void> {
    const late = new Promise<boolean>((resolve) => {
      setTimeout(() => {
        resolve(false);
      }, PERSIST_WAIT_MS);
    });
    const kept = await Promise.race([navigator.storage.persist().catch(() => false), late]);
    this.#keep.textContent = kept ? "The browser keeps it" : "The browser did not agree to keep it";
    this.#keep.disabled = true;
  }
}

/** With the size, if that of every selected file is known. */
function selectedWords(selected: readonly Item[]): string {
  const words = `${formatPlural(selected.length, "item")} selected`;
  const files = selected.filter(({ type }) => type === "file");
  if (files.length === 0 || files.some(({ details }) => details === undefined)) return words;
  return `${words}, ${formatBytes(files.reduce((sum, { details }) => sum + (details?.size ?? 0), 0))}`;
}
