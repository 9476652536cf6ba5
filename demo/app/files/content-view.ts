/**
 * ContentView: shows one file: text, pictures, sound and film, else its first bytes. Object URLs are revoked
 * as soon as something else is shown; a file that was overtaken by the next shows nothing.
 */
import { h, type Child } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatBytes, formatDate } from "../shared/format.js";
import { hexDump } from "../shared/hex.js";
import { fileKind } from "./file-kind.js";
import { readBlob, readStart, type StoredFile } from "./stored-file.js";

const SNIFF_BYTES = 4096;
const TEXT_LIMIT_BYTES = 256 * 1024;
const MEDIA_LIMIT_BYTES = 64 * 1024 * 1024;
const HEX_BYTES = 512;
/** Arrow keys pass over files quicker than this; those are not read. */
const SETTLE_MS = 120;

export interface Heading {
  readonly title: string;
  /** What stands between the facts and the content. */
  readonly tools?: HTMLElement | undefined;
}

export class ContentView {
  readonly element: HTMLElement;
  #url: string | undefined;
  #turn = 0;

  constructor(testId: string) {
    this.element = h("div", { class: "preview-body", testId });
  }

  /** Instead of a file. */
  showNote(...content: readonly Child[]): void {
    this.#next();
    this.#set(content);
  }

  async showFile(heading: Heading, file: () => Promise<StoredFile>): Promise<void> {
    const turn = this.#next();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (turn !== this.#turn) return;
    const title = h("h2", { class: "preview-name", testId: "preview-name" }, heading.title);
    try {
      const found = await file();
      const facts = `${formatBytes(found.size)} · ${formatDate(found.mtimeMs)}`;
      const content = await this.#content(found, turn);
      if (turn !== this.#turn) return;
      this.#set([title, h("p", { class: "preview-facts" }, facts), heading.tools, ...content]);
    } catch (error) {
      if (turn !== this.#turn) return;
      const reason = h("p", { class: "form-error", attributes: { role: "alert" } }, explain(error));
      this.#set([title, heading.tools, reason]);
    }
  }

  dispose(): void {
    this.#next();
    this.element.replaceChildren();
  }

  async #content(file: StoredFile, turn: number): Promise<Node[]> {
    if (file.size === 0) return [h("p", { class: "empty" }, "The file is empty.")];
    const start = await readStart(file, Math.min(file.size, SNIFF_BYTES));
    const kind = fileKind(start, file.name);
    switch (kind.kind) {
      case "text":
        return text(file);
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
        return this.#media(file, kind, turn);
    }
  }

  async #media(
    file: StoredFile,
    { kind, type }: { kind: "image" | "audio" | "video"; type: string },
    turn: number,
  ): Promise<Node[]> {
    if (file.size > MEDIA_LIMIT_BYTES) {
      const limit = formatBytes(MEDIA_LIMIT_BYTES);
      return [h("p", { class: "empty" }, `Larger than ${limit}: download it to see it.`)];
    }
    const blob = await readBlob(file, type);
    if (turn !== this.#turn) return [];
    this.#url = URL.createObjectURL(blob);
    if (kind === "image")
      return [
        h("img", { testId: "preview-image", attributes: { src: this.#url, alt: file.name } }),
      ];
    return [h(kind, { attributes: { src: this.#url, controls: true, "aria-label": file.name } })];
  }

  #set(content: readonly Child[]): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceChildren(...content.filter((child) => child !== undefined));
    if (hadFocus) this.element.querySelector("button")?.focus();
  }

  /** Ends what is shown or about to be. */
  #next(): number {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
    this.#turn += 1;
    return this.#turn;
  }
}

async function text(file: StoredFile): Promise<Node[]> {
  const bytes = await readStart(file, Math.min(file.size, TEXT_LIMIT_BYTES));
  const shown = h(
    "pre",
    { class: "preview-text", testId: "preview-text", attributes: { tabindex: 0 } },
    new TextDecoder().decode(bytes),
  );
  if (file.size <= TEXT_LIMIT_BYTES) return [shown];
  const limits = `The first ${formatBytes(TEXT_LIMIT_BYTES)} of ${formatBytes(file.size)}.`;
  return [h("p", { class: "note" }, limits), shown];
}
