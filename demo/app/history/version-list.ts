/** The versions of a file as a listbox, newest first: number, date, size, and what that differs by. */
import type { VersionInfo } from "cofferfs";
import { h, uniqueId } from "../shared/dom.js";
import { formatBytes, formatBytesChange, formatDate } from "../shared/format.js";

export class VersionList {
  readonly element: HTMLElement;
  readonly #onChoose: (version: VersionInfo) => void;
  #versions: readonly VersionInfo[] = [];
  #options: readonly HTMLElement[] = [];
  #chosen = 0;

  constructor(onChoose: (version: VersionInfo) => void) {
    this.#onChoose = onChoose;
    this.element = h("ul", {
      class: "versions",
      testId: "versions",
      attributes: { role: "listbox", tabindex: 0, "aria-label": "Versions, newest first" },
      on: {
        keydown: (event) => {
          this.#key(event);
        },
      },
    });
  }

  /** Newest first; the newest is chosen. */
  show(versions: readonly VersionInfo[]): void {
    this.#versions = versions;
    this.#options = versions.map((version, index) => this.#option(version, index));
    this.element.replaceChildren(...this.#options);
    this.#choose(0);
  }

  isPresent(version: VersionInfo): boolean {
    return version === this.#versions[0];
  }

  focus(): void {
    this.element.focus();
  }

  #option(version: VersionInfo, index: number): HTMLElement {
    const before = this.#versions[index + 1];
    const change = before === undefined ? "" : formatBytesChange(version.size - before.size);
    return h(
      "li",
      {
        class: "version",
        id: uniqueId("version"),
        testId: "version",
        attributes: { role: "option", "aria-selected": "false" },
        on: {
          click: () => {
            this.#choose(index);
          },
        },
      },
      h(
        "span",
        { class: "version-number" },
        `Version ${version.version}`,
        index === 0 ? h("span", { class: "badge" }, "present") : undefined,
      ),
      h("span", { class: "version-date" }, formatDate(version.createdMs)),
      h("span", { class: "version-size" }, formatBytes(version.size)),
      h("span", { class: "version-change", testId: "version-change" }, change),
    );
  }

  #choose(index: number): void {
    const [version, option] = [this.#versions[index], this.#options[index]];
    if (version === undefined || option === undefined) return;
    this.#options[this.#chosen]?.setAttribute("aria-selected", "false");
    this.#chosen = index;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.element.setAttribute("aria-activedescendant", option.id);
    this.#onChoose(version);
  }

  #key(event: KeyboardEvent): void {
    const last = this.#versions.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(this.#chosen + 1, last),
      ArrowUp: Math.max(this.#chosen - 1, 0),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    if (target !== this.#chosen) this.#choose(target);
  }
}
