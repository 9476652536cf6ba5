/**
 * The preview of one file: text, pictures, sound and film, else its first bytes. Object URLs are revoked
 * as soon as something else is shown; a preview that was overtaken shows nothing.
 */
import type { Repo } from "cofferfs";
import { h, type Child } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatBytes, formatDate, formatPlural } from "../shared/format.js";
import { hexDump } from "../shared/hex.js";
import { readBlob, readStart } from "./file-bytes.js";
import { fileKind } from "./file-kind.js";
import type { Item } from "./listing.js";

const SNIFF_BYTES = 4096;
const TEXT_LIMIT_BYTES = 256 * 1024;
const MEDIA_LIMIT_BYTES = 64 * 1024 * 1024;
const HEX_BYTES = 512;
/** Arrow keys pass over files quicker than this; those are not read. */
const SETTLE_MS = 120;

export class Preview {
  readonly element: HTMLElement;
  readonly #repo: Repo;
  readonly #body = h("div", { class: "preview-body", testId: "preview-body" });
  #url: string | undefined;
  #turn = 0;
  #shownPaths = "";
  #shownMtimeMs: number | undefined;

  constructor(repo: Repo) {
    this.#repo = repo;
    this.element = h(
      "section",
      { class: "preview", testId: "preview", attributes: { "aria-label": "Preview" } },
      this.#body,
    );
    this.show([]);
  }

  show(items: readonly Item[]): void {
    const [item, ...others] = items;
    if (item !== undefined && this.#isShown(items, item.details?.mtimeMs)) return;
    this.#turn += 1;
    this.#release();
    if (item === undefined)
      this.#set([h("p", { class: "empty" }, "Select a file to see it here.")]);
    else if (others.length > 0) this.#set([summary(items)]);
    else if (item.type === "file") void this.#showFile(item, this.#turn);
    else
      this.#set([
        heading(item.name),
        h("p", { class: "empty" }, item.type === "directory" ? "Folder" : "Symbolic link"),
      ]);
  }

  /** Also notes what is shown. A time that is not known yet is no change. */
  #isShown(items: readonly Item[], mtimeMs: number | undefined): boolean {
    const paths = items.map(({ path }) => path).join("\n");
    const isSame =
      paths === this.#shownPaths &&
      (mtimeMs === undefined || this.#shownMtimeMs === undefined || mtimeMs === this.#shownMtimeMs);
    this.#shownMtimeMs = isSame ? (this.#shownMtimeMs ?? mtimeMs) : mtimeMs;
    this.#shownPaths = paths;
    return isSame;
  }

  dispose(): void {
    this.#turn += 1;
    this.#release();
    this.#body.replaceChildren();
  }

  async #showFile(item: Item, turn: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (turn !== this.#turn) return;
    try {
      const { size, mtimeMs } = await this.#repo.fs.stat(item.path);
      const facts = h(
        "p",
        { class: "preview-facts" },
        `${formatBytes(size)} · ${formatDate(mtimeMs)}`,
      );
      const content = await this.#content(item, size, turn);
      if (turn === this.#turn) this.#set([heading(item.name), facts, ...content]);
    } catch (error) {
      if (turn === this.#turn)
        this.#set([
          heading(item.name),
          h("p", { class: "form-error", attributes: { role: "alert" } }, explain(error)),
        ]);
    }
  }

  async #content(item: Item, size: number, turn: number): Promise<Node[]> {
    if (size === 0) return [h("p", { class: "empty" }, "The file is empty.")];
    const start = await readStart(this.#repo, item.path, Math.min(size, SNIFF_BYTES));
    const kind = fileKind(start, item.name);
    switch (kind.kind) {
      case "text":
        return this.#text(item, size);
      case "other":
        return [
          h("p", { class: "note" }, "No preview for this kind of file. Its first bytes:"),
          h(
            "pre",
            { class: "hex", attributes: { tabindex: 0 } },
            hexDump(start.subarray(0, HEX_BYTES)),
          ),
        ];
      case "image":
      case "audio":
      case "video":
        return this.#media(item, size, kind, turn);
    }
  }

  async #text(item: Item, size: number): Promise<Node[]> {
    const bytes = await readStart(this.#repo, item.path, Math.min(size, TEXT_LIMIT_BYTES));
    const text = new TextDecoder().decode(bytes);
    const note =
      size > TEXT_LIMIT_BYTES
        ? [
            h(
              "p",
              { class: "note" },
              `The first ${formatBytes(TEXT_LIMIT_BYTES)} of ${formatBytes(size)}.`,
            ),
          ]
        : [];
    return [
      ...note,
      h(
        "pre",
        { class: "preview-text", testId: "preview-text", attributes: { tabindex: 0 } },
        text,
      ),
    ];
  }

  async #media(
    item: Item,
    size: number,
    { kind, type }: { kind: "image" | "audio" | "video"; type: string },
    turn: number,
  ): Promise<Node[]> {
    if (size > MEDIA_LIMIT_BYTES)
      return [
        h(
          "p",
          { class: "empty" },
          `Larger than ${formatBytes(MEDIA_LIMIT_BYTES)}: download it to see it.`,
        ),
      ];
    const blob = await readBlob(this.#repo, item.path, type);
    if (turn !== this.#turn) return [];
    this.#url = URL.createObjectURL(blob);
    if (kind === "image")
      return [
        h("img", { testId: "preview-image", attributes: { src: this.#url, alt: item.name } }),
      ];
    return [h(kind, { attributes: { src: this.#url, controls: true, "aria-label": item.name } })];
  }

  #set(content: readonly Child[]): void {
    this.#body.replaceChildren(...content.filter((child) => child !== undefined));
  }

  #release(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }
}

function heading(name: string): HTMLElement {
  return h("h2", { class: "preview-name", testId: "preview-name" }, name);
}

function summary(items: readonly Item[]): HTMLElement {
  return h("p", { class: "empty" }, `${formatPlural(items.length, "item")} selected.`);
}
